import assert from "node:assert/strict";
import test from "node:test";
import { foldsAll, keyOf, noFolds, parseRanks, readFolds, toggleFold, writeFolds } from "../folding.js";
import { fold, groupsOf, place } from "../layout.js";
import { Raster } from "../raster.js";
import { modelOf } from "./support.js";

/** @typedef {[string, number, number, number, number, number]} Call */

/** So many ranks: the first half is in `a` all the time, with `b` inside for the second half of it. */
const model = (/** @type {number} */ ranks) => modelOf(Array.from({ length: ranks }, (_, rank) => rank).flatMap(rank => /** @type {Call[]} */ ([["a", rank, 0, 0, 0, rank < ranks / 2 ? 1000 : 10], ["b", rank, 0, 1, rank < ranks / 2 ? 500 : 0, rank < ranks / 2 ? 1000 : 5]])));

test("ranks are chosen as on the command line", () => {
  const { ranks } = parseRanks("0, 2-5");
  assert.deepEqual([0, 1, 2, 5, 6].map(rank => ranks?.(rank)), [true, false, true, true, false]);
  assert.deepEqual(parseRanks(" "), { ranks: null, error: null });
  for (const text of ["x", "3-1", "1,,2", "-1"]) assert.notEqual(parseRanks(text).error, null, text);
  const groups = groupsOf(model(8), model(8).regions, "rank", ranks ?? undefined);
  assert.deepEqual(groups.map(group => group.rank), [0, 2, 3, 4, 5]);
});

test("what is folded survives being written", () => {
  const folds = readFolds("+~g1~rrank 3~x");
  assert.deepEqual([folds.all, [...folds.but]], [true, ["g1", "rrank 3"]]);
  assert.equal(writeFolds(folds), "+~g1~rrank 3");
  assert.equal(writeFolds(readFolds("")), "");
});

test("many ranks open folded, a few open", () => {
  const [many, few] = [model(128), model(8)].map(one => groupsOf(one, one.regions, "region"));
  assert.equal(foldsAll(noFolds(), many, 128), true);
  assert.equal(foldsAll(noFolds(), few, 8), false);
  assert.equal(foldsAll({ all: false, but: new Set() }, many, 128), false);
  const folds = noFolds();
  toggleFold(folds, many[1]);
  assert.deepEqual([...folds.but], [keyOf(many[1])]);
  toggleFold(folds, many[1]);
  assert.equal(folds.but.size, 0);
});

test("a folded row is as strong as the share of the ranks in it", () => {
  const one = model(8);
  const [a] = groupsOf(one, one.regions, "region");
  fold(a);
  assert.deepEqual([a.rows.length, a.rows[0].label, a.rows[0].of], [1, "8 ranks", 8]);
  const row = new Uint32Array(100);
  new Raster(100).paint(a.rows[0].lanes, 0, 1000, row, () => Uint32Array.from({ length: 17 }, (_, i) => i), 40, a.rows[0].of);
  assert.deepEqual([row[50], row[99]], [8, 8]);
  assert.equal(row[0], 16, "at the start all are");
});

test("a folded rank has the colours of the innermost calls", () => {
  const one = model(8);
  const [rank] = groupsOf(one, one.regions, "rank");
  fold(rank);
  const row = new Uint32Array(100);
  new Raster(100).paint(rank.rows[0].lanes, 0, 1000, row, lane => Uint32Array.from({ length: 17 }, (_, i) => 100 * lane.region.id + i), 40, rank.rows[0].of);
  assert.deepEqual([row[20], row[80]], [16, 116]);
});

test("hundreds of folded ranks fit into one picture", () => {
  const one = model(256);
  const groups = groupsOf(one, one.regions, "rank");
  groups.forEach(fold);
  assert.ok(place(groups, "rank", 430, 0) <= 430);
  const other = groupsOf(one, one.regions, "region");
  assert.ok(place(other, "region", 430, 0) > 1000);
});
