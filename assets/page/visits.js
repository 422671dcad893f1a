// From call to call: the next, the one before, the longest. What a served page has merged, its server finds.

import { callAt, isAlone, spotOf } from "./calls.js";
import { count, duration, plural } from "./format.js";
import { glides } from "./input.js";
import { longest, neighbour, placeOf } from "./search.js";
import { sentenceOf } from "./tooltip.js";

/** @typedef {import("./calls.js").Call} Call */
/** @typedef {import("./far.js").FarCall} FarCall */
/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./search.js").Spot} Spot */

export class Visits {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** What asks the server, of a page that has one. @type {import("./far.js").FarCalls | null} */
    this.far = null;
    /** How many steps are still to come to their end. */
    this.pending = 0;
    /** Steps are taken one after the other. @type {Promise<void>} */
    this.latest = Promise.resolve();
  }

  /** What asks the server, where the page does not hold every call. */
  get farCalls() {
    return this.page.model.header.merged > 0 ? this.far : null;
  }

  /** The regions whose calls are gone through: those searched for, else the pinned one; null for all. */
  get regions() {
    const { pinned, shown } = this.page.timeline;
    if (this.page.search.value !== "") return shown;
    return pinned ? [pinned] : null;
  }

  get lanes() {
    const { model, timeline: { ranks } } = this.page;
    const lanes = this.regions?.flatMap(region => region.lanes) ?? model.lanes;
    return ranks ? lanes.filter(lane => ranks(lane.rank)) : lanes;
  }

  /** @returns {import("./far.js").Among} */
  get among() {
    const { timeline, ranks } = this.page;
    return { regions: this.regions?.map(region => region.id).sort((a, b) => a - b) ?? null, ranks: timeline.ranks ? ranks.value.replace(/\s/g, "") : "" };
  }

  /** @param {1 | -1} step */
  goOn(step) {
    const { far, among } = { far: this.farCalls, among: this.among };
    if (far) this.inTurn(async () => {
      const { timeline: { call, window: { target } } } = this.page;
      const at = call && this.isAmong(call) ? this.farCallOf(call) : null;
      const { call: found, place, all } = await far.step(among, step, at ?? target[step > 0 ? 0 : 1]);
      if (found) await this.visit(found, `${count(place)} of ${plural(all, "call")}`);
    }, () => this.goOnHere(step));
    else this.goOnHere(step);
  }

  /** As `goOn`, among the bars that the page holds. @param {1 | -1} step */
  goOnHere(step) {
    const { selected, window: { target } } = this.page.timeline;
    const { lanes } = this;
    const from = selected && lanes.includes(selected.lane) ? selected : null;
    this.select(neighbour(lanes, from, step, from || step > 0 ? target[0] : target[1]));
  }

  goToLongest() {
    const { far, among } = { far: this.farCalls, among: this.among };
    if (far) this.inTurn(async () => {
      const [found] = await far.longest(among, 1);
      if (found) await this.visit(found, `the longest: ${duration(found.end - found.start)}`);
    }, () => this.select(longest(this.lanes)));
    else this.select(longest(this.lanes));
  }

  /**
   * Takes a step when those before it are over; `otherwise`, where the server cannot say.
   * @param {() => Promise<void>} step
   * @param {() => void} otherwise
   */
  inTurn(step, otherwise) {
    this.pending++;
    this.latest = this.latest.then(step).catch(otherwise).finally(() => this.pending--);
  }

  /** @param {Call} call */
  isAmong({ name, rank }) {
    const { ranks } = this.page.timeline;
    return (this.regions?.some(region => region.name === name) ?? true) && (ranks?.(rank) ?? true);
  }

  /** @param {Call} call @returns {FarCall | null} */
  farCallOf({ name, rank, thread, start, end }) {
    const region = this.page.model.regions.find(one => one.name === name);
    return region ? { region: region.id, rank, thread, start, end } : null;
  }

  /**
   * Shows a call that the server has found, once the calls around it are there.
   * @param {FarCall} found
   * @param {string} text what to say of it
   */
  async visit({ region, rank, thread, start, end }, text) {
    const { page } = this;
    const { timeline, model } = page;
    timeline.goTo(start, end, glides());
    await page.detail?.reach(page.wish);
    const spot = spotOf(model, { name: model.regions[region].name, rank, thread, depth: null, start, end });
    if (!spot) return;
    this.select(spot, glides(), text);
    // Where it is merged all the same, it is the call that is selected, not the bar.
    timeline.call = { ...callAt(spot), thread, start, end };
  }

  /**
   * The numbers that the program recorded of a single call, where the server can say.
   * @param {Spot} spot
   * @param {() => void} arrived
   */
  numbersOf(spot, arrived) {
    const call = isAlone(spot) ? this.farCallOf(callAt(spot)) : null;
    return (call && this.far?.numbersOf(call, arrived)) ?? [];
  }

  /** @param {FarCall} found */
  visitSoon(found) {
    this.inTurn(() => this.visit(found, duration(found.end - found.start)), () => undefined);
  }

  /**
   * @param {Spot | null} spot
   * @param {string | null} text what to say of it; null: its place among all
   */
  select(spot, glide = glides(), text = null) {
    if (!spot) return;
    const { page } = this;
    const { timeline } = page;
    page.points = true;
    timeline.select(spot, glide);
    timeline.pointer = null;
    timeline.hover(null);
    const hit = timeline.selectedHit;
    if (!hit) return;
    const said = text ?? this.placeText(spot, hit.bar?.calls === 1);
    page.matches.textContent = said;
    const start = spot.lane.starts[spot.i];
    const counters = timeline.counters.valuesOf(start, start + 1).map(([name, value]) => `, ${name} ${value}`);
    page.spoken.textContent = `${sentenceOf(page.model, hit)}${counters.join("")}; ${said.replace(/ (calls|bars)$/, "")}`;
  }

  /** @param {Spot} spot @param {boolean} isCall */
  placeText(spot, isCall) {
    const { place, all } = placeOf(this.lanes, spot);
    return `${count(place)} of ${count(all)} ${isCall ? "calls" : "bars"}`;
  }
}
