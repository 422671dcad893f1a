// What is known of a bar or a name, in words: beside the pointer, and for who cannot see it.

import { css } from "./color.js";
import { make } from "./dom.js";
import { count, duration, instant, percent, plural } from "./format.js";
import { threadLabel, threadOf } from "./model.js";
import { busyOf } from "./tasks.js";
import { numbersOf } from "./values.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./hit.js").Hit} Hit */

/**
 * Term and text of everything that is known of a hit, but for its name.
 * @param {Model} model
 * @param {Hit} hit
 * @returns {[string, string][]}
 */
export function linesOf(model, { row, label, group, bar, together }) {
  /** @type {[string, string][]} */
  const lines = [];
  const lane = bar?.lane ?? (label && group.region === null ? row.lanes[0] : undefined);
  if (lane) {
    lines.push(["Rank", String(lane.rank)]);
    const thread = threadOf(model, lane);
    if (thread !== null) lines.push(["Thread", thread]);
  }
  if (bar && (bar.lane.lives || bar.lane.polls)) return [...lines, ...linesOfTask(model, bar)];
  if (bar) {
    const length = bar.end - bar.start;
    lines.push(["Start", instant(bar.start)], ["Duration", duration(length)]);
    if (bar.calls > 1 || bar.busy < 0.9995) lines.push(["Calls", `${count(bar.calls)}, merged`], ["Busy", percent(bar.busy)]);
    if (bar.exclusive !== null) lines.push(["Exclusive", `${duration(bar.exclusive)} (${percent(length > 0 ? bar.exclusive / length : 1)})`]);
    if (together !== undefined) lines.push(["At work here", `${count(together)} of ${plural(row.of, row.unit)}`]);
    if (bar.parent !== null) lines.push(["Inside", bar.parent.label]);
    if (bar.j === bar.i + 1) lines.push(...numbersOf(model.fields, bar.lane, bar.i));
  }
  return lines;
}

/**
 * What is known of the life of a span, or of one of its polls.
 * @param {Model} model
 * @param {import("./hit.js").Bars} bar
 * @returns {[string, string][]}
 */
function linesOfTask(model, { lane, i, j, start, end }) {
  if (j > i + 1) return [["Start", instant(start)], [lane.lives ? "Lives" : "Polls", count(j - i)]];
  const poll = lane.polls?.[i];
  const task = lane.lives?.[i] ?? poll?.task;
  if (!task) return [];
  if (poll) return [["Thread", threadLabel(model, lane.rank, task.threads[poll.at])], ["Start", instant(start)], ["Duration", duration(task.ends[poll.at] - task.starts[poll.at])], ["Entry", `${poll.at + 1} of ${task.starts.length} of span ${task.span}`]];
  const busy = busyOf(task);
  return [["Span", String(task.span)], ["Start", instant(start)], ["Elapsed", duration(end - start)], ["Busy", `${duration(busy)} (${percent(busy / Math.max(1, end - start))})`], ["Idle", duration(end - start - busy)], ["Entries", count(task.starts.length)]];
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
    this.place(x, y);
  }

  /**
   * Shows something else that is known, below an element, or nothing.
   * @param {import("./flame.js").Hint | null} hint
   * @param {Element | null} at
   */
  tell(hint, at) {
    this.described = null;
    this.element.hidden = hint === null;
    if (!hint || !at) return;
    this.element.replaceChildren(this.title(hint.title, hint.fill), this.list(hint.lines));
    const { left, right, bottom } = at.getBoundingClientRect();
    this.place(Math.min((left + right) / 2, left + 60), bottom - 12);
  }

  /** @param {number} x @param {number} y */
  place(x, y) {
    const { element } = this;
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
    const parts = [this.title(region.name === "" ? region.label : region.name, fill), this.list(linesOf(this.model, hit))];
    if (region.stats) {
      const { calls, total, mean, exclusive: own } = region.stats;
      const ownText = own === null ? "" : ` (${duration(own)} exclusive)`;
      parts.push(make("p", { class: "whole", text: `Whole run: ${plural(calls, "call")}, ${duration(total)}${ownText}, mean ${duration(mean)}` }));
    }
    return parts;
  }

  /** @param {string} name @param {RGB | null} fill */
  title(name, fill) {
    const title = make("p", {}, make("bdi", { text: name }));
    if (fill) {
      const swatch = make("i", { class: "swatch" });
      swatch.style.background = css(fill);
      title.prepend(swatch);
    }
    return title;
  }

  /** @param {[string, string][]} lines */
  list(lines) {
    return make("dl", {}, ...lines.flatMap(([term, text]) => [make("dt", { text: term }), make("dd", { text })]));
  }
}
