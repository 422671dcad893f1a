// A call as itself, wherever the page shows it: in a bar of its own, or in one that stands for several. Pure functions.

import { lowerBound } from "./model.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./search.js").Spot} Spot */
/**
 * A call of the region of this name; `thread` and `depth` are null where they are not known. Times in ns from the origin.
 * @typedef {{ name: string, rank: number, thread: number | null, depth: number | null, start: number, end: number }} Call
 */

/** Starts that are closer are the same, ns: sums of the page are exact to less. */
const SAME = 0.5;

/**
 * @param {Spot} spot
 * @returns {Call}
 */
export function callAt({ lane: { region, rank, thread, depth, starts, ends }, i }) {
  return { name: region.name, rank, thread, depth, start: starts[i], end: ends[i] };
}

/**
 * The bar of a call, or the merged one that has it among others.
 * @param {Model} model
 * @param {Call} call `end` may be NaN where it is not known
 * @returns {Spot | null}
 */
export function spotOf(model, { name, rank, thread, depth, start, end }) {
  /** @type {Spot | null} */
  let best = null;
  let most = 0;
  for (const lane of model.lanes) {
    if (lane.region.name !== name || lane.rank !== rank || (lane.thread !== null && thread !== null && lane.thread !== thread)) continue;
    const i = lowerBound(lane.starts, start + SAME) - 1;
    const isOwn = i >= 0 && lane.starts[i] > start - SAME;
    const isMerged = i >= 0 && lane.calls[i + 1] - lane.calls[i] > 1;
    if (i < 0 || (!isOwn && (!isMerged || lane.ends[i] < start))) continue;
    // Of calls that start together, one is inside the other.
    const fits = (isOwn && !isMerged ? 8 : 1) + (Math.abs(lane.ends[i] - end) < SAME ? 4 : 0) + (lane.depth === depth ? 2 : 0);
    if (fits > most) [best, most] = [{ lane, i }, fits];
  }
  return best;
}

/** Whether a bar is that of a single call. @param {Spot} spot */
export function isAlone({ lane, i }) {
  return lane.calls[i + 1] - lane.calls[i] === 1;
}
