import assert from "node:assert/strict";
import test from "node:test";
import { deflateSync } from "node:zlib";
import { decode, unpack } from "../data.js";
import { activity, busyRanks, exclusive, levelsOf, overlap, parentOf, regionWithin, within } from "../model.js";
import { apart } from "../painter.js";
import { modelOf } from "./support.js";

const header = modelOf([]).header;

test("bars come back from packed bytes, however large", async () => {
  const numbers = [1, 0, 3, 8, 2, 3, 1, /* gaps */ 5, 0, 2 ** 40, /* lengths */ 4, 0, 300, /* merged */ 2, 4, 250];
  const bytes = numbers.flatMap(number => {
    const out = [];
    for (; number >= 128; number = Math.floor(number / 128)) out.push((number % 128) + 128);
    return [...out, number];
  });
  const packed = deflateSync(Uint8Array.from(bytes)).toString("base64");
  const json = { header, span: 2 ** 41, regions: [{ name: "solve", color: null, stats: null }], threads: [], threadCounts: [] };
  const [lane] = decode(/** @type {import("../data.js").PageJson} */ (json), await unpack(packed)).lanes;
  assert.deepEqual([lane.rank, lane.thread, lane.depth], [3, 7, 2]);
  assert.deepEqual([...lane.starts], [5, 9, 9 + 2 ** 40]);
  assert.deepEqual([...lane.ends], [9, 9, 9 + 2 ** 40 + 300]);
  assert.deepEqual([...lane.calls], [0, 1, 2, 6]);
  assert.deepEqual([...lane.time], [0, 4, 4, 79]);
});

test("a window cuts the calls at its edges", () => {
  const { lanes } = modelOf([["a", 0, 0, 0, 0, 10], ["a", 0, 0, 0, 20, 30], ["a", 0, 0, 0, 30, 40]]);
  assert.deepEqual(within(lanes[0], 5, 25), { calls: 2, time: 10, exact: true });
  assert.deepEqual(within(lanes[0], 12, 18), { calls: 0, time: 0, exact: true });
});

test("calls inside others of their region add calls and no time", () => {
  const { regions } = modelOf([["f", 0, 0, 0, 0, 100], ["f", 0, 0, 1, 10, 60], ["f", 0, 0, 2, 20, 30]]);
  assert.deepEqual(levelsOf(regions[0].lanes), [0, 1, 2]);
  assert.deepEqual(regionWithin(regions[0], 0, 100), { calls: 3, time: 100, exact: true });
});

test("calls from different depths that are not inside each other are all outermost", () => {
  const { regions } = modelOf([["f", 0, 0, 1, 0, 10], ["f", 0, 0, 3, 20, 30], ["f", 0, 1, 2, 0, 10]]);
  assert.deepEqual(levelsOf(regions[0].lanes), [0, 0, 0]);
  assert.equal(overlap(regions[0].lanes[0], regions[0].lanes[1]), false);
});

test("own time is that without direct children, and says who is around", () => {
  const model = modelOf([["a", 0, 0, 0, 0, 100], ["b", 0, 0, 1, 10, 60], ["c", 0, 0, 2, 20, 30], ["b", 0, 1, 1, 0, 100]]);
  const [a, b, c] = model.lanes;
  assert.deepEqual([a, b, c].map(lane => exclusive(model, lane, 0)), [50, 40, 10]);
  assert.deepEqual([a, b, c].map(lane => parentOf(model, lane, 0)?.region.name), [undefined, "a", "b"]);
});

test("where depths are not known own time is worked out from the times", () => {
  const model = modelOf([["a", 0, null, 0, 0, 100], ["b", 0, null, 0, 10, 60], ["c", 0, null, 0, 20, 30]]);
  assert.deepEqual(model.lanes.map(lane => exclusive(model, lane, 0)), [50, 40, 10]);
});

test("a rank is as busy with a region as its threads are, in outermost calls", () => {
  const { regions: [f], span } = modelOf([
    ["f", 0, 0, 0, 0, 100], ["f", 0, 0, 1, 10, 60], // one thread, all the time, and inside itself
    ["f", 2, 0, 0, 0, 50], ["f", 2, 1, 0, 25, 75], // two threads
  ]);
  assert.equal(span, 100);
  const shares = busyRanks(f, [0, 1, 2], span, 4).map(ofRank => [...ofRank]);
  assert.deepEqual(shares, [[1, 1, 1, 1], [0, 0, 0, 0], [0.5, 1, 0.5, 0]]);
});

test("activity is the share of busy threads", () => {
  const model = modelOf([["a", 0, 0, 0, 0, 100], ["b", 0, 0, 1, 0, 100], ["a", 1, 0, 0, 0, 50]]);
  assert.deepEqual([...activity(model, 2)], [1, 0.5]);
});

test("of bars that lie over each other the first has its text", () => {
  const { lanes } = modelOf([["a", 0, 0, 0, 0, 100], ["a", 0, 0, 1, 0, 40], ["a", 0, 0, 2, 50, 120]]);
  const bar = (/** @type {number} */ at, /** @type {number} */ from, /** @type {number} */ to) => ({ lane: lanes[at], i: 0, from, to });
  const bars = [bar(0, 0, 100), bar(0, 100, 150), bar(1, 0, 40), bar(2, 50, 120), bar(2, 150, 200)];
  assert.deepEqual(apart(bars), [bars[0], bars[1], bars[4]]);
});
