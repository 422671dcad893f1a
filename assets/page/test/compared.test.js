import assert from "node:assert/strict";
import test from "node:test";
import { alignRuns, compareRuns, scalesOf, signed, tagOf } from "../compared.js";
import { duration, ticksFrom } from "../format.js";

/** @param {number} ranks @param {[string, number, number, number | null][]} regions name, calls, inclusive, exclusive @returns {import("../compared.js").ComparedRun} */
function run(ranks, ...regions) {
  return { ranks, regions: regions.map(([name, calls, inclusive, exclusive]) => ({ name, label: name, color: "", calls, inclusive, exclusive })), timeInView: () => 8 };
}

test("regions are compared as means of the ranks, and what differs most comes first", () => {
  const runs = [run(2, ["a", 4, 200, 100], ["b", 1, 20, 20]), run(4, ["a", 4, 400, 600], ["c", 2, 40, 40])];
  const rows = compareRuns(runs, "exclusive");
  assert.deepEqual(rows.map(({ name, values, difference, ratio }) => [name, values, difference, ratio]), [
    ["a", [50, 150], 100, 3],
    ["b", [10, null], -10, 0],
    ["c", [null, 10], 10, null],
  ]);
  assert.deepEqual(compareRuns(runs, "inclusive").find(row => row.name === "a")?.values, [100, 100]);
  assert.deepEqual(compareRuns(runs, "calls").find(row => row.name === "c")?.values, [null, 2]);
  assert.deepEqual(compareRuns(runs, "view").find(row => row.name === "a")?.values, [4, 2]);
});

test("runs are aligned at a moment of each, and the window reaches over all of them", () => {
  assert.deepEqual(alignRuns([100, 150], [0, 0]), { zeros: [0, 0], first: 0, last: 150 });
  assert.deepEqual(alignRuns([100, 150], [10, 70]), { zeros: [10, 70], first: -70, last: 90 });
  assert.deepEqual(alignRuns([100, 150], [null, 70]), { zeros: [0, 70], first: -70, last: 100 });
});

test("fields of several runs have scales that fit all of them", () => {
  /** @param {number} from @param {number} to @param {import("../values.js").Field["kind"]} kind @returns {import("../values.js").Field} */
  const field = (from, to, kind = "linear") => ({ name: "x", unit: "K", kind, range: [from, to], ends: [`${from} K`, `${to} K`] });
  const together = (/** @type {import("../values.js").Field[]} */ ...runs) => {
    const { kind, range, ends } = scalesOf(runs.map(one => [one])).get("x") ?? field(0, 0);
    return [kind, range, ends];
  };
  assert.deepEqual(together(field(2, 8), field(4, 9)), ["linear", [2, 9], ["2 K", "9 K"]]);
  assert.deepEqual(together(field(5, 5000, "logarithmic"), field(4, 9)), ["logarithmic", [4, 5000], ["4 K", "5000 K"]]);
  assert.deepEqual(together(field(0, 5000), field(4, 9)), ["linear", [0, 5000], ["0 K", "5000 K"]]);
  assert.deepEqual(together(field(-3, -1), field(4, 9)), ["signed", [-9, 9], ["-9 K", "9 K"]]);
  assert.deepEqual(together(field(-6, 6, "signed"), field(1, 2)), ["signed", [-6, 6], ["-6 K", "6 K"]]);
  assert.deepEqual(together(field(-12, -1), field(1, 2)), ["signed", [-12, 12], ["-12 K", "12 K"]]);
  assert.deepEqual([...scalesOf([[field(0, 1)], []]).keys()], ["x"]);
});

test("differences have signs, and runs have letters", () => {
  assert.deepEqual([signed(1500, duration), signed(-20, duration), signed(0, duration)], ["+1.50 µs", "−20 ns", "0 ns"]);
  assert.deepEqual([0, 25, 26].map(tagOf), ["A", "Z", "#27"]);
});

test("an axis may count from another moment", () => {
  const { values } = ticksFrom(1000, 900, 1200, 4);
  assert.deepEqual(values.map(({ time, text }) => [time, text]), [[900, "-100"], [1000, "0"], [1100, "100"], [1200, "200"]]);
});
