// The timeline and flame graphs as SVG, for papers and slides: what is seen, in the colours that are seen.

import { css, textOn } from "./color.js";
import { LANE } from "./counters.js";
import { shape } from "./dom.js";
import { textOfFrame } from "./flame.js";
import { ticksFrom } from "./format.js";
import { xOf } from "./geometry.js";
import { AXIS } from "./layout.js";
import { MARGIN, colorKeyBelow, headingOf } from "./picture.js";
import { Raster } from "./raster.js";
import { FONT, SMALL_FONT } from "./text.js";

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./flame.js").Flame} Flame */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {import("./painter.js").Scene} Scene */
/** @typedef {import("./text.js").Texts} Texts */

/** The height of what stands above a flame graph, px. */
const TITLE = 22;

/** A colour as it lies in the memory of an image. @param {number} packed */
function unpacked(packed) {
  const [r, g, b] = new Uint8Array(new Uint32Array([packed]).buffer);
  return css([r, g, b]);
}

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} fill
 * @param {{ anchor?: string, font?: string }} look
 */
function written(text, x, y, fill, { anchor = "start", font = FONT } = {}) {
  return shape("text", { x, y, fill, text, "text-anchor": anchor, "dominant-baseline": "central", style: `font: ${font}` });
}

/**
 * A row of pixels as one path for each colour in it.
 * @param {Uint32Array} pixels
 * @param {number} left
 * @param {number} top
 * @param {number} height
 */
export function pathsOfPixels(pixels, left, top, height) {
  /** @type {Map<number, string>} */
  const paths = new Map();
  for (let x = 0; x < pixels.length; ) {
    let end = x + 1;
    while (end < pixels.length && pixels[end] === pixels[x]) end++;
    if (pixels[x] !== 0) paths.set(pixels[x], `${paths.get(pixels[x]) ?? ""}M${left + x} ${top}h${end - x}v${height}h${x - end}z`);
    x = end;
  }
  return paths;
}

/**
 * The timeline as it is seen.
 * @param {Scene} scene
 * @param {Texts} texts
 */
export function timelineSvg(scene, texts) {
  const { width, height, labelWidth, plotWidth, t0, t1, zero, groups, scroll, pinned, values, theme: { colors, shades, faint, fills } } = scene;
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, sans-serif" }, shape("rect", { width, height, fill: colors.panel }));
  const axis = ticksFrom(zero, t0, t1, Math.floor(plotWidth / 90));
  for (const { time } of axis.values) svg.append(shape("path", { d: `M${Math.round(xOf(scene, time)) + 0.5} ${AXIS}V${height}`, stroke: colors.grid }));
  const isFaint = (/** @type {Lane} */ lane) => pinned !== null && pinned !== lane.region;
  const shadesOf = (/** @type {Lane} */ lane) => (isFaint(lane) ? faint : shades)[lane.region.id];
  const raster = new Raster(Math.max(1, Math.floor(plotWidth)));
  const names = shape("g");
  for (const group of groups) {
    const top = AXIS + group.y - scroll;
    if (top + group.height < AXIS || top > height) continue;
    for (const row of group.rows) {
      const y = Math.max(AXIS, top + row.y + 0.5);
      const low = Math.min(height, top + row.y + row.height - 0.5);
      if (low <= y) continue;
      const pixels = new Uint32Array(raster.columns);
      raster.paint(row.lanes, t0, t1, pixels, shadesOf, plotWidth, row.of, values, isFaint);
      for (const [color, path] of pathsOfPixels(pixels, labelWidth, y, low - y)) svg.append(shape("path", { d: path, fill: unpacked(color) }));
    }
    const middle = Math.max(AXIS + 8, top + (group.rows.length === 1 ? group.height / 2 : 8));
    if (group.height < 11) continue;
    if (group.region) names.append(shape("rect", { x: 8, y: middle - 4.5, width: 9, height: 9, rx: 2, fill: css(fills[group.region.id]) }));
    names.append(written(texts.fit(group.title, scene.titleColumn, FONT), group.region ? 22 : 8, middle, colors.text));
    const labelled = group.rows.filter(row => row.label !== "" && row.height >= 11);
    for (const row of labelled) names.append(written(texts.fit(row.label, scene.rowColumn, SMALL_FONT), labelWidth - 8, top + row.y + row.height / 2, colors.muted, { anchor: "end", font: SMALL_FONT }));
    svg.append(shape("path", { d: `M0 ${Math.round(top + group.height + group.gap / 2) + 0.5}H${width}`, stroke: colors.line }));
  }
  svg.append(names, shape("rect", { width, height: AXIS, fill: colors.panel }), shape("path", { d: `M0 ${AXIS - 0.5}H${width}M${labelWidth - 0.5} ${AXIS}V${height}`, stroke: colors.line }));
  svg.append(written(`time [${axis.unit}]`, labelWidth - 8, AXIS / 2, colors.muted, { anchor: "end", font: SMALL_FONT }));
  for (const { time, text } of axis.values) svg.append(written(text, Math.min(width - 16, Math.max(labelWidth + 8, xOf(scene, time))), AXIS / 2, colors.muted, { anchor: "middle", font: SMALL_FONT }));
  return svg;
}

/**
 * @param {import("./picture.js").Sheet} sheet
 * @param {number} top
 */
function sheetSvg({ texts, rects }, top) {
  return shape("g", { transform: `translate(0 ${top})` }, ...rects.map(rect => shape("rect", { ...rect })), ...texts.map(({ text, x, y, fill, font }) => written(text, x, y, fill, { font })));
}

/**
 * The strip of counters: all of them.
 * @param {import("./counters.js").Counters} counters
 * @param {Scene} scene
 * @param {number} top
 */
function stripSvg(counters, scene, top) {
  const { width, labelWidth, theme: { colors } } = scene;
  const strip = shape("g", { transform: `translate(0 ${top})` });
  counters.lanes.forEach((lane, place) => {
    const y = place * LANE;
    strip.append(shape("path", { d: `M0 ${y + 0.5}H${width}`, stroke: colors.line }));
    /** The lines, and their tints below them. @type {{ color: string, strength: number, strokes: string[], tints: string[] }[]} */
    const lines = [];
    counters.putLane(scene, lane, y, (color, strength) => {
      const line = { color, strength, strokes: /** @type {string[]} */ ([]), tints: /** @type {string[]} */ ([]) };
      lines.push(line);
      const number = (/** @type {number} */ value) => Number(value.toFixed(2));
      return (x, at, wide, high, tinted) => (tinted ? line.tints : line.strokes).push(`M${number(x)} ${number(at)}h${number(wide)}v${number(high)}h${number(-wide)}z`);
    });
    for (const { color, strength, strokes, tints } of lines) {
      if (tints.length > 0) strip.append(shape("path", { d: tints.join(""), fill: color, "fill-opacity": strength }));
      strip.append(shape("path", { d: strokes.join(""), fill: color }));
    }
    for (const { text, x, at, font, fill, anchor } of counters.namesOf(scene, lane, y, null)) strip.append(written(text, x, at, fill, { font, anchor }));
  });
  strip.append(shape("path", { d: `M${labelWidth - 0.5} 0V${LANE * counters.lanes.length}`, stroke: colors.line }));
  return strip;
}

/**
 * The timeline with what is said of it, and all counters.
 * @param {import("./timeline.js").Timeline} timeline
 */
export function pictureSvg({ model, scene, painter: { texts }, counters }) {
  const [heading, key] = [headingOf(model, scene, texts), colorKeyBelow(counters, scene, texts)];
  const strip = LANE * counters.lanes.length;
  const { width, theme: { colors } } = scene;
  const height = heading.height + scene.height + (strip > 0 ? key.height + strip : 0);
  const timeline = timelineSvg(scene, texts);
  timeline.setAttribute("y", String(heading.height));
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, sans-serif" }, shape("rect", { width, height, fill: colors.panel }), sheetSvg(heading, 0), timeline);
  if (strip > 0) svg.append(sheetSvg(key, heading.height + scene.height), stripSvg(counters, scene, heading.height + scene.height + key.height));
  return svg;
}

/**
 * Flame graphs as they are seen, below each other, with what is said of the run.
 * @param {{ title: string | null, flame: Flame }[]} graphs
 * @param {import("./timeline.js").Timeline} timeline
 */
export function flamesSvg(graphs, { model, scene, painter: { texts } }) {
  const width = Math.max(0, ...graphs.map(({ flame: { host } }) => host.clientWidth));
  const heading = headingOf(model, { ...scene, width, values: null }, texts);
  const { colors } = scene.theme;
  const sheet = shape("rect", { width, fill: colors.panel });
  const svg = shape("svg", { width, "font-family": "system-ui, sans-serif" }, sheet, sheetSvg(heading, 0));
  let top = heading.height;
  for (const { title, flame } of graphs) {
    if (title !== null) svg.append(written(title, MARGIN, top + TITLE / 2, colors.text, { font: `600 ${FONT}` }));
    top += title === null ? 0 : TITLE;
    svg.append(...framesSvg(flame, top, texts));
    top += flame.host.clientHeight;
  }
  for (const element of [svg, sheet]) element.setAttribute("height", String(top));
  svg.setAttribute("viewBox", `0 0 ${width} ${top}`);
  return svg;
}

/**
 * @param {Flame} flame
 * @param {number} top
 * @param {import("./text.js").Texts} texts
 */
function framesSvg({ host: { clientWidth: width }, drawn, theme }, top, texts) {
  return drawn.flatMap(({ placed: { frame, from, to }, element }) => {
    const [x, wide, y] = [from * width, (to - from) * width - 1, top + parseFloat(element.style.top)];
    const fill = frame.region ? theme.fills[frame.region.id] : /** @type {const} */ ([200, 205, 212]);
    const text = textOfFrame(frame, wide - 8, texts, SMALL_FONT);
    const box = shape("rect", { x, y, width: Math.max(0.5, wide), height: 19, rx: 2, fill: css([...fill]) });
    return text === "" ? [box] : [box, written(text, x + 4, y + 10, css(textOn([...fill])), { font: SMALL_FONT })];
  });
}
