// The page on paper: the whole run, in light colours.

import { setScheme } from "./theme.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./theme.js").Scheme} Scheme */

/** The height of the timeline on paper, px. */
const MOST_ON_PAPER = 1400;
/** Rows grow into so much of it, px. */
const ROOM_ON_PAPER = 560;
/** The width for which it is drawn, px: a sheet shows all of it, somewhat smaller. */
const WIDTH_ON_PAPER = 1000;

/** @param {Page} page */
export function listenToPrinting(page) {
  const { timeline, table } = page;
  const { scroller } = timeline.elements;
  /** @type {[number, number]} */
  let before = [0, 0];
  const show = (/** @type {Scheme | null} */ scheme, /** @type {[number, number]} */ target) => {
    setScheme(scheme);
    timeline.readTheme();
    table.paint(timeline.theme.fills);
    timeline.window.set(...target);
    table.follow(...target, timeline.ranks);
    timeline.draw();
  };
  window.addEventListener("beforeprint", () => {
    before = timeline.window.target;
    // All lanes, as far as a sheet or two has room for them.
    page.main.style.width = `${WIDTH_ON_PAPER}px`;
    timeline.arrange(ROOM_ON_PAPER);
    scroller.style.height = `${Math.min(timeline.wantedHeight, MOST_ON_PAPER)}px`;
    timeline.fitCanvas();
    show("light", [0, page.model.span]);
  });
  window.addEventListener("afterprint", () => {
    page.main.style.width = "";
    page.sizes.arrange();
    show(page.scheme, before);
  });
}
