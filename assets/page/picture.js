// What a saved picture says besides the timeline: above it the run and what has to be known of it, below it the counters.

import { css, readableOn } from "./color.js";
import { KEY, LANE } from "./counters.js";
import { oneLine } from "./format.js";
import { factsOf } from "./header.js";
import { FONT, SMALL_FONT } from "./text.js";

/** @typedef {import("./counters.js").Counters} Counters */
/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./painter.js").Scene} Scene */
/** @typedef {import("./text.js").Texts} Texts */
/** @typedef {{ text: string, x: number, y: number, fill: string, font: string }} SheetText */
/** @typedef {{ x: number, y: number, width: number, height: number, fill: string }} SheetRect */
/** Texts, by the middle of their height, and rectangles. @typedef {{ height: number, texts: SheetText[], rects: SheetRect[] }} Sheet */

const LINE = 17;
export const MARGIN = 8;
/** The scale of values, px. */
const RAMP = 96;

/**
 * Words as lines that fit.
 * @param {string} text
 * @param {number} width
 * @param {Texts} texts
 * @param {string} font
 */
export function wrapped(text, width, texts, font) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length > 0 && texts.widest([longer], font) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * Above the timeline: the name of the run, its numbers, what is missing or not to be relied on, and what the colours of
 * values mean.
 * @param {Model} model
 * @param {Scene} scene
 * @param {Texts} texts
 * @returns {Sheet}
 */
export function headingOf({ header }, scene, texts) {
  const { width, values, theme: { colors } } = scene;
  /** @type {Sheet} */
  const sheet = { height: MARGIN, texts: [], rects: [] };
  const say = (/** @type {string} */ text, /** @type {string} */ fill, /** @type {string} */ font) => {
    for (const line of wrapped(text, width - 2 * MARGIN, texts, font)) {
      sheet.texts.push({ text: texts.fit(line, width - 2 * MARGIN, font), x: MARGIN, y: sheet.height + LINE / 2, fill, font });
      sheet.height += LINE;
    }
  };
  say(header.title === "" ? "Untitled run" : oneLine(header.title), colors.text, `600 ${FONT}`);
  say([...factsOf(header), ...(header.timed ? [header.axis.replace("Time since", "time 0 is")] : [])].join(" · "), colors.muted, FONT);
  for (const [text, isWarning] of header.notes) if (isWarning) say(oneLine(text), colors.note, FONT);
  if (values) {
    const y = sheet.height + LINE / 2;
    let x = MARGIN;
    const put = (/** @type {string} */ text) => {
      sheet.texts.push({ text, x, y, fill: colors.muted, font: FONT });
      x += texts.widest([text], FONT) + 6;
    };
    const { field, colors: ramp, without } = values;
    put(`colour: ${oneLine(field.name)}${field.kind === "logarithmic" ? ", logarithmic" : ""}`);
    x += 6;
    put(field.ends[0]);
    const step = RAMP / ramp.length;
    ramp.forEach((color, i) => sheet.rects.push({ x: x + i * step, y: y - 6, width: step + (i + 1 < ramp.length ? 0.5 : 0), height: 12, fill: css(color) }));
    x += RAMP + 6;
    put(field.ends[1]);
    x += 6;
    sheet.rects.push({ x, y: y - 5, width: 10, height: 10, fill: css(without) });
    x += 16;
    put("without");
    sheet.height += LINE;
  }
  sheet.height += MARGIN / 2;
  return sheet;
}

/**
 * Below the timeline, where counters have colours: what these stand for.
 * @param {Counters} counters
 * @param {Scene} scene
 * @param {Texts} texts
 * @returns {Sheet}
 */
export function colorKeyBelow({ entries }, { labelWidth, width, theme: { colors, background } }, texts) {
  /** @type {Sheet} */
  const sheet = { height: entries.length > 0 ? KEY : 0, texts: [], rects: [{ x: 0, y: 0, width, height: 1, fill: colors.line }] };
  let x = labelWidth;
  for (const { text, color } of entries) {
    if (color) sheet.rects.push({ x, y: KEY / 2 - 5, width: 10, height: 10, fill: css(readableOn(color, background)) });
    if (color) x += 16;
    sheet.texts.push({ text, x, y: KEY / 2, fill: colors.muted, font: SMALL_FONT });
    x += texts.widest([text], SMALL_FONT) + 14;
  }
  return sheet;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Sheet} sheet
 * @param {number} top
 */
function drawSheet(context, { texts, rects }, top) {
  for (const { x, y, width, height, fill } of rects) {
    context.fillStyle = fill;
    context.fillRect(x, top + y, width, height);
  }
  context.textBaseline = "middle";
  context.textAlign = "left";
  for (const { text, x, y, fill, font } of texts) {
    context.font = font;
    context.fillStyle = fill;
    context.fillText(text, x, top + y);
  }
}

/**
 * The timeline and all counters as one canvas.
 * @param {import("./timeline.js").Timeline} timeline
 */
export function pictureOf({ model, scene, painter: { texts }, counters, elements }) {
  const { height, ratio, theme: { colors } } = scene;
  const [heading, key] = [headingOf(model, scene, texts), colorKeyBelow(counters, scene, texts)];
  const strip = LANE * counters.lanes.length;
  const canvas = document.createElement("canvas");
  canvas.width = elements.canvas.width;
  canvas.height = Math.round((heading.height + height + (strip > 0 ? key.height + strip : 0)) * ratio);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = colors.panel;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const place = (/** @type {HTMLCanvasElement} */ from, /** @type {number} */ top) => context.drawImage(from, 0, Math.round(top * ratio));
  place(elements.canvas, heading.height);
  if (strip > 0) place(counters.canvas, heading.height + height + key.height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawSheet(context, heading, 0);
  if (strip > 0) drawSheet(context, key, heading.height + height);
  return canvas;
}
