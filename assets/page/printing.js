// The page on paper: the whole run, in light colours.

import { setScheme } from "./theme.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./theme.js").Scheme} Scheme */

/** @param {Page} page */
export function listenToPrinting(page) {
  const { timeline, table } = page;
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
    show("light", [0, page.model.span]);
  });
  window.addEventListener("afterprint", () => show(page.scheme, before));
}
