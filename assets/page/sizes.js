// How the height of the page is shared between timeline and views.

import { OVERVIEW } from "./overview.js";

/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {{ main: HTMLElement, scroller: HTMLElement, splitter: HTMLElement }} Panels */

/** What the views and the frame keep at least, px. */
const REST = 150;
const LEAST_HEIGHT = 60;
/** The timeline's share of the height. */
const TIMELINE = 0.55;
/** How far one key moves the splitter, px. */
const STEP = 24;

export class Sizes {
  /**
   * @param {Panels} panels
   * @param {Timeline} timeline
   * @param {() => void} changed told after every new arrangement
   */
  constructor(panels, timeline, changed) {
    this.panels = panels;
    this.timeline = timeline;
    this.changed = changed;
    /** The height of the timeline that the reader chose, px. @type {number | null} */
    this.split = null;
    /** Whether there are no views below the timeline. */
    this.bare = false;
    this.listen();
  }

  /** Gives the timeline the height it wants, up to a little more than half. */
  arrange() {
    const { main, scroller, splitter } = this.panels;
    const { timeline, split } = this;
    const room = main.clientHeight;
    timeline.counters.show(timeline.model.counters, timeline.ranks);
    timeline.counters.adapt(room);
    const rest = room - OVERVIEW - timeline.counters.height - splitter.offsetHeight - 6;
    const most = this.bare ? rest + 4 : Math.max(120, Math.round(rest * TIMELINE));
    timeline.arrange(this.bare ? most : (split ?? most));
    const wanted = timeline.groups.length === 0 ? 170 : timeline.wantedHeight;
    const height = this.bare ? most : Math.min(split ?? Math.min(most, wanted), Math.max(LEAST_HEIGHT, room - REST - timeline.counters.height));
    scroller.style.height = `${height}px`;
    // A run of one lane needs less.
    splitter.setAttribute("aria-valuemin", String(Math.min(LEAST_HEIGHT, Math.round(height))));
    splitter.setAttribute("aria-valuemax", String(Math.max(LEAST_HEIGHT, room - REST)));
    splitter.setAttribute("aria-valuenow", String(Math.round(height)));
    timeline.fitCanvas();
    this.changed();
  }

  /** @param {number | null} height px; null: as it fits */
  splitTo(height) {
    const most = Math.max(LEAST_HEIGHT, this.panels.main.clientHeight - REST);
    this.split = height === null ? null : Math.max(LEAST_HEIGHT, Math.min(most, height));
    this.arrange();
  }

  listen() {
    const { main, scroller, splitter } = this.panels;
    splitter.addEventListener("pointerdown", event => {
      event.preventDefault();
      splitter.setPointerCapture(event.pointerId);
      const offset = event.clientY - scroller.clientHeight;
      const move = (/** @type {PointerEvent} */ moved) => this.splitTo(moved.clientY - offset);
      splitter.addEventListener("pointermove", move);
      const end = () => splitter.removeEventListener("pointermove", move);
      splitter.addEventListener("lostpointercapture", end, { once: true });
    });
    splitter.addEventListener("dblclick", () => this.splitTo(null));
    splitter.addEventListener("keydown", event => {
      const height = scroller.clientHeight;
      const moves = new Map([["ArrowUp", height - STEP], ["ArrowDown", height + STEP], ["Home", 0], ["End", Infinity], ["Enter", null]]);
      const moved = moves.get(event.key);
      if (moved === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.splitTo(moved);
    });
    new ResizeObserver(() => this.arrange()).observe(main);
  }
}
