// The run: what has to be known of it, and what was noted of it.

import { make } from "./dom.js";
import { findingsOf, unevenRegions } from "./findings.js";
import { duration, oneLine, plural } from "./format.js";
import { factsOf } from "./header.js";
import { nameElement } from "./names.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./views.js").Views} Views */

/** What the words of a key would not say. @type {Record<string, string>} */
const TERMS = { cpu_model: "CPU", cpu_cores: "CPU cores", size: "Processes", scope_profiler_version: "Profiler version", call_cost_ns: "Cost of a call [ns]" };

/**
 * A key as words: `started_at` is "Started at".
 * @param {string} key
 */
export function termOf(key) {
  const words = TERMS[key] ?? oneLine(key).replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** More regions are not listed. */
const MOST_UNEVEN = 8;

/**
 * A region's name that selects it.
 * @param {import("./data.js").Region} region
 * @param {(region: import("./data.js").Region) => void} pin
 */
function regionLink(region, pin) {
  const button = make("button", { type: "button", class: "name", title: region.name }, nameElement(region.label));
  button.addEventListener("click", () => pin(region));
  return button;
}

/**
 * How far the ranks are apart in the regions that lose most by it.
 * @param {Model} model
 * @param {Views} views
 * @param {(region: import("./data.js").Region) => void} pin
 */
function balanceCard({ regions }, views, pin) {
  const uneven = unevenRegions(regions, views).filter(({ balance }) => balance.lost > 0).slice(0, MOST_UNEVEN);
  if (uneven.length === 0) return null;
  const heads = ["Region", "Lost", "Factor", "Slowest"].map(text => make("th", { text, scope: "col" }));
  const rows = uneven.map(({ region, balance: { lost, factor, slowest } }) => {
    const cells = [duration(lost), (factor ?? 1).toFixed(2), `rank ${slowest}`];
    return make("tr", {}, make("th", { scope: "row" }, regionLink(region, pin)), ...cells.map(text => make("td", { text })));
  });
  const title = make("h2", { class: "small", text: "Load balance" }, make("small", { text: "lost: what equal shares would gain; factor: max ÷ mean" }));
  return make("section", { class: "card" }, title, make("table", { class: "small" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)));
}

/**
 * Fills the view of the run.
 * @param {HTMLElement} host
 * @param {Model} model
 * @param {Views} views
 * @param {(region: import("./data.js").Region) => void} pin
 */
export function writeRun(host, model, views, pin) {
  const { header } = model;
  const { run, withoutRanks, tree } = views;
  const notes = header.notes.map(([text, isWarning]) => make("li", { class: isWarning ? "note" : null, text: oneLine(text) }));
  if (notes.length === 0) notes.push(make("li", { text: "Nothing is missing, lost or left out." }));
  const facts = [...factsOf(header), header.axis.replace("Time since", "time 0 is")].filter(text => text !== "");
  const pairs = run.map(([key, value]) => make("div", {}, make("dt", { text: termOf(key) }), make("dd", { text: value })));
  const page = [];
  if (header.merged > 0) {
    page.push("Short calls that are close together share a bar: hover says how many. Their number, sum and statistics are exact.");
    page.push(header.served ? "Each has a bar of its own as soon as you zoom in to it." : "scope-profiler-pproc FILE --show shows each of them, to the nanosecond.");
  }
  if (tree.leftOut > 0) page.push(`${plural(tree.leftOut, "path")} of the call tree with little time ${tree.leftOut === 1 ? "is" : "are"} left out.`);
  if (withoutRanks > 0) page.push(`What each rank took is left out of ${plural(withoutRanks, "region")} with little time.`);
  if (views.tasksArePartial) page.push("By task only a part of the spans is drawn.");
  if (views.countersLeftOut > 0) page.push(`${plural(views.countersLeftOut, "line")} of counters ${views.countersLeftOut === 1 ? "is" : "are"} not in the page.`);
  if (page.length > 0) page.push("More is in a larger page (--max-html-size).");
  const findings = findingsOf(model.regions, views, header.wall).map(({ region, text }) => make("li", {}, regionLink(region, pin), ` ${text}`));
  const balance = balanceCard(model, views, pin);
  host.replaceChildren(
    ...(findings.length > 0 ? [make("section", { class: "card" }, make("h2", { class: "small", text: "What stands out" }), make("ul", {}, ...findings))] : []),
    ...(balance ? [balance] : []),
    make("section", { class: "card" }, make("h2", { class: "small", text: "Notes" }), make("ul", {}, ...notes, ...page.map(text => make("li", { text })))),
    make("section", { class: "card" }, make("h2", { class: "small", text: "The run" }), make("ul", {}, ...facts.map(text => make("li", { text })))),
    make("section", { class: "card wide" }, make("h2", { class: "small", text: "What was noted" }), pairs.length > 0 ? make("dl", { class: "run" }, ...pairs) : make("p", { class: "remark", text: "The profile has no metadata." })),
  );
}
