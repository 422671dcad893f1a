// The calls of the window in sight, which a served page fetches where it has merged them. src/page/windows is the
// other end.

import { Numbers, decodeLanes } from "./data.js";
import { NO_BARS, splice } from "./splice.js";
import { decodeValues } from "./values.js";

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./splice.js").Bars} Bars */
/** What is known of a window: `pixel` is how short a bar of several calls may be there, ns; 0 where each call has its own. @typedef {{ from: number, until: number, pixel: number, lanes: Map<string, Lane> | null }} Answer */
/** @typedef {{ t0: number, t1: number, columns: number }} Wish */

/** How long a window has to stay before it is asked for, ms. */
const STAYS = 40;
/** So many answers are kept: windows that one comes back to. */
const KEPT = 12;
const NOTHING = 0;
const EXACT = 1;

/** @param {Lane} lane */
const laneKey = ({ region, rank, thread, depth }) => `${region.id}:${rank}:${thread}:${depth}`;

/**
 * @param {Uint8Array} bytes
 * @param {Model} model
 * @param {Wish} wish
 * @returns {Answer}
 */
export function decodeAnswer(bytes, model, { t0, t1, columns }) {
  const numbers = new Numbers(bytes);
  const [kind, from, until] = [numbers.next(), numbers.next(), numbers.next()];
  if (kind === NOTHING) return { from, until, pixel: Infinity, lanes: null };
  const lanes = decodeLanes(numbers, model.regions.map(region => ({ ...region, lanes: [] })));
  if (model.fields.length > 0) decodeValues(numbers, lanes, model.fields.length);
  return { from, until, pixel: kind === EXACT ? 0 : (t1 - t0) / columns, lanes: new Map(lanes.map(lane => [laneKey(lane), lane])) };
}

/**
 * Whether an answer has all that can be had of a window.
 * @param {Answer} answer
 * @param {Wish} wish
 */
export function answers({ from, until, pixel, lanes }, { t0, t1, columns }) {
  // Of a window that was too wide, a wider one is, too.
  if (lanes === null) return t0 <= from && t1 >= until;
  return from <= t0 && until >= t1 && pixel <= (1.25 * (t1 - t0)) / columns;
}

export class Detail {
  /**
   * @param {Model} model
   * @param {number} version of the file, as the server counts
   * @param {(change: () => boolean) => void} changing is to call what it is given, which changes lanes and says whether there are new ones
   */
  constructor(model, version, changing) {
    this.model = model;
    this.version = version;
    this.changing = changing;
    /** The bars that the page came with. @type {Map<Lane, Bars>} */
    this.own = new Map(model.lanes.map(lane => [lane, { starts: lane.starts, ends: lane.ends, calls: lane.calls, time: lane.time, values: lane.values }]));
    /** @type {Map<string, Lane>} */
    this.lanes = new Map(model.lanes.map(lane => [laneKey(lane), lane]));
    /** The latest last. @type {Answer[]} */
    this.known = [];
    /** What is shown. @type {Answer | null} */
    this.shown = null;
    /** @type {AbortController | null} */
    this.running = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    /** What is asked for, or was last. @type {Wish | null} */
    this.wished = null;
    /** Told when nothing is still to come. @type {(() => void)[]} */
    this.quiet = [];
  }

  /** Whether something is still to come. */
  get pending() {
    return this.running !== null || this.waiting !== undefined;
  }

  /**
   * Shows what is known of a window, and fetches what is not.
   * @param {Wish} wish
   */
  wish(wish) {
    const { t0, t1, columns } = this.wished ?? {};
    if (this.pending && wish.t0 === t0 && wish.t1 === t1 && wish.columns === columns) return;
    this.look(wish);
    if (!this.pending) this.hush();
  }

  /**
   * As `wish`, and then waits until nothing is still to come.
   * @param {Wish} wish
   * @returns {Promise<void>}
   */
  async reach(wish) {
    this.wish(wish);
    if (this.pending) await new Promise(done => this.quiet.push(() => done(undefined)));
  }

  hush() {
    for (const told of this.quiet.splice(0)) told();
  }

  /** @param {Wish} wish */
  look(wish) {
    this.stop();
    this.wished = wish;
    if (this.model.header.merged === 0) return;
    if (this.shown && answers(this.shown, wish)) return;
    const known = this.known.find(answer => answers(answer, wish));
    if (known) this.show(known);
    else this.waiting = setTimeout(() => this.fetch(wish), STAYS);
  }

  stop() {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.running?.abort();
    this.running = null;
  }

  /** @param {Wish} wish */
  async fetch(wish) {
    this.waiting = undefined;
    const running = new AbortController();
    this.running = running;
    const query = new URLSearchParams({ version: String(this.version), from: String(Math.floor(wish.t0)), until: String(Math.ceil(wish.t1)), columns: String(Math.ceil(wish.columns)) });
    try {
      const response = await fetch(`detail?${query}`, { signal: running.signal });
      // Why not is what the page says of its server.
      if (response.ok) this.take(decodeAnswer(new Uint8Array(await response.arrayBuffer()), this.model, wish));
    } catch {
      // What is there stays.
    }
    if (this.running !== running) return;
    this.running = null;
    this.hush();
  }

  /** @param {Answer} answer */
  take(answer) {
    this.known.push(answer);
    if (this.known.length > KEPT) this.known.shift();
    this.show(answer);
  }

  /** @param {Answer} answer */
  show(answer) {
    if (!answer.lanes) return;
    this.shown = answer;
    this.changing(() => this.put(answer));
  }

  /**
   * Puts an answer in the place of what the page has of its window.
   * @param {Answer} answer
   */
  put({ from, until, lanes }) {
    const added = [...(lanes ?? [])].filter(([key]) => !this.lanes.has(key));
    for (const [key, lane] of added) {
      const region = this.model.regions[lane.region.id];
      const own = { ...lane, ...NO_BARS, region };
      this.own.set(own, NO_BARS);
      this.lanes.set(key, own);
      this.model.lanes.push(own);
      region.lanes = [...region.lanes, own];
    }
    for (const [key, lane] of this.lanes) {
      const own = this.own.get(lane) ?? NO_BARS;
      Object.assign(lane, splice(own, lanes?.get(key) ?? NO_BARS, from, until));
    }
    return added.length > 0;
  }
}
