// Between times and places on the canvas.

/**
 * @param {{ t0: number, t1: number, labelWidth: number, plotWidth: number }} scene
 * @param {number} time
 */
export function xOf({ t0, t1, labelWidth, plotWidth }, time) {
  return labelWidth + ((time - t0) / (t1 - t0)) * plotWidth;
}

/**
 * @param {{ t0: number, t1: number, labelWidth: number, plotWidth: number }} scene
 * @param {number} x
 */
export function timeAt({ t0, t1, labelWidth, plotWidth }, x) {
  return t0 + ((x - labelWidth) / plotWidth) * (t1 - t0);
}

/**
 * The nearest whole pixel of the screen.
 * @param {{ ratio: number }} scene
 * @param {number} x
 */
export function snap({ ratio }, x) {
  return Math.round(x * ratio) / ratio;
}
