// Several files together: each has its page in a frame, and what is done in one of them is done in all.
//
// `window.scopeProfilerTogether` is what the pages join, and for scripts and tests: `settled`, and `pages` by number.

import { PLAIN, readView, writeView } from "./address.js";
import { MEASURES, alignRuns, scalesOf, tagOf } from "./compared.js";
import { CompareTable } from "./comparetable.js";
import { find, make } from "./dom.js";
import { oneLine, plural } from "./format.js";
import { nameElement } from "./names.js";
import { parseSearch } from "./search.js";
import { setScheme } from "./theme.js";

/** @typedef {import("./compared.js").Measure} Measure */
/** @typedef {import("./linked.js").LinkedPage} LinkedPage */
/** @typedef {import("./linked.js").Shared} Shared */
/** A file with the address of its page; null where this page carries it. @typedef {{ address: string | null, title: string, path: string }} TogetherFile */
/** @typedef {{ at: number, element: HTMLElement, frame: HTMLIFrameElement, page: LinkedPage | null }} Frame */

/** So many are shown when the page opens. */
const AT_FIRST = 3;
/** The table follows a change after this long, ms. */
const LATER = 150;

export class Together {
  /**
   * @param {TogetherFile[]} files
   * @param {string} page that of a run which this page carries
   */
  constructor(files, page) {
    this.files = files;
    this.page = page;
    const parts = new URLSearchParams(location.hash.slice(1));
    /** What the pages show alike. @type {import("./address.js").View} */
    this.view = readView(location.hash.slice(1));
    const chosen = (parts.get("files") ?? "").split(",").flatMap(text => (/^\d+$/.test(text) && Number(text) < files.length ? [Number(text)] : []));
    /** The files that are shown. */
    this.shown = new Set(chosen.length > 0 ? chosen : files.map((_, at) => at).slice(0, AT_FIRST));
    /** Whether whole pages are beside each other, not timelines below each other. */
    this.whole = parts.get("pages") === "whole";
    /** The region whose first calls are aligned; null for the start of the runs. */
    this.aligned = parts.get("align");
    /** @type {Measure} */
    this.measure = MEASURES.find(([key]) => key === parts.get("compare"))?.[0] ?? "exclusive";
    /** @type {Map<number, Frame>} */
    this.frames = new Map();
    this.zeros = files.map(() => 0);
    /** The window that the link asks for, until all pages are there. */
    this.opening = this.view.window;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pending = undefined;
    this.host = find("#frames", HTMLElement);
    this.table = new CompareTable(find("#comparison table", HTMLTableElement), name => this.pin(name));
    this.align = find("#align", HTMLSelectElement);
    setScheme(this.view.scheme);
    this.listen();
    this.writeFiles();
    this.show();
  }

  /** The frames whose pages are there, in order of the files. */
  get joined() {
    const frames = [...this.frames.values()].sort((a, b) => a.at - b.at);
    return frames.flatMap(({ at, page }) => (page ? [{ at, page }] : []));
  }

  get settled() {
    return this.pending === undefined && this.joined.length === this.shown.size && this.joined.every(({ page }) => page.settled);
  }

  listen() {
    const measure = find("#measure", HTMLSelectElement);
    measure.append(...MEASURES.map(([key, title]) => make("option", { value: key, text: title, selected: key === this.measure })));
    measure.addEventListener("change", () => {
      this.measure = MEASURES[measure.selectedIndex][0];
      this.later();
    });
    this.align.addEventListener("change", () => {
      this.aligned = this.align.value === "" ? null : this.align.value;
      this.arrange();
      this.later();
    });
    find("#whole", HTMLElement).addEventListener("click", () => {
      this.whole = !this.whole;
      this.arrange();
      this.later();
    });
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => {
        setScheme(this.view.scheme);
        this.later();
      });
    }
    window.addEventListener("beforeprint", () => this.print(true));
    window.addEventListener("afterprint", () => this.print(false));
    document.addEventListener("keydown", event => {
      if (event.key === "Escape" && !event.ctrlKey && !event.metaKey && !event.altKey) this.pin(null);
    });
  }

  /** Shows all runs for paper, in light colours and as high as they are, or as before. @param {boolean} onPaper */
  print(onPaper) {
    setScheme(onPaper ? "light" : this.view.scheme);
    for (const { element, page } of this.frames.values()) {
      if (!page) continue;
      const { width, height } = page.print(onPaper);
      element.style.setProperty("--paper-width", `${width}px`);
      element.style.setProperty("--paper-height", `${height}px`);
    }
    this.follow();
  }

  /** The list of files: each has a page alone, and may be left out here. */
  writeFiles() {
    const items = this.files.map(({ address, title, path }, at) => {
      const box = make("input", { type: "checkbox", checked: this.shown.has(at), "aria-label": `Show ${tagOf(at)}` });
      box.addEventListener("change", () => {
        if (box.checked) this.shown.add(at);
        else this.shown.delete(at);
        this.show();
        this.later();
      });
      return make("li", {}, box, make("b", { text: tagOf(at) }), nameOf(address, title, path), make("span", {}, nameElement(path, path)));
    });
    find("#files", HTMLElement).replaceChildren(...items);
    find("#title", HTMLElement).textContent = plural(this.files.length, "run");
  }

  /** Adds frames of files that are shown, and takes those of others away. */
  show() {
    for (const [at, { element }] of this.frames) {
      if (this.shown.has(at)) continue;
      element.remove();
      this.frames.delete(at);
    }
    for (const at of [...this.shown].sort((a, b) => a - b)) {
      if (this.frames.has(at)) continue;
      const { address, title } = this.files[at];
      const view = writeView({ ...PLAIN, ...this.view, window: null, measured: null, selected: null });
      const from = address === null ? { srcdoc: this.page, "data-run": at, "data-view": view } : { src: `${address}${view === "" ? "" : `#${view}`}` };
      const frame = make("iframe", { title: `${tagOf(at)}: ${oneLine(title)}`, ...from });
      const element = make("div", { class: "run" }, frame);
      this.frames.set(at, { at, element, frame, page: null });
      const next = [...this.frames.values()].filter(other => other.at > at && other.element.parentElement === this.host).sort((a, b) => a.at - b.at)[0];
      this.host.insertBefore(element, next?.element ?? null);
    }
    this.arrange();
  }

  // ---- What the pages tell ------------------------------------------------------------------

  /**
   * @param {Element | null} frame
   * @param {LinkedPage} page
   */
  join(frame, page) {
    const found = [...this.frames.values()].find(one => one.frame === frame);
    if (!found) return;
    found.page = page;
    const others = this.joined.filter(one => one.page !== page);
    this.arrange();
    // One that comes later shows what the others show; until all are there, they show what the link says.
    const { opening } = this;
    if (opening) for (const one of this.joined) one.page.move(opening[0] + this.zeros[one.at], opening[1] + this.zeros[one.at]);
    else if (others.length > 0) this.moved(others[0].page);
    if (this.joined.length === this.shown.size) this.opening = null;
    this.later();
  }

  /** @param {LinkedPage} mover */
  moved(mover) {
    const own = this.joined.find(({ page }) => page === mover);
    if (!own) return;
    const [t0, t1] = mover.target.map(time => time - this.zeros[own.at]);
    for (const { at, page } of this.joined) if (page !== mover) page.move(t0 + this.zeros[at], t1 + this.zeros[at]);
    this.later();
  }

  /**
   * @param {LinkedPage} changer
   * @param {Partial<Shared>} changes
   */
  changed(changer, changes) {
    const own = this.joined.find(({ page }) => page === changer);
    if (!own || Object.keys(changes).length === 0) return;
    const zero = this.zeros[own.at];
    const common = { ...changes };
    if (common.measured) common.measured = [common.measured[0] - zero, common.measured[1] - zero];
    this.tell(common, changer);
  }

  /**
   * @param {Partial<Shared>} changes times are those that all have in common
   * @param {LinkedPage | null} changer who knows already
   */
  tell(changes, changer) {
    Object.assign(this.view, changes);
    if ("scheme" in changes) setScheme(this.view.scheme);
    for (const { at, page } of this.joined) {
      if (page === changer) continue;
      const zero = this.zeros[at];
      page.follow(changes.measured ? { ...changes, measured: [changes.measured[0] + zero, changes.measured[1] + zero] } : changes);
    }
    this.later();
  }

  /** @param {string | null} pin */
  pin(pin) {
    this.tell({ pin }, null);
  }

  // ---- What is seen -------------------------------------------------------------------------

  /** Puts the frames in order, aligns them, and gives their names the same room. */
  arrange() {
    this.host.classList.toggle("whole", this.whole);
    find("#whole", HTMLElement).setAttribute("aria-pressed", String(this.whole));
    find("#comparison", HTMLElement).hidden = this.whole;
    const { joined, aligned } = this;
    const { zeros, first, last } = alignRuns(joined.map(({ page }) => page.span), joined.map(({ page }) => (aligned === null ? 0 : page.firstCall(aligned))));
    this.color();
    joined.forEach(({ at, page }, number) => {
      const zero = zeros[number];
      this.zeros[at] = zero;
      page.place({ tag: tagOf(at), bare: !this.whole, tools: this.whole || number === 0, first: first + zero, last: last + zero, zero });
    });
    if (joined.length > 0) this.moved(joined[0].page);
    this.arranged();
  }

  /** A region has the same colour in all of them, that of the first run that has it; and so has a value. */
  color() {
    /** @type {Map<string, import("./color.js").RGB>} */
    const colors = new Map();
    for (const { page } of this.joined) for (const [name, color] of page.colors) if (!colors.has(name)) colors.set(name, color);
    for (const { page } of this.joined) page.recolor(colors);
    // A field that is only in some of the runs is offered in all: the menu is that of the first.
    const pages = this.joined.map(({ page }) => page);
    const scales = scalesOf(pages.map(page => page.fields));
    const ramps = pages.find(page => page.scaleColors)?.scaleColors;
    const colorBy = pages.find(page => page.colorBy !== "")?.colorBy ?? "";
    for (const page of pages) page.rescale(scales, ramps, colorBy);
  }

  /** Names take as much room in each of the frames, where those are below each other. */
  arranged() {
    const { joined } = this;
    const labels = this.whole ? 0 : Math.max(0, ...joined.map(({ page }) => page.labels));
    for (const { page } of joined) page.labels = labels;
  }

  /** There is more in one of the files. */
  renewed() {
    this.arrange();
    this.later();
  }

  /** Table and address follow, a few times a second. */
  later() {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.follow();
    }, LATER);
  }

  follow() {
    const { joined, view } = this;
    const { error, test } = parseSearch(view.search);
    const isShown = (/** @type {string} */ name) => view.search === "" || error !== null || test(name);
    const runs = joined.map(({ page }) => ({ ranks: page.ranks, regions: page.regions, timeInView: (/** @type {string} */ name) => page.timeInView(name) }));
    const tags = joined.map(({ at }) => tagOf(at));
    if (joined.length > 0) this.table.fill(runs, tags, joined.map(({ page }) => page.title), this.measure, isShown, view.pin);
    this.writeAlign();
    this.writeAddress();
  }

  /** What can be aligned: the starts of the runs, and the first calls of the region that is selected. */
  writeAlign() {
    const names = [...new Set([this.aligned, this.view.pin])].filter(name => name !== null);
    const options = [["", "Start of the runs"], ...names.map(name => [name, `First call of ${oneLine(name)}`])];
    const now = [...this.align.options].map(option => option.value);
    if (now.join("\n") !== options.map(([value]) => value).join("\n")) this.align.replaceChildren(...options.map(([value, text]) => make("option", { value, text })));
    this.align.value = this.aligned ?? "";
  }

  writeAddress() {
    const { view, joined: [first] } = this;
    if (first) {
      const [t0, t1] = first.page.target.map(time => time - this.zeros[first.at]);
      view.window = [t0, t1];
    }
    const parts = new URLSearchParams(writeView({ ...PLAIN, ...view, selected: null, scroll: 0 }));
    if (this.shown.size !== Math.min(AT_FIRST, this.files.length) || [...this.shown].some(at => at >= AT_FIRST)) parts.set("files", [...this.shown].sort((a, b) => a - b).join(","));
    if (this.whole) parts.set("pages", "whole");
    if (this.aligned !== null) parts.set("align", this.aligned);
    if (this.measure !== "exclusive") parts.set("compare", this.measure);
    try {
      history.replaceState(null, "", `#${parts}`);
    } catch {
      // Some viewers embed pages where the address cannot be changed.
    }
  }
}

/**
 * The name of a run, which leads to its page where it has one of its own.
 * @param {string | null} address
 * @param {string} title
 * @param {string} path
 */
function nameOf(address, title, path) {
  const name = nameElement(oneLine(title), title);
  return address === null ? name : make("a", { href: address, title: `Open the page of ${path} alone` }, name);
}

function startTogether() {
  const files = JSON.parse(find("#runs", HTMLElement).textContent ?? "[]");
  const page = JSON.parse(document.querySelector("#page")?.textContent ?? '""');
  const together = new Together(files, page);
  Object.assign(window, { scopeProfilerTogether: together });
}

if (typeof document !== "undefined" && document.querySelector("#runs")) startTogether();
