// Lines of counters as rectangles, which a canvas fills and a picture has as paths; and which colour is which rank.

import { placeAt } from "./counterdata.js";
import { xOf } from "./geometry.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./counterdata.js").Counter} Counter */
/** @typedef {import("./counterdata.js").CounterLane} CounterLane */
/** The part of the run that is seen. @typedef {Pick<import("./painter.js").Scene, "t0" | "t1" | "labelWidth" | "plotWidth" | "width" | "ratio">} Stretch */
/** Is told of rectangles: left, top, width, height, and whether it is a tint. @typedef {(x: number, y: number, width: number, height: number, tinted: boolean) => void} Put */
/** A colour and what it stands for; without a colour a remark. @typedef {{ text: string, color: RGB | null }} KeyEntry */

/** Colours of lines, those of the charts (Okabe and Ito). @type {RGB[]} */
const LINE_COLORS = [[0x00, 0x72, 0xb2], [0xe6, 0x9f, 0x00], [0x00, 0x9e, 0x73], [0x88, 0x22, 0x55], [0xcc, 0x79, 0xa7], [0xd5, 0x5e, 0x00], [0x56, 0xb4, 0xe9], [0x99, 0x99, 0x33]];
/** More ranks are drawn as a band and their mean, as in src/chart/counters. */
const MOST_LINES = 6;
/** Half as thick as a line is, px. */
const HALF = 0.75;

/** Whether there are too many lines to be told apart. @param {CounterLane} lane */
export function isBand({ lines }) {
  return lines.length > MOST_LINES;
}

/**
 * The ranks that have lines of their own, in order. Of several, each has its colour in all lanes.
 * @param {CounterLane[]} lanes
 */
export function ranksOfLines(lanes) {
  const ranks = new Set(lanes.filter(lane => !isBand(lane)).flatMap(lane => lane.lines.map(line => line.rank)));
  return [...ranks].sort((a, b) => a - b);
}

/**
 * What the colours stand for; empty where one rank has all lines, and each lane its own colour.
 * @param {CounterLane[]} lanes
 * @returns {KeyEntry[]}
 */
export function colorKeyOf(lanes) {
  const ranks = ranksOfLines(lanes);
  /** @type {KeyEntry[]} */
  const entries = ranks.length > 1 ? ranks.map((rank, i) => ({ text: `rank ${rank}`, color: colorAt(i) })) : [];
  if (lanes.some(isBand)) entries.push({ text: "line: mean of the ranks, band: from the smallest to the largest", color: null });
  return entries;
}

/** @param {number} place */
function colorAt(place) {
  return LINE_COLORS[place % LINE_COLORS.length];
}

/**
 * The colour of a rank's line, or of a band.
 * @param {CounterLane[]} lanes
 * @param {number[]} ranks as `ranksOfLines` has them
 * @param {CounterLane} lane
 * @param {number} rank
 */
export function lineColor(lanes, ranks, lane, rank) {
  return colorAt(isBand(lane) || ranks.length < 2 ? lanes.indexOf(lane) : ranks.indexOf(rank));
}

/**
 * A line as steps: in each pixel from the lowest to the highest value there.
 * @param {Stretch} scene
 * @param {Counter} line
 * @param {(value: number) => number} y
 * @param {number | null} ground where it is tinted down to
 * @param {Put} put
 */
export function putLine(scene, line, y, ground, put) {
  const { t0, t1 } = scene;
  const step = 1 / scene.ratio;
  /** The pixel that is collected: left, right, low, high. @type {[number, number, number, number] | null} */
  let open = null;
  const tint = (/** @type {number} */ left, /** @type {number} */ right, /** @type {number} */ value) => {
    if (ground !== null) put(left, y(value), right - left, ground - y(value), true);
  };
  const stroke = (/** @type {number} */ left, /** @type {number} */ right, /** @type {number} */ low, /** @type {number} */ high) =>
    put(left, y(high) - HALF, right - left, y(low) - y(high) + 2 * HALF, false);
  const close = () => {
    if (!open) return;
    const [left, right, low, high] = open;
    tint(left, right, low);
    stroke(left, right, low, high);
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
    open = [left, left + 2 * HALF, Math.min(low, before), Math.max(high, before)];
    close();
    tint(left + 2 * HALF, right, low);
    stroke(left, right, low, high);
  }
  close();
}

/**
 * The lines of many ranks: a band from the smallest to the largest value in each pixel, and the mean of what they were
 * there at last.
 * @param {Stretch} scene
 * @param {Counter[]} lines
 * @param {(value: number) => number} y
 * @param {Put} put
 */
export function putBand(scene, lines, y, put) {
  const { low, high, mean } = bandOf(scene, lines);
  const step = 1 / scene.ratio;
  const x = (/** @type {number} */ column) => scene.labelWidth + column * step;
  const runs = (/** @type {Float64Array[]} */ of, /** @type {(from: number, to: number) => void} */ told) => {
    for (let from = 0; from < low.length; ) {
      let to = from + 1;
      while (to < low.length && of.every(values => Object.is(values[to], values[from]))) to++;
      if (low[from] <= high[from]) told(from, to);
      from = to;
    }
  };
  runs([low, high], (from, to) => put(x(from), y(high[from]) - HALF, x(to) - x(from), y(low[from]) - y(high[from]) + 2 * HALF, true));
  runs([mean], (from, to) => {
    const before = from > 0 && !Number.isNaN(mean[from - 1]) ? mean[from - 1] : mean[from];
    const [top, bottom] = [y(Math.max(before, mean[from])), y(Math.min(before, mean[from]))];
    put(x(from), top - HALF, 2 * HALF, bottom - top + 2 * HALF, false);
    put(x(from), y(mean[from]) - HALF, x(to) - x(from), 2 * HALF, false);
  });
}

/**
 * By pixel of the plot: the smallest and largest value of any line, and the mean of what they were there at last; NaN
 * where there is none.
 * @param {Stretch} scene
 * @param {Counter[]} lines
 */
export function bandOf(scene, lines) {
  const { t0, t1, ratio } = scene;
  const columns = Math.max(1, Math.floor(scene.plotWidth * ratio));
  const low = new Float64Array(columns).fill(Infinity);
  const high = new Float64Array(columns).fill(-Infinity);
  const sums = new Float64Array(columns);
  const counts = new Uint32Array(columns);
  const own = new Float64Array(columns);
  const column = (/** @type {number} */ time) => ((time - t0) / (t1 - t0)) * columns;
  for (const line of lines) {
    own.fill(NaN);
    for (let i = Math.max(0, placeAt(line, t0)); i < line.times.length && line.times[i] < t1; i++) {
      const isValue = !Number.isNaN(line.last[i]);
      const until = i + 1 < line.times.length ? line.times[i + 1] : Infinity;
      const first = Math.max(0, Math.floor(column(line.times[i])));
      const last = Math.min(columns, Math.max(first + 1, Math.ceil(column(until))));
      for (let at = first; at < last; at++) {
        own[at] = line.last[i];
        if (!isValue) continue;
        low[at] = Math.min(low[at], line.low[i]);
        high[at] = Math.max(high[at], line.high[i]);
      }
    }
    for (let at = 0; at < columns; at++) {
      if (Number.isNaN(own[at])) continue;
      sums[at] += own[at];
      counts[at]++;
    }
  }
  return { low, high, mean: sums.map((sum, at) => (counts[at] > 0 ? sum / counts[at] : NaN)) };
}
