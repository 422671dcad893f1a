// Small models to ask questions of.

import { readFileSync } from "node:fs";

/** @typedef {import("../data.js").Lane} Lane */
/** @typedef {import("../data.js").Model} Model */
/** @typedef {import("../data.js").Region} Region */

/** What Rust says of the same inputs; written by src/page/vectors.rs. */
export const vectors = JSON.parse(readFileSync(new URL("./vectors.json", import.meta.url), "utf8"));

/**
 * A model of single calls: [region, rank, thread, depth, start, end].
 * @param {[string, number, number | null, number, number, number][]} calls
 * @returns {Model}
 */
export function modelOf(calls) {
  /** @type {Map<string, Region>} */
  const regions = new Map();
  /** @type {Map<string, { region: Region, rank: number, thread: number | null, depth: number, bars: [number, number][] }>} */
  const lanes = new Map();
  for (const [name, rank, thread, depth, start, end] of calls) {
    const region = regions.get(name) ?? { id: regions.size, name, label: name, color: [0, 114, 178], stats: null, lanes: [] };
    regions.set(name, region);
    const key = [name, rank, thread, depth].join();
    const lane = lanes.get(key) ?? { region, rank, thread, depth, bars: [] };
    lanes.set(key, lane);
    lane.bars.push([start, end]);
  }
  const all = [...lanes.values()].map(({ bars, ...lane }) => laneOf(lane, bars));
  for (const lane of all) lane.region.lanes.push(lane);
  const ranks = new Set(calls.map(call => call[1]));
  const span = Math.max(1, ...calls.map(call => call[5]));
  const header = { title: "", ranks: ranks.size, threads: ranks.size, intervals: calls.length, merged: 0, grain: 1, wall: span, outside: null, outsideShare: null, axis: "", notes: [], served: false, reading: false, timed: true };
  return { header: /** @type {import("../data.js").Header} */ (header), span, regions: [...regions.values()], lanes: all, threads: new Map(), threadCount: new Map([...ranks].map(rank => [rank, 1])), tasks: [], fields: [], scales: undefined, colorBy: "", counters: [] };
}

/**
 * @param {{ region: Region, rank: number, thread: number | null, depth: number }} lane
 * @param {[number, number][]} bars
 * @returns {Lane}
 */
function laneOf(lane, bars) {
  const time = new Float64Array(bars.length + 1);
  bars.forEach(([start, end], i) => (time[i + 1] = time[i] + end - start));
  return {
    ...lane,
    starts: Float64Array.from(bars, bar => bar[0]),
    ends: Float64Array.from(bars, bar => bar[1]),
    calls: Float64Array.from({ length: bars.length + 1 }, (_, i) => i),
    time,
  };
}
