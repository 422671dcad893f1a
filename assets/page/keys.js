// What buttons and keys do.

import { find } from "./dom.js";
import { glides } from "./input.js";
import { GROUPINGS } from "./layout.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {Record<string, () => void>} Actions */

/** @param {Page} page */
export function listenToKeys(page) {
  for (const [id, action] of Object.entries(buttonsOf(page))) find(`#${id}`, HTMLElement).addEventListener("click", action);
  page.search.addEventListener("input", () => page.filter());
  page.ranks.addEventListener("input", () => page.filterRanks());
  const keys = new Map(Object.entries({ ...movesOf(page), ...commandsOf(page) }));
  document.addEventListener("keydown", event => press(page, keys, event));
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", () => page.colorBy(page.scheme));
  window.addEventListener("hashchange", () => page.readAddress());
}

/** By the button's id. @param {Page} page @returns {Actions} */
function buttonsOf(page) {
  const { window: time } = page.timeline;
  return {
    "zoom-in": () => time.zoom(1 / 1.6, 0.5, glides()),
    "zoom-out": () => time.zoom(1.6, 0.5, glides()),
    fit: () => time.set(...time.all, glides()),
    ruler: () => page.setRuler(!page.timeline.rulerMode),
    theme: () => page.switchScheme(),
    "by-region": () => page.group("region"),
    "by-rank": () => page.group("rank"),
    "by-thread": () => page.group("thread"),
    "by-task": () => page.group("task"),
    fold: () => page.fold(null),
    thinner: () => page.thicken(-1),
    thicker: () => page.thicken(1),
    pinned: () => page.pin(null),
    "help-button": () => page.help.showModal(),
  };
}

/** Moves in time and from lane to lane. @param {Page} page @returns {Actions} */
function movesOf({ timeline }) {
  const { window: time, elements: { scroller } } = timeline;
  return {
    w: () => time.zoom(1 / 1.5, timeline.pointedShare, glides()),
    s: () => time.zoom(1.5, timeline.pointedShare, glides()),
    a: () => time.pan(-0.2, glides()),
    d: () => time.pan(0.2, glides()),
    f: () => time.set(...time.all, glides()),
    z: () => timeline.measured && time.set(Math.min(...timeline.measured), Math.max(...timeline.measured), glides()),
    ArrowLeft: () => time.pan(-0.1, glides()),
    ArrowRight: () => time.pan(0.1, glides()),
    ArrowUp: () => scroller.scrollBy(0, -60),
    ArrowDown: () => scroller.scrollBy(0, 60),
    PageUp: () => scroller.scrollBy(0, -0.9 * timeline.height),
    PageDown: () => scroller.scrollBy(0, 0.9 * timeline.height),
    Home: () => time.toEdge(-1, glides()),
    End: () => time.toEdge(1, glides()),
  };
}

/** @param {Page} page @returns {Actions} */
function commandsOf(page) {
  return {
    m: () => page.setRuler(!page.timeline.rulerMode),
    g: () => {
      const known = GROUPINGS.filter(one => one !== "task" || page.model.tasks.length > 0);
      page.group(known[(known.indexOf(page.timeline.grouping) + 1) % known.length]);
    },
    c: () => page.fold(null),
    C: () => page.foldOne(),
    n: () => page.visits.goOn(1),
    N: () => page.visits.goOn(-1),
    l: () => page.visits.goToLongest(),
    t: () => page.switchScheme(),
    e: () => page.saving.ask(),
    "[": () => page.measureFrom(0),
    "]": () => page.measureFrom(1),
    "+": () => page.thicken(1),
    "=": () => page.thicken(1),
    "-": () => page.thicken(-1),
    "/": () => (page.search.focus(), page.search.select()),
    "?": () => page.help.showModal(),
    Escape: () => page.escape(),
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map(number => [String(number), () => page.panel.tabs.chooseNumber(number)])),
  };
}

/**
 * @param {Page} page
 * @param {Map<string, () => void>} keys
 * @param {KeyboardEvent} event
 */
function press(page, keys, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target === page.search) {
    if (event.key === "Enter") {
      page.canvas.focus();
      page.visits.goOn(event.shiftKey ? -1 : 1);
    }
    if (event.key !== "Escape") return;
    if (page.search.value === "") page.canvas.focus();
  }
  if (event.target === page.ranks) {
    if (event.key === "Escape" || event.key === "Enter") page.canvas.focus();
    if (event.key !== "Escape") return;
  }
  if (event.target === page.coloring.menu) {
    // Letters and arrows choose an entry.
    if (event.key === "Escape") page.canvas.focus();
    return;
  }
  // Within the views these keys scroll them, as everywhere.
  const scrolls = /^(Arrow|Page|Home|End)/.test(event.key);
  if (scrolls && event.target instanceof Element && page.panel.element.contains(event.target)) return;
  const action = keys.get(event.key) ?? keys.get(event.key.toLowerCase());
  if (!action) return;
  event.preventDefault();
  action();
}
