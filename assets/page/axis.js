// Draws the axis of time, the time under the pointer, and what the ruler measures.

import { css, parseHex, textOn } from "./color.js";
import { duration, instant } from "./format.js";
import { snap, timeAt, xOf } from "./geometry.js";
import { AXIS } from "./layout.js";
import { FONT, SMALL_FONT } from "./text.js";

/** @typedef {import("./painter.js").Scene} Scene */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {ReturnType<typeof import("./format.js").ticks>} axis
 */
export function drawAxis(context, scene, axis) {
  const { ratio, labelWidth, theme: { colors } } = scene;
  context.fillStyle = colors.panel;
  context.fillRect(0, 0, scene.width, AXIS);
  context.fillStyle = colors.line;
  context.fillRect(0, AXIS - 1 / ratio, scene.width, 1 / ratio);
  context.font = SMALL_FONT;
  context.textBaseline = "middle";
  context.fillStyle = colors.muted;
  context.textAlign = "right";
  if (scene.timed) context.fillText(axis.base > 0 ? `${instant(axis.base)} + [${axis.unit}]` : `time [${axis.unit}]`, labelWidth - 8, AXIS / 2);
  const pointed = drawPointedTime(context, scene);
  context.textAlign = "center";
  for (const { time, text } of axis.values) {
    const x = xOf(scene, time);
    const half = context.measureText(text).width / 2;
    const middle = Math.max(labelWidth + half + 3, Math.min(scene.width - half - 3, x));
    context.fillStyle = colors.line;
    context.fillRect(snap(scene, x), AXIS - 5, 1 / ratio, 5);
    if (pointed && middle + half > pointed[0] - 3 && middle - half < pointed[1] + 3) continue;
    context.fillStyle = colors.muted;
    context.fillText(text, middle, AXIS / 2 - 1);
  }
}

/**
 * The time under the pointer, on the axis; gives the room it takes there, [left, right].
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 */
function drawPointedTime(context, scene) {
  const { pointer, labelWidth, width, theme: { colors } } = scene;
  if (!pointer || !scene.timed || scene.dragging || pointer.x < labelWidth || pointer.x > width || pointer.y < 0) return null;
  const text = instant(timeAt(scene, pointer.x) - scene.zero, (scene.t1 - scene.t0) / scene.plotWidth);
  const half = context.measureText(text).width / 2 + 5;
  const x = Math.max(labelWidth + half, Math.min(width - half, pointer.x));
  context.fillStyle = colors.muted;
  context.globalAlpha = 0.5;
  context.fillRect(snap(scene, pointer.x), AXIS, 1 / scene.ratio, scene.height);
  context.globalAlpha = 1;
  context.fillStyle = colors.text;
  context.beginPath();
  context.roundRect(x - half, 3, 2 * half, AXIS - 8, 3);
  context.fill();
  context.fillStyle = colors.panel;
  context.textAlign = "center";
  context.fillText(text, x, AXIS / 2 - 0.5);
  return [x - half, x + half];
}

/**
 * What the ruler measures.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 */
export function drawMeasured(context, scene) {
  if (!scene.measured) return;
  const { labelWidth, width, theme: { colors } } = scene;
  const [from, to] = [Math.min(...scene.measured), Math.max(...scene.measured)];
  const a = Math.max(labelWidth, xOf(scene, from));
  const b = Math.min(width, xOf(scene, to));
  if (b < labelWidth || a > width) return;
  context.fillStyle = colors.accent;
  context.globalAlpha = 0.13;
  // Without a box it reaches over all rows.
  const [top, bottom] = scene.box ? [Math.max(AXIS, scene.box[0]), Math.max(AXIS, scene.box[1])] : [AXIS, AXIS + scene.height];
  context.fillRect(a, top, b - a, bottom - top);
  context.globalAlpha = 1;
  for (const x of [xOf(scene, from), xOf(scene, to)]) {
    if (x >= labelWidth && x <= width) context.fillRect(snap(scene, x) - 0.5, top, 1, bottom - top);
  }
  if (scene.box) for (const y of scene.box) if (y >= AXIS) context.fillRect(a, snap(scene, y) - 0.5, b - a, 1);
  const text = duration(to - from);
  context.font = `600 ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const half = context.measureText(text).width / 2 + 7;
  const x = Math.max(labelWidth + half, Math.min(width - half, (a + b) / 2));
  context.beginPath();
  context.roundRect(x - half, AXIS + 5, 2 * half, 20, 4);
  context.fill();
  context.fillStyle = css(textOn(parseHex(colors.accent)));
  context.fillText(text, x, AXIS + 15.5);
}
