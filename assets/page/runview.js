// The run: what has to be known of it, and what was noted of it.

import { make } from "./dom.js";
import { oneLine } from "./format.js";
import { factsOf } from "./header.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./views.js").Views} Views */

/** What the profiler notes, in words. @type {Record<string, string>} */
const TERMS = {
  command: "Command", host: "Host", machines: "Machines", date: "Date", started: "Started", label: "Label", version: "Version",
};

/**
 * A key as words: `started_at` is "Started at".
 * @param {string} key
 */
export function termOf(key) {
  const words = TERMS[key] ?? oneLine(key).replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * Fills the view of the run.
 * @param {HTMLElement} host
 * @param {Model} model
 * @param {Views} views
 */
export function writeRun(host, { header }, { run, ranks, withoutRanks, tree }) {
  const notes = header.notes.map(([text, isWarning]) => make("li", { class: isWarning ? "note" : null, text: oneLine(text) }));
  if (notes.length === 0) notes.push(make("li", { text: "Nothing is missing, lost or left out." }));
  const facts = [...factsOf(header), header.axis.replace("Time since", "time 0 is")].filter(text => text !== "");
  const pairs = run.map(([key, value]) => make("div", {}, make("dt", { text: termOf(key) }), make("dd", { text: value })));
  const page = [];
  if (header.merged > 0) page.push("Short calls that are close together share a bar: hover says how many. Their number, sum and statistics are exact.");
  if (tree.leftOut > 0) page.push(`${tree.leftOut} paths of the call tree with little time are left out.`);
  if (withoutRanks > 0) page.push(`The time of each of the ${ranks.length} ranks is left out for ${withoutRanks} regions with little time.`);
  if (page.length > 0) page.push("More is in a larger page (--max-html-size).");
  host.replaceChildren(
    make("section", { class: "card" }, make("h2", { class: "small", text: "Notes" }), make("ul", {}, ...notes, ...page.map(text => make("li", { text })))),
    make("section", { class: "card" }, make("h2", { class: "small", text: "The run" }), make("ul", {}, ...facts.map(text => make("li", { text })))),
    make("section", { class: "card wide" }, make("h2", { class: "small", text: "What was noted" }), pairs.length > 0 ? make("dl", { class: "run" }, ...pairs) : make("p", { class: "remark", text: "The profile has no metadata." })),
  );
}
