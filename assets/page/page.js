// Puts the page together: search, pin, the call that is selected, and the address that keeps the view.

import { readView, writeView } from "./address.js";
import { css } from "./color.js";
import { Coloring } from "./coloring.js";
import { Detail } from "./detail.js";
import { find } from "./dom.js";
import { FarCalls } from "./far.js";
import { duration, plural } from "./format.js";
import { parseRanks, toggleFold } from "./folding.js";
import { factsOf, writeHeader } from "./header.js";
import { glides } from "./input.js";
import { listenToKeys } from "./keys.js";
import { FOLD_COLUMN, GROUPINGS, forgetStrands } from "./layout.js";
import { lanesIn, measureRegions } from "./measure.js";
import { lowerBound } from "./model.js";
import { nameElement } from "./names.js";
import { Panel } from "./panel.js";
import { Printing } from "./printing.js";
import { parseSearch } from "./search.js";
import { Sizes } from "./sizes.js";
import { Saving } from "./saving.js";
import { RegionTable } from "./table.js";
import { setScheme } from "./theme.js";
import { Timeline } from "./timeline.js";
import { Tooltip } from "./tooltip.js";
import { showView, viewOf } from "./viewing.js";
import { Visits } from "./visits.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./hit.js").Hit} Hit */
/** @typedef {import("./layout.js").Grouping} Grouping */
/** @typedef {import("./search.js").Spot} Spot */
/** @typedef {import("./theme.js").Scheme} Scheme */
/** @typedef {import("./timeline.js").Point} Point */

const RANKS_HINT = "Show these ranks only, such as 0,2-5";
/** Table and address follow a change after at most this long, ms. */
const FOLLOW = 120;

export class Page {
  /**
   * @param {Model} model
   * @param {import("./views.js").Views} views
   */
  constructor(model, views) {
    this.model = model;
    this.views = views;
    /** @type {Scheme | null} */
    this.scheme = null;
    /** @type {string | null} */
    this.written = null;
    this.followed = 0;
    /** Whether the selected call is told about while the pointer is elsewhere: where keys led to it. */
    this.points = false;
    /** How often bars have changed. */
    this.changes = 0;
    /** The window that a link asks for and the one that can be shown of it, while the file is read. @type {{ asked: [number, number], shown: [number, number] } | null} */
    this.opening = null;
    /** What ties it to the pages beside it. @type {import("./linked.js").LinkedPage | null} */
    this.linked = null;
    /** What fetches the calls in sight, of a page from a server. @type {Detail | null} */
    this.detail = null;
    /** The timer after which table and address follow. @type {ReturnType<typeof setTimeout> | undefined} */
    this.pending = undefined;
    this.search = find("#search", HTMLInputElement);
    this.ranks = find("#ranks", HTMLInputElement);
    this.matches = find("#matches", HTMLElement);
    this.spoken = find("#spoken", HTMLElement);
    this.help = find("#help", HTMLDialogElement);
    this.pinButton = find("#pinned", HTMLButtonElement);
    this.canvas = find("#canvas", HTMLCanvasElement);
    const scroller = find("#scroller", HTMLElement);
    const table = find("#statistics table", HTMLTableElement);
    this.tooltip = new Tooltip(model, find("#tooltip", HTMLElement));
    this.timeline = new Timeline(
      model,
      { canvas: this.canvas, scroller, spacer: find("#spacer", HTMLElement), overview: find("#overview", HTMLCanvasElement), counters: find("#counters", HTMLElement), key: find("#counter-key", HTMLElement) },
      { changed: () => this.changed(), moved: () => this.linked?.moved(), click: (hit, at) => this.click(hit, at), hover: (hit, at) => this.hover(hit, at), measured: () => this.measured() },
    );
    this.table = new RegionTable(model.regions, table, { pin: region => this.pin(region, true), sort: () => this.changed() });
    this.table.paint(this.timeline.theme.fills);
    this.panel = new Panel(model, views, {
      scenery: () => this.scenery,
      changed: () => this.changed(),
      pin: region => this.pin(region, true),
      select: spot => this.visits.select(spot),
      far: () => this.visits?.farCalls ?? null,
      numbers: spot => this.visits.numbersOf(spot, () => this.panel.draw()),
      longest: (region, most) => this.visits.farCalls?.longestOf(region.id, most, () => this.panel.draw()),
      visit: call => this.visits.visitSoon(call),
      goTo: (from, to) => this.timeline.window.set(from, to, glides()),
      goToRank: (region, rank) => this.timeline.reveal(region, rank),
      tell: (hint, at) => this.tooltip.tell(hint, at),
    });
    this.visits = new Visits(this);
    this.main = find("main", HTMLElement);
    const panels = { main: this.main, scroller, splitter: find("#splitter", HTMLElement) };
    this.sizes = new Sizes(panels, this.timeline, () => this.arranged());
    this.writeHeader();
    this.coloring = new Coloring(this);
    this.saving = new Saving(this);
    listenToKeys(this);
    this.printing = new Printing(this);
    this.readAddress();
    this.table.follow(...this.timeline.window.target, this.timeline.ranks);
  }

  // ---- What is seen changes -----------------------------------------------------------------

  /** What the views depend on. @returns {import("./regionview.js").Scenery} */
  get scenery() {
    const { theme, pinned, selected, ranks, window: { target, isWhole } } = this.timeline;
    return { theme, pinned, selected, seen: target, whole: isWhole, ranks, rankText: this.visits.among.ranks, changes: this.changes, measure: () => this.measurement };
  }

  /** What lies between the points that are measured. @returns {import("./measureview.js").Measurement | null} */
  get measurement() {
    const { measured, boxed, groups } = this.timeline;
    if (!measured) return null;
    const [from, to] = [Math.min(...measured), Math.max(...measured)];
    const of = groups.reduce((sum, group) => sum + group.rows.length, 0);
    return { from, to, rows: boxed ? boxed[1] - boxed[0] + 1 : of, of, regions: measureRegions(lanesIn(groups, boxed), from, to) };
  }

  /**
   * Measures from the start of the selected call, or to its end.
   * @param {0 | 1} side
   */
  measureFrom(side) {
    const { timeline } = this;
    const { selected } = timeline;
    if (!selected) return;
    const [start, end] = [selected.lane.starts[selected.i], selected.lane.ends[selected.i]];
    const other = timeline.measured?.[1 - side] ?? (side === 0 ? end : start);
    timeline.measured = side === 0 ? [start, other] : [other, end];
    timeline.boxed = null;
    this.spoken.textContent = `Measured: ${duration(Math.abs(timeline.measured[1] - timeline.measured[0]))}`;
    timeline.redraw();
    this.changed();
  }

  /** A drag has measured: a box shows what is in it. */
  measured() {
    if (this.timeline.boxed) this.panel.show("measured");
    this.changed();
  }

  /** After any change of what is seen: the table and the address follow, a few times a second. */
  changed() {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.followed = performance.now();
      this.table.follow(...this.timeline.window.target, this.timeline.ranks);
      this.panel.draw();
      this.writeAddress();
      this.detail?.wish(this.wish);
      this.linked?.changed();
    }, Math.max(0, FOLLOW - (performance.now() - this.followed)));
  }

  /** What is in sight, as the server is asked for it. @returns {import("./detail.js").Wish} */
  get wish() {
    const { window: { target: [t0, t1] }, plotWidth, ratio } = this.timeline;
    return { t0, t1, columns: plotWidth * ratio };
  }

  /**
   * More, or less, is known of the calls in sight.
   * @param {() => boolean} change changes lanes, and says whether there are new ones
   */
  detailed(change) {
    const { timeline } = this;
    const hasNew = change();
    this.changes++;
    timeline.relocate();
    if (hasNew) {
      forgetStrands(this.model.regions);
      this.sizes.arrange();
    }
    this.table.follow(...timeline.window.target, timeline.ranks);
    this.panel.draw();
    timeline.hover();
  }

  /** @param {import("./server.js").Served} served */
  serve({ version, reading }) {
    this.detail?.stop();
    // While the file is read, nothing more can be asked.
    [this.detail, this.visits.far] = [null, null];
    if (reading) return;
    this.detail = new Detail(this.model, version, change => this.detailed(change));
    this.visits.far = new FarCalls(version);
  }

  /**
   * Shows what the file has now, in the view that is seen.
   * @param {import("./parts.js").PageParts} parts
   */
  renew({ model, views, served }) {
    const { view, asked } = this;
    Object.assign(this.model, model);
    Object.assign(this.views, views);
    this.changes++;
    this.timeline.renew();
    this.table.renew(this.model.regions);
    this.table.paint(this.timeline.theme.fills);
    this.panel.renew();
    this.coloring.renew();
    this.writeHeader();
    if (served) this.serve(served);
    this.show({ ...view, window: asked ?? (view.window && this.timeline.window.target) });
    this.linked?.renewed();
  }

  writeHeader() {
    const { model } = this;
    this.ranks.hidden = model.header.ranks < 2;
    find("#by-task", HTMLElement).hidden = model.tasks.length === 0;
    writeHeader(model, find("#title", HTMLElement), find("#facts", HTMLElement));
    this.canvas.setAttribute("aria-label", `Timeline of ${plural(model.regions.length, "region")}: ${factsOf(model.header).join(", ")}. The table below has the same regions; n and N go from call to call.`);
  }

  /** After a new arrangement of the panels. */
  arranged() {
    const { groups, foldsAll } = this.timeline;
    const button = find("#fold", HTMLButtonElement);
    button.setAttribute("aria-pressed", String(foldsAll));
    button.disabled = !groups.some(group => group.folds);
    const nothing = this.timeline.groups.length === 0;
    const empty = find("#empty", HTMLElement);
    empty.hidden = !nothing;
    if (nothing) {
      empty.textContent = this.model.lanes.length === 0
        ? "No intervals to show. The selection is empty, or the run only counted its calls."
        : this.search.value === "" ? "No call on the ranks that are shown."
        : `No region matches “${this.search.value}”. Esc clears the filter.`;
    }
    this.linked?.arranged();
    this.changed();
  }

  /**
   * @param {Hit | null} hit
   * @param {Point | null} at
   */
  hover(hit, at) {
    const shown = hit ?? (at || !this.points ? null : this.timeline.selectedHit);
    const point = hit ? at : this.timeline.selectedPoint;
    const box = this.canvas.getBoundingClientRect();
    const { x, y } = point ?? { x: 0, y: 0 };
    this.tooltip.show(shown, { x: box.left + x, y: box.top + y }, this.timeline.theme.fills);
  }

  /**
   * A click selects the region and, on a bar, its call; another one on the same, or one beside all, lets go.
   * @param {Hit | null} hit
   * @param {Point} at
   */
  click(hit, at) {
    const { timeline } = this;
    if (hit?.group.folds && at.x < FOLD_COLUMN + 6) {
      this.fold(hit.group);
      return;
    }
    const region = hit !== null && (hit.label || hit.bar) ? hit.region : null;
    const spot = hit?.bar && hit.bar.j === hit.bar.i + 1 ? this.spotBehind(hit.bar) : null;
    const { selected } = timeline;
    const isAnother = spot !== null && (selected?.lane !== spot.lane || selected.i !== spot.i);
    const letsGo = region === null || (region === timeline.pinned && !isAnother);
    timeline.selected = letsGo ? null : spot;
    this.points = false;
    this.pin(letsGo ? null : region);
  }

  /**
   * The call behind a bar: a poll of a task is a call on its thread, a life is none.
   * @param {import("./hit.js").Bars} bar
   * @returns {Spot | null}
   */
  spotBehind({ lane, i }) {
    const poll = lane.polls?.[i];
    if (!poll) return lane.lives ? null : { lane, i };
    const { task, at } = poll;
    for (const one of lane.region.lanes) {
      if (one.rank !== task.rank || (one.thread !== null && one.thread !== task.threads[at])) continue;
      const found = lowerBound(one.starts, task.starts[at] - 0.5);
      if (one.starts[found] < task.starts[at] + 0.5) return { lane: one, i: found };
    }
    return null;
  }

  /** @param {Region | null} region */
  pin(region, reveal = false) {
    const { timeline } = this;
    timeline.pinned = region;
    if (region && timeline.selected && timeline.selected.lane.region !== region) timeline.selected = null;
    this.table.pin(region);
    this.pinButton.hidden = region === null;
    if (region) {
      find("#pinned bdi", HTMLElement).replaceWith(nameElement(region.label));
      this.pinButton.title = `${region.name}\nUnpin (Esc)`;
      find("#pinned .swatch", HTMLElement).style.background = css(timeline.theme.fills[region.id]);
      this.pinButton.setAttribute("aria-label", `Unpin ${region.label}`);
      if (reveal) timeline.reveal(region);
    }
    this.panel.draw();
    timeline.redraw();
    this.changed();
  }

  /** Shows the regions that the search matches. */
  filter() {
    const { model } = this;
    const text = this.search.value;
    const { error, test } = parseSearch(text);
    const all = text === "" || error !== null;
    const shown = all ? model.regions : model.regions.filter(region => test(region.name) || test(region.label));
    this.search.setAttribute("aria-invalid", String(error !== null));
    this.search.title = error ?? "";
    this.matches.textContent = error !== null ? "not a regular expression" : text === "" ? "" : `${shown.length} of ${model.regions.length}`;
    this.timeline.shown = shown;
    this.timeline.boxed = null;
    this.timeline.selected = null;
    this.table.filter(shown, text === "" ? "No regions" : `No region matches “${text}”`);
    this.sizes.arrange();
    this.table.reveal();
  }

  /** @param {Grouping} by */
  group(by) {
    this.timeline.grouping = by;
    this.timeline.boxed = null;
    for (const one of GROUPINGS) find(`#by-${one}`, HTMLElement).setAttribute("aria-pressed", String(one === by));
    this.sizes.arrange();
  }

  /**
   * Folds or opens one group of lanes, or all.
   * @param {import("./layout.js").Group | null} group
   */
  fold(group) {
    const { timeline } = this;
    timeline.boxed = null;
    if (group) toggleFold(timeline.folds, group);
    else timeline.folds = { all: !timeline.foldsAll, but: new Set() };
    this.sizes.arrange();
  }

  /** Folds or opens the group that is meant, and says so. */
  foldOne() {
    const group = this.timeline.meantGroup;
    if (!group?.folds) return;
    this.fold(group);
    this.spoken.textContent = `${group.title}: ${group.folded ? "open" : "folded"}`;
  }

  /** Shows the ranks that were typed. */
  filterRanks() {
    const { ranks, error } = parseRanks(this.ranks.value);
    this.ranks.setAttribute("aria-invalid", String(error !== null));
    this.ranks.title = error ?? RANKS_HINT;
    if (error !== null) return;
    this.timeline.ranks = ranks;
    this.timeline.boxed = null;
    if (ranks && this.timeline.selected && !ranks(this.timeline.selected.lane.rank)) this.timeline.selected = null;
    this.sizes.arrange();
  }

  /** @param {boolean} on */
  setRuler(on) {
    this.timeline.rulerMode = on;
    find("#ruler", HTMLElement).setAttribute("aria-pressed", String(on));
    this.canvas.classList.toggle("measuring", on);
  }

  /** @param {number} steps */
  thicken(steps) {
    this.timeline.thickness = Math.max(-8, Math.min(8, this.timeline.thickness + steps));
    this.sizes.arrange();
  }

  /** @param {Scheme | null} scheme null: as the reader's system has it */
  colorBy(scheme) {
    this.scheme = scheme;
    setScheme(scheme);
    this.timeline.readTheme();
    this.coloring.paint();
    this.table.paint(this.timeline.theme.fills);
    this.pin(this.timeline.pinned);
  }

  switchScheme() {
    this.colorBy(document.documentElement.dataset.scheme === "dark" ? "light" : "dark");
  }

  escape() {
    const { timeline } = this;
    if (timeline.measured || timeline.rulerMode) {
      timeline.measured = null;
      timeline.boxed = null;
      this.setRuler(false);
      timeline.redraw();
      this.changed();
    } else if (timeline.selected) {
      timeline.selected = null;
      this.matches.textContent = "";
      timeline.hover();
      this.changed();
    } else if (this.search.value !== "") {
      this.search.value = "";
      this.filter();
    } else if (this.ranks.value !== "") {
      this.ranks.value = "";
      this.filterRanks();
    } else {
      this.pin(null);
    }
  }

  // ---- The address --------------------------------------------------------------------------

  /** @returns {import("./address.js").View} */
  get view() {
    return viewOf(this);
  }

  writeAddress() {
    const text = writeView(this.view);
    if (text === this.written) return;
    this.written = text;
    // Some viewers embed pages where the address cannot be changed; the page works all the same.
    try {
      history.replaceState(null, "", text ? `#${text}` : "#");
    } catch {
      return;
    }
  }

  readAddress() {
    const text = window.frameElement?.getAttribute("data-view") ?? location.hash.slice(1);
    if (text !== this.written) this.show(readView(text));
  }

  /** @param {import("./address.js").View} view */
  show(view) {
    showView(this, view);
    const { target } = this.timeline.window;
    this.opening = view.window && this.model.header.reading ? { asked: view.window, shown: target } : null;
  }

  /** The window that a link asks for, as long as the reader has not moved: how long the run took may not be known yet. */
  get asked() {
    const { opening, timeline: { window: { target } } } = this;
    return opening && opening.shown[0] === target[0] && opening.shown[1] === target[1] ? opening.asked : null;
  }
}
