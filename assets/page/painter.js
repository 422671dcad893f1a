// Draws the timeline: rows of bars and their names.

import { drawAxis, drawMeasured } from "./axis.js";
import { css, mix, textOn } from "./color.js";
import { count, duration, ticksFrom } from "./format.js";
import { AXIS, FOLD_COLUMN } from "./layout.js";
import { busyShare, showsBar } from "./model.js";
import { snap, xOf } from "./geometry.js";
import { Raster } from "./raster.js";
import { FONT, SHORTENED, SMALL_FONT, Texts } from "./text.js";
import { FAINT } from "./theme.js";

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./layout.js").Group} Group */
/** @typedef {import("./layout.js").Row} Row */
/** @typedef {import("./hit.js").Hit} Hit */
/** @typedef {import("./raster.js").WideBar} WideBar */
/** @typedef {import("./theme.js").Theme} Theme */
/**
 * All that a picture of the timeline depends on. `extent` is from where to where the window may go, `zero` what the axis
 * has as 0, and `timed` whether anything is known of times; all times in ns from the start of the run.
 * @typedef {{
 *   groups: Group[], t0: number, t1: number, extent: [number, number], zero: number, theme: Theme, values: import("./valuecolors.js").ValueColors | null, pinned: Region | null, hit: Hit | null,
 *   selected: import("./search.js").Spot | null, measured: [number, number] | null, box: [number, number] | null, pointer: { x: number, y: number } | null,
 *   dragging: boolean, scroll: number, width: number, height: number, ratio: number, labelWidth: number, plotWidth: number,
 *   titleColumn: number, rowColumn: number, foldColumn: number, named: boolean, timed: boolean,
 * }} Scene
 */
/** A row in sight. @typedef {{ row: Row, y: number, height: number, wide: WideBar[] }} Seen */

/** Room for what the axis says about its unit. */
const LEAST_LABELS = 118;
/** Bars of this width have room for text, px. */
const WIDE = 44;

/**
 * Of bars that lie over each other, as those of deep recursion in the last row of their region, the first: what is seen of
 * them. Those of one lane come in order and never overlap.
 * @param {WideBar[]} bars
 */
export function apart(bars) {
  /** @type {WideBar[]} */
  const kept = [];
  for (const bar of bars) {
    if (kept.every(one => one.lane === bar.lane || one.to <= bar.from || one.from >= bar.to)) kept.push(bar);
  }
  return kept;
}

export class Painter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.texts = new Texts(this.context);
    this.raster = new Raster(1);
    this.buffer = document.createElement("canvas");
    this.image = new ImageData(1, 1);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /**
   * Widths of the columns of names: as wide as needed, at most two fifths of the canvas.
   * @param {Group[]} groups
   * @param {number} width
   */
  measureLabels(groups, width) {
    const foldColumn = groups.some(group => group.folds) ? FOLD_COLUMN : 0;
    const most = Math.max(60, width * 0.4 - 34 - foldColumn);
    const small = groups.flatMap(group => group.rows.filter(row => row.height >= 3).map(row => row.label));
    const rowColumn = Math.min(this.texts.widest(small, SMALL_FONT), most * 0.55, 220);
    const titleColumn = Math.min(this.texts.widest(groups.map(group => group.title), `600 ${FONT}`), most - rowColumn, 280);
    const labelWidth = Math.max(LEAST_LABELS, Math.round(titleColumn + rowColumn + (rowColumn > 0 ? 12 : 0) + foldColumn + 22 + 8));
    return { rowColumn, titleColumn, foldColumn, labelWidth };
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { context } = this;
    const { ratio, theme: { colors }, groups, scroll, height } = scene;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colors.panel;
    context.fillRect(0, 0, scene.width, height);
    const axis = scene.timed ? ticksFrom(scene.zero, scene.t0, scene.t1, Math.floor(scene.plotWidth / 90)) : { base: 0, unit: "", step: 0, values: [] };
    context.fillStyle = colors.grid;
    if (groups.length > 0) for (const { time } of axis.values) context.fillRect(snap(scene, xOf(scene, time)), AXIS, 1 / ratio, height);

    const visible = groups.filter(group => group.y + group.height > scroll - group.gap && group.y - scroll + AXIS < height);
    const seen = visible.flatMap(group => this.drawBackground(scene, group));
    this.drawRows(scene, seen);
    this.drawOutlines(scene, seen);
    this.drawLabels(scene, visible);
    drawMeasured(context, scene);
    drawAxis(context, scene, axis);
  }

  /**
   * Draws what lies behind a group's rows; gives the rows in sight with their places.
   * @param {Scene} scene
   * @param {Group} group
   * @returns {Seen[]}
   */
  drawBackground(scene, group) {
    const { context } = this;
    const { ratio, theme: { colors } } = scene;
    const top = AXIS + group.y - scene.scroll;
    context.fillStyle = colors.line;
    if (group.gap > 2) context.fillRect(0, snap(scene, top + group.height + group.gap / 2), scene.width, 1 / ratio);
    /** @type {Seen[]} */
    const seen = [];
    for (const row of group.rows) {
      const y = top + row.y;
      if (y + row.height < AXIS || y > scene.height) continue;
      if (scene.hit?.row === row) {
        context.fillStyle = colors.hover;
        context.fillRect(0, y, scene.width, row.height);
      }
      const gap = group.gap < 2 ? 0 : row.height >= 14 ? 2 : row.height >= 6 ? 1 : 0;
      seen.push({ row, y: y + gap / 2, height: row.height - gap, wide: [] });
    }
    return seen;
  }

  /**
   * Paints all rows into one image, a row of pixels each, and stretches them to the rows' heights: however many bars
   * there are, the cost is that of the pixels.
   * @param {Scene} scene
   * @param {Seen[]} seen
   */
  drawRows(scene, seen) {
    const { context } = this;
    const { ratio, t0, t1 } = scene;
    const left = Math.round(scene.labelWidth * ratio);
    const columns = Math.max(1, this.canvas.width - left);
    this.resizeImage(columns, seen.length);
    this.pixels.fill(0);
    const { pinned, values, theme: { shades, faint } } = scene;
    const isFaint = (/** @type {Lane} */ lane) => pinned !== null && pinned !== lane.region;
    const shadesOf = (/** @type {Lane} */ lane) => (isFaint(lane) ? faint : shades)[lane.region.id];
    seen.forEach((one, i) => {
      one.wide = this.raster.paint(one.row.lanes, t0, t1, this.pixels.subarray(i * columns, (i + 1) * columns), shadesOf, WIDE * ratio, one.row.of, values, isFaint);
    });
    const buffer = /** @type {CanvasRenderingContext2D} */ (this.buffer.getContext("2d"));
    buffer.putImageData(this.image, 0, 0);

    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = false;
    seen.forEach(({ y, height }, i) => {
      const top = Math.round(y * ratio);
      const bottom = Math.max(top + 1, Math.round((y + height) * ratio));
      context.drawImage(this.buffer, 0, i, columns, 1, left, top, columns, bottom - top);
    });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const { wide, y, height, row } of seen) {
      if (height < 11 || row.of > 1) continue;
      for (const bar of apart(wide)) this.drawBarText(scene, bar, y + height / 2);
    }
    context.globalAlpha = 1;
  }

  /**
   * @param {number} columns
   * @param {number} rows
   */
  resizeImage(columns, rows) {
    if (this.raster.columns === columns && this.buffer.height >= rows) return;
    this.raster = new Raster(columns);
    this.buffer.width = columns;
    this.buffer.height = rows + 16;
    this.image = new ImageData(columns, this.buffer.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /**
   * Whether a row has nothing of the pinned region.
   * @param {Scene} scene
   * @param {Row} row
   */
  lacksPinned({ pinned }, row) {
    return pinned !== null && !row.lanes.some(lane => lane.region === pinned);
  }

  /**
   * @param {Scene} scene
   * @param {WideBar} bar
   * @param {number} middle
   */
  drawBarText(scene, { lane, i, from, to }, middle) {
    const { context } = this;
    const { theme, ratio, pinned, values } = scene;
    const isFaint = pinned !== null && lane.region !== pinned;
    const calls = lane.calls[i + 1] - lane.calls[i];
    const length = duration(lane.ends[i] - lane.starts[i]);
    const room = (to - from) / ratio - 10;
    const x = scene.labelWidth + from / ratio + 5;
    context.font = SMALL_FONT;
    const busy = busyShare(lane, i);
    const fill = values ? values.fill(lane, i, busy, theme.background) : mix(theme.background, theme.fills[lane.region.id], busy);
    context.fillStyle = css(textOn(isFaint ? mix(theme.background, fill, FAINT) : fill));
    context.globalAlpha = isFaint ? 0.4 : 1;
    context.textBaseline = "middle";
    context.textAlign = "left";
    const text = calls > 1 ? `${count(calls)}× in ${length}` : length;
    const width = context.measureText(text).width;
    if (!scene.named) {
      if (width <= room) context.fillText(text, x, middle + 0.5);
      return;
    }
    const name = this.texts.fit(lane.region.label, room, SMALL_FONT);
    context.font = SMALL_FONT;
    if (name !== lane.region.label && room < SHORTENED) return;
    context.fillText(name, x, middle + 0.5);
    const taken = context.measureText(name).width + 10;
    if (taken + width <= room) context.fillText(text, x + taken, middle + 0.5);
  }

  /**
   * Around the bar under the pointer, and around the selected one.
   * @param {Scene} scene
   * @param {Seen[]} seen
   */
  drawOutlines(scene, seen) {
    const { hit, selected, theme: { colors } } = scene;
    if (hit?.bar) this.drawOutline(scene, seen, hit.bar.lane, hit.bar.start, hit.bar.end, colors.text);
    if (selected) this.drawOutline(scene, seen, selected.lane, selected.lane.starts[selected.i], selected.lane.ends[selected.i], colors.accent);
  }

  /**
   * @param {Scene} scene
   * @param {Seen[]} seen
   * @param {Lane} lane
   * @param {number} start
   * @param {number} end
   * @param {string} color
   */
  drawOutline(scene, seen, lane, start, end, color) {
    const place = seen.find(({ row }) => row.lanes.some(one => showsBar(one, lane, start)));
    if (!place) return;
    const a = Math.max(scene.labelWidth, xOf(scene, start));
    const b = Math.min(scene.width, Math.max(xOf(scene, end), a + 1));
    if (b < scene.labelWidth || a > scene.width) return;
    this.context.strokeStyle = color;
    this.context.lineWidth = 1.5;
    this.context.strokeRect(a - 0.75, place.y - 0.75, b - a + 1.5, place.height + 1.5);
  }

  /**
   * @param {Scene} scene
   * @param {Group[]} groups
   */
  drawLabels(scene, groups) {
    const { context } = this;
    const { ratio, pinned, hit, labelWidth, theme: { colors, fills } } = scene;
    context.fillStyle = colors.panel;
    context.fillRect(0, AXIS, labelWidth, scene.height);
    context.textBaseline = "middle";
    // Below it there is room for the next name.
    let free = -Infinity;
    for (const group of groups) {
      const top = AXIS + group.y - scene.scroll;
      const dimmed = pinned && (group.region ? group.region !== pinned : group.rows.every(row => this.lacksPinned(scene, row)));
      const hovered = hit && (group.region ? group.region === hit.region : group === hit.group);
      context.fillStyle = colors.line;
      if (group.gap > 2) context.fillRect(0, snap(scene, top + group.height + group.gap / 2), labelWidth, 1 / ratio);
      if (hovered) {
        context.fillStyle = colors.hover;
        context.fillRect(0, top - group.gap / 2, labelWidth, group.height + group.gap);
      }
      context.globalAlpha = dimmed ? 0.45 : 1;
      // The name stays in sight as long as any of its rows is.
      const middle = Math.min(Math.max(top + 7.5, AXIS + 10), Math.max(top + 7.5, top + group.height - 7.5));
      const centred = group.rows.length === 1 ? Math.max(top + group.height / 2, Math.min(AXIS + 8, top + Math.max(group.height, 8))) : middle;
      if (group.height < 11 && !hovered && centred < free) {
        context.globalAlpha = 1;
        continue;
      }
      if (group.height < 11 && hovered) {
        context.fillStyle = colors.hover;
        context.fillRect(0, centred - 7, labelWidth, 14);
      }
      free = centred + 13;
      const start = 8 + scene.foldColumn;
      if (group.folds) this.drawTwist(scene, group.folded, centred);
      if (group.region) {
        context.fillStyle = css(fills[group.region.id]);
        context.beginPath();
        context.roundRect(start, centred - 4.5, 9, 9, 2);
        context.fill();
      }
      context.fillStyle = colors.text;
      context.textAlign = "left";
      const font = group.region !== null && pinned === group.region ? `600 ${FONT}` : FONT;
      const text = this.texts.fit(group.title, scene.titleColumn, font);
      context.font = font;
      context.fillText(text, group.region ? start + 14 : start, centred + 0.5);
      this.drawRowLabels(scene, group, top);
      context.globalAlpha = 1;
    }
    context.fillStyle = colors.line;
    context.fillRect(snap(scene, labelWidth) - 1 / ratio, AXIS, 1 / ratio, scene.height);
  }

  /**
   * Whether a group is folded.
   * @param {Scene} scene
   * @param {boolean} folded
   * @param {number} y
   */
  drawTwist({ theme: { colors } }, folded, y) {
    const { context } = this;
    context.fillStyle = colors.muted;
    context.beginPath();
    if (folded) for (const [x, dy] of [[6, -4], [11, 0], [6, 4]]) context.lineTo(x, y + dy);
    else for (const [x, dy] of [[4.5, -2.5], [12.5, -2.5], [8.5, 2.5]]) context.lineTo(x, y + dy);
    context.fill();
  }

  /**
   * Names of rows, as many as there is room for.
   * @param {Scene} scene
   * @param {Group} group
   * @param {number} top
   */
  drawRowLabels(scene, group, top) {
    if (scene.rowColumn <= 0) return;
    const { context } = this;
    const { colors } = scene.theme;
    context.textAlign = "right";
    const named = group.rows.filter(row => row.label !== "");
    const apart = group.height / Math.max(1, named.length);
    const every = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 256, 512, 1024].find(n => n * apart >= 11) ?? 4096;
    for (let i = 0; i < named.length; i += every) {
      const row = named[i];
      const y = top + row.y + row.height / 2;
      if (y < AXIS || y > scene.height + 10) continue;
      const pinned = group.region === null && scene.pinned !== null && !this.lacksPinned(scene, row);
      context.fillStyle = pinned || scene.hit?.row === row ? colors.text : colors.muted;
      const text = this.texts.fit(row.label, scene.rowColumn, SMALL_FONT);
      context.font = pinned ? `600 ${SMALL_FONT}` : SMALL_FONT;
      // The first label of thin rows keeps clear of the line above its group.
      context.fillText(text, scene.labelWidth - 8, Math.max(y, top + 3.5) + 0.5);
    }
  }
}
