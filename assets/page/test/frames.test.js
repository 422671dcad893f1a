import assert from "node:assert/strict";
import test from "node:test";
import { csvOfSandwich } from "../csv.js";
import { textOfFrame } from "../flame.js";
import { shorten } from "../format.js";
import { calleesOf, callersOf, leftHeavy, outermostOf, placeFrames } from "../frames.js";
import { decodeViews } from "../views.js";
import { modelOf } from "./support.js";

/** @typedef {import("../frames.js").Frame} Frame */

const { regions } = modelOf([["a", 0, 0, 0, 0, 1], ["b", 0, 0, 0, 0, 1], ["c", 0, 0, 0, 0, 1]]);
const [a, b, c] = regions;
// a 100 own 30: b 20 own 10: c 10, c 50 own 0: b 50 own 40: b's own recursion ends as c 10. c 40.
const paths = [
  [0, 0, 1, 100, 30, 100, 0], [1, 1, 2, 20, 10, 10, 0], [2, 2, 1, 10, 10, 10, 0], [1, 2, 1, 50, 0, 50, 0], [2, 1, 3, 50, 40, 17, 0],
  [3, 2, 1, 10, 10, 10, 1], [0, 2, 4, 40, 40, 10, 0],
].flat();
const { tree } = decodeViews({ paths, pathsLeftOut: 0, ranks: [0], regions: [], withoutRanks: 0, run: [], tasks: [], tasksArePartial: false, follows: [], followsLeftOut: 0, counters: [], countersLeftOut: 0 }, regions);

/** A frame and those below it as text. @param {Frame} frame @returns {string} */
const text = frame => `${frame.region?.name ?? "all"} ${frame.inclusive}${frame.children.length > 0 ? ` (${frame.children.map(text).join(", ")})` : ""}`;

test("rows become a tree", () => {
  assert.deepEqual(tree.roots.map(node => node.region), [a, c]);
  assert.deepEqual(tree.nodes.map(node => node.parent?.region?.name ?? ""), ["", "a", "b", "a", "c", "b", ""]);
});

test("the heaviest is to the left", () => {
  assert.equal(text(leftHeavy(tree)), "all 140 (a 100 (c 50 (b 50 (c 10)), b 20 (c 10)), c 40)");
});

test("a region's callers and callees are those of all its paths, and recursion adds no time", () => {
  assert.equal(text(calleesOf(tree, b)), "b 70 (c 20)");
  assert.equal(text(callersOf(tree, b)), "b 70 (c 50 (a 50), a 20)");
  // c inside b inside c is part of the outer c.
  assert.equal(outermostOf(tree, c).length, 3);
  assert.equal(text(callersOf(tree, c)), "c 100 (a 50, b 10 (a 10))");
});

test("a sandwich as a table has the paths to a region and those below it", () => {
  assert.deepEqual(csvOfSandwich(callersOf(tree, b), calleesOf(tree, b)).trimEnd().split("\r\n"), [
    "path,region,depth,calls,inclusive_ns,exclusive_ns",
    "c > b,c,-1,3,50,40",
    "a > c > b,a,-2,3,50,40",
    "a > b,a,-1,2,20,10",
    "b,b,0,5,70,50",
    "b > c,c,1,2,20,20",
  ]);
});

test("frames lie side by side within those they are below, and what is zoomed to takes the whole width", () => {
  const root = leftHeavy(tree);
  const places = (/** @type {Frame} */ zoomed, least = 0) => placeFrames(zoomed, least).map(one => `${one.frame.region?.name ?? "all"} ${one.depth} ${one.from.toFixed(2)}-${one.to.toFixed(2)}`);
  assert.deepEqual(places(root, 0.3), ["all 0 0.00-1.00", "a 1 0.00-0.71", "c 2 0.00-0.36", "b 3 0.00-0.36"]);
  assert.deepEqual(places(root.children[0].children[1]), ["all 0 0.00-1.00", "a 1 0.00-1.00", "b 2 0.00-1.00", "c 3 0.00-0.50"]);
});

test("a frame says as much as it has room for, and the ends of a name that is too long", () => {
  const fitting = { fit: (/** @type {string} */ name, /** @type {number} */ width) => shorten(name, width, part => 6 * part.length) };
  const [frame] = leftHeavy(tree).children;
  const said = (/** @type {string} */ label, /** @type {number} */ room) => textOfFrame({ ...frame, region: { ...a, label } }, room, fitting, "");
  assert.deepEqual([80, 40, 6].map(room => said("a", room)), ["a · 100 ns", "a", ""]);
  assert.deepEqual([160, 90, 60].map(room => said("krylov::orthogonalise", room)), ["krylov::orthogonalise", "krylov:…onalise", ""]);
});
