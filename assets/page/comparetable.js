// The table that compares the regions of runs.

import { MEASURES, compareRuns, signed } from "./compared.js";
import { make } from "./dom.js";
import { count, duration } from "./format.js";
import { nameElement } from "./names.js";
import { undisturbed } from "./pressing.js";

/** @typedef {import("./compared.js").ComparedRow} ComparedRow */
/** @typedef {import("./compared.js").ComparedRun} ComparedRun */
/** @typedef {import("./compared.js").Measure} Measure */
/** Which column: the name, a run by its number, the difference, or the ratio. @typedef {"name" | "difference" | "ratio" | number} CompareKey */

export class CompareTable {
  /**
   * @param {HTMLTableElement} table
   * @param {(name: string | null) => void} pin
   */
  constructor(table, pin) {
    this.table = table;
    this.pin = pin;
    /** @type {{ key: CompareKey, down: boolean }} */
    this.sort = { key: "difference", down: true };
    /** @type {ComparedRow[]} */
    this.rows = [];
    /** @type {string | null} */
    this.pinned = null;
    this.show = duration;
    this.head = table.createTHead();
    this.body = table.createTBody();
    this.body.addEventListener("keydown", event => this.press(event));
    this.draw = undisturbed(this.body, () => this.drawRows());
  }

  /**
   * @param {ComparedRun[]} runs
   * @param {string[]} tags
   * @param {string[]} titles
   * @param {Measure} measure
   * @param {(name: string) => boolean} isShown
   * @param {string | null} pinned
   */
  fill(runs, tags, titles, measure, isShown, pinned) {
    this.pinned = pinned;
    this.show = measure === "calls" ? count : duration;
    this.rows = compareRuns(runs, measure).filter(row => isShown(row.name));
    const hint = MEASURES.find(one => one[0] === measure)?.[2] ?? "";
    const [first, last] = [tags[0], tags[tags.length - 1]];
    this.head.replaceChildren(make("tr", {},
      this.heading("name", "Region", "the region's name"),
      ...tags.map((tag, at) => this.heading(at, tag, `${titles[at]}: ${hint}`)),
      this.heading("difference", `${last} − ${first}`, `difference of ${hint}`),
      this.heading("ratio", `${last} / ${first}`, `ratio of ${hint}`),
    ));
    this.draw();
  }

  /**
   * @param {CompareKey} key
   * @param {string} title
   * @param {string} hint
   */
  heading(key, title, hint) {
    const { sort } = this;
    const button = make("button", { type: "button", title: `${hint}. Click to sort.`, text: title });
    button.addEventListener("click", () => {
      this.sort = { key, down: sort.key === key ? !sort.down : key !== "name" };
      this.draw();
    });
    return make("th", { scope: "col", class: key === "name" ? "name" : "number", "data-key": String(key) }, button);
  }

  drawRows() {
    const { key, down } = this.sort;
    const focused = document.activeElement?.closest("tr")?.dataset.name;
    const sorted = key === "difference" && down ? this.rows : [...this.rows].sort((a, b) => (down ? -1 : 1) * compareBy(a, b, key));
    const most = Math.max(...this.rows.map(row => Math.abs(row.difference)), 1e-9);
    this.body.replaceChildren(...sorted.map(row => this.line(row, most)));
    if (sorted.length === 0) this.body.append(make("tr", {}, make("td", { class: "nothing", colspan: 9, text: "No region is in any of the runs." })));
    for (const cell of this.head.querySelectorAll("th")) {
      if (cell.dataset.key === String(key)) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    const buttons = [...this.body.querySelectorAll("button")];
    const reached = buttons.find(button => button.closest("tr")?.dataset.name === (focused ?? this.pinned)) ?? buttons[0];
    if (reached) reached.tabIndex = 0;
    if (focused !== undefined && reached) reached.focus({ preventScroll: true });
  }

  /**
   * @param {ComparedRow} row
   * @param {number} most the largest difference
   */
  line({ name, label, color, values, difference, ratio }, most) {
    const swatch = make("i", { class: "swatch" });
    swatch.style.background = color;
    const isPinned = name === this.pinned;
    const button = make("button", { type: "button", title: name, tabindex: -1, "aria-pressed": String(isPinned) }, swatch, nameElement(label));
    const cell = (/** @type {string} */ text, names = "") => make("td", { class: `number ${names}`, text });
    const change = make("td", { class: `number change ${difference > 0 ? "more" : "less"}` }, make("i"), make("span", { text: signed(difference, this.show) }));
    change.style.setProperty("--share", (Math.abs(difference) / most).toFixed(4));
    const line = make("tr", { class: isPinned ? "pinned" : "", "data-name": name },
      make("th", { scope: "row" }, button),
      ...values.map(value => cell(value === null ? "–" : this.show(value), value === null ? "zero" : "")),
      change,
      cell(ratio === null ? "–" : `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`),
    );
    line.addEventListener("click", () => this.pin(isPinned ? null : name));
    return line;
  }

  /** From row to row. @param {KeyboardEvent} event */
  press(event) {
    const buttons = [...this.body.querySelectorAll("button")];
    const at = buttons.findIndex(button => button === event.target);
    /** @type {Record<string, number>} */
    const moves = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: buttons.length - 1 };
    if (at < 0 || !(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    const next = buttons[Math.max(0, Math.min(buttons.length - 1, moves[event.key]))];
    buttons.forEach(button => (button.tabIndex = button === next ? 0 : -1));
    next.focus();
  }
}

/**
 * @param {ComparedRow} a
 * @param {ComparedRow} b
 * @param {CompareKey} key
 */
function compareBy(a, b, key) {
  if (key === "name") return a.label.localeCompare(b.label);
  if (key === "difference") return Math.abs(a.difference) - Math.abs(b.difference);
  const value = (/** @type {ComparedRow} */ row) => (key === "ratio" ? row.ratio : row.values[key]) ?? -1;
  return value(a) - value(b);
}
