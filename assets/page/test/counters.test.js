import assert from "node:assert/strict";
import test from "node:test";
import { decodeCounters, lanesOf, placeAt, valueOf } from "../counters.js";

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
