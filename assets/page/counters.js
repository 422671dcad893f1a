// The strip below the timeline: the program's counters, over the part of the run that is seen.

import { css, readableOn } from "./color.js";
import { MOST_TOLD, lanesOf, valueOf } from "./counterdata.js";
import { isBand, colorKeyOf, lineColor, putBand, putLine, ranksOfLines } from "./counterlines.js";
import { make } from "./dom.js";
import { amount } from "./format.js";
import { timeAt, xOf } from "./geometry.js";
import { FONT, SMALL_FONT, Texts } from "./text.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./counterdata.js").Counter} Counter */
/** @typedef {import("./counterdata.js").CounterLane} CounterLane */
/** @typedef {import("./painter.js").Scene} Scene */

/** The height of one counter, and of what colours stand for, px. */
export const LANE = 52;
export const KEY = 22;
/** So many are in sight at most, and in so much of the height of the page. */
const MOST_LANES = 4;
const MOST_SHARE = 0.3;
/** Above and below a line, px. */
const AROUND = 8;
/** How strong tints are. */
const TINT = { area: 0.15, band: 0.3 };

/** Where the selected call begins, px. @param {Scene} scene */
function selectedX(scene) {
  const { selected } = scene;
  return selected && xOf(scene, selected.lane.starts[selected.i]);
}

export class Counters {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} scroller its frame, which scrolls where there are many counters
   * @param {HTMLElement} key what says which colour is which rank
   * @param {HTMLElement} timeline what wheel events are meant for
   */
  constructor(canvas, scroller, key, timeline) {
    this.canvas = canvas;
    this.scroller = scroller;
    this.key = key;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.texts = new Texts(this.context);
    /** @type {{ counters: Counter[], ranks: ((rank: number) => boolean) | null } | null} */
    this.shown = null;
    /** @type {CounterLane[]} */
    this.lanes = [];
    /** The ranks that have lines of their own. @type {number[]} */
    this.ranks = [];
    /** What the colours stand for. @type {import("./counterlines.js").KeyEntry[]} */
    this.entries = [];
    /** Where the pointer is on this canvas, px. @type {number | null} */
    this.pointer = null;
    /** From when to when the pixel is that is told of; null where there is none. @type {[number, number] | null} */
    this.told = null;
    canvas.addEventListener("wheel", event => {
      if (this.lanes.length > this.most && !event.ctrlKey && event.offsetX < this.labels) return;
      event.preventDefault();
      timeline.dispatchEvent(new WheelEvent("wheel", event));
    }, { passive: false });
    this.labels = 0;
    /** What the key says. @type {{ theme: import("./theme.js").Theme, entries: import("./counterlines.js").KeyEntry[] } | null} */
    this.written = null;
    /** The most lanes that are in sight. */
    this.most = MOST_LANES;
  }

  /** @param {number} height of the page, px */
  adapt(height) {
    this.most = Math.max(1, Math.min(MOST_LANES, Math.floor((height * MOST_SHARE) / LANE)));
  }

  /**
   * Shows those of some ranks; null: of all.
   * @param {Counter[]} counters
   * @param {((rank: number) => boolean) | null} ranks
   */
  show(counters, ranks) {
    if (this.shown?.counters === counters && this.shown.ranks === ranks) return;
    this.shown = { counters, ranks };
    this.lanes = lanesOf(ranks === null ? counters : counters.filter(({ rank }) => ranks(rank)));
    this.ranks = ranksOfLines(this.lanes);
    this.entries = colorKeyOf(this.lanes);
    this.scroller.hidden = this.lanes.length === 0;
    this.key.hidden = this.entries.length === 0;
    this.canvas.setAttribute("aria-label", `Counters over the run: ${this.lanes.map(({ name, range }) => `${name} ${range}`).join(", ")}`);
  }

  /** What each counter was where the pointer is, or without one where the selected call begins. */
  get values() {
    return this.told && this.valuesOf(...this.told);
  }

  /**
   * What each counter was from one time to another, ns.
   * @param {number} from
   * @param {number} until
   * @returns {[string, string][]}
   */
  valuesOf(from, until) {
    return this.lanes.map(lane => [lane.name, valueOf(lane, from, until)]);
  }

  /** The height of the strip, px. */
  get height() {
    return this.keyHeight + this.lanesHeight;
  }

  /** That of all of its lanes, px. */
  get wholeHeight() {
    return this.keyHeight + LANE * this.lanes.length;
  }

  get lanesHeight() {
    return LANE * Math.min(this.most, this.lanes.length);
  }

  get keyHeight() {
    return this.entries.length > 0 ? KEY : 0;
  }

  /** Says which colour is which rank, beside where the plot begins. @param {Scene} scene */
  writeKey({ labelWidth, theme: { background } }) {
    const entries = this.entries.map(({ text, color }) => {
      const swatch = make("i", { class: "swatch" });
      if (color) swatch.style.background = css(readableOn(color, background));
      return make("span", {}, ...(color ? [swatch] : []), text);
    });
    this.key.style.paddingLeft = `${labelWidth}px`;
    this.key.replaceChildren(...entries);
  }

  /**
   * Adapts the canvas to its width.
   * @param {number} width
   * @param {number} ratio
   */
  fit(width, ratio) {
    const height = LANE * this.lanes.length;
    this.scroller.style.height = `${this.lanesHeight}px`;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  /** @param {Scene} scene */
  draw(scene) {
    if (this.lanes.length === 0) return;
    const { context } = this;
    const { ratio, width, theme: { colors } } = scene;
    if (this.written?.theme !== scene.theme || this.written.entries !== this.entries || this.labels !== scene.labelWidth) {
      this.written = { theme: scene.theme, entries: this.entries };
      this.writeKey(scene);
    }
    this.labels = scene.labelWidth;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colors.panel;
    context.fillRect(0, 0, width, LANE * this.lanes.length);
    const x = this.pointer ?? (scene.dragging ? null : scene.pointer?.x ?? selectedX(scene));
    const pointed = x !== null && x >= scene.labelWidth && x <= width ? x : null;
    this.told = pointed === null ? null : [timeAt(scene, pointed), timeAt(scene, pointed + 1)];
    this.lanes.forEach((lane, place) => this.drawLane(scene, lane, place));
    if (pointed === null) return;
    context.fillStyle = colors.muted;
    context.globalAlpha = 0.5;
    context.fillRect(Math.round(pointed * ratio) / ratio, 0, 1 / ratio, LANE * this.lanes.length);
    context.globalAlpha = 1;
  }

  /**
   * @param {Scene} scene
   * @param {CounterLane} lane
   * @param {number} place
   */
  drawLane(scene, lane, place) {
    const { context } = this;
    const { ratio, labelWidth, width, theme: { colors } } = scene;
    const top = place * LANE;
    context.fillStyle = colors.line;
    context.fillRect(0, top, width, 1 / ratio);
    context.fillStyle = colors.grid;
    for (const at of [top + AROUND, top + LANE - AROUND]) context.fillRect(labelWidth, Math.round(at * ratio) / ratio, width - labelWidth, 1 / ratio);
    context.save();
    context.beginPath();
    context.rect(labelWidth, top, width - labelWidth, LANE);
    context.clip();
    this.putLane(scene, lane, top, (color, strength) => {
      context.fillStyle = color;
      return (x, y, wide, high, tinted) => {
        context.globalAlpha = tinted ? strength : 1;
        context.fillRect(x, y, wide, high);
      };
    });
    context.restore();
    this.drawNames(scene, lane, top);
  }

  /**
   * Tells of the lines of a lane, each with its colour and the strength of its tints.
   * @param {Scene} scene
   * @param {CounterLane} lane
   * @param {number} top
   * @param {(color: string, strength: number) => import("./counterlines.js").Put} begin
   */
  putLane(scene, lane, top, begin) {
    const [high, low] = [top + AROUND, top + LANE - AROUND];
    const y = (/** @type {number} */ value) => low - ((value - lane.from) / (lane.to - lane.from)) * (low - high);
    const colorOf = (/** @type {number} */ rank) => css(readableOn(lineColor(this.lanes, this.ranks, lane, rank), scene.theme.background));
    if (isBand(lane)) {
      putBand(scene, lane.lines, y, begin(colorOf(lane.lines[0].rank), TINT.band));
      return;
    }
    const ground = lane.lines.length === 1 ? low : null;
    for (const line of lane.lines) putLine(scene, line, y, ground, begin(colorOf(line.rank), TINT.area));
  }

  /**
   * What stands before a lane: its name, the ends of its axis, and its value at a time.
   * @param {Scene} scene
   * @param {CounterLane} lane
   * @param {number} top
   * @param {[number, number] | null} told
   * @returns {{ text: string, x: number, at: number, font: string, fill: string, anchor: "start" | "end" }[]}
   */
  namesOf({ labelWidth, theme: { colors } }, lane, top, told) {
    const ends = [lane.to, lane.from].map(value => amount(value, lane.unit));
    const room = labelWidth - this.texts.widest(ends, SMALL_FONT) - 24;
    const [bold, middle] = [`600 ${FONT}`, top + LANE / 2];
    /** @type {ReturnType<Counters["namesOf"]>} */
    const names = [
      { text: ends[0], x: labelWidth - 8, at: top + AROUND + 2, font: SMALL_FONT, fill: colors.muted, anchor: "end" },
      { text: ends[1], x: labelWidth - 8, at: top + LANE - AROUND - 2, font: SMALL_FONT, fill: colors.muted, anchor: "end" },
      { text: this.texts.fit(lane.name, room, bold), x: 10, at: middle - (told === null ? 0 : 9), font: bold, fill: colors.text, anchor: "start" },
    ];
    if (told !== null) {
      // What each rank has, where there is room.
      const [each, all] = [MOST_TOLD, 0].map(most => valueOf(lane, ...told, most));
      const text = this.texts.widest([each], FONT) <= room ? each : all;
      names.push({ text: this.texts.fit(text, room, FONT), x: 10, at: middle + 9, font: FONT, fill: colors.text, anchor: "start" });
    }
    return names;
  }

  /**
   * @param {Scene} scene
   * @param {CounterLane} lane
   * @param {number} top
   */
  drawNames(scene, lane, top) {
    const { context } = this;
    context.textBaseline = "middle";
    for (const { text, x, at, font, fill, anchor } of this.namesOf(scene, lane, top, this.told)) {
      context.font = font;
      context.fillStyle = fill;
      context.textAlign = anchor;
      context.fillText(text, x, at);
    }
  }
}
