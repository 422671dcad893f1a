// The views below the timeline, all of one selection; only the one that is seen is drawn.

import { CallTreeView } from "./calltree.js";
import { find, make } from "./dom.js";
import { Flame } from "./flame.js";
import { duration } from "./format.js";
import { calleesOf, callersOf, leftHeavy } from "./frames.js";
import { MeasureView } from "./measureview.js";
import { undisturbed } from "./pressing.js";
import { RegionDetailsView } from "./regionview.js";
import { writeRun } from "./runview.js";
import { Tabs } from "./tabs.js";
import { TreeSource } from "./treesource.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./regionview.js").Scenery} Scenery */
/** @typedef {import("./views.js").PathTree} PathTree */
/** @typedef {import("./regionview.js").ViewListeners} ViewListeners */
/** @typedef {import("./views.js").Views} Views */

const NO_TREE = "The call tree is not part of this page.";
const TO_COME = "The file is being read. This follows when all of it is.";
/** @param {string} why */
const NEVER_TO_COME = why => `This takes the whole file, which cannot be read to its end: ${why} scope-profiler-pproc --check FILE says what is wrong with it; load this page again once the file is whole.`;

export class Panel {
  /**
   * @param {Model} model
   * @param {Views} views
   * @param {ViewListeners & { scenery: () => Scenery, changed: () => void }} on
   */
  constructor(model, views, on) {
    this.element = find("#panel", HTMLElement);
    this.model = model;
    this.views = views;
    this.on = on;
    this.region = new RegionDetailsView(find("#region", HTMLElement), model, views, on);
    this.source = new TreeSource(model, views.tree, on.far, () => this.draw());
    this.scopes = ["#tree", "#flame", "#sandwich"].map(selector => this.scope(find(selector, HTMLElement)));
    this.tree = new CallTreeView(this.hostIn("#tree"), views.tree, on);
    this.flame = new Flame(this.hostIn("#flame"), { label: "Flame graph, the heaviest to the left", upwards: false, fades: true }, on);
    const sandwich = find("#sandwich", HTMLElement);
    this.prompt = make("div", { class: "prompt" });
    const [above, below] = [make("div"), make("div")];
    this.outermost = make("p", { class: "remark", text: "no other region", hidden: true });
    this.both = make("div", {}, make("h2", { class: "small", text: "Called from" }), this.outermost, above, make("h2", { class: "small", text: "Calls" }), below);
    sandwich.append(this.prompt, this.both);
    this.callers = new Flame(above, { label: "Callers of the selected region", upwards: true, fades: false }, on);
    this.callees = new Flame(below, { label: "What the selected region calls", upwards: false, fades: false }, on);
    /** The latest graph of all. @type {{ tree: PathTree, all: Frame } | null} */
    this.all = null;
    /** @type {{ tree: PathTree, region: Region, callers: Frame, callees: Frame } | null} */
    this.sides = null;
    this.measured = new MeasureView(find("#measured", HTMLElement), on);
    this.writeRun = undisturbed(this.element, () => writeRun(find("#run", HTMLElement), model, views, region => on.pin(region)));
    this.writeRun();
    /** Draws the view that is seen. */
    this.draw = undisturbed(this.element, () => this.drawChosen());
    this.toCome = make("p", { class: "prompt", text: TO_COME, hidden: true });
    find("#tabs", HTMLElement).after(this.toCome);
    this.tabs = new Tabs(find("#tabs", HTMLElement), () => this.chosen());
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** @param {string} selector */
  hostIn(selector) {
    const host = make("div");
    find(selector, HTMLElement).append(host);
    return host;
  }

  /**
   * A line that says of what time a graph is, with a switch to the whole run.
   * @param {HTMLElement} host
   */
  scope(host) {
    const text = make("span", { role: "status" });
    const button = make("button", { type: "button", title: "Call tree and flame graphs follow the window of the timeline, or show the whole run whatever is in sight" });
    button.addEventListener("click", () => {
      this.source.ignoresWindow = !this.source.ignoresWindow;
      this.draw();
      this.on.changed();
    });
    const line = make("p", { class: "scope remark" }, text, button);
    host.append(line);
    return { line, text, button };
  }

  /** The tree that is shown, and what of; the views say so. @param {Scenery} scenery */
  treeOf(scenery) {
    const shown = this.source.of(scenery);
    const { seen: [t0, t1], whole, ranks } = scenery;
    const isPart = !whole || ranks !== null;
    const about = shown.exact ? "" : ", about: some calls are merged";
    const sentence = shown.ofWindow ? `In view: ${duration(t1 - t0)}${ranks ? ", chosen ranks" : ""}${about}` : isPart && !this.source.ignoresWindow ? "Whole run: zoom in to see the window alone" : "Whole run";
    for (const { line, text, button } of this.scopes) {
      line.hidden = !isPart;
      if (text.textContent !== sentence) text.textContent = sentence;
      button.textContent = this.source.ignoresWindow ? "Follow the window" : "Show the whole run";
    }
    return { tree: shown.tree, about: isPart ? sentence : "" };
  }

  /** The model and its views have been replaced. */
  renew() {
    const { views } = this;
    this.tree.renew(views.tree);
    this.source.renew(views.tree);
    [this.all, this.sides] = [null, null];
    this.writeRun();
  }

  /** The rest of the file cannot be read. @param {string} why a sentence */
  fail(why) {
    this.toCome.textContent = NEVER_TO_COME(why);
    this.draw();
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

  drawChosen() {
    const scenery = this.on.scenery();
    const { tree } = this.views;
    const draw = {
      region: () => this.region.show(scenery, this.treeOf(scenery)),
      tree: () => this.drawTree(scenery),
      flame: () => this.drawFlame(scenery),
      sandwich: () => this.drawSandwich(scenery),
      measured: () => this.measured.show(scenery.measure(), scenery.theme.fills, scenery.pinned),
    }[this.tabs.chosen];
    const waits = this.model.header.reading && !["statistics", "measured", "run"].includes(this.tabs.chosen);
    this.toCome.hidden = !waits;
    this.element.classList.toggle("waits", waits);
    if (waits) return;
    if (tree.nodes.length === 0 && ["tree", "flame", "sandwich"].includes(this.tabs.chosen)) find(`#${this.tabs.chosen}`, HTMLElement).replaceChildren(make("p", { class: "prompt", text: NO_TREE }));
    else draw?.();
  }

  /** @param {Scenery} scenery */
  drawTree(scenery) {
    const { tree } = this.treeOf(scenery);
    if (this.tree.tree !== tree) this.tree.follow(tree);
    this.tree.show(scenery.theme.fills, scenery.pinned);
  }

  /** @param {Scenery} scenery */
  drawFlame(scenery) {
    const { tree } = this.treeOf(scenery);
    if (this.all?.tree !== tree) this.all = { tree, all: leftHeavy(tree) };
    this.flame.show(this.all.all, scenery.theme, scenery.pinned);
  }

  /** @param {Scenery} scenery */
  drawSandwich(scenery) {
    const { theme, pinned } = scenery;
    const { tree } = this.treeOf(scenery);
    this.prompt.hidden = pinned !== null;
    this.both.hidden = pinned === null;
    if (!pinned) {
      this.prompt.replaceChildren(this.region.choice(scenery, "Select a region to see what calls it, above, and what it calls, below"));
      return;
    }
    if (this.sides?.region !== pinned || this.sides.tree !== tree) this.sides = { tree, region: pinned, callers: callersOf(tree, pinned), callees: calleesOf(tree, pinned) };
    const isCalled = this.sides.callers.children.length > 0;
    this.outermost.hidden = isCalled;
    this.callers.host.hidden = !isCalled;
    this.callers.show(this.sides.callers, theme, pinned);
    this.callees.show(this.sides.callees, theme, pinned);
  }
}
