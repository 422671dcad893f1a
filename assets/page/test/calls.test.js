import assert from "node:assert/strict";
import test from "node:test";
import { callAt, isAlone, spotOf } from "../calls.js";
import { rangesOf } from "../far.js";
import { modelOf } from "./support.js";

test("a call is found in its own bar, wherever lanes have gone", () => {
  const model = modelOf([["a", 0, 0, 0, 0, 50], ["a", 0, 0, 1, 0, 20], ["a", 0, 1, 0, 0, 50], ["a", 1, 0, 0, 0, 50], ["a", 0, 0, 0, 60, 70]]);
  for (const lane of model.lanes) {
    const call = callAt({ lane, i: 0 });
    assert.deepEqual(spotOf(model, call), { lane, i: 0 });
    assert.equal(spotOf(model, { ...call, depth: null })?.lane, lane, "by its end and its thread");
  }
  assert.equal(spotOf(model, { name: "a", rank: 0, thread: null, depth: null, start: 60, end: NaN })?.i, 1);
  assert.equal(spotOf(model, { name: "a", rank: 0, thread: 0, depth: 0, start: 30, end: 35 }), null, "inside a single call there is no other of its lane");
  assert.equal(spotOf(model, { name: "b", rank: 0, thread: 0, depth: 0, start: 0, end: 50 }), null);
});

test("a call that is merged is found in the bar that has it among others", () => {
  const model = modelOf([["a", 0, 0, 0, 0, 5], ["a", 0, 0, 0, 10, 90]]);
  const [lane] = model.lanes;
  lane.calls = Float64Array.of(0, 1, 9);
  const spot = spotOf(model, { name: "a", rank: 0, thread: 0, depth: 3, start: 40, end: 45 });
  assert.deepEqual(spot, { lane, i: 1 });
  assert.ok(spot && !isAlone(spot) && isAlone({ lane, i: 0 }));
});

test("numbers are written as ranges", () => {
  assert.equal(rangesOf([0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
  assert.equal(rangesOf([]), "");
});
