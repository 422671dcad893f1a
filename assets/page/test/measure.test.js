import assert from "node:assert/strict";
import test from "node:test";
import { csvOf, csvOfMeasured } from "../csv.js";
import { groupsOf } from "../layout.js";
import { lanesIn, measureRegions } from "../measure.js";
import { fileStem } from "../saving.js";
import { pathsOfPixels } from "../vector.js";
import { modelOf } from "./support.js";

const model = modelOf([["f", 0, 0, 0, 0, 100], ["f", 0, 0, 1, 10, 60], ["g", 0, 0, 1, 70, 80], ["g", 1, 0, 0, 20, 40], ["h", 1, 0, 0, 90, 95]]);

test("between two points each region has its calls and the time of its outermost calls", () => {
  const found = measureRegions(model.lanes, 30, 75).map(({ region, calls, time, ranks, exact }) => [region.name, calls, Math.round(time), ranks, exact]);
  assert.deepEqual(found, [["f", 2, 45, 1, true], ["g", 2, 15, 2, true]]);
});

test("a box counts its rows alone", () => {
  const groups = groupsOf(model, model.regions, "region");
  const names = (/** @type {[number, number]} */ box) => measureRegions(lanesIn(groups, box), 0, 100).map(one => `${one.region.name} ${one.calls}`);
  assert.deepEqual(names([2, 2]), ["g 1"]);
  assert.deepEqual(names([1, 3]), ["f 1", "g 2"]);
  assert.equal(lanesIn(groups, null).length, 5);
});

test("tables become CSV that keeps every name", () => {
  assert.equal(csvOf([["a,b", 'say "x"', 1.5, null], ["line\nbreak", 2, 3, 4]]), '"a,b","say ""x""",1.5,\r\n"line\nbreak",2,3,4\r\n');
  const regions = measureRegions(model.lanes, 90, 100);
  assert.equal(csvOfMeasured({ from: 90, to: 100, rows: 1, of: 1, regions }), "region,from_ns,to_ns,calls,time_ns,ranks\r\nf,90,100,1,10,1\r\nh,90,100,1,5,1\r\n");
});

test("a row of pixels is one path for each colour", () => {
  const paths = pathsOfPixels(Uint32Array.from([0, 7, 7, 0, 9, 7]), 100, 20, 5);
  assert.deepEqual([...paths], [[7, "M101 20h2v5h-2zM105 20h1v5h-1z"], [9, "M104 20h1v5h-1z"]]);
});

test("a title becomes the name of a file", () => {
  assert.equal(fileStem("../heat equation: 512 × 512?"), "heat-equation-512-512");
  assert.equal(fileStem("///"), "profile");
  assert.equal(fileStem("größe"), "größe");
});
