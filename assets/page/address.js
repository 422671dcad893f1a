// The view as the fragment of the page's address, and back. Pure functions.

import { GROUPINGS } from "./layout.js";

/** @typedef {import("./layout.js").Grouping} Grouping */
/** @typedef {import("./theme.js").Scheme} Scheme */
/** @typedef {{ name: string, rank: number, thread: number | null, depth: number | null, start: number }} SelectedBar */
/**
 * What a link keeps. Times in ns; `scroll` and `split` in px; `tab` is the view below, `ofRun` whether flame graphs are of
 * the whole run whatever is in sight, `color` the field that bars are coloured by, "" for the region; null where the page decides.
 * @typedef {{
 *   window: [number, number] | null, pin: string | null, search: string, by: Grouping, sort: string, down: boolean,
 *   measured: [number, number] | null, boxed: [number, number] | null, selected: SelectedBar | null, scroll: number, thickness: number,
 *   split: number | null, ofRun: boolean, tab: string | null, ranks: string, folds: string, scheme: Scheme | null, color: string | null,
 * }} View
 */

/** The page as it opens. @type {View} */
export const PLAIN = { window: null, pin: null, search: "", by: "region", sort: "total", down: true, measured: null, boxed: null, selected: null, scroll: 0, thickness: 0, split: null, ofRun: false, tab: null, ranks: "", folds: "", scheme: null, color: null };

/**
 * What differs from the page as it opens.
 * @param {View} view
 */
export function writeView(view) {
  const parts = new URLSearchParams();
  const whole = (/** @type {number} */ number) => String(Math.round(number));
  if (view.window) {
    parts.set("t0", whole(view.window[0]));
    parts.set("t1", whole(view.window[1]));
  }
  if (view.pin !== null) parts.set("pin", view.pin);
  if (view.search !== "") parts.set("search", view.search);
  if (view.by !== PLAIN.by) parts.set("by", view.by);
  if (view.sort !== PLAIN.sort || view.down !== PLAIN.down) parts.set("sort", `${view.sort}${view.down ? "" : ",up"}`);
  if (view.measured) parts.set("ruler", view.measured.map(whole).join(","));
  if (view.measured && view.boxed) parts.set("box", view.boxed.join(","));
  if (view.selected) {
    const { name, rank, thread, depth, start } = view.selected;
    parts.set("call", [rank, thread ?? "", depth ?? "", whole(start), name].join(","));
  }
  if (Math.round(view.scroll) > 0) parts.set("scroll", whole(view.scroll));
  if (view.thickness !== 0) parts.set("rows", String(view.thickness));
  if (view.split !== null) parts.set("split", whole(view.split));
  if (view.ofRun) parts.set("tree", "run");
  if (view.tab !== null) parts.set("view", view.tab);
  if (view.ranks !== "") parts.set("ranks", view.ranks);
  if (view.folds !== "") parts.set("fold", view.folds);
  if (view.scheme !== null) parts.set("theme", view.scheme);
  if (view.color !== null) parts.set("color", view.color);
  return parts.toString();
}

/**
 * What cannot be read is passed over.
 * @param {string} text
 * @returns {View}
 */
export function readView(text) {
  const parts = new URLSearchParams(text);
  const number = (/** @type {string} */ key) => numberOf(parts.get(key));
  const [t0, t1] = [number("t0"), number("t1")];
  const [sort, up] = (parts.get("sort") ?? PLAIN.sort).split(",");
  const [from, to] = (parts.get("ruler") ?? "").split(",").map(numberOf);
  const scheme = parts.get("theme");
  return {
    window: t0 < t1 ? [t0, t1] : null,
    pin: parts.get("pin"),
    search: parts.get("search") ?? "",
    by: GROUPINGS.find(one => one === parts.get("by")) ?? PLAIN.by,
    sort,
    down: up !== "up",
    measured: Number.isFinite(from) && Number.isFinite(to) ? [from, to] : null,
    boxed: readBox(parts.get("box")),
    selected: readSelected(parts.get("call")),
    scroll: Math.max(0, number("scroll") || 0),
    thickness: Math.max(-8, Math.min(8, Math.round(number("rows") || 0))),
    split: number("split") > 0 ? number("split") : null,
    ofRun: parts.get("tree") === "run",
    tab: parts.get("view"),
    ranks: parts.get("ranks") ?? "",
    folds: parts.get("fold") ?? "",
    scheme: scheme === "light" || scheme === "dark" ? scheme : null,
    color: parts.get("color"),
  };
}

/**
 * First and last row.
 * @param {string | null} text
 * @returns {[number, number] | null}
 */
function readBox(text) {
  const found = /^(\d+),(\d+)$/.exec(text ?? "");
  return found && Number(found[1]) <= Number(found[2]) ? [Number(found[1]), Number(found[2])] : null;
}

/** @param {string | null | undefined} text */
function numberOf(text) {
  return text === null || text === undefined || text === "" ? NaN : Number(text);
}

/**
 * @param {string | null} text
 * @returns {SelectedBar | null}
 */
function readSelected(text) {
  const [rank, thread, depth, start, ...name] = (text ?? "").split(",");
  const numbers = [rank, start].map(numberOf);
  if (!numbers.every(Number.isFinite)) return null;
  const known = (/** @type {string} */ text) => (Number.isFinite(numberOf(text)) ? numberOf(text) : null);
  return { rank: numbers[0], thread: known(thread), depth: known(depth), start: numbers[1], name: name.join(",") };
}
