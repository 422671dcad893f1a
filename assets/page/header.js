// What stands above the timeline: the run in numbers, and what has to be known beside them.

import { duration, oneLine, percent, plural } from "./format.js";
import { nameElement } from "./names.js";

/** @typedef {import("./data.js").Header} Header */
/** @typedef {import("./data.js").Model} Model */

/**
 * @param {Header} header
 * @returns {string[]}
 */
export function factsOf(header) {
  const facts = [plural(header.intervals, "interval")];
  if (!header.reading || header.wall > 0) facts.push(`wall time ${duration(header.wall)}`);
  const perRank = header.threads / Math.max(1, header.ranks);
  const threads = header.threads === 0 ? plural(header.ranks, "rank") : Number.isInteger(perRank)
    ? `${plural(header.ranks, "rank")} × ${plural(perRank, "thread")}`
    : `${plural(header.ranks, "rank")}, ${plural(header.threads, "thread")}`;
  if (header.ranks > 0) facts.unshift(threads);
  if ((header.outside ?? 0) > 0) {
    const share = header.outsideShare === null ? "" : ` (${percent(header.outsideShare)})`;
    facts.push(`${duration(header.outside ?? 0)}${share} outside any region`);
  }
  if (header.merged > 0) {
    const shorter = header.grain > 1 ? `, each shorter than ${duration(header.grain)}` : "";
    const whole = header.served ? "; zoom in to see them" : "; --show has each of them";
    facts.push(`${plural(header.merged, "interval")} merged for drawing${shorter}${whole}`);
  }
  return facts;
}

/**
 * Fills the heading and the list of facts.
 * @param {Model} model
 * @param {HTMLElement} title
 * @param {HTMLElement} list
 */
export function writeHeader({ header, lanes }, title, list) {
  const name = header.title === "" ? "Untitled run" : oneLine(header.title);
  title.replaceChildren(nameElement(name));
  title.title = header.title;
  list.replaceChildren();
  document.title = `${name} · scope-profiler`;
  const add = (/** @type {string} */ text, kind = "") => {
    const item = document.createElement("li");
    item.textContent = text;
    item.className = kind;
    list.append(item);
  };
  factsOf(header).forEach(text => add(text));
  if (lanes.length > 0 && header.timed) add(header.axis.replace("Time since", "time 0 is"));
  header.notes.forEach(([text, isWarning]) => add(oneLine(text), isWarning ? "note" : "quiet"));
}
