// The page on paper: the whole run, in light colours.

import { OVERVIEW } from "./overview.js";
import { setScheme } from "./theme.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./theme.js").Scheme} Scheme */

/** The height of the timeline on paper, px. */
const MOST_ON_PAPER = 1400;
/** Rows grow into so much of it, px. */
const ROOM_ON_PAPER = 560;
/** The width for which it is drawn, px: a sheet shows all of it, somewhat smaller. */
const WIDTH_ON_PAPER = 1000;
/** What stands around the timeline of a page in a frame, besides its name, px. */
const FRAME_AROUND = 26;

export class Printing {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** The window of time before. @type {[number, number] | null} */
    this.before = null;
    window.addEventListener("beforeprint", () => this.begin());
    window.addEventListener("afterprint", () => this.end());
  }

  /** Draws for paper; also where the page that has this one in a frame is printed. */
  begin() {
    const { page, page: { timeline } } = this;
    const { scroller } = timeline.elements;
    if (this.before) return;
    this.before = timeline.window.target;
    // All lanes, as far as a sheet or two has room for them.
    page.main.style.width = `${WIDTH_ON_PAPER}px`;
    timeline.arrange(ROOM_ON_PAPER);
    scroller.style.height = `${Math.min(timeline.wantedHeight, MOST_ON_PAPER)}px`;
    timeline.fitCanvas();
    this.show("light", timeline.window.all);
  }

  end() {
    const { page, before } = this;
    if (!before) return;
    this.before = null;
    page.main.style.width = "";
    page.sizes.arrange();
    this.show(page.scheme, before);
  }

  /** The size of a page in a frame, between `begin` and `end`, px. */
  get size() {
    const { timeline } = this.page;
    const heading = document.querySelector("header")?.clientHeight ?? 0;
    const { counters } = timeline;
    return { width: WIDTH_ON_PAPER + FRAME_AROUND, height: heading + OVERVIEW + timeline.height + counters.wholeHeight + FRAME_AROUND };
  }

  /**
   * @param {Scheme | null} scheme
   * @param {[number, number]} target
   */
  show(scheme, target) {
    const { timeline, table, panel } = this.page;
    setScheme(scheme);
    timeline.readTheme();
    table.paint(timeline.theme.fills);
    timeline.window.set(...target);
    table.follow(...target, timeline.ranks);
    timeline.draw();
    panel.draw();
  }
}
