// A page beside those of other files: in a frame of the page that shows them together, which moves all as one.

import { css } from "./color.js";
import { find } from "./dom.js";
import { regionWithin } from "./model.js";

/** @typedef {import("./address.js").View} View */
/** @typedef {import("./page.js").Page} Page */
/** What all of them show alike. @typedef {Pick<View, "pin" | "search" | "by" | "sort" | "down" | "measured" | "thickness" | "tab" | "ranks" | "ofRun" | "scheme" | "color">} Shared */
/** A region in numbers: times in ns. @typedef {{ name: string, label: string, color: string, calls: number, inclusive: number, exclusive: number | null }} LinkedRegion */
/**
 * The page that shows all: it is told of moves in time, of what else changed, and of new widths of the names.
 * @typedef {{ join: (frame: Element | null, page: LinkedPage) => void, moved: (page: LinkedPage) => void, changed: (page: LinkedPage, changes: Partial<Shared>) => void, arranged: () => void, renewed: () => void }} Host
 */

/** The window of a page that may show several. @typedef {{ scopeProfilerTogether?: Host }} HostWindow */

/** @type {(keyof Shared)[]} */
export const SHARED = ["pin", "search", "by", "sort", "down", "measured", "thickness", "tab", "ranks", "ofRun", "scheme", "color"];

export class LinkedPage {
  /**
   * @param {Page} page
   * @param {Host} host
   */
  constructor(page, host) {
    this.page = page;
    this.host = host;
    /** What the others know. @type {Shared} */
    this.known = this.shared;
    /** @type {Map<string, import("./color.js").RGB> | null} */
    this.own = null;
    /** Its fields as the page alone has them. @type {import("./values.js").Field[] | null} */
    this.ownFields = null;
    /** Whether it follows the others at this moment. */
    this.follows = false;
    document.documentElement.classList.add("framed");
  }

  /** @returns {Shared} */
  get shared() {
    const { view } = this.page;
    return /** @type {Shared} */ (Object.fromEntries(SHARED.map(key => [key, view[key]])));
  }

  get span() {
    return this.page.model.span;
  }

  get title() {
    return this.page.model.header.title;
  }

  get ranks() {
    return Math.max(1, this.page.model.header.ranks);
  }

  get wall() {
    return this.page.model.header.wall;
  }

  /** @returns {[number, number]} */
  get target() {
    return this.page.timeline.window.target;
  }

  get settled() {
    const { page } = this;
    return page.timeline.window.settled && page.pending === undefined && page.visits.pending === 0 && !page.panel.source.pending && !page.detail?.pending;
  }

  /** @returns {LinkedRegion[]} */
  get regions() {
    const { model, timeline: { theme } } = this.page;
    const known = model.regions.filter(region => region.stats !== null);
    return known.map(({ id, name, label, stats }) => ({ name, label, color: css(theme.fills[id]), calls: stats?.calls ?? 0, inclusive: stats?.total ?? 0, exclusive: stats?.exclusive ?? null }));
  }

  /** The colours of regions, by name, as the page alone has them. @returns {Map<string, import("./color.js").RGB>} */
  get colors() {
    this.own ??= new Map(this.page.model.regions.map(({ name, color }) => [name, color]));
    return this.own;
  }

  /** @param {Map<string, import("./color.js").RGB>} colors */
  recolor(colors) {
    const { page } = this;
    let isNew = false;
    for (const region of page.model.regions) {
      const [before, color] = [region.color, colors.get(region.name) ?? region.color];
      isNew ||= color.some((part, i) => part !== before[i]);
      region.color = color;
    }
    if (isNew) this.following(() => page.colorBy(page.scheme));
  }

  /** The fields that bars may be coloured by, with the scales of the page alone. */
  get fields() {
    this.ownFields ??= this.page.model.fields;
    return this.ownFields;
  }

  /** The colours of scales; undefined where no call has a number. */
  get scaleColors() {
    return this.page.model.scales;
  }

  /** What bars are coloured by at first; "" for the region. */
  get colorBy() {
    return this.page.model.colorBy;
  }

  /**
   * Offers the fields of all runs, on scales that fit all of them.
   * @param {Map<string, import("./values.js").Field>} scales
   * @param {import("./values.js").Scales | undefined} colors
   * @param {string} colorBy
   */
  rescale(scales, colors, colorBy) {
    const { model, coloring } = this.page;
    const fields = this.fields.map(field => scales.get(field.name) ?? field);
    const own = new Set(fields.map(({ name }) => name));
    const others = [...scales.values()].filter(({ name }) => !own.has(name));
    const isKnown = JSON.stringify([fields, others]) === JSON.stringify([model.fields, coloring.others]) && model.colorBy === colorBy && model.scales !== undefined;
    if (isKnown || !colors) return;
    [model.fields, model.scales, model.colorBy, coloring.others] = [fields, colors, colorBy, others];
    this.following(() => {
      coloring.renew();
      coloring.choose(coloring.wished);
    });
    this.known = this.shared;
  }

  /** The time of a region in sight, ns. @param {string} name */
  timeInView(name) {
    const { model, timeline } = this.page;
    const region = model.regions.find(one => one.name === name);
    return region ? regionWithin(region, ...timeline.window.target, timeline.ranks).time : null;
  }

  /** When a region is first entered, ns; null where it never is. @param {string} name */
  firstCall(name) {
    const lanes = this.page.model.regions.find(one => one.name === name)?.lanes ?? [];
    const first = Math.min(...lanes.flatMap(lane => Array.from(lane.starts.subarray(0, 1))));
    return Number.isFinite(first) ? first : null;
  }

  /**
   * How the page is called, what of it is seen, and where its time begins and may go, ns.
   * @param {{ tag: string, bare: boolean, tools: boolean, first: number, last: number, zero: number }} frame
   */
  place({ tag, bare, tools, first, last, zero }) {
    const { page } = this;
    const { classList } = document.documentElement;
    find("#title", HTMLElement).dataset.tag = tag;
    classList.toggle("bare", bare);
    classList.toggle("without-tools", !tools);
    page.sizes.bare = bare;
    page.timeline.zero = zero;
    this.following(() => page.timeline.window.limit(first, last));
    page.sizes.arrange();
  }

  /** The room that names take, and at least take, px. */
  get labels() {
    return this.page.timeline.ownLabels;
  }

  set labels(width) {
    if (width === this.page.timeline.leastLabels) return;
    this.page.timeline.leastLabels = width;
    this.following(() => this.page.sizes.arrange());
  }

  /**
   * Shows what another page shows, in time.
   * @param {number} t0
   * @param {number} t1
   */
  move(t0, t1) {
    this.following(() => this.page.timeline.window.set(t0, t1));
  }

  /**
   * Shows what another page shows.
   * @param {Partial<Shared>} changes
   */
  follow(changes) {
    const { page } = this;
    this.following(() => page.show({ ...page.view, ...changes, window: page.timeline.window.target, scroll: 0 }));
    this.known = this.shared;
  }

  /**
   * Draws the page for paper, or as before; gives its size on paper, px.
   * @param {boolean} onPaper
   */
  print(onPaper) {
    const { printing } = this.page;
    this.following(() => (onPaper ? printing.begin() : printing.end()));
    return printing.size;
  }

  /** @param {() => void} change */
  following(change) {
    const before = this.follows;
    this.follows = true;
    change();
    this.follows = before;
  }

  /** The window has moved. */
  moved() {
    if (!this.follows) this.host.moved(this);
  }

  /** There is more in the file. */
  renewed() {
    [this.own, this.ownFields] = [null, null];
    this.known = this.shared;
    this.host.renewed();
  }

  arranged() {
    if (!this.follows) this.host.arranged();
  }

  /** Anything may have changed: the others are told what has. */
  changed() {
    const now = this.shared;
    const same = (/** @type {keyof Shared} */ key) => JSON.stringify(now[key]) === JSON.stringify(this.known[key]);
    const changes = Object.fromEntries(SHARED.filter(key => !same(key)).map(key => [key, now[key]]));
    this.known = now;
    this.host.changed(this, changes);
  }
}

/** The page that shows this one together with others; null where there is none. @returns {Host | null} */
export function hostOf() {
  if (window.parent === window) return null;
  try {
    return /** @type {HostWindow} */ (/** @type {unknown} */ (window.parent)).scopeProfilerTogether ?? null;
  } catch {
    // A page from elsewhere has this one in a frame.
    return null;
  }
}
