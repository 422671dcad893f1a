// Which call tree is shown: that of the window in sight, or that of the whole run.

import { decodeTree } from "./views.js";
import { treeOfWindow } from "./windowtree.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./far.js").FarCalls} FarCalls */
/** @typedef {import("./regionview.js").Scenery} Scenery */
/** @typedef {import("./views.js").PathTree} PathTree */
/** A tree, of the window or of the run; whether its calls and times are exact. @typedef {{ tree: PathTree, ofWindow: boolean, exact: boolean }} ShownTree */

/** A window has to stay for so long before the server is asked for its tree, ms. */
const WINDOW_STAYS = 150;

export class TreeSource {
  /**
   * @param {Model} model
   * @param {PathTree} whole of the run
   * @param {() => FarCalls | null} far what asks the server, where the page does not hold every call
   * @param {() => void} arrived told of a tree that came later
   */
  constructor(model, whole, far, arrived) {
    this.model = model;
    this.whole = whole;
    this.far = far;
    this.arrived = arrived;
    /** Whether the whole run is shown, whatever is in sight. */
    this.ignoresWindow = false;
    /** @type {ShownTree} */
    this.shown = { tree: whole, ofWindow: false, exact: true };
    /** What it is of. */
    this.key = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    /** How many answers are still to come. */
    this.running = 0;
  }

  /** @param {PathTree} whole */
  renew(whole) {
    this.whole = whole;
    this.shown = { tree: whole, ofWindow: false, exact: true };
    this.key = "";
  }

  get pending() {
    return this.running > 0 || this.waiting !== undefined;
  }

  /** @param {Scenery} scenery @returns {ShownTree} */
  of({ seen: [t0, t1], whole, ranks, rankText, changes }) {
    const isRun = this.ignoresWindow || (whole && ranks === null);
    const key = isRun ? "" : [t0, t1, rankText, changes].join();
    if (key === this.key) return this.shown;
    const isSame = this.key.startsWith([t0, t1, rankText, ""].join()) && this.shown.exact;
    this.key = key;
    clearTimeout(this.waiting);
    this.waiting = undefined;
    // What the server has said of a window stays.
    if (!isRun && isSame) return this.shown;
    const found = isRun ? null : treeOfWindow(this.model, t0, t1, ranks);
    this.shown = found ? { ...found, ofWindow: true } : { tree: this.whole, ofWindow: false, exact: true };
    const far = this.far();
    if (!isRun && far && !found?.exact) this.waiting = setTimeout(() => this.ask(far, t0, t1, rankText), WINDOW_STAYS);
    return this.shown;
  }

  /**
   * @param {FarCalls} far
   * @param {number} t0
   * @param {number} t1
   * @param {string} ranks
   */
  async ask(far, t0, t1, ranks) {
    const { key } = this;
    this.waiting = undefined;
    this.running++;
    try {
      const { paths, leftOut } = await far.tree({ regions: null, ranks }, t0, t1);
      if (key === this.key && paths) {
        this.shown = { tree: decodeTree(paths, leftOut, this.model.regions), ofWindow: true, exact: true };
        this.arrived();
      }
    } catch {
      // What is there stays.
    }
    this.running--;
  }
}
