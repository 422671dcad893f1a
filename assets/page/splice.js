// A lane with other bars in a window of its time. Pure functions on typed arrays; all times in ns from the origin.

import { lowerBound } from "./model.js";

/** The bars of a lane, as `Lane` has them. @typedef {{ starts: Float64Array, ends: Float64Array, calls: Float64Array, time: Float64Array, values?: Float64Array[] }} Bars */
/** A bar by itself. @typedef {{ start: number, end: number, calls: number, time: number, values: number[] | undefined }} Bar */

export const NO_BARS = { starts: new Float64Array(0), ends: new Float64Array(0), calls: new Float64Array(1), time: new Float64Array(1) };

/**
 * The bars `outer` with `inner` in the place of what lies in a window. Of a bar that stands for several calls and
 * reaches out of the window, what is outside stays, with its share of calls and time; that of a single call is among
 * `inner`, or in another lane.
 * @param {Bars} outer
 * @param {Bars} inner what overlaps the window
 * @param {number} from
 * @param {number} until
 * @returns {Bars}
 */
export function splice(outer, inner, from, until) {
  const count = inner.starts.length;
  const left = count > 0 ? Math.min(from, inner.starts[0]) : from;
  const right = count > 0 ? Math.max(until, inner.ends[count - 1]) : until;
  let before = lowerBound(outer.ends, left);
  while (before < outer.ends.length && outer.ends[before] === left && outer.starts[before] < left) before++;
  const after = Math.max(before, lowerBound(outer.starts, right));
  const head = before < outer.starts.length ? part(outer, before, -Infinity, left) : null;
  const tail = after > 0 ? part(outer, after - 1, right, Infinity) : null;
  return join(slice(outer, 0, before), single(head), inner, single(tail), slice(outer, after, outer.starts.length));
}

/**
 * What of a bar lies within from..until; none where that is nothing, all, or a single call.
 * @param {Bars} bars
 * @param {number} i
 * @param {number} from
 * @param {number} until
 * @returns {Bar | null}
 */
function part(bars, i, from, until) {
  const [start, end] = [Math.max(from, bars.starts[i]), Math.min(until, bars.ends[i])];
  const length = bars.ends[i] - bars.starts[i];
  const calls = bars.calls[i + 1] - bars.calls[i];
  if (start >= end || end - start === length || calls === 1) return null;
  const share = (end - start) / length;
  return { start, end, calls: Math.max(1, Math.round(calls * share)), time: (bars.time[i + 1] - bars.time[i]) * share, values: bars.values?.map(values => values[i]) };
}

/** @param {Bar | null} bar @returns {Bars} */
function single(bar) {
  if (!bar) return NO_BARS;
  return { starts: Float64Array.of(bar.start), ends: Float64Array.of(bar.end), calls: Float64Array.of(0, bar.calls), time: Float64Array.of(0, bar.time), values: bar.values?.map(value => Float64Array.of(value)) };
}

/** @param {Bars} bars @param {number} i @param {number} j @returns {Bars} */
function slice(bars, i, j) {
  return { starts: bars.starts.subarray(i, j), ends: bars.ends.subarray(i, j), calls: bars.calls.subarray(i, j + 1), time: bars.time.subarray(i, j + 1), values: bars.values?.map(values => values.subarray(i, j)) };
}

/** @param {Bars[]} parts @returns {Bars} */
function join(...parts) {
  const length = parts.reduce((sum, one) => sum + one.starts.length, 0);
  const fields = Math.max(...parts.map(one => one.values?.length ?? 0));
  /** @type {Float64Array[] | undefined} */
  const values = fields > 0 ? Array.from({ length: fields }, () => new Float64Array(length).fill(NaN)) : undefined;
  const all = { starts: new Float64Array(length), ends: new Float64Array(length), calls: new Float64Array(length + 1), time: new Float64Array(length + 1) };
  let at = 0;
  for (const { starts, ends, calls, time, values: own } of parts) {
    all.starts.set(starts, at);
    all.ends.set(ends, at);
    own?.forEach((one, field) => values?.[field].set(one, at));
    // Running sums go on from those of the part before.
    const [calls0, time0] = [all.calls[at] - calls[0], all.time[at] - time[0]];
    for (let k = 1; k <= starts.length; k++) {
      all.calls[at + k] = calls[k] + calls0;
      all.time[at + k] = time[k] + time0;
    }
    at += starts.length;
  }
  return values ? { ...all, values } : all;
}
