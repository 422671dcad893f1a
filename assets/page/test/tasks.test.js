import assert from "node:assert/strict";
import test from "node:test";
import { describe, hitAt } from "../hit.js";
import { groupsOf, place } from "../layout.js";
import { busyOf, decodeTasks, lifeOf, taskRows } from "../tasks.js";
import { modelOf } from "./support.js";

const model = modelOf([["fetch", 0, 1, 0, 0, 100]]);
// Three tasks: 0 to 100 with polls of 10, 20 to 60, and 100 to 130, which two threads enter at once.
const tasks = decodeTasks([0, 0, 1, 2, 0, 10, 1, 90, 10, 2, /**/ 0, 0, 2, 2, 20, 5, 1, 35, 5, 1, /**/ 0, 0, 3, 2, 100, 20, 1, 10, 20, 2], model.regions);
model.tasks = tasks;

test("tasks come back from numbers", () => {
  assert.deepEqual(tasks.map(task => [task.span, task.starts, task.ends, task.threads]), [
    [1, [0, 90], [10, 100], [1, 2]],
    [2, [20, 55], [25, 60], [1, 1]],
    [3, [100, 110], [120, 130], [1, 2]],
  ]);
  assert.deepEqual(tasks.map(lifeOf), [{ start: 0, end: 100 }, { start: 20, end: 60 }, { start: 100, end: 130 }]);
  assert.deepEqual(tasks.map(busyOf), [20, 10, 30], "moments at which two threads are in it count once");
});

test("lives that overlap are in rows of their own", () => {
  const rows = taskRows(tasks);
  assert.deepEqual(rows.map(row => row.lives.lives?.map(task => task.span)), [[1, 3], [2]]);
  assert.deepEqual([...rows[0].polls.starts], [0, 90, 100, 120]);
  assert.deepEqual([...rows[0].polls.ends], [10, 100, 120, 130]);
});

test("of a life and a poll at one place the poll is told about", () => {
  const groups = groupsOf(model, model.regions, "task");
  place(groups, "task", 400, 0);
  const scene = { groups, t0: 0, t1: 130, labelWidth: 100, plotWidth: 130 * 20, scroll: 0 };
  const y = 26 + groups[0].y + 2;
  const at = (/** @type {number} */ time) => hitAt(model, scene, 100 + time * 20, y)?.bar;
  assert.deepEqual([at(5)?.start, at(5)?.end], [0, 10]);
  assert.deepEqual([at(50)?.start, at(50)?.end], [0, 100]);
  assert.equal(describe(model, groups[0].rows[0].lanes[1], 0).exclusive, null);
});
