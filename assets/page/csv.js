// Tables as CSV, with times in ns. Pure functions.

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

/** @param {Measurement} measurement */
export function csvOfMeasured({ from, to, regions }) {
  return csvOf([["region", "from_ns", "to_ns", "calls", "time_ns", "ranks"], ...regions.map(one => [one.region.name, from, to, one.calls, one.time, one.ranks])]);
}
