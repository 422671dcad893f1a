import assert from "node:assert/strict";
import test from "node:test";
import { findingsOf, unevenRegions } from "../findings.js";
import { modelOf } from "./support.js";

/** @typedef {import("../views.js").RegionView} RegionView */

const { regions } = modelOf(["a", "b", "c", "d"].map(name => /** @type {[string, number, number, number, number, number]} */ ([name, 0, 0, 0, 0, 1])));
[40e6, 30e6, 20e6, 10e6].forEach((exclusive, at) => {
  regions[at].stats = { calls: 10, total: exclusive, mean: exclusive / 10, min: 1, max: exclusive, std: 0, exclusive, percentiles: null };
});
/** @param {number} lost @param {[number, number] | null} drift @returns {RegionView} */
const view = (lost, drift) => ({ percentiles: null, bins: [], columns: null, drift, ranks: [], balance: { min: 0, mean: 1e6, max: 1e6 + lost, slowest: 3, factor: 1 + lost / 1e6, lost }, lives: null });
const views = (/** @type {number[]} */ ranks) => ({ tree: { roots: [], nodes: [], leftOut: 0 }, ranks, regions: [view(0, [100, 190]), view(5e6, null), null, view(1e5, null)], withoutRanks: 0, run: [], tasks: [], tasksArePartial: false, follows: [], followsLeftOut: 0, counters: [], countersLeftOut: 0 });

test("what stands out is said of the regions in question", () => {
  const texts = findingsOf(regions, views([0, 1, 2, 3]), 100e6).map(({ region, text }) => `${region.name} ${text}`);
  assert.deepEqual(texts, [
    "a takes most time itself: 40.0 ms in 10 calls, 40 % of the time in regions.",
    "a and the next two take 90 % of it.",
    "b is uneven: rank 3 takes 6.00 times the mean of 1.00 ms. With equal shares 5.00 ms could be gained.",
    "a becomes slower: its median is 100 ns in the first quarter of the run and 190 ns in the last.",
  ]);
});

test("one rank is never uneven, and small losses are not worth a sentence", () => {
  assert.deepEqual(unevenRegions(regions, views([0])), []);
  assert.ok(findingsOf(regions, views([0, 1]), 1e12).every(({ text }) => !text.startsWith("is uneven")));
  assert.deepEqual(unevenRegions(regions, views([0, 1])).map(one => one.region.name), ["b", "d", "a"]);
});
