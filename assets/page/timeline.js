// The timeline: puts layout, window of time, painter and pointer together.

import { callAt, isAlone, spotOf } from "./calls.js";
import { textOn } from "./color.js";
import { describe, edgeAt, hitAt } from "./hit.js";
import { timeAt, xOf } from "./geometry.js";
import { listen } from "./input.js";
import { foldsAll, keyOf, noFolds } from "./folding.js";
import { AXIS, fold, groupsOf, place, rowNearest, rowOf } from "./layout.js";
import { Counters } from "./counters.js";
import { OVERVIEW, Overview } from "./overview.js";
import { Painter } from "./painter.js";
import { showsBar } from "./model.js";
import { FAINT, readTheme } from "./theme.js";
import { ValueColors } from "./valuecolors.js";
import { TimeWindow } from "./window.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./hit.js").Hit} Hit */
/** @typedef {import("./layout.js").Group} Group */
/** @typedef {import("./layout.js").Grouping} Grouping */
/** @typedef {import("./search.js").Spot} Spot */
/** @typedef {{ x: number, y: number }} Point */
/** @typedef {{ canvas: HTMLCanvasElement, scroller: HTMLElement, spacer: HTMLElement, overview: HTMLCanvasElement, counters: HTMLElement, key: HTMLElement }} Elements */
/**
 * `changed` is told of every change of what is seen, `moved` of those of the window, `click` and `hover` of what the pointer is at, `measured` when a drag
 * that measures is over.
 * @typedef {{ changed: () => void, moved: () => void, click: (hit: Hit | null, at: Point) => void, hover: (hit: Hit | null, at: Point | null) => void, measured: () => void }} Listeners
 */

export class Timeline {
  /**
   * @param {Model} model
   * @param {Elements} elements
   * @param {Listeners} on
   */
  constructor(model, elements, on) {
    this.model = model;
    this.elements = elements;
    this.on = on;
    this.window = new TimeWindow(model.span, () => {
      this.redraw();
      this.on.moved();
      this.on.changed();
    });
    this.painter = new Painter(elements.canvas);
    this.overview = new Overview(elements.overview, model);
    this.counters = new Counters(/** @type {HTMLCanvasElement} */ (elements.counters.firstElementChild), elements.counters, elements.key, elements.canvas);
    this.counters.canvas.addEventListener("pointermove", event => this.pointAtCounters(event.offsetX));
    this.counters.canvas.addEventListener("pointerleave", () => this.pointAtCounters(null));
    this.theme = readTheme(model.regions);
    /** The field that bars are coloured by; "" for the region. */
    this.colorBy = "";
    /** Fields that only the runs beside this one have. @type {import("./values.js").Field[]} */
    this.otherFields = [];
    /** The colours of its values. @type {ValueColors | null} */
    this.values = null;
    /** @type {Group[]} */
    this.groups = [];
    /** @type {Region[]} */
    this.shown = model.regions;
    /** @type {Grouping} */
    this.grouping = "region";
    this.thickness = 0;
    this.folds = noFolds();
    /** Whether groups are folded of which nothing else was said. */
    this.foldsAll = false;
    /** @type {((rank: number) => boolean) | null} */
    this.ranks = null;
    /** @type {Region | null} */
    this.pinned = null;
    /** The bar that is selected, or has the selected call among others. @type {Spot | null} */
    this.spot = null;
    /** The call that is selected. @type {import("./calls.js").Call | null} */
    this.call = null;
    /** @type {Point | null} */
    this.pointer = null;
    /** @type {Hit | null} */
    this.hit = null;
    /** @type {[number, number] | null} */
    this.measured = null;
    /** The rows that are measured, where it is a box. @type {import("./measure.js").Box | null} */
    this.boxed = null;
    this.rulerMode = false;
    this.dragging = false;
    this.contentHeight = 0;
    this.width = 0;
    this.height = 0;
    this.ratio = 1;
    /** The room that the names need, and that they take at least, px. */
    this.ownLabels = 0;
    this.leastLabels = 0;
    /** What the axis has as 0, ns. */
    this.zero = 0;
    this.columns = { rowColumn: 0, titleColumn: 0, foldColumn: 0, labelWidth: 0 };
    /** The frame that is to be drawn. @type {number | undefined} */
    this.frame = undefined;
    listen(this);
  }

  get selected() {
    return this.spot;
  }

  set selected(spot) {
    this.spot = spot;
    this.call = spot && callAt(spot);
  }

  /** Finds the selected call again, where other bars are there. */
  relocate() {
    this.spot = this.call && spotOf(this.model, this.call);
    // A link does not say how long it takes.
    if (this.spot && this.call && Number.isNaN(this.call.end) && isAlone(this.spot)) this.call = callAt(this.spot);
  }

  // ---- Sizes --------------------------------------------------------------------------------

  get labelWidth() {
    return this.columns.labelWidth;
  }

  get plotWidth() {
    return Math.max(1, this.width - this.columns.labelWidth);
  }

  /** The height at which nothing needs scrolling, px. */
  get wantedHeight() {
    return this.contentHeight + 2;
  }

  /**
   * Lays everything out anew.
   * @param {number} room the height rows may grow into, px
   */
  arrange(room) {
    this.width = this.elements.scroller.clientWidth;
    const { ranks, folds } = this;
    this.groups = groupsOf(this.model, this.shown, this.grouping, ranks ?? undefined);
    this.foldsAll = foldsAll(folds, this.groups, this.model.header.ranks);
    for (const group of this.groups) if (group.folds && this.foldsAll !== folds.but.has(keyOf(group))) fold(group);
    this.contentHeight = place(this.groups, this.grouping, room, this.thickness);
    this.columns = this.painter.measureLabels(this.groups, this.width);
    this.ownLabels = this.columns.labelWidth;
    this.columns.labelWidth = Math.max(this.ownLabels, this.leastLabels);
  }

  /** Adapts the canvases to the panel's size, which the caller has set. */
  fitCanvas() {
    const { canvas, overview, scroller, spacer } = this.elements;
    this.ratio = window.devicePixelRatio || 1;
    this.height = scroller.clientHeight;
    canvas.style.height = `${this.height}px`;
    spacer.style.height = `${Math.max(0, this.contentHeight - this.height)}px`;
    // The scrollbar that may have appeared takes its width.
    this.width = scroller.clientWidth;
    let emptied = false;
    for (const { one, height } of [{ one: canvas, height: this.height }, { one: overview, height: OVERVIEW }]) {
      const [wide, high] = [this.width, height].map(length => Math.max(1, Math.round(length * this.ratio)));
      if (one.width !== wide || one.height !== high) [one.width, one.height, emptied] = [wide, high, true];
      one.style.width = `${this.width}px`;
      one.style.height = `${height}px`;
    }
    this.counters.fit(this.width, this.ratio);
    // A canvas of another size is empty, and should not be seen so.
    if (emptied) this.draw();
    this.redraw();
  }

  /** @param {number | null} x px of the canvas of the counters */
  pointAtCounters(x) {
    this.counters.pointer = x;
    this.redraw();
  }

  /** The model has been replaced: another run is shown, or more of it, in the window as it is. */
  renew() {
    const { model, window: time } = this;
    const length = time.target[1] - time.target[0];
    // Whoever looks at the latest calls still does.
    const isAtEnd = !time.isWhole && time.target[1] >= time.last;
    this.readTheme();
    this.overview.show(model);
    [this.shown, this.pinned, this.selected, this.hit] = [model.regions, null, null, null];
    time.limit(0, model.span);
    if (isAtEnd) time.set(model.span - length, model.span);
  }

  readTheme() {
    this.theme = readTheme(this.model.regions);
    const { fields, scales } = this.model;
    const { background } = this.theme;
    const at = fields.findIndex(field => field.name === this.colorBy);
    // Of a field that is only in other runs no bar has a value.
    const field = fields[at] ?? this.otherFields.find(({ name }) => name === this.colorBy);
    const isDark = textOn(background)[0] === 255;
    this.values = !field || !scales ? null : new ValueColors(field, at, isDark ? scales.dark : scales.light, background, FAINT);
  }

  // ---- Drawing ------------------------------------------------------------------------------

  /** @returns {import("./painter.js").Scene} */
  get scene() {
    const { groups, theme, values, pinned, hit, selected, measured, pointer, dragging, width, height, ratio, plotWidth, zero } = this;
    const { t0, t1, all: extent } = this.window;
    const scroll = this.elements.scroller.scrollTop;
    const named = this.grouping === "thread";
    const { timed } = this.model.header;
    return { groups, t0, t1, extent, zero, theme, values, pinned, hit, selected, measured, box: this.boxPlace, pointer, dragging, scroll, width, height, ratio, plotWidth, named, timed, ...this.columns };
  }

  /** From where to where the box reaches, px of the canvas. @returns {[number, number] | null} */
  get boxPlace() {
    if (!this.boxed) return null;
    const rows = this.groups.flatMap(group => group.rows.map(row => AXIS + group.y + row.y));
    const heights = this.groups.flatMap(group => group.rows.map(row => row.height));
    const [first, last] = this.boxed.map(at => Math.min(at, rows.length - 1));
    if (last < 0) return null;
    const { scrollTop } = this.elements.scroller;
    return [rows[first] - scrollTop, rows[last] + heights[last] - scrollTop];
  }

  /**
   * The rows between two heights of the canvas; null within one row.
   * @param {number} from
   * @param {number} to
   * @returns {import("./measure.js").Box | null}
   */
  rowsBetween(from, to) {
    const rows = this.groups.flatMap(group => group.rows);
    const at = (/** @type {number} */ y) => rows.findIndex(row => row === rowNearest(this.groups, y - AXIS + this.elements.scroller.scrollTop)?.row);
    const [a, b] = [at(from), at(to)];
    return a === b || a < 0 || b < 0 ? null : [Math.min(a, b), Math.max(a, b)];
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      if (!this.window.settled && this.window.step()) this.redraw();
      this.draw();
    });
  }

  draw() {
    if (this.height === 0) return;
    this.painter.draw(this.scene);
    this.overview.draw(this.scene);
    this.counters.draw(this.scene);
  }

  // ---- What lies where ----------------------------------------------------------------------

  /** @param {Point} at */
  hitAt({ x, y }) {
    return hitAt(this.model, this.scene, x, y);
  }

  /** @param {Point} at */
  edgeAt({ x, y }) {
    return edgeAt(this.scene, x, y);
  }

  /** @param {number} x */
  timeAt(x) {
    return timeAt(this.scene, x);
  }

  /** The share of the window at which the pointer is; undefined beside the plot. */
  get pointedShare() {
    const x = this.pointer?.x ?? -1;
    return x >= this.labelWidth && x <= this.width ? (x - this.labelWidth) / this.plotWidth : undefined;
  }

  hover(at = this.pointer) {
    const hit = at && !this.dragging ? this.hitAt(at) : null;
    this.hit = hit;
    this.elements.canvas.classList.toggle("pointing", Boolean(hit && (hit.label || hit.bar)) && !this.rulerMode);
    this.on.hover(hit, at);
    this.redraw();
  }

  /**
   * Where a region's row shows a point in time, in px of the page; for scripts.
   * @param {string} name
   * @param {number} rank
   * @param {number} time
   */
  locate(name, rank, time) {
    const isIt = (/** @type {import("./data.js").Lane} */ lane) => lane.region.name === name && lane.rank === rank;
    const found = rowOf(this.groups, isIt);
    if (!found) return null;
    const box = this.elements.canvas.getBoundingClientRect();
    const y = AXIS + found.group.y + found.row.y + found.row.height / 2 - this.elements.scroller.scrollTop;
    return { x: box.left + xOf(this.scene, time), y: box.top + y };
  }

  /** The group that is meant: the one at the pointer, else that of the selected call or region. @returns {Group | null} */
  get meantGroup() {
    const { hit, pinned } = this;
    const ofRegion = () => pinned && rowOf(this.groups, lane => lane.region === pinned)?.group;
    return hit?.group ?? this.selectedHit?.group ?? ofRegion() ?? null;
  }

  // ---- Going somewhere ----------------------------------------------------------------------

  /**
   * Scrolls a region's rows into sight, or that of a rank.
   * @param {Region} region
   * @param {number | null} rank
   */
  reveal(region, rank = null) {
    const found = rowOf(this.groups, lane => lane.region === region && (rank === null || lane.rank === rank));
    if (!found) return;
    if (rank !== null) {
      this.scrollTo(found.group.y + found.row.y, found.row.height);
      return;
    }
    const top = found.group.region ? found.group.y : found.group.y + found.row.y;
    this.scrollTo(top, Math.min(found.group.region ? found.group.height : found.row.height, this.height / 2));
  }

  /**
   * Shows a bar: moves there in time where it is out of sight or too short to be seen, and scrolls to its row.
   * @param {Spot} spot
   * @param {boolean} glide
   */
  select(spot, glide) {
    this.selected = spot;
    const { lane, i } = spot;
    this.goTo(lane.starts[i], lane.ends[i], glide);
    const found = rowOf(this.groups, one => showsBar(one, lane, lane.starts[i]));
    if (found) this.scrollTo(found.group.y + found.row.y, found.row.height);
    this.redraw();
    this.on.changed();
  }

  /**
   * Moves to a call where it is out of sight or too short to be seen.
   * @param {number} start
   * @param {number} end
   * @param {boolean} glide
   */
  goTo(start, end, glide) {
    const [t0, t1] = this.window.target;
    const length = t1 - t0;
    const tooShort = ((end - start) / length) * this.plotWidth < 3;
    const wanted = tooShort || end - start > length ? Math.max(10, (end - start) * 8) : length;
    if (tooShort || start < t0 || end > t1) {
      const middle = (start + end) / 2;
      this.window.set(middle - wanted / 2, middle + wanted / 2, glide);
    }
  }

  /** What is selected, in the words of a hit. @returns {Hit | null} */
  get selectedHit() {
    if (!this.selected) return null;
    const { lane, i } = this.selected;
    const found = rowOf(this.groups, one => showsBar(one, lane, lane.starts[i]));
    return found && { ...found, region: lane.region, label: false, bar: describe(this.model, lane, i) };
  }

  /** Below the selected bar, px of the canvas. @returns {Point | null} */
  get selectedPoint() {
    if (!this.selected) return null;
    const { lane, i } = this.selected;
    const found = rowOf(this.groups, one => showsBar(one, lane, lane.starts[i]));
    if (!found) return null;
    const x = xOf(this.scene, (lane.starts[i] + lane.ends[i]) / 2);
    const y = AXIS + found.group.y + found.row.y + found.row.height - this.elements.scroller.scrollTop;
    return { x: Math.max(this.labelWidth, Math.min(this.width, x)), y };
  }

  /**
   * Scrolls so that a stretch of the content is seen.
   * @param {number} top
   * @param {number} height
   */
  scrollTo(top, height) {
    const { scroller } = this.elements;
    const { scrollTop } = scroller;
    const isSeen = top >= scrollTop && top + height <= scrollTop + this.height - AXIS;
    if (!isSeen) scroller.scrollTop = Math.max(0, top - 20);
  }
}
