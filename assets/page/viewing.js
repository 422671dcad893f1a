// What is seen of the page, as its address has it; and back.

import { spotOf } from "./calls.js";
import { parseRanks, readFolds, writeFolds } from "./folding.js";

/** @typedef {import("./address.js").View} View */
/** @typedef {import("./page.js").Page} Page */

/** @param {Page} page @returns {View} */
export function viewOf({ timeline, table, sizes, panel, search, ranks, scheme, coloring, asked }) {
  const [t0, t1] = timeline.window.target;
  return {
    window: asked ?? (timeline.window.isWhole ? null : [t0, t1]),
    pin: timeline.pinned?.name ?? null,
    search: search.value,
    by: timeline.grouping,
    sort: table.sort.key,
    down: table.sort.down,
    measured: timeline.measured,
    boxed: timeline.boxed,
    selected: timeline.call,
    scroll: timeline.elements.scroller.scrollTop,
    thickness: timeline.thickness,
    split: sizes.split,
    ofRun: panel.source.ignoresWindow,
    tab: panel.view,
    ranks: timeline.ranks ? ranks.value.replace(/\s/g, "") : "",
    folds: writeFolds(timeline.folds),
    scheme,
    color: coloring.chosen,
  };
}

/**
 * @param {Page} page
 * @param {View} view
 */
export function showView(page, view) {
  const { timeline } = page;
  page.colorBy(view.scheme);
  page.coloring.choose(view.color);
  page.panel.source.ignoresWindow = view.ofRun;
  page.panel.show(view.tab);
  page.search.value = view.search;
  page.ranks.value = view.ranks;
  timeline.ranks = parseRanks(view.ranks).ranks;
  timeline.folds = readFolds(view.folds);
  page.table.setSort(view.sort, view.down);
  timeline.thickness = view.thickness;
  page.sizes.split = view.split;
  timeline.measured = view.measured;
  page.group(view.by);
  page.filter();
  timeline.boxed = view.boxed;
  page.pin(page.model.regions.find(region => region.name === view.pin) ?? null, true);
  timeline.window.set(...(view.window ?? timeline.window.all));
  chooseCall(page, view.selected);
  if (view.window) timeline.window.set(...view.window);
  if (view.scroll > 0) timeline.elements.scroller.scrollTop = view.scroll;
}

/**
 * Selects the call that a view names.
 * @param {Page} page
 * @param {import("./address.js").SelectedBar | null} bar
 */
function chooseCall(page, bar) {
  if (!bar) return;
  /** A link does not say when it ends. @type {import("./calls.js").Call} */
  const call = { end: NaN, ...bar };
  page.visits.select(spotOf(page.model, call), false);
  page.timeline.call = call;
  page.timeline.relocate();
}
