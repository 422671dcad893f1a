// The table of regions: sorting, filtering, and the columns that follow the window of time.

import { css } from "./color.js";
import { count, duration, percent } from "./format.js";
import { strandsOf } from "./layout.js";
import { regionWithin } from "./model.js";
import { nameElement } from "./names.js";
import { undisturbed } from "./pressing.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {"calls" | "total" | "exclusive" | "mean" | "p50" | "p95" | "p99" | "min" | "max" | "std" | "callsInView" | "timeInView" | "busyInView"} NumberKey */
/** @typedef {"name" | NumberKey} Key */
/** @typedef {{ key: NumberKey, title: string, hint: string, show: (value: number) => string, view?: boolean, bar?: boolean, first?: boolean }} Column */
/** @typedef {{ region: Region, element: HTMLTableRowElement, button: HTMLButtonElement, swatch: HTMLElement, cells: Map<NumberKey, HTMLElement>, values: Partial<Record<NumberKey, number | null>>, exact: boolean }} TableRow */

/** @type {Column[]} */
const COLUMNS = [
  { key: "calls", title: "Calls", hint: "Completed calls", show: count },
  { key: "total", title: "Total", hint: "Nested regions included; of calls inside others of their region only the outermost count", show: duration, bar: true },
  { key: "exclusive", title: "Exclusive", hint: "Total without the time in nested regions", show: duration, bar: true },
  { key: "mean", title: "Mean", hint: "Mean duration of a call", show: duration },
  { key: "p50", title: "p50", hint: "Median duration", show: duration },
  { key: "p95", title: "p95", hint: "95 % of the calls are no longer", show: duration },
  { key: "p99", title: "p99", hint: "99 % of the calls are no longer", show: duration },
  { key: "min", title: "Min", hint: "Shortest call", show: duration },
  { key: "max", title: "Max", hint: "Longest call", show: duration },
  { key: "std", title: "Std", hint: "Standard deviation of the durations", show: duration },
  { key: "callsInView", title: "Calls", hint: "Calls at least partly within the visible window", show: count, view: true, first: true },
  { key: "timeInView", title: "Time", hint: "Time within the visible window in which the region ran, summed over ranks and threads", show: duration, view: true, bar: true },
  { key: "busyInView", title: "Busy", hint: "The share of the visible window in which the region ran, on average over its ranks and threads", show: percent, view: true },
];

/** @param {Region} region */
function valuesOf({ stats }) {
  const [p50, p95, p99] = stats?.percentiles ?? [null, null, null];
  return { ...stats, p50, p95, p99 };
}

/** @param {(string | false | undefined)[]} names */
const classes = (...names) => names.filter(Boolean).join(" ");

export class RegionTable {
  /**
   * @param {Region[]} regions
   * @param {HTMLTableElement} table
   * @param {{ pin: (region: Region | null) => void, sort: () => void }} on
   */
  constructor(regions, table, on) {
    this.table = table;
    this.on = on;
    /** @type {{ key: Key, down: boolean }} */
    this.sort = { key: "total", down: true };
    /** @type {Set<Region>} */
    this.shown = new Set();
    /** @type {Region | null} */
    this.pinned = null;
    /** @type {TableRow[]} */
    this.rows = [];
    /** @type {Map<Key, HTMLElement>} */
    this.heads = new Map();
    this.viewTitle = this.head();
    this.body = table.tBodies[0];
    this.body.addEventListener("keydown", event => this.press(event));
    /** Puts the rows in order. */
    this.order = undisturbed(this.body, () => this.orderRows());
    this.empty = document.createElement("tr");
    this.reason = this.empty.insertCell();
    this.reason.colSpan = COLUMNS.length + 1;
    this.reason.className = "nothing";
    this.renew(regions);
  }

  /**
   * Has rows of these regions.
   * @param {Region[]} regions
   */
  renew(regions) {
    this.shown = new Set(regions);
    this.pinned = null;
    this.rows = regions.map(region => this.row(region));
    // Room for most names where the page is narrow.
    this.table.style.setProperty("--longest", String(Math.max(0, ...regions.map(region => region.label.length))));
    for (const column of COLUMNS.filter(one => one.bar && !one.view)) {
      const most = Math.max(...this.rows.map(row => row.values[column.key] ?? 0), 1);
      this.rows.forEach(row => this.fill(row, column, most));
    }
  }

  /** The two rows of headings; gives the one that says what is in view. */
  head() {
    const head = /** @type {HTMLTableSectionElement} */ (this.table.tHead);
    const groups = head.insertRow();
    const group = (/** @type {string} */ title, /** @type {number} */ span, /** @type {string} */ scope) => {
      const cell = document.createElement("th");
      cell.colSpan = span;
      cell.scope = "colgroup";
      cell.className = scope;
      cell.textContent = title;
      groups.append(cell);
      return cell;
    };
    const inView = COLUMNS.filter(column => column.view).length;
    group("Whole run", COLUMNS.length + 1 - inView, "whole");
    const viewTitle = group("In view", inView, "view first");
    const titles = head.insertRow();
    titles.append(this.heading("name", "Region", "The region's name", "name"));
    for (const { key, title, hint, view, first } of COLUMNS) titles.append(this.heading(key, title, hint, classes("number", view && "view", first && "first")));
    return viewTitle;
  }

  /**
   * @param {Key} key
   * @param {string} title
   * @param {string} hint
   * @param {string} className
   */
  heading(key, title, hint, className) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.className = className;
    const button = document.createElement("button");
    button.type = "button";
    button.title = `${hint}. Click to sort.`;
    button.textContent = title;
    button.addEventListener("click", () => {
      const again = this.sort.key === key;
      this.setSort(key, again ? !this.sort.down : key !== "name");
      this.on.sort();
    });
    cell.append(button);
    this.heads.set(key, cell);
    return cell;
  }

  /**
   * @param {Region} region
   * @returns {TableRow}
   */
  row(region) {
    const element = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    const button = document.createElement("button");
    button.type = "button";
    button.title = region.name === "" ? region.label : region.name;
    button.setAttribute("aria-pressed", "false");
    // One row can be reached by Tab, the others from there.
    button.tabIndex = -1;
    const swatch = document.createElement("i");
    swatch.className = "swatch";
    button.append(swatch, nameElement(region.label));
    head.append(button);
    element.append(head);
    /** @type {TableRow} */
    const row = { region, element, button, swatch, cells: new Map(), values: valuesOf(region), exact: true };
    for (const column of COLUMNS) {
      const cell = document.createElement("td");
      cell.className = classes("number", column.view && "view", column.first && "first", column.bar && "bar");
      row.cells.set(column.key, cell);
      element.append(cell);
      if (!column.view) this.fill(row, column);
    }
    element.addEventListener("click", () => this.on.pin(this.pinned === region ? null : region));
    return row;
  }

  /**
   * @param {TableRow} row
   * @param {Column} column
   * @param {number} [most] the value whose bar is longest
   */
  fill(row, column, most) {
    const value = row.values[column.key] ?? null;
    const cell = row.cells.get(column.key);
    if (!cell) return;
    const text = value === null ? "–" : `${column.view && !row.exact ? "≈ " : ""}${column.show(value)}`;
    if (cell.textContent !== text) cell.textContent = text;
    cell.classList.toggle("zero", value === null || value === 0);
    if (column.bar && most !== undefined) cell.style.setProperty("--share", (Math.max(0, value ?? 0) / most).toFixed(4));
  }

  /**
   * @param {string} key one that is no column changes nothing
   * @param {boolean} down
   */
  setSort(key, down) {
    const known = [...this.heads.keys()].find(one => one === key);
    if (!known) return;
    this.sort = { key: known, down };
    this.order();
  }

  /**
   * Shows these regions only; `reason` is what to say when there are none.
   * @param {Region[]} regions
   * @param {string} reason
   */
  filter(regions, reason) {
    this.shown = new Set(regions);
    this.reason.textContent = reason;
    this.order();
  }

  /** The rows that are shown, in order. */
  get sorted() {
    const { key, down } = this.sort;
    const rows = this.rows.filter(row => this.shown.has(row.region));
    return rows.sort((a, b) => compare(a, b, key, down ? -1 : 1) || a.region.id - b.region.id);
  }

  orderRows() {
    const { key, down } = this.sort;
    const rows = this.sorted;
    const elements = rows.length > 0 ? rows.map(row => row.element) : [this.empty];
    const now = this.body.children;
    if (elements.length !== now.length || elements.some((element, i) => element !== now[i])) {
      const focused = document.activeElement;
      this.body.replaceChildren(...elements);
      if (focused instanceof HTMLElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
    }
    this.reach(rows.find(row => row.button.tabIndex === 0) ?? rows[0]);
    for (const [column, cell] of this.heads) {
      if (column === key) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  /**
   * Makes one row the one that Tab reaches.
   * @param {TableRow | undefined} wanted
   */
  reach(wanted) {
    for (const row of this.rows) row.button.tabIndex = row === wanted ? 0 : -1;
  }

  /**
   * From row to row.
   * @param {KeyboardEvent} event
   */
  press(event) {
    const seen = [...this.body.children].flatMap(element => this.rows.find(row => row.element === element) ?? []);
    const at = seen.findIndex(row => row.button === event.target);
    /** @type {Record<string, number>} */
    const moves = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: seen.length - 1 };
    if (at < 0 || !(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = seen[Math.max(0, Math.min(seen.length - 1, moves[event.key]))];
    this.reach(next);
    next.button.focus({ preventScroll: true });
    this.scrollTo(next.element);
  }

  /**
   * Recomputes what is seen between t0 and t1.
   * @param {number} t0
   * @param {number} t1
   * @param {((rank: number) => boolean) | null} ranks those that are shown; null for all
   */
  follow(t0, t1, ranks) {
    // Nothing is known of times before anything is read.
    const length = t1 - t0 > 1 ? `: ${duration(t1 - t0)}` : "";
    this.viewTitle.textContent = `In view${length}${ranks ? ", chosen ranks" : ""}`;
    for (const row of this.rows) {
      const { calls, time, exact } = regionWithin(row.region, t0, t1, ranks);
      const strands = strandsOf(row.region).filter(strand => ranks === null || ranks(strand.rank)).length;
      row.exact = exact;
      row.values.callsInView = calls;
      row.values.timeInView = time;
      row.values.busyInView = strands > 0 ? Math.min(1, time / (t1 - t0) / strands) : 0;
    }
    const most = Math.max(...this.rows.map(row => row.values.timeInView ?? 0), 1);
    for (const row of this.rows) for (const column of COLUMNS) if (column.view) this.fill(row, column, most);
    if (this.sort.key.endsWith("InView")) this.order();
  }

  /** @param {Region | null} region */
  pin(region) {
    this.pinned = region;
    this.table.classList.toggle("has-pinned", region !== null);
    for (const row of this.rows) {
      row.element.classList.toggle("pinned", row.region === region);
      row.button.setAttribute("aria-pressed", String(row.region === region));
      if (row.region !== region) continue;
      this.scrollTo(row.element);
      if (this.shown.has(row.region)) this.reach(row);
    }
  }

  /** Scrolls to the row that is pinned. */
  reveal() {
    const row = this.rows.find(one => one.region === this.pinned);
    if (row && this.shown.has(row.region)) this.scrollTo(row.element);
  }

  /**
   * Scrolls a row into the panel without moving anything else.
   * @param {HTMLElement} element
   */
  scrollTo(element) {
    const panel = this.table.parentElement;
    if (!panel) return;
    const top = element.offsetTop - (this.table.tHead?.offsetHeight ?? 0);
    const bottom = element.offsetTop + element.offsetHeight - panel.clientHeight;
    if (panel.scrollTop > top) panel.scrollTop = top;
    else if (panel.scrollTop < bottom) panel.scrollTop = bottom;
  }

  /** @param {RGB[]} fills by region */
  paint(fills) {
    for (const row of this.rows) row.swatch.style.background = css(fills[row.region.id]);
  }
}

/**
 * What has no value stands last, whichever way the rest is sorted.
 * @param {TableRow} a
 * @param {TableRow} b
 * @param {Key} key
 * @param {1 | -1} sign
 */
function compare(a, b, key, sign) {
  if (key === "name") return sign * a.region.label.localeCompare(b.region.label);
  const [x, y] = [a.values[key] ?? null, b.values[key] ?? null];
  if (x === null || y === null) return Number(x === null) - Number(y === null);
  return sign * (x - y);
}
