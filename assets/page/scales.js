// Axes of the small charts: from values to px, and where marks stand. Pure functions.

import { instant, ticks } from "./format.js";

/** @typedef {{ at: (value: number) => number, marks: { at: number, text: string }[] }} Scale */

/**
 * Durations, ns, on a logarithmic axis of at least a decade; what is shorter than 1 ns stands where half of that does.
 * As src/chart/log_scale.rs has it.
 * @param {number} from
 * @param {number} to
 * @param {number} length px
 * @param {number} room that a mark's text takes, px
 * @returns {Scale}
 */
export function logScale(from, to, length, room) {
  const [low, high] = [Math.log10(Math.max(0.5, from)), Math.log10(Math.max(1, to))];
  const start = low - Math.max(0, 1 - (high - low)) / 2;
  const decades = Math.max(1, high - low);
  const at = (/** @type {number} */ ns) => length * Math.max(0, Math.min(1, (Math.log10(Math.max(0.5, ns)) - start) / decades));
  const decade = length / decades;
  const every = Math.max(1, Math.ceil(room / decade));
  const factors = decade * 0.3 > room ? [1, 2, 5] : [1];
  const marks = [];
  for (let power = Math.max(0, Math.floor(start)); power <= Math.min(18, Math.floor(start + decades)); power++) {
    if (power % every !== 0) continue;
    for (const ns of factors.map(factor => factor * 10 ** power)) {
      const place = Math.log10(ns);
      if (place >= start - 1e-9 && place <= start + decades + 1e-9) marks.push({ at: at(ns), text: instant(ns) });
    }
  }
  return { at, marks };
}

/**
 * Times, ns, from one to another.
 * @param {number} from
 * @param {number} to
 * @param {number} length px
 * @param {number} most marks
 * @returns {Scale & { unit: string }}
 */
export function linearScale(from, to, length, most) {
  const span = Math.max(1, to - from);
  const at = (/** @type {number} */ ns) => (length * (ns - from)) / span;
  const { unit, values } = ticks(from, from + span, most);
  return { at, unit, marks: values.map(({ time, text }) => ({ at: at(time), text })) };
}
