import assert from "node:assert/strict";
import test from "node:test";
import { Numbers } from "../data.js";
import { Raster, SHADES } from "../raster.js";
import { splice } from "../splice.js";
import { ValueColors, scalePlace } from "../valuecolors.js";
import { decodeValues, numbersOf } from "../values.js";
import { modelOf } from "./support.js";

/** @typedef {import("../values.js").Field} Field */

/** @param {Field["kind"]} kind @param {number} from @param {number} to @returns {Field} */
const field = (kind, from, to) => ({ name: "bytes", unit: "B", kind, range: [from, to], ends: ["", ""] });
/** @type {import("../values.js").Scale} */
const SCALE = { plain: [[200, 200, 0], [100, 100, 0], [0, 0, 100]], signed: [[0, 0, 255], [200, 200, 200], [255, 0, 0]], without: [190, 190, 190] };
const WHITE = /** @type {import("../color.js").RGB} */ ([255, 255, 255]);

test("values are whole numbers as steps, or floating-point numbers, or none", () => {
  const lanes = modelOf([["a", 0, 0, 0, 0, 5], ["a", 0, 0, 0, 6, 9], ["a", 0, 0, 0, 10, 12], ["b", 0, 0, 0, 20, 30]]).lanes;
  const float = new Uint8Array(new Float64Array([0.25]).buffer);
  // 3, none, then 1; of b one number.
  decodeValues(new Numbers(Uint8Array.of(1, 7, 0, 4, 2, ...float, 0, 0)), lanes, 2);
  assert.deepEqual(lanes.map(lane => lane.values?.map(values => [...values])), [[[3, NaN, 1], [NaN, NaN, NaN]], [[0.25], [NaN]]]);
});

test("a scale is linear, of logarithms, or even about 0", () => {
  assert.equal(scalePlace(field("linear", 10, 20), 12.5), 0.25);
  assert.equal(scalePlace(field("logarithmic", 1e-9, 1), 1e-9), 0);
  assert.ok(Math.abs(scalePlace(field("logarithmic", 1e-9, 1), 1e-3) - 2 / 3) < 1e-12);
  assert.equal(scalePlace(field("signed", -6, 6), 3), 0.75);
  assert.deepEqual([scalePlace(field("linear", 4, 4), 4), scalePlace(field("linear", 0, 1), 7)], [0.5, 1]);
  assert.equal(scalePlace(field("linear", -Number.MAX_VALUE, Number.MAX_VALUE), 0), 0.5);
});

test("bars have the colour of their value, and of several in a pixel the mean over time", () => {
  const [lane] = modelOf([["a", 0, 0, 0, 0, 40], ["a", 0, 0, 0, 40, 80], ["a", 0, 0, 0, 80, 100], ["a", 0, 0, 0, 100, 101], ["a", 0, 0, 0, 102, 105]]).lanes;
  lane.values = [Float64Array.of(0, 10, NaN, 10, 2)];
  const colors = new ValueColors(field("linear", 0, 10), 0, SCALE, WHITE, 0.2);
  assert.deepEqual([0, 1, 2].map(i => colors.mean(lane, i)), [0, 10, NaN]);
  assert.equal(colors.mean(lane, 3, 5), 4, "(1 x 10 + 3 x 2) / 4");
  assert.deepEqual([0, 10, 4, NaN].map(value => colors.tint(value)), [1, 3, 2, colors.none]);
  const row = new Uint32Array(10);
  new Raster(10).paint([lane], 0, 100, row, () => new Uint32Array(SHADES + 1), 100, 0, colors);
  const [low, high, none] = [1, 3, colors.none].map(tint => colors.shades[tint][SHADES]);
  assert.deepEqual([row[1], row[6], row[9]], [low, high, none]);
  const stands = new Uint32Array(10);
  new Raster(10).paint([lane], 0, 100, stands, () => new Uint32Array(SHADES + 1), 100, 0, colors, () => true);
  assert.equal(stands[1], colors.faint[1][SHADES]);
});

test("the mean of many bars is that of each, also of small values after large ones", () => {
  const [lane] = modelOf(Array.from({ length: 1000 }, (_, i) => ["a", 0, 0, 0, 10 * i, 10 * i + 1 + (i % 3)])).lanes;
  const values = Float64Array.from({ length: 1000 }, (_, i) => (i % 7 === 3 ? NaN : i < 500 ? 1e12 + i : 1e-9 * i));
  lane.values = [values];
  const colors = new ValueColors(field("logarithmic", 1e-9, 1e13), 0, SCALE, WHITE, 0.2);
  for (const [from, to] of [[0, 1000], [1, 63], [64, 128], [500, 1000], [501, 999], [130, 131]]) {
    let [sum, weight] = [0, 0];
    for (let i = from; i < to; i++) if (!Number.isNaN(values[i])) [sum, weight] = [sum + (1 + (i % 3)) * values[i], weight + 1 + (i % 3)];
    const mean = colors.mean(lane, from, to);
    assert.ok(Math.abs(mean - sum / weight) <= 1e-12 * mean, `${from} to ${to}: ${mean}`);
  }
});

test("a row that ranks share has the mean of their colours", () => {
  const { lanes } = modelOf([["a", 0, 0, 0, 0, 100], ["a", 1, 0, 0, 0, 100], ["a", 2, 0, 0, 50, 100]]);
  [0, 10, NaN].forEach((value, at) => (lanes[at].values = [Float64Array.of(value)]));
  const colors = new ValueColors(field("linear", 0, 10), 0, SCALE, WHITE, 0.2);
  const row = new Uint32Array(10);
  new Raster(10).paint(lanes, 0, 100, row, () => new Uint32Array(SHADES + 1), 100, 3, colors);
  assert.equal(row[2], colors.shades[2][Math.round((2 / 3) * SHADES)]);
  assert.equal(row[8], colors.shades[2][SHADES]);
});

test("bars in the place of others bring their values along", () => {
  const bars = (/** @type {number[][]} */ list) => ({ starts: Float64Array.from(list, bar => bar[0]), ends: Float64Array.from(list, bar => bar[1]), calls: Float64Array.from([0, ...list.map((_, i) => i + 1)]), time: new Float64Array(list.length + 1), values: [Float64Array.from(list, bar => bar[2])] });
  const outer = bars([[0, 10, 1], [20, 30, 2], [40, 50, 3]]);
  const { starts, values } = splice(outer, bars([[21, 22, 7], [23, 24, 8]]), 20, 30);
  assert.deepEqual([...starts], [0, 21, 23, 40]);
  assert.deepEqual(values?.map(one => [...one]), [[1, 7, 8, 3]]);
});

test("numbers of a call are in words with their unit, and of several calls the mean", () => {
  const [lane] = modelOf([["a", 0, 0, 0, 0, 5], ["a", 0, 0, 0, 6, 9]]).lanes;
  lane.values = [Float64Array.of(24000, 1234.5678), Float64Array.of(NaN, -0.5)];
  lane.calls[2] = 5;
  const fields = [field("linear", 0, 1), { ...field("signed", -1, 1), name: "drift", unit: null }];
  assert.deepEqual(numbersOf(fields, lane, 0), [["bytes", "24 000 B"]]);
  assert.deepEqual(numbersOf(fields, lane, 1), [["bytes", "mean 1235 B"], ["drift", "mean -0.5"]]);
});
