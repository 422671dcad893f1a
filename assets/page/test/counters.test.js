import assert from "node:assert/strict";
import test from "node:test";
import { bandOf, colorKeyOf, isBand, lineColor, putLine, ranksOfLines } from "../counterlines.js";
import { decodeCounters, lanesOf, placeAt, valueOf } from "../counterdata.js";

const few = { name: "queue", unit: "jobs", rank: 0, steps: [5, 10, 20], values: [1, null, 4] };
const dense = { name: "queue", unit: "jobs", rank: 3, steps: [0, 100], values: [2, 3], low: [-1, 3], high: [8, 3] };

test("a value holds until the next one, and null is a gap", () => {
  const [line] = decodeCounters([few]);
  assert.deepEqual([...line.times], [5, 15, 35]);
  assert.deepEqual([4, 5, 14, 15, 34, 35, 1e9].map(time => placeAt(line, time)), [-1, 0, 0, 1, 1, 2, 2]);
  assert.deepEqual([...line.last], [1, NaN, 4]);
  assert.deepEqual([...line.low], [...line.last]);
});

test("counters of one name share a lane that has room for all of their values", () => {
  const lanes = lanesOf(decodeCounters([few, dense]));
  assert.deepEqual(lanes.map(({ name, from, to, lines, range }) => [name, from, to, lines.length, range]), [["queue", -1, 8, 2, "-1 jobs … 8 jobs"]]);
});

test("the axis begins at zero where that takes little room, and never has a length of zero", () => {
  const lane = (/** @type {number[]} */ values) => lanesOf(decodeCounters([{ ...few, steps: values.map(() => 1), values }]))[0];
  assert.deepEqual([lane([1, 4]), lane([3, 4]), lane([7]), lane([0])].map(({ from, to }) => [from, to]), [[0, 4], [3, 4], [7, 8], [0, 1]]);
});

test("the value under the pointer is told with its unit, and as a range where it stands for several", () => {
  const [lane] = lanesOf(decodeCounters([few]));
  assert.deepEqual([0, 5, 20, 40].map(time => valueOf(lane, time, time + 1)), ["–", "1 jobs", "–", "4 jobs"]);
  assert.equal(valueOf(lane, 6, 36), "1 jobs … 4 jobs");
  const [both] = lanesOf(decodeCounters([few, dense]));
  assert.equal(valueOf(both, 6, 7), "0: 1 jobs, 3: -1 jobs … 8 jobs");
});

/** Lanes of counters that are 1, 2, … on ranks 0, 1, …: their names, and on how many ranks. @param {[string, number[]][]} some */
const lanesWith = some => lanesOf(decodeCounters(some.flatMap(([name, ranks]) => ranks.map(rank => ({ name, unit: null, rank, steps: [0], values: [rank + 1] })))));

test("a rank has one colour in all lanes, and the key says which", () => {
  const lanes = lanesWith([["energy", [0, 1, 4]], ["queue", [4]]]);
  const ranks = ranksOfLines(lanes);
  assert.deepEqual(ranks, [0, 1, 4]);
  assert.deepEqual(colorKeyOf(lanes).map(({ text }) => text), ["rank 0", "rank 1", "rank 4"]);
  assert.deepEqual(colorKeyOf(lanes).map(({ color }) => color), ranks.map(rank => lineColor(lanes, ranks, lanes[0], rank)));
  assert.deepEqual(lineColor(lanes, ranks, lanes[1], 4), lineColor(lanes, ranks, lanes[0], 4));
});

test("where one rank has all lines, each lane has a colour and there is no key", () => {
  const lanes = lanesWith([["energy", [2]], ["queue", [2]]]);
  const ranks = ranksOfLines(lanes);
  assert.deepEqual(colorKeyOf(lanes), []);
  assert.notDeepEqual(lineColor(lanes, ranks, lanes[0], 2), lineColor(lanes, ranks, lanes[1], 2));
});

const stretch = { t0: 0, t1: 10, labelWidth: 5, plotWidth: 10, width: 15, ratio: 1 };

test("many ranks are a band from the smallest to the largest, and their mean", () => {
  const [lane] = lanesWith([["energy", Array.from({ length: 9 }, (_, rank) => rank)]]);
  assert.ok(isBand(lane));
  assert.deepEqual(ranksOfLines([lane]), []);
  assert.deepEqual(colorKeyOf([lane]).map(({ text, color }) => [text, color]), [["line: mean of the ranks, band: from the smallest to the largest", null]]);
  const late = decodeCounters([{ name: "energy", unit: null, rank: 9, steps: [4, 3], values: [21, null] }]);
  const { low, high, mean } = bandOf(stretch, [...lane.lines, ...late]);
  assert.deepEqual([...low], Array(10).fill(1));
  assert.deepEqual([...high], [9, 9, 9, 9, 21, 21, 21, 9, 9, 9]);
  assert.deepEqual([...mean], [5, 5, 5, 5, 6.6, 6.6, 6.6, 5, 5, 5]);
  assert.ok(Number.isNaN(bandOf(stretch, late).mean[0]), "nothing is known before the first value");
});

test("a line is a step from value to value, tinted down to the ground, with a gap where there is none", () => {
  const [line] = decodeCounters([{ name: "queue", unit: null, rank: 0, steps: [2, 3, 2], values: [1, null, 3] }]);
  /** @type {[number, number][]} */
  const [tinted, drawn] = [false, true].map(isLine => {
    /** @type {Set<number>} */
    const columns = new Set();
    putLine(stretch, line, value => 40 - 10 * value, 40, (x, y, width, height, isTint) => {
      assert.ok(height > 0 && y + height <= 40);
      if (isTint !== isLine) for (let at = Math.floor(x); at < x + width; at++) columns.add(at);
    });
    return [Math.min(...columns), columns.size];
  });
  assert.deepEqual(drawn, [7, 6], "times 2 to 5 and 7 to 10, after the names");
  assert.deepEqual(tinted, drawn);
});
