// Tables as CSV, with times in ns. Pure functions.

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./measureview.js").Measurement} Measurement */
/** @typedef {import("./table.js").TableRow} TableRow */
/** @typedef {import("./views.js").PathNode} PathNode */

/** @param {string | number | null | undefined} value */
function field(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "number" ? String(Math.round(value * 1000) / 1000) : value;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/**
 * Lines as RFC 4180 has them.
 * @param {(string | number | null | undefined)[][]} rows
 */
export function csvOf(rows) {
  return rows.map(row => `${row.map(field).join(",")}\r\n`).join("");
}

/**
 * The regions that the table shows, in its order.
 * @param {TableRow[]} rows
 */
export function csvOfTable(rows) {
  /** @type {["calls", "total", "exclusive", "mean", "p50", "p95", "p99", "min", "max", "std", "callsInView", "timeInView"]} */
  const keys = ["calls", "total", "exclusive", "mean", "p50", "p95", "p99", "min", "max", "std", "callsInView", "timeInView"];
  const heads = ["region", "calls", "inclusive_ns", "exclusive_ns", "mean_ns", "p50_ns", "p95_ns", "p99_ns", "min_ns", "max_ns", "std_ns", "calls_in_view", "time_in_view_ns"];
  return csvOf([heads, ...rows.map(row => [row.region.name, ...keys.map(key => row.values[key])])]);
}

/**
 * All paths of a call tree.
 * @param {PathNode[]} nodes
 */
export function csvOfTree(nodes) {
  const path = (/** @type {PathNode} */ node) => {
    const names = [];
    for (let at = /** @type {PathNode | null} */ (node); at; at = at.parent) names.unshift(at.region?.name ?? "");
    return names.join(" > ");
  };
  const rows = nodes.map(node => [path(node), node.region?.name, node.depth, node.calls, node.inclusive, node.exclusive, node.mean]);
  return csvOf([["path", "region", "depth", "calls", "inclusive_ns", "exclusive_ns", "mean_ns"], ...rows]);
}

/**
 * What calls a region, at depths below 0, and what it calls, below its own row. Each path reads from caller to callee, and
 * those of callers end with the region, whose calls and times they have.
 * @param {Frame} callers
 * @param {Frame} callees
 */
export function csvOfSandwich(callers, callees) {
  /** @type {(string | number | null | undefined)[][]} */
  const rows = [["path", "region", "depth", "calls", "inclusive_ns", "exclusive_ns"]];
  const add = (/** @type {Frame} */ { region, calls, inclusive, exclusive }, /** @type {string[]} */ path, /** @type {number} */ depth) => {
    rows.push([path.join(" > "), region?.name, depth, calls, inclusive, exclusive]);
  };
  const walk = (/** @type {Frame} */ frame, /** @type {string[]} */ path, /** @type {-1 | 1} */ step, /** @type {number} */ depth) => {
    for (const child of frame.children) {
      const name = child.region?.name ?? "";
      const longer = step < 0 ? [name, ...path] : [...path, name];
      add(child, longer, depth + step);
      walk(child, longer, step, depth + step);
    }
  };
  const own = [callees.region?.name ?? ""];
  walk(callers, own, -1, 0);
  add(callees, own, 0);
  walk(callees, own, 1, 0);
  return csvOf(rows);
}

/** @param {Measurement} measurement */
export function csvOfMeasured({ from, to, regions }) {
  return csvOf([["region", "from_ns", "to_ns", "calls", "time_ns", "ranks"], ...regions.map(one => [one.region.name, from, to, one.calls, one.time, one.ranks])]);
}
