// The views below the timeline, all of one selection; only the one that is seen is drawn.

import { CallTreeView } from "./calltree.js";
import { find, make } from "./dom.js";
import { Flame } from "./flame.js";
import { calleesOf, callersOf, leftHeavy } from "./frames.js";
import { MeasureView } from "./measureview.js";
import { RegionDetailsView } from "./regionview.js";
import { writeRun } from "./runview.js";
import { Tabs } from "./tabs.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./regionview.js").Scenery} Scenery */
/** @typedef {import("./regionview.js").ViewListeners} ViewListeners */
/** @typedef {import("./views.js").Views} Views */

const NO_TREE = "The call tree is not part of this page.";

export class Panel {
  /**
   * @param {Model} model
   * @param {Views} views
   * @param {ViewListeners & { scenery: () => Scenery, changed: () => void }} on
   */
  constructor(model, views, on) {
    this.element = find("#panel", HTMLElement);
    this.views = views;
    this.on = on;
    this.region = new RegionDetailsView(find("#region", HTMLElement), model, views, on);
    this.tree = new CallTreeView(find("#tree", HTMLElement), views.tree, on);
    this.flame = new Flame(this.flameHost("#flame"), { label: "Flame graph of the whole run, the heaviest to the left", upwards: false, fades: true }, on);
    const sandwich = find("#sandwich", HTMLElement);
    this.prompt = make("p", { class: "prompt", text: "Select a region to see what calls it, above, and what it calls, below: click a bar, a name, a row or a frame." });
    const [above, below] = [make("div"), make("div")];
    this.both = make("div", {}, make("h2", { class: "small", text: "Called from" }), above, make("h2", { class: "small", text: "Calls" }), below);
    sandwich.append(this.prompt, this.both);
    this.callers = new Flame(above, { label: "Callers of the selected region", upwards: true, fades: false }, on);
    this.callees = new Flame(below, { label: "What the selected region calls", upwards: false, fades: false }, on);
    /** @type {Frame | null} */
    this.whole = null;
    /** @type {{ region: Region, callers: Frame, callees: Frame } | null} */
    this.sides = null;
    this.measured = new MeasureView(find("#measured", HTMLElement), on);
    writeRun(find("#run", HTMLElement), model, views, region => on.pin(region));
    this.tabs = new Tabs(find("#tabs", HTMLElement), () => this.chosen());
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** @param {string} selector */
  flameHost(selector) {
    const host = make("div");
    find(selector, HTMLElement).append(host);
    return host;
  }

  /** What was chosen, as the address has it; null for the table. */
  get view() {
    return this.tabs.chosen === "statistics" ? null : this.tabs.chosen;
  }

  /** @param {string | null} view */
  show(view) {
    this.tabs.show(view ?? "statistics");
    this.draw();
  }

  chosen() {
    this.draw();
    this.on.changed();
  }

  /** Draws the view that is seen. */
  draw() {
    const scenery = this.on.scenery();
    const { tree } = this.views;
    const draw = {
      region: () => this.region.show(scenery),
      tree: () => this.drawTree(scenery),
      flame: () => this.drawFlame(scenery),
      sandwich: () => this.drawSandwich(scenery),
      measured: () => this.measured.show(scenery.measure(), scenery.theme.fills, scenery.pinned),
    }[this.tabs.chosen];
    if (tree.nodes.length === 0 && ["tree", "flame", "sandwich"].includes(this.tabs.chosen)) find(`#${this.tabs.chosen}`, HTMLElement).replaceChildren(make("p", { class: "prompt", text: NO_TREE }));
    else draw?.();
  }

  /** @param {Scenery} scenery */
  drawTree({ theme, pinned }) {
    this.tree.show(theme.fills, pinned);
  }

  /** @param {Scenery} scenery */
  drawFlame({ theme, pinned }) {
    this.whole ??= leftHeavy(this.views.tree);
    this.flame.show(this.whole, theme, pinned);
  }

  /** @param {Scenery} scenery */
  drawSandwich({ theme, pinned }) {
    this.prompt.hidden = pinned !== null;
    this.both.hidden = pinned === null;
    if (!pinned) return;
    if (this.sides?.region !== pinned) this.sides = { region: pinned, callers: callersOf(this.views.tree, pinned), callees: calleesOf(this.views.tree, pinned) };
    this.callers.show(this.sides.callers, theme, pinned);
    this.callees.show(this.sides.callees, theme, pinned);
  }
}
