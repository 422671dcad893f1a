// What is known of a bar or a name, in words: beside the pointer, and for who cannot see it.

import { css } from "./color.js";
import { count, duration, instant, percent, plural } from "./format.js";
import { threadOf } from "./model.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./hit.js").Hit} Hit */

/**
 * Term and text of everything that is known of a hit, but for its name.
 * @param {Model} model
 * @param {Hit} hit
 * @returns {[string, string][]}
 */
export function linesOf(model, { row, label, group, bar }) {
  /** @type {[string, string][]} */
  const lines = [];
  const lane = bar?.lane ?? (label && group.region === null ? row.lanes[0] : undefined);
  if (lane) {
    lines.push(["Rank", String(lane.rank)]);
    const thread = threadOf(model, lane);
    if (thread !== null) lines.push(["Thread", thread]);
  }
  if (bar) {
    const length = bar.end - bar.start;
    lines.push(["Start", instant(bar.start)], ["Duration", duration(length)]);
    if (bar.calls > 1 || bar.busy < 0.9995) lines.push(["Calls", `${count(bar.calls)}, merged`], ["Busy", percent(bar.busy)]);
    if (bar.exclusive !== null) lines.push(["Exclusive", `${duration(bar.exclusive)} (${percent(length > 0 ? bar.exclusive / length : 1)})`]);
    if (bar.parent !== null) lines.push(["Inside", bar.parent.label]);
  }
  return lines;
}

/**
 * A hit on one line.
 * @param {Model} model
 * @param {Hit} hit
 */
export function sentenceOf(model, hit) {
  return [hit.region.label, ...linesOf(model, hit).map(([term, text]) => `${term.toLowerCase()} ${text}`)].join(", ");
}

export class Tooltip {
  /**
   * @param {Model} model
   * @param {HTMLElement} element
   */
  constructor(model, element) {
    this.model = model;
    this.element = element;
    /** @type {string | null} */
    this.described = null;
  }

  /**
   * Shows a hit beside a point of the page, or nothing.
   * @param {Hit | null} hit
   * @param {{ x: number, y: number }} at
   * @param {RGB[]} fills
   */
  show(hit, { x, y }, fills) {
    const { element } = this;
    if (!hit || (!hit.label && !hit.bar)) {
      element.hidden = true;
      this.described = null;
      return;
    }
    const { bar } = hit;
    const key = [hit.region.id, bar?.lane.rank, bar?.lane.thread, bar?.lane.depth, bar?.i, bar?.j].join();
    if (this.described !== key) {
      this.described = key;
      element.replaceChildren(...this.describe(hit, fills[hit.region.id]));
    }
    element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = element;
    const fitsRight = x + 16 + width <= innerWidth - 4;
    const fitsBelow = y + 18 + height <= innerHeight - 4;
    element.style.left = `${Math.max(4, fitsRight ? x + 16 : x - 16 - width)}px`;
    element.style.top = `${Math.max(4, fitsBelow ? y + 18 : y - 12 - height)}px`;
  }

  /**
   * @param {Hit} hit
   * @param {RGB} fill
   */
  describe(hit, fill) {
    const { region } = hit;
    const title = document.createElement("p");
    const swatch = document.createElement("i");
    swatch.className = "swatch";
    swatch.style.background = css(fill);
    const name = document.createElement("bdi");
    name.textContent = region.name === "" ? region.label : region.name;
    title.append(swatch, name);

    const list = document.createElement("dl");
    for (const [term, text] of linesOf(this.model, hit)) {
      const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
      dt.textContent = term;
      dd.textContent = text;
      list.append(dt, dd);
    }
    const parts = [title, list];
    if (region.stats) {
      const { calls, total, mean, exclusive: own } = region.stats;
      const whole = document.createElement("p");
      whole.className = "whole";
      const ownText = own === null ? "" : ` (${duration(own)} exclusive)`;
      whole.textContent = `Whole run: ${plural(calls, "call")}, ${duration(total)}${ownText}, mean ${duration(mean)}`;
      parts.push(whole);
    }
    return parts;
  }
}
