// The numbers of calls beside their bars. src/page/values.rs is the other end.

import { count, oneLine } from "./format.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./data.js").Numbers} Numbers */
/**
 * A field as the page has it: `range` is where its scale begins and ends, `ends` the same in words.
 * @typedef {{ name: string, unit: string | null, kind: "linear" | "logarithmic" | "signed", range: [number, number], ends: [string, string] }} Field
 */
/** Colours from the smallest value to the largest, and that of bars without one. @typedef {{ plain: RGB[], signed: RGB[], without: RGB }} Scale */
/** @typedef {{ light: Scale, dark: Scale }} Scales */

const [WHOLE, FLOAT] = [1, 2];

/**
 * Gives lanes the values of their bars, field by field: one number for each bar, NaN where it has none.
 * @param {Numbers} numbers
 * @param {Lane[]} lanes
 * @param {number} fields
 */
export function decodeValues(numbers, lanes, fields) {
  for (const lane of lanes) lane.values = [];
  for (let field = 0; field < fields; field++) {
    for (const lane of lanes) lane.values?.push(decodeLane(numbers, lane.starts.length));
  }
}

/**
 * @param {Numbers} numbers
 * @param {number} bars
 */
function decodeLane(numbers, bars) {
  const values = new Float64Array(bars).fill(NaN);
  const kind = numbers.next();
  if (kind === WHOLE) {
    for (let i = 0, last = 0; i < bars; i++) {
      const step = numbers.next();
      if (step === 0) continue;
      last += step % 2 === 1 ? (step - 1) / 2 : -step / 2;
      values[i] = last;
    }
  } else if (kind === FLOAT) {
    const { buffer, byteOffset } = numbers.bytes;
    const view = new DataView(buffer, byteOffset + numbers.at, 8 * bars);
    for (let i = 0; i < bars; i++) values[i] = view.getFloat64(8 * i, true);
    numbers.at += 8 * bars;
  }
  return values;
}

/**
 * The numbers of a bar, in words: of several calls the means.
 * @param {Field[]} fields
 * @param {Lane} lane
 * @param {number} i
 * @returns {[string, string][]}
 */
export function numbersOf(fields, lane, i) {
  const isMean = lane.calls[i + 1] - lane.calls[i] > 1;
  return fields.flatMap(({ name, unit }, at) => {
    const value = lane.values?.[at]?.[i] ?? NaN;
    if (Number.isNaN(value)) return [];
    const whole = Number.isSafeInteger(value) && value >= 0 ? count(value) : String(value);
    const text = isMean ? `mean ${Number(value.toPrecision(4))}` : whole;
    return [/** @type {[string, string]} */ ([oneLine(name), unit ? `${text} ${unit}` : text])];
  });
}
