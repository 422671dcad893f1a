import assert from "node:assert/strict";
import { test } from "node:test";
import { aroundBar, aroundRegion, decodeFollows } from "../follows.js";

/** @typedef {import("../data.js").Region} Region */
const named = ["make", "pack", "send"].map((name, id) => /** @type {Region} */ (/** @type {unknown} */ ({ id, name })));
const [makes, packs, sends] = named;
// On rank 2: packs from makes twice, sends from packs.
const follows = decodeFollows([2, 1, 4, 100, 10, 0, 3, 40, 20, 2, 1, 4, 300, 10, 0, 3, 140, 20, 2, 2, 5, 420, 6, 1, 4, 300, 10], named);

test("entries have their region, rank, thread and times", () => {
  assert.equal(follows.length, 3);
  assert.deepEqual(follows[0].following, { region: packs, rank: 2, thread: 4, start: 100, end: 110 });
  assert.deepEqual(follows[0].followed, { region: makes, rank: 2, thread: 3, start: 40, end: 60 });
});

test("of a call it is known what it follows from and what follows from it", () => {
  const call = { region: packs, rank: 2, thread: 4, start: 300, end: 310, calls: 1 };
  const { before, after } = aroundBar(follows, call);
  assert.deepEqual([before, after], [[follows[1].followed], [follows[2].following]]);
  for (const other of [{ rank: 1 }, { thread: 5 }, { start: 299 }, { region: sends }]) {
    assert.deepEqual(aroundBar(follows, { ...call, ...other }), { before: [], after: [] });
  }
});

test("a bar of several calls has what is around each of them, on whatever thread where it is of all", () => {
  const bar = { region: packs, rank: 2, thread: null, start: 100, end: 310, calls: 2 };
  assert.deepEqual(aroundBar(follows, bar).before, [follows[0].followed, follows[1].followed]);
});

test("regions are summed with the mean time between the starts", () => {
  assert.deepEqual(aroundRegion(follows, packs), { before: [{ region: makes, spans: 2, after: 110 }], after: [{ region: sends, spans: 1, after: 120 }] });
  assert.deepEqual(aroundRegion(follows, sends).after, []);
});
