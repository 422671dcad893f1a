import assert from "node:assert/strict";
import test from "node:test";
import { readView, writeView } from "../address.js";
import { groupsOf, place, rowAt, strandsOf } from "../layout.js";
import { Raster } from "../raster.js";
import { longest, neighbour, parseSearch, placeOf } from "../search.js";
import { TimeWindow } from "../window.js";
import { modelOf } from "./support.js";

test("an address holds the whole view", () => {
  /** @type {import("../address.js").View} */
  const view = {
    window: [5, 90], pin: "a&b=c", search: "/x,y/", by: "thread", sort: "mean", down: false, measured: [7, 8], boxed: [2, 5],
    selected: { name: "two, words", rank: 3, thread: null, depth: 2, start: 12 }, scroll: 40, thickness: -2, split: 300, ofRun: true, tab: "flame", ranks: "0,2-5", folds: "-~g3", scheme: "dark", color: "bytes & more",
  };
  assert.deepEqual(readView(writeView(view)), view);
  assert.equal(writeView(readView("")), "");
  assert.equal(readView(writeView({ ...view, color: "" })).color, "", "by region, although the page opens otherwise");
});

test("what cannot be read in an address is passed over", () => {
  assert.equal(writeView(readView("t0=x&t1=-5&by=%E0%A4%A&ruler=1&call=,,&scroll=-3&rows=abc&split=0&theme=pink")), "");
});

test("a search is text in any case, or a pattern", () => {
  assert.ok(parseSearch("SE").test("setup"));
  assert.ok(parseSearch("/^s.*p$/").test("setup") && !parseSearch("/^S/").test("setup") && parseSearch("/^S/i").test("setup"));
  assert.ok(parseSearch("/et|se/").test("setup") && !parseSearch("/et|up/").test("setup"), "from the start on");
  assert.ok(parseSearch("/(?i)SET/").test("setup"));
  assert.notEqual(parseSearch("/(/").error, null);
  assert.notEqual(parseSearch("/a)(b/").error, null);
});

test("from call to call in order of time, and around", () => {
  const { lanes } = modelOf([["a", 0, 0, 0, 0, 5], ["a", 0, 0, 0, 20, 25], ["b", 0, 0, 0, 10, 12], ["b", 0, 0, 0, 20, 30]]);
  let spot = neighbour(lanes, null, 1, 0);
  const forward = [];
  for (let i = 0; i < 5; i++) {
    assert.ok(spot);
    forward.push(`${spot.lane.region.name}${spot.i}`);
    assert.deepEqual(placeOf(lanes, spot), { place: (i % 4) + 1, all: 4 });
    spot = neighbour(lanes, spot, 1, 0);
  }
  assert.deepEqual(forward, ["a0", "b0", "a1", "b1", "a0"]);
  const back = [];
  for (let i = 0; i < 4; i++) {
    spot = neighbour(lanes, spot, -1, 0);
    assert.ok(spot);
    back.push(`${spot.lane.region.name}${spot.i}`);
  }
  assert.deepEqual(back, ["a0", "b1", "a1", "b0"]);
  assert.deepEqual(longest(lanes), { lane: lanes[1], i: 1 });
});

test("threads that take turns share a row, others have one each", () => {
  const turns = modelOf([["a", 0, 1, 0, 0, 5], ["a", 0, 2, 0, 5, 9], ["a", 0, 1, 0, 9, 12]]);
  assert.deepEqual(strandsOf(turns.regions[0]).map(one => one.thread), [null]);
  const apart = modelOf([["a", 0, 1, 0, 0, 5], ["a", 0, 2, 0, 4, 9]]);
  assert.deepEqual(strandsOf(apart.regions[0]).map(one => one.thread), [1, 2]);
  const hidden = modelOf([["a", 0, 1, 0, 0, 50], ["a", 0, 2, 0, 60, 70], ["a", 0, 3, 0, 20, 30]]);
  assert.equal(strandsOf(hidden.regions[0]).length, 3, "the first and the third overlap");
});

test("recursion has rows of its own below", () => {
  const model = modelOf([["f", 0, 0, 0, 0, 100], ["f", 0, 0, 1, 10, 60], ["g", 0, 0, 1, 70, 80]]);
  const groups = groupsOf(model, model.regions, "region");
  assert.deepEqual(groups.map(group => group.rows.map(row => row.level)), [[0, 1], [0]]);
  place(groups, "region", 400, 0);
  assert.ok(groups[0].rows[1].height < groups[0].rows[0].height);
  assert.equal(rowAt(groups, groups[0].y + groups[0].rows[1].y + 1)?.row, groups[0].rows[1]);
});

test("a thread's calls are stacked by depth", () => {
  const model = modelOf([["f", 0, 0, 0, 0, 100], ["g", 0, 0, 1, 10, 60], ["h", 0, 0, 1, 70, 80], ["f", 1, 0, 0, 0, 9]]);
  const groups = groupsOf(model, model.regions, "thread");
  assert.deepEqual(groups.map(group => group.rows.map(row => row.lanes.map(lane => lane.region.name).join())), [["f", "g,h"], ["f"]]);
});

test("dense calls shade their pixels by busy share, and the busiest of several gives the colour", () => {
  const calls = Array.from({ length: 1000 }, (_, i) => /** @type {[string, number, number, number, number, number]} */ (["a", 0, 0, 0, i * 10, i * 10 + 2]));
  const { lanes } = modelOf([...calls, ["b", 0, 0, 0, 5000, 10000]]);
  const shades = (/** @type {number} */ base) => Uint32Array.from({ length: 17 }, (_, i) => base + i);
  const row = new Uint32Array(100);
  new Raster(100).paint(lanes, 0, 10000, row, lane => shades(lane.region.name === "a" ? 100 : 200), 40);
  assert.ok(row.slice(2, 48).every(shade => shade === 103), String(row));
  assert.ok(row.slice(50).every(shade => shade === 216), String(row));
});

test("regions that fill a pixel together make it as strong as all of them", () => {
  const calls = Array.from({ length: 4000 }, (_, i) => /** @type {[string, number, number, number, number, number]} */ ([`r${i % 4}`, 0, 0, 0, i * 10, i * 10 + (i % 4 === 2 ? 9 : 8)]));
  const { lanes } = modelOf(calls);
  const row = new Uint32Array(100);
  new Raster(100).paint(lanes, 0, 40000, row, lane => Uint32Array.from({ length: 17 }, (_, i) => lane.region.id * 100 + i), 40);
  assert.ok(row.slice(2, 98).every(shade => shade === 213), String(row));
});

test("the window zooms about a point and stays within the run", () => {
  const window = new TimeWindow(1000, () => {});
  window.zoom(0.5, 0.2);
  assert.deepEqual([window.t0, window.t1], [100, 600]);
  window.pan(2);
  assert.deepEqual([window.t0, window.t1], [500, 1000]);
  window.zoom(1e-9);
  assert.equal(window.length, 10);
  window.zoom(1e9);
  assert.deepEqual([window.t0, window.t1], [0, 1000]);
});

test("a window goes from end to end of what is shown together, and all of it stays in sight", () => {
  const time = new TimeWindow(100, () => undefined);
  time.limit(-20, 300);
  assert.deepEqual([time.t0, time.t1], [-20, 300]);
  time.set(-50, 50);
  assert.deepEqual([time.t0, time.t1], [-20, 80]);
  time.toEdge(1);
  assert.deepEqual([time.t0, time.t1], [200, 300]);
  time.limit(0, 100);
  assert.deepEqual([time.t0, time.t1], [0, 100]);
});
