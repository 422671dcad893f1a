import assert from "node:assert/strict";
import test from "node:test";
import { openAsBefore, openAtFirst } from "../calltree.js";
import { treeOfWindow } from "../windowtree.js";
import { modelOf } from "./support.js";

test("the tree of another window is as open as the one before, and what is new in it as at first", () => {
  const model = modelOf([["main", 0, 0, 0, 0, 100], ["a", 0, 0, 1, 10, 30], ["in a", 0, 0, 2, 12, 20], ["b", 0, 0, 1, 50, 90], ["in b", 0, 0, 2, 60, 70]]);
  const trees = [treeOfWindow(model, 0, 40, null), treeOfWindow(model, 0, 100, null)].map(found => {
    assert.ok(found);
    return found.tree;
  });
  const open = openAtFirst(trees[0], 60);
  const named = (/** @type {Set<import("../views.js").PathNode>} */ nodes) => [...nodes].map(node => node.region?.name);
  assert.deepEqual(named(open), ["main", "a"]);
  for (const node of open) if (node.region?.name === "a") open.delete(node);
  /** @type {(string | undefined)[]} */
  const met = [];
  const now = openAsBefore(trees[0], open, trees[1], (from, to) => {
    assert.equal(from.region, to.region);
    met.push(to.region?.name);
  });
  assert.deepEqual(named(now), ["main", "b"]);
  assert.deepEqual(met, ["main", "a", "in a"]);
});
