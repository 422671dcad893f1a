// The program's counters: their values over time, and lanes of those of one name.

import { amount } from "./format.js";

/**
 * A counter on a rank. Value i is from `times[i]` on, up to the next: between `low` and `high`, and at last `last`; NaN
 * where there is none. Where values were few, all three are the same.
 * @typedef {{ name: string, unit: string | null, rank: number, times: Float64Array, low: Float64Array, high: Float64Array, last: Float64Array }} Counter
 */
/** @typedef {{ name: string, unit: string | null, rank: number, steps: number[], values: (number | null)[], low?: (number | null)[], high?: (number | null)[] }} CounterJson */
/** All of a name, on an axis from `from` to `to`; `range` in words. @typedef {{ name: string, unit: string | null, lines: Counter[], from: number, to: number, range: string }} CounterLane */

/** More ranks than these are told about by their range. */
export const MOST_TOLD = 3;
/** In the place of a value where there is none. */
const NONE = "–";

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
