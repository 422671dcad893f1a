import assert from "node:assert/strict";
import { test } from "node:test";
import { Detail, answers } from "../detail.js";
import { NO_BARS, splice } from "../splice.js";

/** @typedef {import("../splice.js").Bars} Bars */

/** Bars as [start, end, calls, time]. @param {number[][]} list @returns {Bars} */
function bars(...list) {
  const sums = (/** @type {number} */ at) => Float64Array.from([0, ...list.map((_, i) => list.slice(0, i + 1).reduce((sum, bar) => sum + bar[at], 0))]);
  return { starts: Float64Array.from(list, bar => bar[0]), ends: Float64Array.from(list, bar => bar[1]), calls: sums(2), time: sums(3) };
}

/** @param {Bars} bars */
function listed({ starts, ends, calls, time }) {
  return Array.from(starts, (start, i) => [start, ends[i], calls[i + 1] - calls[i], time[i + 1] - time[i]]);
}

const COARSE = bars([0, 10, 1, 10], [20, 60, 4, 20], [60, 80, 1, 20], [100, 140, 8, 20]);

test("what lies in the window is replaced, and what lies outside stays", () => {
  const inner = bars([20, 25, 1, 5], [30, 35, 1, 5], [40, 45, 1, 5], [55, 60, 1, 5]);
  assert.deepEqual(listed(splice(COARSE, inner, 15, 60)), [[0, 10, 1, 10], ...listed(inner), [60, 80, 1, 20], [100, 140, 8, 20]]);
});

test("of a merged bar that reaches out of the window, a share stays outside", () => {
  const inner = bars([50, 55, 1, 5]);
  assert.deepEqual(listed(splice(COARSE, inner, 40, 58)), [[0, 10, 1, 10], [20, 40, 2, 10], [50, 55, 1, 5], [58, 60, 1, 1], [60, 80, 1, 20], [100, 140, 8, 20]]);
});

test("a single call that reaches out of the window is in it as a whole", () => {
  assert.deepEqual(listed(splice(COARSE, bars([60, 80, 1, 20]), 70, 75)), listed(COARSE));
  assert.deepEqual(listed(splice(COARSE, NO_BARS, 70, 75)), [[0, 10, 1, 10], [20, 60, 4, 20], [100, 140, 8, 20]], "it is in another lane");
});

test("an empty lane and an empty window do no harm", () => {
  assert.deepEqual(listed(splice(NO_BARS, bars([5, 6, 1, 1]), 0, 10)), [[5, 6, 1, 1]]);
  assert.deepEqual(listed(splice(NO_BARS, NO_BARS, 0, 10)), []);
  assert.deepEqual(listed(splice(COARSE, NO_BARS, 85, 90)), listed(COARSE));
});

test("an answer is good for what lies in it and is no finer", () => {
  const exact = { from: 100, until: 200, pixel: 0, lanes: new Map() };
  assert.ok(answers(exact, { t0: 120, t1: 121, columns: 1000 }));
  assert.ok(!answers(exact, { t0: 90, t1: 110, columns: 1000 }));
  const merged = { from: 0, until: 10000, pixel: 10, lanes: new Map() };
  assert.ok(answers(merged, { t0: 0, t1: 10000, columns: 1000 }));
  assert.ok(!answers(merged, { t0: 0, t1: 1000, columns: 1000 }));
  const nothing = { from: 100, until: 200, pixel: Infinity, lanes: null };
  assert.ok(answers(nothing, { t0: 50, t1: 200, columns: 1 }) && !answers(nothing, { t0: 110, t1: 200, columns: 1 }));
});

test("bars of a lane that the page did not have get one", () => {
  /** @type {import("../data.js").Region} */
  const region = { id: 0, name: "a", label: "a", color: [0, 0, 0], stats: null, lanes: [] };
  const lane = { region, rank: 0, thread: 0, depth: 0, ...COARSE };
  region.lanes.push(lane);
  /** @type {import("../data.js").Header} */
  const header = { title: "", ranks: 1, threads: 1, intervals: 14, merged: 12, grain: 8, wall: 140, outside: null, outsideShare: null, axis: "", notes: [], served: true, reading: false, timed: true };
  const model = { header, span: 140, regions: [region], lanes: [lane], threads: new Map(), threadCount: new Map(), tasks: [], fields: [], scales: undefined, colorBy: "", counters: [] };
  const detail = new Detail(model, 1, change => assert.equal(change(), true));
  const deeper = { ...lane, region: { ...region, lanes: [] }, depth: 1, ...bars([30, 32, 1, 2]) };
  detail.show({ from: 20, until: 60, pixel: 0, lanes: new Map([["0:0:0:1", deeper]]) });
  assert.deepEqual(model.lanes.map(one => one.depth), [0, 1]);
  assert.deepEqual(region.lanes.map(one => listed(one)), [[[0, 10, 1, 10], [60, 80, 1, 20], [100, 140, 8, 20]], [[30, 32, 1, 2]]]);
  detail.changing = change => assert.equal(change(), false);
  detail.show({ from: 100, until: 140, pixel: 0, lanes: new Map() });
  assert.deepEqual(region.lanes.map(one => listed(one).length), [3, 0], "the page's own bars are back");
});
