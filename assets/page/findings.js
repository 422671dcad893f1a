// What stands out in a run, in sentences: where its time goes, what is uneven, what changes. Pure functions.

import { duration, percent, plural } from "./format.js";

/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./views.js").Balance} Balance */
/** @typedef {import("./views.js").Views} Views */
/** A sentence about a region. @typedef {{ region: Region, text: string }} Finding */

/** What could be gained is worth a sentence from this share of the wall time on. */
const WORTH = 0.01;
/** Ranks are uneven from this factor on, and durations change. */
const UNEVEN = 1.1;
const CHANGED = 1.25;

/**
 * The regions whose ranks are furthest apart, the largest loss first.
 * @param {Region[]} regions
 * @param {Views} views
 * @returns {{ region: Region, balance: Balance }[]}
 */
export function unevenRegions(regions, views) {
  const all = regions.flatMap(region => {
    const balance = views.regions[region.id]?.balance;
    return balance && balance.factor !== null ? [{ region, balance }] : [];
  });
  return views.ranks.length < 2 ? [] : all.sort((a, b) => b.balance.lost - a.balance.lost);
}

/**
 * @param {Region[]} regions
 * @param {Views} views
 * @param {number} wall ns
 * @returns {Finding[]}
 */
export function findingsOf(regions, views, wall) {
  /** @type {Finding[]} */
  const findings = [];
  const own = (/** @type {Region} */ region) => region.stats?.exclusive ?? 0;
  const largest = regions.filter(region => own(region) > 0).sort((a, b) => own(b) - own(a));
  const all = largest.reduce((sum, region) => sum + own(region), 0);
  const [first] = largest;
  if (first?.stats) findings.push({ region: first, text: `takes most time itself: ${duration(own(first))} in ${plural(first.stats.calls, "call")}, ${percent(own(first) / all)} of the time in regions.` });
  if (first && largest.length > 3) findings.push({ region: first, text: `and the next two take ${percent(largest.slice(0, 3).reduce((sum, region) => sum + own(region), 0) / all)} of it.` });
  const [uneven] = unevenRegions(regions, views);
  if (uneven && uneven.balance.lost >= WORTH * wall && (uneven.balance.factor ?? 1) >= UNEVEN) {
    const { lost, factor, slowest, mean } = uneven.balance;
    findings.push({ region: uneven.region, text: `is uneven: rank ${slowest} takes ${(factor ?? 1).toFixed(2)} times the mean of ${duration(mean)}. With equal shares ${duration(lost)} could be gained.` });
  }
  for (const region of largest.slice(0, 3)) {
    const drift = views.regions[region.id]?.drift;
    if (!drift || drift[0] <= 0 || drift[1] <= 0) continue;
    const [from, to] = drift;
    if (Math.max(to / from, from / to) < CHANGED) continue;
    findings.push({ region, text: `becomes ${to > from ? "slower" : "faster"}: its median is ${duration(from)} in the first quarter of the run and ${duration(to)} in the last.` });
  }
  return findings;
}
