// Small charts of one region: how its durations are spread, how they change, and what each rank took.

import { css } from "./color.js";
import { shape } from "./dom.js";
import { count, duration, instant, percent, plural } from "./format.js";
import { linearScale, logScale } from "./scales.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./flame.js").Hint} Hint */
/** @typedef {import("./scales.js").Scale} Scale */
/** @typedef {import("./views.js").Balance} Balance */
/** @typedef {import("./views.js").SeriesColumn} SeriesColumn */
/** @typedef {{ width: number, fill: RGB, tell: (hint: Hint | null, at: Element | null) => void }} Look */

const CHART_HEIGHT = 148;
const TOP = 8;
const BOTTOM = 20;
const PLOT = CHART_HEIGHT - TOP - BOTTOM;
const RIGHT = 8;
/** The room of the name of a percentile, px. */
const NAME = 20;
/** Points of this many px at most. */
const DOT = 3.5;
/** How strong a cell of a heat map is at least where there is anything. */
const LEAST_STRENGTH = 0.12;

/**
 * @param {number} width
 * @param {string} label what the chart says, in words
 * @param {(Node | string)[]} children
 */
function drawing(width, label, ...children) {
  const svg = shape("svg", { class: "chart", width, height: CHART_HEIGHT, viewBox: `0 0 ${width} ${CHART_HEIGHT}`, role: "group", "aria-label": label }, ...children);
  svg.addEventListener("keydown", event => walk(svg, event));
  return svg;
}

/**
 * From part to part of a chart, of which Tab reaches one.
 * @param {SVGElement} svg
 * @param {KeyboardEvent} event
 */
function walk(svg, event) {
  /** @type {SVGElement[]} */
  const parts = [...svg.querySelectorAll(".area")].filter(part => part instanceof SVGElement);
  const at = parts.findIndex(part => part === event.target);
  /** @type {Record<string, number>} */
  const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: parts.length - 1 };
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in moves) parts[Math.max(0, Math.min(parts.length - 1, moves[event.key]))].focus();
  else if (event.key === "Enter" || event.key === " ") parts[at].dispatchEvent(new Event("click"));
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {Scale} scale @param {number} left @param {number} width */
function xAxis(scale, left, width) {
  const axis = shape("g", { class: "axis" }, shape("path", { d: `M${left} ${TOP + PLOT + 0.5}H${width - RIGHT}` }));
  let free = -Infinity;
  for (const { at, text } of scale.marks) {
    const x = left + at;
    const half = text.length * 2.9;
    if (x - half < free) continue;
    free = x + half + 8;
    const anchor = x + half > width ? "end" : x - half < 0 ? "start" : "middle";
    axis.append(shape("path", { d: `M${x} ${TOP + PLOT}v4` }), shape("text", { x: anchor === "end" ? width : x, y: CHART_HEIGHT - 4, "text-anchor": anchor, text }));
  }
  return axis;
}

/** An axis whose marks have the unit. @param {Scale & { unit: string }} scale @returns {Scale} */
function withUnits(scale) {
  return { ...scale, marks: scale.marks.map(({ at, text }) => ({ at, text: withUnit(text, scale.unit) })) };
}

/** @param {string} text @param {string} unit */
function withUnit(text, unit) {
  return Number(text) === 0 ? "0" : `${text} ${unit}`;
}

/**
 * Of ranks that are so far apart, how many go by before the next name, which takes so much room.
 * @param {number} pitch px
 * @param {number} room px
 */
function everyNth(pitch, room) {
  return [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find(n => n * pitch >= room) ?? 2000;
}

/** @param {Scale & { unit: string }} scale @param {number} left @param {number} width */
function yAxis(scale, left, width) {
  const axis = shape("g", { class: "axis" });
  for (const { at, text } of scale.marks) {
    const y = TOP + PLOT - at;
    axis.append(shape("path", { class: "grid", d: `M${left} ${y}H${width - RIGHT}` }), shape("text", { x: left - 5, y: y + 3.5, "text-anchor": "end", text: withUnit(text, scale.unit) }));
  }
  return axis;
}

/** @param {Scale & { unit: string }} scale */
function roomOf(scale) {
  return 12 + 6 * Math.max(...scale.marks.map(({ text }) => `${text} ${scale.unit}`.length), 4);
}

/**
 * A part of a chart as high as all of it, so that it is easily met: tells what it is while the pointer or the focus is on it.
 * @param {SVGElement} svg
 * @param {{ x: number, width: number }} place
 * @param {Look} look
 * @param {string} title
 * @param {[string, string][]} lines
 * @param {() => void} [go] what a click does
 */
function addPart(svg, { x, width }, { tell, fill }, title, lines, go) {
  const label = [title, ...lines.map(([term, text]) => `${term.toLowerCase()} ${text}`)].join(", ");
  const isFirst = svg.querySelector(".area") === null;
  const part = shape("rect", { class: "area", x, y: TOP, width, height: PLOT, role: go ? "button" : "img", "aria-label": label, tabindex: isFirst ? 0 : -1 });
  const show = () => tell({ title, fill, lines }, part);
  const hush = () => tell(null, null);
  part.addEventListener("pointerenter", show);
  part.addEventListener("pointerleave", hush);
  part.addEventListener("focus", () => {
    for (const other of svg.querySelectorAll(".area")) other.setAttribute("tabindex", other === part ? "0" : "-1");
    show();
  });
  part.addEventListener("blur", hush);
  if (go) part.addEventListener("click", go);
  svg.append(part);
}

/**
 * How long calls took, on a logarithmic axis: what counts is the area, so bins that are wider on it are lower.
 * @param {[number, number, number][]} bins from, up to, calls
 * @param {[number, number, number] | null} percentiles 50th, 95th, 99th
 * @param {Look} look
 */
export function histogramChart(bins, percentiles, look) {
  const { width, fill } = look;
  const all = bins.reduce((sum, bin) => sum + bin[2], 0);
  const scale = logScale(Math.min(...bins.map(bin => bin[0])), Math.max(...bins.map(bin => bin[1])), width - 12 - RIGHT, 56);
  const left = 12;
  const density = (/** @type {[number, number, number]} */ [from, to, calls]) => calls / Math.max(1e-6, Math.log10(Math.max(1, to)) - Math.log10(Math.max(0.5, from)));
  const most = Math.max(...bins.map(density), 1e-9);
  const marks = percentiles ? /** @type {[string, number][]} */ ([["p50", percentiles[0]], ["p95", percentiles[1]], ["p99", percentiles[2]]]) : [];
  const label = `Durations of ${plural(all, "call")} on a logarithmic axis${marks.map(([name, ns]) => `, ${name} ${duration(ns)}`).join("")}`;
  const svg = drawing(width, label, xAxis(scale, left, width));
  for (const bin of bins) {
    const [from, to, calls] = bin;
    const [a, b] = [left + scale.at(from), left + scale.at(to)];
    const height = Math.max(1.5, (density(bin) / most) * (PLOT - 12));
    svg.append(shape("rect", { x: a, y: TOP + PLOT - height, width: Math.max(1, b - a - (b - a >= 4 ? 1 : 0)), height, fill: css(fill) }));
    addPart(svg, { x: a, width: Math.max(1, b - a) }, look, `${duration(from)} to ${duration(to)}`, [["Calls", `${count(calls)} (${percent(calls / all)})`]]);
  }
  /** Where names stand already. @type {[number, number][]} */
  const taken = [];
  for (const [at, [name, ns]] of marks.entries()) {
    const x = left + scale.at(ns);
    svg.append(shape("path", { class: "mark", d: `M${x} ${TOP}V${TOP + PLOT}` }));
    // To the right of its line or to the left, or not at all; to the left where the next line is close.
    const isClose = at + 1 < marks.length && left + scale.at(marks[at + 1][1]) - x < NAME + 4;
    const side = (isClose ? [-1] : [1, -1]).find(way => {
      const [from, to] = way > 0 ? [x + 3, x + 3 + NAME] : [x - 3 - NAME, x - 3];
      const isFree = to <= width && from >= 0 && taken.every(([a, b]) => to <= a || from >= b);
      if (isFree) taken.push([from, to]);
      return isFree;
    });
    if (side) svg.append(shape("text", { class: "mark", x: x + 3 * side, y: TOP + 8, "text-anchor": side > 0 ? "start" : "end", text: name }));
  }
  return svg;
}

/**
 * Median and 5th to 95th percentile of the durations by the time of their start; the window that the timeline shows.
 * @param {SeriesColumn[]} columns
 * @param {number} span of the run
 * @param {[number, number]} seen
 * @param {Look} look
 * @param {(from: number, to: number) => void} goTo
 */
export function seriesChart(columns, span, seen, look, goTo) {
  const { width, fill } = look;
  const most = Math.max(...columns.map(column => column[4]), 1);
  const y = linearScale(0, most, PLOT - 4, 4);
  const left = roomOf(y);
  const x = linearScale(0, span, width - left - RIGHT, Math.max(2, (width - left) / 70));
  const label = `Durations over the run in ${plural(columns.length, "column")}: median from ${duration(Math.min(...columns.map(column => column[3])))} to ${duration(Math.max(...columns.map(column => column[3])))}`;
  const svg = drawing(width, label, yAxis(y, left, width), xAxis(withUnits(x), left, width));
  if (seen[0] > 0 || seen[1] < span) svg.append(shape("rect", { class: "seen", x: left + x.at(seen[0]), y: TOP, width: Math.max(1, x.at(seen[1]) - x.at(seen[0])), height: PLOT }));
  for (const [from, to, low, median, high] of columns) {
    const [a, b] = [left + x.at(Math.max(0, from)), left + x.at(Math.min(span, to))];
    const wide = Math.max(1, b - a - (b - a > 4 ? 1 : 0));
    svg.append(
      shape("rect", { x: a, y: TOP + PLOT - y.at(high), width: wide, height: Math.max(1, y.at(high) - y.at(low)), fill: css(fill), "fill-opacity": 0.35 }),
      shape("rect", { x: a, y: TOP + PLOT - y.at(median) - 1, width: wide, height: 2, class: "ink" }),
    );
    addPart(svg, { x: a, width: Math.max(1, b - a) }, look, `${instant(from, span / 1000)} to ${instant(to, span / 1000)}`, [["Median", duration(median)], ["5 % to 95 %", `${duration(low)} to ${duration(high)}`]], () => goTo(from, to));
  }
  return svg;
}

/**
 * The time of each rank, and how far it is from the mean.
 * @param {number[]} ranks
 * @param {([number, number] | null)[]} times calls and ns
 * @param {Balance} balance
 * @param {Look} look
 * @param {(rank: number) => void} goTo
 */
export function ranksChart(ranks, times, balance, look, goTo) {
  const { width, fill } = look;
  const y = linearScale(0, Math.max(1, balance.max), PLOT - 6, 4);
  const left = roomOf(y);
  const pitch = (width - left - RIGHT) / Math.max(1, ranks.length);
  const every = everyNth(pitch, 26);
  const x = (/** @type {number} */ at) => left + (at + 0.5) * pitch;
  const marks = ranks.flatMap((rank, at) => (at % every === 0 ? [{ at: (at + 0.5) * pitch, text: String(rank) }] : []));
  const label = `Time of ${plural(ranks.length, "rank")}: minimum ${duration(balance.min)}, mean ${duration(balance.mean)}, maximum ${duration(balance.max)} on rank ${balance.slowest}`;
  const svg = drawing(width, label, yAxis(y, left, width), xAxis({ at: x, marks }, left, width));
  const mean = TOP + PLOT - y.at(balance.mean);
  const dot = Math.max(1, Math.min(DOT, pitch / 2.5));
  // Its name is on the side where fewer of the last ranks are, and behind them.
  const last = times.slice(-Math.ceil(34 / pitch));
  const isBelow = 2 * last.filter(time => (time?.[1] ?? 0) > balance.mean).length > last.length;
  svg.append(shape("path", { class: "mark", d: `M${left} ${mean}H${width - RIGHT}` }), shape("text", { class: "mark", x: width - RIGHT, y: isBelow ? mean + 11 : mean - 3, "text-anchor": "end", text: "mean" }));
  times.forEach((time, at) => {
    const ns = time?.[1] ?? 0;
    const height = TOP + PLOT - y.at(ns);
    if (pitch >= 3) svg.append(shape("path", { class: "stem", d: `M${x(at)} ${mean}V${height}`, stroke: css(fill) }));
    svg.append(shape("circle", { cx: x(at), cy: height, r: dot, fill: time ? css(fill) : "none", stroke: css(fill) }));
    const off = balance.mean > 0 ? ns / balance.mean - 1 : 0;
    addPart(svg, { x: x(at) - pitch / 2, width: pitch }, look, `Rank ${ranks[at]}`, [["Time", time ? duration(ns) : "never entered"], ["From the mean", `${off < 0 ? "−" : "+"}${percent(Math.abs(off))}`], ["Calls", count(time?.[0] ?? 0)]], () => goTo(ranks[at]));
  });
  return svg;
}

/**
 * When each rank was in a region: a row for each, the stronger the more of the time.
 * @param {number[]} ranks
 * @param {Float64Array[]} busy of each rank its shares of equal parts of the run
 * @param {number} span of the run
 * @param {[number, number]} seen
 * @param {Look} look
 * @param {(from: number, to: number) => void} goTo
 */
export function heatChart(ranks, busy, span, seen, look, goTo) {
  const { width, fill } = look;
  const left = 10 + 6.5 * String(ranks[ranks.length - 1]).length;
  const columns = busy[0].length;
  const x = linearScale(0, span, width - left - RIGHT, Math.max(2, (width - left) / 70));
  const pitch = PLOT / ranks.length;
  const svg = drawing(width, `When each of ${plural(ranks.length, "rank")} was in the region, in ${plural(columns, "part")} of the run`, xAxis(withUnits(x), left, width));
  svg.append(shape("image", { x: left, y: TOP, width: width - left - RIGHT, height: PLOT, preserveAspectRatio: "none", class: pitch >= 1 ? "cells" : "", href: heatPicture(busy, fill) }));
  const every = everyNth(pitch, 13);
  ranks.forEach((rank, at) => {
    if (at % every === 0) svg.append(shape("g", { class: "axis" }, shape("text", { x: left - 5, y: TOP + (at + 0.5) * pitch + 3.5, "text-anchor": "end", text: String(rank) })));
  });
  if (seen[0] > 0 || seen[1] < span) svg.append(shape("path", { class: "mark", d: seen.map(ns => `M${left + x.at(ns)} ${TOP}v${PLOT}`).join("") }));
  for (let column = 0; column < columns; column++) {
    const [from, to] = [(column / columns) * span, ((column + 1) / columns) * span];
    const shares = busy.map(ofRank => ofRank[column]);
    const [most, least] = [Math.max(...shares), Math.min(...shares)];
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const lines = /** @type {[string, string][]} */ ([["Mean of the ranks", percent(mean)], ["Most", `${percent(most)}, rank ${ranks[shares.indexOf(most)]}`], ["Least", `${percent(least)}, rank ${ranks[shares.indexOf(least)]}`]]);
    addPart(svg, { x: left + x.at(from), width: x.at(to) - x.at(from) }, look, `${instant(from, span / 1000)} to ${instant(to, span / 1000)}`, lines, () => goTo(from, to));
  }
  return svg;
}

/**
 * The cells of a heat map as the address of a picture, one pixel each.
 * @param {Float64Array[]} busy
 * @param {RGB} fill
 */
function heatPicture(busy, fill) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [busy[0].length, busy.length];
  const context = canvas.getContext("2d");
  if (!context) return "";
  const cells = context.createImageData(canvas.width, canvas.height);
  busy.forEach((ofRank, row) => ofRank.forEach((share, column) => {
    // Also what is hardly there is seen.
    const strength = share > 0 ? LEAST_STRENGTH + (1 - LEAST_STRENGTH) * share : 0;
    cells.data.set([...fill, Math.round(255 * strength)], 4 * (row * canvas.width + column));
  }));
  context.putImageData(cells, 0, 0);
  return canvas.toDataURL();
}
