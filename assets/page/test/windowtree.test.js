import assert from "node:assert/strict";
import test from "node:test";
import { calleesOf, frameLike, leftHeavy } from "../frames.js";
import { treeOfWindow } from "../windowtree.js";
import { modelOf } from "./support.js";

/** @typedef {import("../views.js").PathNode} PathNode */

/** @param {PathNode} node @returns {string} */
const text = ({ region, calls, inclusive, exclusive, children }) => `${region?.name} ${calls}x${inclusive}/${exclusive}${children.length > 0 ? ` (${children.map(text).join(", ")})` : ""}`;

const model = modelOf([
  ["main", 0, 0, 0, 0, 100], ["step", 0, 0, 1, 10, 40], ["step", 0, 0, 1, 50, 90], ["flux", 0, 0, 2, 20, 30], ["flux", 0, 0, 2, 60, 65],
  ["flux", 0, 0, 1, 92, 94], ["main", 1, 0, 0, 0, 80], ["main", 0, 1, 0, 20, 30],
]);

test("the tree of a window has what ran in it, cut at its edges", () => {
  const whole = treeOfWindow(model, 0, 100, null);
  assert.ok(whole?.exact);
  assert.deepEqual(whole.tree.roots.map(text), ["main 3x190/118 (step 2x70/55 (flux 2x15/15), flux 1x2/2)"]);
  const part = treeOfWindow(model, 25, 55, rank => rank === 0);
  assert.deepEqual(part?.tree.roots.map(text), ["main 2x35/15 (step 2x20/15 (flux 1x5/5))"]);
  assert.deepEqual(treeOfWindow(model, 95, 96, rank => rank === 1)?.tree.roots, []);
});

test("merged calls are counted by their share, and the tree says so", () => {
  const merged = modelOf([["main", 0, 0, 0, 0, 100], ["step", 0, 0, 1, 0, 80]]);
  const lane = merged.lanes[1];
  lane.calls = Float64Array.of(0, 40);
  lane.time = Float64Array.of(0, 60);
  const part = treeOfWindow(merged, 0, 40, null);
  assert.ok(part && !part.exact);
  assert.deepEqual(part.tree.roots.map(text), ["main 1x40/10 (step 20x30/30)"]);
});

test("lanes of all threads say nothing of nesting", () => {
  assert.equal(treeOfWindow(modelOf([["a", 0, null, 0, 0, 5]]), 0, 5, null), null);
});

test("what is zoomed to is found again in the graph of another window", () => {
  const [all, part] = [treeOfWindow(model, 0, 100, null), treeOfWindow(model, 25, 55, null)].map(found => found && leftHeavy(found.tree));
  assert.ok(all && part);
  const flux = all.children[0].children[0].children[0];
  assert.equal(frameLike(part, flux).inclusive, 5);
  assert.equal(frameLike(part, all.children[0].children[1]), part.children[0], "as far as there is one");
  const [, step] = model.regions;
  assert.equal(calleesOf(/** @type {import("../windowtree.js").WindowTree} */ (treeOfWindow(model, 25, 55, null)).tree, step).inclusive, 20);
});
