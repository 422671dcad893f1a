// The questions asked of the model. Pure functions; all times in ns from the origin.

import { oneLine } from "./format.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./data.js").Lane} Lane */

/**
 * A thread's name and number on one line: `tokio-rt-worker #1`.
 * @param {Model} model
 * @param {number} rank
 * @param {number} thread
 */
export function threadLabel(model, rank, thread) {
  return oneLine(model.threads.get(`${rank}:${thread}`) ?? `thread #${thread}`);
}

/**
 * The lane's thread, or the only one its rank has; `null` where there may be several.
 * @param {Model} model
 * @param {Lane} lane
 */
export function threadOf(model, lane) {
  if (lane.thread !== null) return threadLabel(model, lane.rank, lane.thread);
  if (model.threadCount.get(lane.rank) !== 1) return null;
  const key = [...model.threads.keys()].find(id => id.startsWith(`${lane.rank}:`));
  return key === undefined ? null : threadLabel(model, lane.rank, Number(key.split(":")[1]));
}

/**
 * The first index in lo..hi for which `values[i] >= limit`, for rising values.
 * @param {Float64Array} values
 * @param {number} limit
 */
export function lowerBound(values, limit, lo = 0, hi = values.length) {
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (values[middle] < limit) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

/**
 * Whether a lane that is drawn shows a bar of another one: it is that lane, or has the bar as a poll of a task.
 * @param {Lane} drawn
 * @param {Lane} lane
 * @param {number} start of the bar
 */
export function showsBar(drawn, lane, start) {
  if (drawn === lane) return true;
  if (!drawn.polls || drawn.region !== lane.region || drawn.rank !== lane.rank) return false;
  const at = lowerBound(drawn.starts, start - 0.5);
  return drawn.starts[at] < start + 0.5;
}

/**
 * `lowerBound` for when the answer is likely close behind `from`.
 * @param {Float64Array} values
 * @param {number} limit
 * @param {number} from
 */
export function gallop(values, limit, from) {
  let step = 1;
  let lo = from;
  let hi = from;
  while (hi < values.length && values[hi] < limit) {
    lo = hi + 1;
    hi += step;
    step *= 2;
  }
  return lowerBound(values, limit, lo, Math.min(hi, values.length));
}

/**
 * The share of the bars i to j in which the region ran.
 * @param {Lane} lane
 * @param {number} i
 */
export function busyShare(lane, i, j = i + 1) {
  let length = 0;
  for (let k = i; k < j; k++) length += lane.ends[k] - lane.starts[k];
  return length > 0 ? Math.min(1, (lane.time[j] - lane.time[i]) / length) : 1;
}

/**
 * The bars that lie at least partly within [t0, t1], as a range of indices.
 * @param {Lane} lane
 * @param {number} t0
 * @param {number} t1
 */
export function barsWithin(lane, t0, t1) {
  let i = lowerBound(lane.ends, t0);
  while (i < lane.ends.length && lane.ends[i] === t0 && lane.starts[i] < t0) i++;
  let j = lowerBound(lane.starts, t1, i);
  // Of the bars that start exactly at the window's end, only those without length are in it.
  while (j < lane.starts.length && lane.starts[j] === t1 && lane.ends[j] === t1) j++;
  return [i, j];
}

/**
 * Calls and time of a lane within a window. Where the window cuts a bar that stands for several
 * calls, they are taken as spread evenly and `exact` is false.
 * @param {Lane} lane
 * @param {number} t0
 * @param {number} t1
 */
export function within(lane, t0, t1) {
  const [i, j] = barsWithin(lane, t0, t1);
  if (i >= j) return { calls: 0, time: 0, exact: true };
  let calls = lane.calls[j] - lane.calls[i];
  let time = lane.time[j] - lane.time[i];
  let exact = true;
  for (const k of i === j - 1 ? [i] : [i, j - 1]) {
    const length = lane.ends[k] - lane.starts[k];
    const cut = Math.max(0, t0 - lane.starts[k]) + Math.max(0, lane.ends[k] - t1);
    if (cut <= 0) continue;
    const share = Math.min(1, cut / length);
    const inBar = lane.calls[k + 1] - lane.calls[k];
    time -= (lane.time[k + 1] - lane.time[k]) * share;
    if (inBar > 1) {
      calls -= inBar * share;
      exact = false;
    }
  }
  return { calls: Math.max(0, Math.round(calls)), time: Math.max(0, time), exact };
}

/**
 * Calls and time of a region within a window, over its lanes. Time is that of outermost calls: a call inside another
 * one of its region and thread adds none.
 * @param {Region} region
 * @param {number} t0
 * @param {number} t1
 * @param {((rank: number) => boolean) | null} ranks those that count; null for all
 */
export function regionWithin(region, t0, t1, ranks = null) {
  const sum = { calls: 0, time: 0, exact: true };
  const levels = levelsOf(region.lanes);
  region.lanes.forEach((lane, at) => {
    if (ranks && !ranks(lane.rank)) return;
    const part = within(lane, t0, t1);
    sum.calls += part.calls;
    if (levels[at] === 0) sum.time += part.time;
    sum.exact &&= part.exact;
  });
  return sum;
}

/**
 * Whether bars of two lanes overlap anywhere in time.
 * @param {Lane} a
 * @param {Lane} b
 */
export function overlap(a, b) {
  const [few, many] = a.starts.length <= b.starts.length ? [a, b] : [b, a];
  for (let i = 0; i < few.starts.length; i++) {
    const at = firstEndAfter(many.ends, few.starts[i]);
    if (at < many.starts.length && many.starts[at] < few.ends[i]) return true;
  }
  return false;
}

/**
 * @param {Float64Array} ends
 * @param {number} time
 */
function firstEndAfter(ends, time) {
  let i = lowerBound(ends, time);
  while (i < ends.length && ends[i] === time) i++;
  return i;
}

/** @type {WeakMap<Lane[], number[]>} */
const knownLevels = new WeakMap();

/**
 * How often each lane's calls lie inside others of these lanes, on the same rank and thread: 0 for outermost calls.
 * @param {Lane[]} lanes of one region
 */
export function levelsOf(lanes) {
  const known = knownLevels.get(lanes);
  if (known) return known;
  const levels = lanes.map(() => 0);
  const order = lanes.map((_, at) => at).sort((a, b) => lanes[a].depth - lanes[b].depth);
  /** @type {Map<string, number[]>} */
  const above = new Map();
  for (const at of order) {
    const lane = lanes[at];
    const key = `${lane.rank}:${lane.thread}`;
    const outer = above.get(key) ?? [];
    for (const other of outer) {
      if (levels[other] >= levels[at] && overlap(lanes[other], lane)) levels[at] = levels[other] + 1;
    }
    above.set(key, [...outer, at]);
  }
  knownLevels.set(lanes, levels);
  return levels;
}

/**
 * The own time of a single call: its duration without what other calls of the same thread took
 * within it. `null` where the page cannot tell: several calls in the bar or in one that reaches out of it,
 * or lanes that carry several threads.
 * @param {Model} model
 * @param {Lane} lane
 * @param {number} i
 */
export function exclusive(model, lane, i) {
  if (lane.calls[i + 1] - lane.calls[i] !== 1) return null;
  const alone = model.threadCount.get(lane.rank) === 1;
  const [from, to] = [lane.starts[i], lane.ends[i]];
  let own = to - from;
  for (const other of model.lanes) {
    if (other === lane || other.rank !== lane.rank) continue;
    const isOfAll = lane.thread === null || other.thread === null;
    if (!isOfAll && (other.thread !== lane.thread || other.depth !== lane.depth + 1)) continue;
    const [a, b] = barsWithin(other, from, to);
    if (a >= b) continue;
    if (isOfAll) return alone ? withoutDepths(model, lane, i) : null;
    if (other.starts[a] < from || other.ends[b - 1] > to) return null;
    own -= other.time[b] - other.time[a];
  }
  return Math.max(0, own);
}

/**
 * `exclusive` where lanes do not say how deep their calls are nested, on a rank of one thread.
 * @param {Model} model
 * @param {Lane} lane
 * @param {number} i
 */
function withoutDepths(model, lane, i) {
  const [from, to] = [lane.starts[i], lane.ends[i]];
  /** @type {[number, number][]} */
  const inner = [];
  for (const other of model.lanes) {
    if (other === lane || other.rank !== lane.rank) continue;
    const [a, b] = barsWithin(other, from, to);
    if (inner.length + b - a > 20000) return null;
    for (let k = a; k < b; k++) {
      const [start, end] = [other.starts[k], other.ends[k]];
      if (start <= from && end >= to && end - start > to - from) continue;
      if (start < from || end > to || other.calls[k + 1] - other.calls[k] !== 1) return null;
      // The same start and end: nothing says which one is inside.
      if (start === from && end === to) return null;
      inner.push([start, end]);
    }
  }
  inner.sort((a, b) => a[0] - b[0]);
  let own = to - from;
  let covered = from;
  for (const [start, end] of inner) {
    own -= Math.max(0, end - Math.max(start, covered));
    covered = Math.max(covered, end);
  }
  return own;
}

/**
 * The call around a bar, on the same thread: the nearest one at a smaller depth. `null` where there is none, or
 * where lanes do not say how deep their calls are nested.
 * @param {Model} model
 * @param {Lane} lane
 * @param {number} i
 * @returns {Lane | null} the lane of that call
 */
export function parentOf(model, lane, i) {
  /** @type {Lane | null} */
  let parent = null;
  for (const other of model.lanes) {
    if (lane.thread === null || other.thread !== lane.thread || other.rank !== lane.rank || other.depth >= lane.depth) continue;
    const at = lowerBound(other.ends, lane.ends[i]);
    const isAround = at < other.ends.length && other.starts[at] <= lane.starts[i];
    if (isAround && (parent === null || other.depth > parent.depth)) parent = other;
  }
  return parent;
}

/**
 * How many lanes are busy in each of `bins` equal parts of the run, as a share of all that are busy at some time.
 * Only the outermost calls of threads count.
 * @param {Model} model
 * @param {number} bins
 */
export function activity(model, bins) {
  const lanes = model.lanes.filter(lane => lane.depth === 0);
  return busyIn(lanes, model.span, bins).map(busy => busy / Math.max(1, lanes.length));
}

/**
 * The share of each of `bins` equal parts of the run in which a region ran on each of these ranks: that of its outermost
 * calls, as a mean over the threads that call it.
 * @param {Region} region
 * @param {number[]} ranks
 * @param {number} span of the run
 * @param {number} bins
 * @returns {Float64Array[]}
 */
export function busyRanks(region, ranks, span, bins) {
  const levels = levelsOf(region.lanes);
  /** @type {Map<number, Lane[]>} */
  const lanes = new Map();
  region.lanes.forEach((lane, at) => {
    if (levels[at] !== 0) return;
    const ofRank = lanes.get(lane.rank) ?? [];
    lanes.set(lane.rank, ofRank);
    ofRank.push(lane);
  });
  return ranks.map(rank => {
    const ofRank = lanes.get(rank) ?? [];
    const threads = new Set(ofRank.map(lane => lane.thread)).size;
    return busyIn(ofRank, span, bins).map(busy => Math.min(1, busy / Math.max(1, threads)));
  });
}

/**
 * How many lanes are busy in each of `bins` equal parts of the run.
 * @param {Lane[]} lanes
 * @param {number} span of the run
 * @param {number} bins
 */
function busyIn(lanes, span, bins) {
  const inside = new Float64Array(bins + 1);
  const steps = new Float64Array(bins + 1);
  const scale = bins / span;
  for (const lane of lanes) {
    for (let i = 0; i < lane.starts.length; i++) {
      const a = Math.max(0, Math.min(bins, lane.starts[i] * scale));
      const b = Math.max(a, Math.min(bins, lane.ends[i] * scale));
      const ran = lane.time[i + 1] - lane.time[i];
      if (ran <= 0 || b <= a) continue;
      const share = Math.min(1, ran / (lane.ends[i] - lane.starts[i]));
      const first = Math.floor(a);
      const last = Math.min(bins - 1, Math.floor(b));
      if (first === last) {
        inside[first] += (b - a) * share;
      } else {
        inside[first] += (first + 1 - a) * share;
        inside[last] += (b - last) * share;
        steps[first + 1] += share;
        steps[last] -= share;
      }
    }
  }
  const busy = new Float64Array(bins);
  let whole = 0;
  for (let i = 0; i < bins; i++) {
    whole += steps[i];
    busy[i] = inside[i] + whole;
  }
  return busy;
}
