// The strip below the timeline: the program's counters, over the part of the run that is seen.

import { css, readableOn } from "./color.js";
import { amount } from "./format.js";
import { timeAt, xOf } from "./geometry.js";
import { SMALL_FONT, FONT, Texts } from "./text.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./painter.js").Scene} Scene */
/**
 * A counter on a rank. Value i is from `times[i]` on, up to the next: between `low` and `high`, and at last `last`; NaN
 * where there is none. Where values were few, all three are the same.
 * @typedef {{ name: string, unit: string | null, rank: number, times: Float64Array, low: Float64Array, high: Float64Array, last: Float64Array }} Counter
 */
/** @typedef {{ name: string, unit: string | null, rank: number, steps: number[], values: (number | null)[], low?: (number | null)[], high?: (number | null)[] }} CounterJson */
/** All of a name, on an axis from `from` to `to`; `range` in words. @typedef {{ name: string, unit: string | null, lines: Counter[], from: number, to: number, range: string }} CounterLane */

/** The height of one counter, px, and the most of all of them. */
const LANE = 52;
const MOST_LANES = 4;
/** Above and below a line, px. */
const AROUND = 8;
/** More ranks than these are told about by their range. */
const MOST_TOLD = 3;
/** In the place of a value where there is none. */
const NONE = "–";
/** Colours of lines, those of the charts (Okabe and Ito). @type {RGB[]} */
const COLORS = [[0x00, 0x72, 0xb2], [0xe6, 0x9f, 0x00], [0x00, 0x9e, 0x73], [0x88, 0x22, 0x55], [0xcc, 0x79, 0xa7], [0xd5, 0x5e, 0x00], [0x56, 0xb4, 0xe9], [0x99, 0x99, 0x33]];

/**
 * @param {CounterJson[]} counters
 * @returns {Counter[]}
 */
export function decodeCounters(counters) {
  return counters.map(({ name, unit, rank, steps, values, low, high }) => {
    const numbers = (/** @type {(number | null)[]} */ some) => Float64Array.from(some, value => value ?? NaN);
    const times = new Float64Array(steps.length);
    steps.reduce((at, step, i) => (times[i] = at + step), 0);
    return { name, unit, rank, times, low: numbers(low ?? values), high: numbers(high ?? values), last: numbers(values) };
  });
}

/**
 * The place of the value that holds at a time; -1 before the first.
 * @param {Counter} counter
 * @param {number} time
 */
export function placeAt({ times }, time) {
  let [lo, hi] = [0, times.length];
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (times[middle] <= time) lo = middle + 1;
    else hi = middle;
  }
  return lo - 1;
}

/**
 * @param {number} low
 * @param {number} high
 * @param {string | null} unit
 */
function rangeOf(low, high, unit) {
  return low === high ? amount(low, unit) : `${amount(low, unit)} … ${amount(high, unit)}`;
}

/**
 * Counters of one name share a lane.
 * @param {Counter[]} counters
 * @returns {CounterLane[]}
 */
export function lanesOf(counters) {
  /** @type {Map<string, CounterLane>} */
  const lanes = new Map();
  for (const counter of counters) {
    const lane = lanes.get(counter.name) ?? { name: counter.name, unit: counter.unit, lines: [], from: Infinity, to: -Infinity, range: "" };
    lane.lines.push(counter);
    for (const value of counter.low) if (value < lane.from) lane.from = value;
    for (const value of counter.high) if (value > lane.to) lane.to = value;
    lanes.set(counter.name, lane);
  }
  return [...lanes.values()].map(lane => {
    if (lane.from > lane.to) return { ...lane, from: 0, to: 1, range: NONE };
    // As in pictures: from zero where that takes no more than half of the room.
    const from = lane.from >= 0 && lane.from < lane.to / 2 ? 0 : lane.from;
    return { ...lane, from, to: lane.to > from ? lane.to : from + 1, range: rangeOf(lane.from, lane.to, lane.unit) };
  });
}

export class Counters {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} scroller its frame, which scrolls where there are many counters
   * @param {HTMLElement} timeline what wheel events are meant for
   */
  constructor(canvas, scroller, timeline) {
    this.canvas = canvas;
    this.scroller = scroller;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.texts = new Texts(this.context);
    /** @type {{ counters: Counter[], ranks: ((rank: number) => boolean) | null } | null} */
    this.shown = null;
    /** @type {CounterLane[]} */
    this.lanes = [];
    /** Where the pointer is on this canvas, px. @type {number | null} */
    this.pointer = null;
    /** From when to when the pixel at the pointer is; null where it is at none. @type {[number, number] | null} */
    this.told = null;
    canvas.addEventListener("wheel", event => {
      if (this.lanes.length > MOST_LANES && !event.ctrlKey && event.offsetX < this.labels) return;
      event.preventDefault();
      timeline.dispatchEvent(new WheelEvent("wheel", event));
    }, { passive: false });
    this.labels = 0;
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
    this.scroller.hidden = this.lanes.length === 0;
    this.canvas.setAttribute("aria-label", `Counters over the run: ${this.lanes.map(({ name, range }) => `${name} ${range}`).join(", ")}`);
  }

  /** What each counter was where the pointer is. @returns {[string, string][] | null} */
  get values() {
    const { told } = this;
    return told && this.lanes.map(lane => [lane.name, valueOf(lane, ...told)]);
  }

  /** The height of the strip, px. */
  get height() {
    return LANE * Math.min(MOST_LANES, this.lanes.length);
  }

  /**
   * Adapts the canvas to its width.
   * @param {number} width
   * @param {number} ratio
   */
  fit(width, ratio) {
    const height = LANE * this.lanes.length;
    this.scroller.style.height = `${this.height}px`;
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
    this.labels = scene.labelWidth;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colors.panel;
    context.fillRect(0, 0, width, LANE * this.lanes.length);
    const x = this.pointer ?? (scene.dragging ? null : scene.pointer?.x ?? null);
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
    const { ratio, labelWidth, width, theme: { colors, background } } = scene;
    const top = place * LANE;
    const [high, low] = [top + AROUND, top + LANE - AROUND];
    const y = (/** @type {number} */ value) => low - ((value - lane.from) / (lane.to - lane.from)) * (low - high);
    context.fillStyle = colors.line;
    context.fillRect(0, top, width, 1 / ratio);
    context.fillStyle = colors.grid;
    for (const at of [high, low]) context.fillRect(labelWidth, Math.round(at * ratio) / ratio, width - labelWidth, 1 / ratio);
    context.save();
    context.beginPath();
    context.rect(labelWidth, top, width - labelWidth, LANE);
    context.clip();
    lane.lines.forEach((line, i) => {
      context.fillStyle = css(readableOn(COLORS[(lane.lines.length === 1 ? place : i) % COLORS.length], background));
      drawLine(context, scene, line, y, lane.lines.length === 1 ? low : null);
    });
    context.restore();
    this.drawNames(scene, lane, top);
  }

  /**
   * @param {Scene} scene
   * @param {CounterLane} lane
   * @param {number} top
   */
  drawNames(scene, lane, top) {
    const { context, told } = this;
    const { labelWidth, theme: { colors } } = scene;
    const ends = [lane.to, lane.from].map(value => amount(value, lane.unit));
    const room = this.texts.widest(ends, SMALL_FONT) + 14;
    context.font = SMALL_FONT;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.fillStyle = colors.muted;
    context.fillText(ends[0], labelWidth - 8, top + AROUND + 2);
    context.fillText(ends[1], labelWidth - 8, top + LANE - AROUND - 2);
    context.textAlign = "left";
    context.fillStyle = colors.text;
    const name = this.texts.fit(lane.name, labelWidth - room - 10, `600 ${FONT}`);
    context.font = `600 ${FONT}`;
    context.fillText(name, 10, top + LANE / 2 - (told === null ? 0 : 9));
    if (told === null) return;
    context.font = FONT;
    // What each rank has, where there is room.
    const [each, all] = [MOST_TOLD, 0].map(most => valueOf(lane, ...told, most));
    const text = this.texts.widest([each], FONT) <= labelWidth - room - 10 ? each : all;
    context.fillText(this.texts.fit(text, labelWidth - room - 10, FONT), 10, top + LANE / 2 + 9);
  }
}

/**
 * The value of a lane in a short time, in words: a range where it has several. Of no more ranks than `most`, that of each.
 * @param {CounterLane} lane
 * @param {number} from
 * @param {number} until
 * @param {number} most
 */
export function valueOf({ lines, unit }, from, until, most = MOST_TOLD) {
  const told = lines.flatMap(line => {
    let [low, high] = [Infinity, -Infinity];
    const first = Math.max(0, placeAt(line, from));
    for (let i = first; i < line.times.length && line.times[i] < until; i++) if (!Number.isNaN(line.last[i])) [low, high] = [Math.min(low, line.low[i]), Math.max(high, line.high[i])];
    return low > high ? [] : [{ rank: line.rank, low, high }];
  });
  if (told.length === 0) return NONE;
  if (lines.length > 1 && told.length <= most) return told.map(({ rank, low, high }) => `${rank}: ${rangeOf(low, high, unit)}`).join(", ");
  return rangeOf(Math.min(...told.map(one => one.low)), Math.max(...told.map(one => one.high)), unit);
}

/**
 * A line as steps: in each pixel from the lowest to the highest value there.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Counter} line
 * @param {(value: number) => number} y
 * @param {number | null} ground where it is tinted down to
 */
function drawLine(context, scene, line, y, ground) {
  const { t0, t1 } = scene;
  const step = 1 / scene.ratio;
  const half = 0.75;
  /** The pixel that is collected: left, right, low, high. @type {[number, number, number, number] | null} */
  let open = null;
  const close = () => {
    if (!open) return;
    const [left, right, low, high] = open;
    if (ground !== null) {
      context.globalAlpha = 0.15;
      context.fillRect(left, y(low), right - left, ground - y(low));
      context.globalAlpha = 1;
    }
    context.fillRect(left, y(high) - half, right - left, y(low) - y(high) + 2 * half);
    open = null;
  };
  for (let i = Math.max(0, placeAt(line, t0)); i < line.times.length && line.times[i] < t1; i++) {
    if (Number.isNaN(line.last[i])) continue;
    const until = i + 1 < line.times.length ? line.times[i + 1] : Math.max(t1, line.times[i]);
    const left = Math.floor(Math.max(xOf(scene, line.times[i]), scene.labelWidth) / step) * step;
    const right = Math.max(left + step, Math.ceil(Math.min(xOf(scene, until), scene.width) / step) * step);
    // What it was just before joins the line.
    const before = i > 0 && !Number.isNaN(line.last[i - 1]) && line.times[i] >= t0 ? line.last[i - 1] : line.low[i];
    const [low, high] = [line.low[i], line.high[i]];
    if (open && open[0] === left && right - left <= step) {
      open = [left, right, Math.min(open[2], low, before), Math.max(open[3], high, before)];
      continue;
    }
    close();
    if (right - left <= step) {
      open = [left, right, Math.min(low, before), Math.max(high, before)];
      continue;
    }
    open = [left, left + 2 * half, Math.min(low, before), Math.max(high, before)];
    const held = ground;
    if (held !== null) {
      context.globalAlpha = 0.15;
      context.fillRect(left + 2 * half, y(low), right - left - 2 * half, held - y(low));
      context.globalAlpha = 1;
    }
    close();
    context.fillRect(left, y(high) - half, right - left, y(low) - y(high) + 2 * half);
  }
  close();
}
