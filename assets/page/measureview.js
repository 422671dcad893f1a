// What lies between the two points that were measured.

import { css } from "./color.js";
import { make, renewChildren } from "./dom.js";
import { count, duration, instant, percent, plural } from "./format.js";
import { nameElement } from "./names.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./measure.js").Measured} Measured */
/** Between `from` and `to`, in so many `rows` of `of`. @typedef {{ from: number, to: number, rows: number, of: number, regions: Measured[] }} Measurement */

export class MeasureView {
  /**
   * @param {HTMLElement} host
   * @param {{ pin: (region: Region | null) => void }} on
   */
  constructor(host, on) {
    this.host = host;
    this.on = on;
  }

  /**
   * @param {Measurement | null} measurement
   * @param {RGB[]} fills
   * @param {Region | null} pinned
   */
  show(measurement, fills, pinned) {
    if (!measurement) {
      renewChildren(this.host, make("p", { class: "prompt", text: "Drag over the timeline with Shift to measure: along a row the time between two edges, across rows a box. Or select calls with n and N and measure from the start of one ([) to the end of another (])." }));
      return;
    }
    const { from, to, rows, of, regions } = measurement;
    const calls = regions.reduce((sum, one) => sum + one.calls, 0);
    const isExact = regions.every(one => one.exact);
    /** @type {[string, string][]} */
    const pairs = [["Duration", duration(to - from)], ["From", instant(from)], ["To", instant(to)], ["Rows", `${count(rows)} of ${count(of)}`], ["Regions", count(regions.length)], ["Calls", `${isExact ? "" : "≈ "}${count(calls)}`]];
    const facts = make("dl", { class: "facts" }, ...pairs.map(([term, text]) => make("div", {}, make("dt", { text: term }), make("dd", { text }))));
    const heads = ["Region", "Calls", "Time", "Mean share", "Ranks"].map((text, at) => make("th", { text, scope: "col", class: at === 0 ? "name" : null }));
    const most = Math.max(1, ...regions.map(one => one.time));
    const table = make("table", { class: "tree" }, make("caption", { class: "unseen", text: "Regions between the two points" }), make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...regions.map(one => this.row(one, to - from, most, fills, pinned))));
    renewChildren(this.host, facts, regions.length > 0 ? table : make("p", { class: "prompt", text: "No call in between." }));
  }

  /**
   * @param {Measured} measured
   * @param {number} length
   * @param {number} most
   * @param {RGB[]} fills
   * @param {Region | null} pinned
   */
  row({ region, calls, time, ranks, strands, exact }, length, most, fills, pinned) {
    const about = exact ? "" : "≈ ";
    const swatch = make("i", { class: "swatch" });
    swatch.style.background = css(fills[region.id]);
    const button = make("button", { type: "button", class: "link", "aria-pressed": String(region === pinned), title: region.name }, swatch, nameElement(region.label));
    button.addEventListener("click", () => this.on.pin(region === pinned ? null : region));
    const bar = make("td", { class: "bar", text: `${about}${duration(time)}` });
    bar.style.setProperty("--share", (time / most).toFixed(4));
    const share = length > 0 ? percent(Math.min(1, time / length / Math.max(1, strands))) : "–";
    return make("tr", { class: region === pinned ? "pinned" : null }, make("th", { scope: "row", class: "name" }, button), make("td", { text: `${about}${count(calls)}` }), bar, make("td", { text: share, title: `of the time between the points, on average over ${plural(strands, "thread")}` }), make("td", { text: count(ranks) }));
  }
}
