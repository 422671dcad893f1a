// From what the page carries to the model in typed arrays; all times in ns from the origin.
// src/page/json.rs and src/page/bars.rs are the other end.

import { oneLine } from "./format.js";
import { decodeValues } from "./values.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {{ calls: number, total: number, mean: number, min: number, max: number, std: number, exclusive: number | null, percentiles: [number, number, number] | null }} Stats */
/** @typedef {{ id: number, name: string, label: string, color: RGB, stats: Stats | null, lanes: Lane[] }} Region */
/**
 * The calls of a region on a rank: on one of its threads, at one depth of nesting; or on all threads, where `thread`
 * is null. Bars never overlap and are in order of time. `calls` and `time` are running sums with one entry more than
 * there are bars, so the calls in bars i to j are `calls[j] - calls[i]`, and so is the time the region ran. Lanes that are drawn by task say of
 * each bar which task's life it is, or which of its polls. `values` has by field the numbers of the bars, NaN where there is none.
 * @typedef {{ region: Region, rank: number, thread: number | null, depth: number, starts: Float64Array, ends: Float64Array, calls: Float64Array, time: Float64Array, lives?: import("./tasks.js").Task[], polls?: { task: import("./tasks.js").Task, at: number }[], values?: Float64Array[] }} Lane
 */
/** @typedef {{ title: string, ranks: number, threads: number, intervals: number, merged: number, grain: number, wall: number, outside: number | null, outsideShare: number | null, axis: string, notes: [string, boolean][], served: boolean, reading: boolean, timed: boolean }} Header */
/** @typedef {{ header: Header, span: number, regions: { name: string, color: RGB | null, stats: Stats | null }[], threads: [number, number, string][], threadCounts: [number, number][], fields?: import("./values.js").Field[], scales?: import("./values.js").Scales, colorBy?: string, served?: import("./server.js").Served }} PageJson */
/** @typedef {{ header: Header, span: number, regions: Region[], lanes: Lane[], threads: Map<string, string>, threadCount: Map<number, number>, tasks: import("./tasks.js").Task[], fields: import("./values.js").Field[], scales: import("./values.js").Scales | undefined, colorBy: string, counters: import("./counterdata.js").Counter[] }} Model */

const BUSY_STEPS = 1000;

/**
 * The bytes of the page's bars: base64, compressed (zlib).
 * @param {string} text
 */
export async function unpack(text) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old to unpack the page; Chrome 80, Firefox 113 and Safari 16.4 can");
  const compressed = atob(text);
  const bytes = new Uint8Array(compressed.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = compressed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Reads whole numbers of seven bits to a byte. */
export class Numbers {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  next() {
    let byte = this.bytes[this.at++];
    let number = byte & 0x7f;
    for (let weight = 128; byte >= 0x80; weight *= 128) {
      byte = this.bytes[this.at++];
      number += (byte & 0x7f) * weight;
    }
    return number;
  }
}

/**
 * Turns the page's JSON and the bytes of its bars, and of their values, into the model.
 * @param {PageJson} json
 * @param {Uint8Array} bytes
 * @param {Uint8Array} values
 * @returns {Model}
 */
export function decode(json, bytes, values = new Uint8Array(0)) {
  const threads = new Map();
  const threadCount = new Map();
  for (const [rank, thread, label] of json.threads) {
    threads.set(`${rank}:${thread}`, label);
    threadCount.set(rank, (threadCount.get(rank) ?? 0) + 1);
  }
  // Not every thread has a name.
  for (const [rank, known] of json.threadCounts) threadCount.set(rank, Math.max(known, threadCount.get(rank) ?? 0));
  /** @type {Region[]} */
  const regions = json.regions.map(({ name, color, stats }, id) => ({ id, name, label: oneLine(name), color: color ?? [128, 128, 128], stats, lanes: [] }));
  const lanes = decodeLanes(new Numbers(bytes), regions);
  const reading = json.served?.reading !== undefined;
  // Before anything is read, it may not be known how long the run took.
  const timed = !reading || json.span > 1;
  const { fields = [], scales, colorBy = "" } = json;
  if (values.length > 0) decodeValues(new Numbers(values), lanes, fields.length);
  return { header: { ...json.header, served: json.served !== undefined, reading, timed }, span: Math.max(1, json.span), regions, lanes, threads, threadCount, tasks: [], fields, scales, colorBy, counters: [] };
}

/**
 * @param {Numbers} numbers
 * @param {Region[]} regions
 */
export function decodeLanes(numbers, regions) {
  const heads = Array.from({ length: numbers.next() }, () => {
    const [region, rank, thread, depth, bars, merged] = Array.from({ length: 6 }, () => numbers.next());
    return { region: regions[region], rank, thread: thread > 0 ? thread - 1 : null, depth, bars, merged };
  });
  return heads.map(({ bars, merged, ...head }) => {
    const lane = { ...head, ...decodeBars(numbers, bars, merged) };
    lane.region.lanes.push(lane);
    return lane;
  });
}

/**
 * @param {Numbers} numbers
 * @param {number} bars
 * @param {number} merged
 */
function decodeBars(numbers, bars, merged) {
  const starts = new Float64Array(bars);
  const ends = new Float64Array(bars);
  const calls = new Float64Array(bars + 1).fill(1, 1);
  const time = new Float64Array(bars + 1);
  for (let i = 0; i < bars; i++) starts[i] = numbers.next();
  let at = 0;
  for (let i = 0; i < bars; i++) {
    starts[i] += at;
    ends[i] = at = starts[i] + numbers.next();
    time[i + 1] = ends[i] - starts[i];
  }
  for (let i = 0, left = merged; left > 0; left--) {
    i += numbers.next();
    calls[i + 1] = numbers.next();
    time[i + 1] *= numbers.next() / BUSY_STEPS;
  }
  for (let i = 0; i < bars; i++) {
    calls[i + 1] += calls[i];
    time[i + 1] += time[i];
  }
  return { starts, ends, calls, time };
}
