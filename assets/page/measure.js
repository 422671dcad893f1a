// What lies between two points in time, in all rows or in a box of some of them. Pure functions.

import { levelsOf, within } from "./model.js";

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./layout.js").Group} Group */
/** First and last row, counted over all groups from the top. @typedef {[number, number]} Box */
/** `exact` is false where a bar that stands for several calls is cut. @typedef {{ region: Region, calls: number, time: number, ranks: number, strands: number, exact: boolean }} Measured */

/**
 * The lanes of some rows; of all without a box.
 * @param {Group[]} groups
 * @param {Box | null} box
 */
export function lanesIn(groups, box) {
  const rows = groups.flatMap(group => group.rows);
  const chosen = box ? rows.slice(box[0], box[1] + 1) : rows;
  return chosen.flatMap(row => row.lanes.filter(lane => !lane.lives));
}

/**
 * The regions that lanes are in between two times, the one with the most time first. Time is that of outermost calls.
 * @param {Lane[]} lanes
 * @param {number} t0
 * @param {number} t1
 * @returns {Measured[]}
 */
export function measureRegions(lanes, t0, t1) {
  /** @type {Map<Region, Lane[]>} */
  const regions = new Map();
  for (const lane of lanes) regions.set(lane.region, [...(regions.get(lane.region) ?? []), lane]);
  const found = [...regions].map(([region, own]) => {
    const levels = levelsOf(own);
    const sum = { region, calls: 0, time: 0, exact: true };
    const ranks = new Set();
    const strands = new Set();
    own.forEach((lane, at) => {
      const part = within(lane, t0, t1);
      if (part.calls === 0) return;
      sum.calls += part.calls;
      if (levels[at] === 0) sum.time += part.time;
      sum.exact &&= part.exact;
      ranks.add(lane.rank);
      strands.add(`${lane.rank}:${lane.thread}`);
    });
    return { ...sum, ranks: ranks.size, strands: strands.size };
  });
  return found.filter(one => one.calls > 0).sort((a, b) => b.time - a.time || b.calls - a.calls);
}
