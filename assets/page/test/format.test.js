import assert from "node:assert/strict";
import test from "node:test";
import { contrast, textOn } from "../color.js";
import { amount, count, duration, headAndTail, instant, oneLine, percent, plural, shorten, ticks } from "../format.js";
import { vectors } from "./support.js";

test("durations, counts, plurals and amounts read as they do in Rust", () => {
  for (const [ns, text] of vectors.durations) assert.equal(duration(ns), text, String(ns));
  for (const [n, text] of vectors.counts) assert.equal(count(n), text);
  for (const [n, text] of vectors.plurals) assert.equal(plural(n, "call"), text);
  for (const [value, unit, text] of vectors.amounts) assert.equal(amount(value, unit), text, `${value} ${unit}`);
  assert.ok(vectors.durations.length > 500);
});

test("contrast and the colour of text are those of Rust", () => {
  for (const [a, b, ratio] of vectors.contrasts) assert.ok(Math.abs(contrast(a, b) - ratio) < 1e-9, `${a} on ${b}`);
  for (const [fill, text] of vectors.texts) assert.deepEqual(textOn(fill), text, String(fill));
});

test("points in time keep every nanosecond, or as many digits as are seen", () => {
  assert.equal(instant(1_234_567), "1.234\u202f567 ms");
  assert.equal(instant(12_345_678_901), "12.345\u202f678\u202f901 s");
  assert.equal(instant(1_234_567, 1000), "1.235 ms");
  assert.equal(instant(0), "0 ns");
});

test("shares say when they are small", () => {
  assert.deepEqual([0, 0.0004, 0.032, 0.0995, 1].map(percent), ["0.0 %", "<0.1 %", "3.2 %", "10 %", "100 %"]);
});

test("ticks are steps of 1, 2 or 5 in the unit that fits", () => {
  const labels = (/** @type {number} */ t0, /** @type {number} */ t1) => {
    const { unit, base, values } = ticks(t0, t1, 6);
    return `${unit} ${base}: ${values.map(value => value.text).join(" ")}`;
  };
  assert.equal(labels(0, 63.9e6), "ms 0: 0 20 40 60");
  assert.equal(labels(0, 7), "ns 0: 0 2 4 6");
  assert.equal(labels(12.345678e9, 12.345682e9), "µs 12345000000: +678 +679 +680 +681 +682");
});

test("names stay on one line and give way in the middle", () => {
  assert.equal(oneLine("a\nb\tc\u202e"), "a↵b⇥c·");
  assert.equal(oneLine(""), "(no name)");
  assert.equal(oneLine(" "), "\" \"");
  assert.equal(shorten("solver::conjugate_gradient", 11, text => text.length), "solve…dient");
});

test("where the width is not known, the last part of a path is what stays", () => {
  const cases = [
    ["short name", "short name", ""],
    ["my_crate::solvers::krylov::conjugate_gradient", "my_crate::solvers::krylov", "::conjugate_gradient"],
    ["src/kernels/advection.rs", "src/kernels/advection", ".rs"],
    ["/leading_alone", "/lea", "ding_alone"],
    ["a_function_without_any_path_in_its_name", "a_function_without_any_path", "_in_its_name"],
    ["crate::a_last_part_that_is_too_long_to_be_kept", "crate::a_last_part_that_is_too_lon", "g_to_be_kept"],
    ["日本語の長い名前の領域です", "日本語の長い名", "前の領域です"],
  ];
  for (const [name, head, tail] of cases) assert.deepEqual(headAndTail(name), [head, tail]);
  const widest = "x".repeat(200);
  assert.equal(headAndTail(widest).join(""), widest);
});
