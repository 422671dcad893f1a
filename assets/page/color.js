// Region colours on a light or a dark background. Pure functions on [r, g, b], 0 to 255.
// src/chart/color.rs has the same contrast and the same text colour: test/vectors.json holds both to it.

/** @typedef {[number, number, number]} RGB */

/** @type {RGB} */
const WHITE = [255, 255, 255];
/** @type {RGB} */
const BLACK = [0, 0, 0];

/**
 * Relative luminance (WCAG 2.2).
 * @param {RGB} color
 */
function luminance([r, g, b]) {
  const linear = [r, g, b].map(c => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/**
 * Contrast ratio (WCAG 2.2), 1 to 21.
 * @param {RGB} a
 * @param {RGB} b
 */
export function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/**
 * @param {RGB} a
 * @param {RGB} b
 * @param {number} share of b
 * @returns {RGB}
 */
export function mix(a, b, share) {
  const channel = (/** @type {0 | 1 | 2} */ i) => Math.round(a[i] + (b[i] - a[i]) * share);
  return [channel(0), channel(1), channel(2)];
}

/**
 * The colour, moved towards white or black only as far as it needs to stand out from `background`;
 * on a dark one, what would glare is moved towards it.
 * @param {RGB} color
 * @param {RGB} background
 */
export function readableOn(color, background) {
  const isDark = luminance(background) < 0.2;
  const away = isDark ? WHITE : BLACK;
  const tooClose = (/** @type {RGB} */ one) => contrast(one, background) < (isDark ? 3 : 2.2);
  const glares = (/** @type {RGB} */ one) => isDark && contrast(one, background) > 8.5;
  const moves = tooClose(color);
  for (let share = 0; share < 1; share += 0.04) {
    const moved = mix(color, moves ? away : background, share);
    if (moves ? !tooClose(moved) : !glares(moved)) return moved;
  }
  return away;
}

/**
 * Black or white, whichever reads better on the colour.
 * @param {RGB} color
 */
export function textOn(color) {
  return contrast(color, WHITE) >= contrast(color, BLACK) ? WHITE : BLACK;
}

/** @param {RGB} color */
export function css([r, g, b]) {
  return `rgb(${r}, ${g}, ${b})`;
}

/**
 * `#rrggbb` of a style sheet as [r, g, b].
 * @param {string} text
 * @returns {RGB}
 */
export function parseHex(text) {
  const value = parseInt(text.trim().slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/**
 * The colour as one number, as it lies in the memory of an image.
 * @param {RGB} color
 */
export function pack([r, g, b]) {
  return new Uint32Array(new Uint8ClampedArray([r, g, b, 255]).buffer)[0];
}
