// Everything that is known of the selected region, in cards.

import { heatChart, histogramChart, ranksChart, seriesChart } from "./charts.js";
import { css } from "./color.js";
import { make, renewChildren } from "./dom.js";
import { aroundBar, aroundRegion } from "./follows.js";
import { count, duration, instant, oneLine, percent, plural } from "./format.js";
import { calleesOf, callersOf } from "./frames.js";
import { describe } from "./hit.js";
import { busyRanks, threadLabel, threadOf } from "./model.js";
import { nameElement } from "./names.js";
import { longestOf } from "./search.js";
import { numbersOf } from "./values.js";

/** @typedef {import("./charts.js").Look} Look */
/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./far.js").FarCall} FarCall */
/** @typedef {import("./flame.js").Hint} Hint */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./search.js").Spot} Spot */
/** @typedef {import("./theme.js").Theme} Theme */
/** @typedef {import("./views.js").Lives} Lives */
/** @typedef {import("./views.js").PathTree} PathTree */
/** @typedef {import("./views.js").RegionView} RegionView */
/** @typedef {import("./views.js").Views} Views */
/**
 * What a click in a view does elsewhere: selects a region or a call, or shows a part of the timeline. `longest` are the
 * longest calls that the server has found: null while it looks, undefined where the page holds every call.
 * @typedef {{ pin: (region: Region | null) => void, select: (spot: Spot) => void, goTo: (from: number, to: number) => void, goToRank: (region: Region, rank: number) => void, far: () => import("./far.js").FarCalls | null, numbers: (spot: Spot) => import("./far.js").FarNumber[], longest: (region: Region, most: number) => FarCall[] | null | undefined, visit: (call: FarCall) => void, tell: (hint: Hint | null, at: Element | null) => void }} ViewListeners
 */
/** @typedef {{ theme: Theme, pinned: Region | null, selected: Spot | null, seen: [number, number], whole: boolean, ranks: ((rank: number) => boolean) | null, rankText: string, changes: number, measure: () => import("./measureview.js").Measurement | null }} Scenery */

const CARD = 330;
const GAP = 10;
const PADDING = 26;
const LONGEST_CALLS = 8;
const NEIGHBOURS = 6;
const HEAT_COLUMNS = 80;

/**
 * @param {string} title
 * @param {string} remark
 * @param {(Node | string)[]} children
 */
function card(title, remark, ...children) {
  const head = make("h3", { text: title });
  if (remark !== "") head.append(make("small", { text: remark }));
  return make("section", { class: "card" }, head, ...children);
}

/** @param {[string, string][]} pairs */
function listOf(pairs) {
  return make("dl", { class: "facts" }, ...pairs.map(([term, text]) => make("div", {}, make("dt", { text: term }), make("dd", { text }))));
}

/**
 * How many columns so many cards take: as many rows as they need where there is room for `most` columns, but as even as
 * they can be, so that none stands alone beside an empty row.
 * @param {number} cards
 * @param {number} most
 */
export function evenColumns(cards, most) {
  const rows = Math.ceil(cards / Math.max(1, most));
  return Math.max(1, Math.ceil(cards / Math.max(1, rows)));
}

export class RegionDetailsView {
  /**
   * @param {HTMLElement} host
   * @param {Model} model
   * @param {Views} views
   * @param {ViewListeners} on
   */
  constructor(host, model, views, on) {
    this.host = host;
    this.model = model;
    this.views = views;
    this.on = on;
    /** By tree and region. @type {WeakMap<PathTree, Map<Region, { callers: Frame, callees: Frame }>>} */
    this.frames = new WeakMap();
    /** By region, with what it was worked out of. @type {WeakMap<Region, { of: string, busy: Float64Array[] }>} */
    this.busy = new WeakMap();
  }

  /**
   * @param {Scenery} scenery
   * @param {{ tree: PathTree, about: string }} calls the call tree, and what time it is of
   */
  show(scenery, calls) {
    const { pinned } = scenery;
    renewChildren(this.host, ...(pinned ? this.details(pinned, scenery, calls) : [this.choice(scenery)]));
  }

  /**
   * Where no region is selected: those with the most time.
   * @param {Scenery} scenery
   * @param {string} [why] what is to be selected, and what for
   */
  choice({ theme: { fills } }, why = "Select a region to see its details") {
    const regions = this.model.regions.filter(region => region.stats !== null);
    regions.sort((a, b) => (b.stats?.total ?? 0) - (a.stats?.total ?? 0));
    const buttons = regions.slice(0, 8).map(region => make("li", {}, this.regionButton(region, fills, region.stats ? duration(region.stats.total) : "")));
    return make("div", { class: "prompt" }, make("p", { text: `${why}: click a bar, a name, a row or a frame. The largest are:` }), make("ul", { class: "regions" }, ...buttons));
  }

  /**
   * @param {Region} region
   * @param {RGB[]} fills
   * @param {string} value
   * @param {() => void} go what a click does: usually it selects the region
   */
  regionButton(region, fills, value, go = () => this.on.pin(region)) {
    const swatch = make("i", { class: "swatch" });
    swatch.style.background = css(fills[region.id]);
    const button = make("button", { type: "button", class: "link", title: region.name }, swatch, nameElement(region.label), make("span", { class: "value", text: value }));
    button.addEventListener("click", go);
    return button;
  }

  /**
   * @param {Region} region
   * @param {Scenery} scenery
   * @param {{ tree: PathTree, about: string }} calls
   */
  details(region, scenery, { tree, about }) {
    const view = this.views.regions[region.id];
    const room = Math.max(CARD, (this.host.clientWidth || 1000) - 2 * GAP);
    const fill = scenery.theme.fills[region.id];
    const swatch = make("i", { class: "swatch" });
    swatch.style.background = css(fill);
    const head = make("h2", {}, swatch, nameElement(region.label, region.name));
    /** Charts are drawn for the width of a card, which depends on how many there are. @type {(HTMLElement | ((look: Look) => HTMLElement) | null)[]} */
    const all = [
      this.callCard(region, scenery),
      view && view.bins.length > 0 ? look => card("How long calls took", "bars are numbers of calls", histogramChart(view.bins, view.percentiles, look)) : null,
      this.seriesCard(view, scenery),
      this.ranksCard(region, view),
      this.heatCard(region, scenery),
      this.views.tree.nodes.length > 0 ? card("Called from", about, this.neighbours(tree, region, scenery.theme.fills, true), make("h3", { text: "Where its time goes" }), this.neighbours(tree, region, scenery.theme.fills, false)) : null,
      this.followsCard(region, scenery.theme.fills),
      this.longestCard(region),
      view?.lives ? this.livesCard(region, view.lives) : null,
    ];
    const cards = all.filter(one => one !== null);
    const columns = evenColumns(cards.length, Math.floor((room + GAP) / (CARD + GAP)));
    const width = Math.floor((room - (columns - 1) * GAP) / columns) - PADDING;
    const grid = make("div", { class: "cards" }, ...cards.map(one => (typeof one === "function" ? one({ width, fill, tell: this.on.tell }) : one)));
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    return [head, this.numbers(region), grid];
  }

  /** @param {Region} region */
  numbers({ stats }) {
    if (!stats) return make("p", { class: "remark", text: "Only the bars of this region are known." });
    const { calls, total, exclusive, mean, std, min, max, percentiles } = stats;
    /** @type {[string, string][]} */
    const pairs = [["Calls", count(calls)], ["Inclusive", duration(total)]];
    if (exclusive !== null) pairs.push(["Exclusive", `${duration(exclusive)}${total > 0 ? ` (${percent(exclusive / total)})` : ""}`]);
    pairs.push(["Mean", duration(mean)], ["Deviation", duration(std)], ["Min", duration(min)]);
    if (percentiles) pairs.push(["p50", duration(percentiles[0])], ["p95", duration(percentiles[1])], ["p99", duration(percentiles[2])]);
    pairs.push(["Max", duration(max)]);
    return listOf(pairs);
  }

  /**
   * The call that is selected.
   * @param {Region} region
   * @param {Scenery} scenery
   */
  callCard(region, { selected, theme: { fills } }) {
    if (!selected || selected.lane.region !== region) return null;
    const { lane, i } = selected;
    const bar = describe(this.model, lane, i);
    const thread = threadOf(this.model, lane);
    /** @type {[string, string][]} */
    const pairs = [["Rank", String(lane.rank)]];
    if (thread !== null) pairs.push(["Thread", thread]);
    pairs.push(["Start", instant(bar.start)], ["Duration", duration(bar.end - bar.start)]);
    if (bar.calls > 1) pairs.push(["Calls", `${count(bar.calls)}, merged`]);
    if (bar.exclusive !== null) pairs.push(["Exclusive", duration(bar.exclusive)]);
    if (bar.parent) pairs.push(["Inside", bar.parent.label]);
    const far = this.on.numbers(selected);
    // What the page has itself is rounded to what a browser has as a number.
    if (far.length === 0) pairs.push(...numbersOf(this.model.fields, lane, i));
    for (const { name, unit, value } of far) {
      const number = Number.isSafeInteger(Number(value)) ? count(Number(value)) : value;
      pairs.push([oneLine(name), unit === null ? number : `${number} ${unit}`]);
    }
    const button = make("button", { type: "button", text: "Show in the timeline" });
    button.addEventListener("click", () => this.on.select(selected));
    const { before, after } = aroundBar(this.views.follows, { ...bar, region, rank: lane.rank, thread: lane.thread });
    return card("Selected call", "", listOf(pairs), ...this.entries("Follows from", before, region, fills), ...this.entries("Followed by", after, region, fills), make("p", {}, button));
  }

  /**
   * Entries of spans as something to click at, below a title.
   * @param {string} title
   * @param {import("./follows.js").Entry[]} entries
   * @param {Region} here the region that is selected
   * @param {RGB[]} fills
   * @returns {Node[]}
   */
  entries(title, entries, here, fills) {
    if (entries.length === 0) return [];
    const items = entries.slice(0, NEIGHBOURS).map(({ region, rank, thread, start, end }) => {
      const go = () => {
        if (region !== here) this.on.pin(region);
        this.on.visit({ region: region.id, rank, thread, start, end });
      };
      return make("li", {}, this.regionButton(region, fills, `at ${instant(start, this.model.span / 1e5)}`, go));
    });
    if (entries.length > items.length) items.push(make("li", { text: `and ${plural(entries.length - items.length, "other")}` }));
    return [make("h3", { text: title }), make("ul", { class: "regions" }, ...items)];
  }

  /**
   * Which regions' spans those of a region follow from, and which follow from them.
   * @param {Region} region
   * @param {RGB[]} fills
   */
  followsCard(region, fills) {
    const { follows, followsLeftOut } = this.views;
    const { before, after } = aroundRegion(follows, region);
    if (before.length + after.length === 0) return null;
    /** @param {string} title @param {import("./follows.js").FollowedRegion[]} all @param {number} sign */
    const list = (title, all, sign) => {
      if (all.length === 0) return [];
      const items = all.slice(0, NEIGHBOURS).map(({ region: other, spans, after }) => {
        const when = `${duration(Math.abs(after))} ${sign * after < 0 ? "earlier" : "later"}`;
        return make("li", {}, this.regionButton(other, fills, `${plural(spans, "span")}, began ${when} on average`));
      });
      return [make("h3", { text: title }), make("ul", { class: "regions" }, ...items)];
    };
    const remark = followsLeftOut > 0 ? `without ${plural(followsLeftOut, "other")}` : "as the program said";
    return card("Order of spans", remark, ...list("Follows from", before, -1), ...list("Followed by", after, 1));
  }

  /**
   * @param {RegionView | null} view
   * @param {Scenery} scenery
   * @returns {((look: Look) => HTMLElement) | null}
   */
  seriesCard(view, { seen }) {
    const columns = view?.columns;
    if (!columns || columns.length < 2) return null;
    const drift = view.drift ? `first quarter ${duration(view.drift[0])}, last ${duration(view.drift[1])}` : "";
    return look => card("Over the run", `median, 5 to 95 %${drift === "" ? "" : `; ${drift}`}`, seriesChart(columns, this.model.span, seen, look, this.on.goTo));
  }

  /**
   * @param {Region} region
   * @param {RegionView | null} view
   * @returns {((look: Look) => HTMLElement) | null}
   */
  ranksCard(region, view) {
    const { ranks, withoutRanks } = this.views;
    if (ranks.length < 2 || !view?.balance) return null;
    const { balance } = view;
    const { min, mean, max, slowest, factor, lost } = balance;
    const remark = `min ${duration(min)}, mean ${duration(mean)}, max ${duration(max)}`;
    const text = factor === null ? "" : lost === 0 ? "All ranks take equally long." : `Imbalance ${factor.toFixed(2)} × mean; ${duration(lost)} lost to rank ${slowest}.`;
    const draw = (/** @type {Look} */ look) => view.ranks.length > 0 ? ranksChart(ranks, view.ranks, balance, look, rank => this.on.goToRank(region, rank)) : make("p", { class: "remark", text: `The times of single ranks are left out of this page for ${plural(withoutRanks, "region")} with little time.` });
    return look => card("Ranks", remark, draw(look), make("p", { class: "remark", text }));
  }

  /**
   * When each rank was in a region.
   * @param {Region} region
   * @param {Scenery} scenery
   */
  heatCard(region, { seen, ranks: shows }) {
    const ranks = this.views.ranks.filter(rank => shows?.(rank) ?? true);
    if (ranks.length < 2 || region.lanes.length === 0) return null;
    const busy = this.busyOf(region, ranks);
    return (/** @type {Look} */ look) => card("Ranks over the run", "share of the time in the region", heatChart(ranks, busy, this.model.span, seen, look, this.on.goTo));
  }

  /**
   * The shares of a region on these ranks, worked out anew where its bars or the ranks have changed.
   * @param {Region} region
   * @param {number[]} ranks
   */
  busyOf(region, ranks) {
    const of = `${ranks.join()}:${region.lanes.reduce((sum, lane) => sum + lane.starts.length, 0)}`;
    const known = this.busy.get(region);
    if (known?.of === of) return known.busy;
    const busy = busyRanks(region, ranks, this.model.span, HEAT_COLUMNS);
    this.busy.set(region, { of, busy });
    return busy;
  }

  /**
   * Who called a region, or what it called, and the time of that.
   * @param {PathTree} tree
   * @param {Region} region
   * @param {RGB[]} fills
   * @param {boolean} callers
   */
  neighbours(tree, region, fills, callers) {
    /** @type {Map<Region, { callers: Frame, callees: Frame }>} */
    const ofTree = this.frames.get(tree) ?? new Map();
    this.frames.set(tree, ofTree);
    const known = ofTree.get(region) ?? { callers: callersOf(tree, region), callees: calleesOf(tree, region) };
    ofTree.set(region, known);
    const whole = callers ? known.callers : known.callees;
    const share = (/** @type {number} */ ns) => `${duration(ns)} (${percent(ns / Math.max(1, whole.inclusive))})`;
    const items = whole.children.slice(0, NEIGHBOURS).map(frame => make("li", {}, frame.region ? this.regionButton(frame.region, fills, share(frame.inclusive)) : make("span", { text: `other regions ${share(frame.inclusive)}` })));
    const rest = whole.children.length - items.length;
    if (rest > 0) items.push(make("li", { text: `and ${plural(rest, "other")}` }));
    const called = whole.children.reduce((sum, frame) => sum + frame.inclusive, 0);
    const own = whole.inclusive - called;
    if (callers && own > 0) items.push(make("li", { class: "own" }, make("span", { text: "from no other region" }), make("span", { class: "value", text: share(own) })));
    if (!callers) items.push(make("li", { class: "own" }, make("span", { text: "itself" }), make("span", { class: "value", text: share(Math.max(0, own)) })));
    return make("ul", { class: "regions" }, ...items);
  }

  /** @param {Region} region */
  longestCard(region) {
    const found = this.on.longest(region, LONGEST_CALLS);
    const items = found
      ? found.map(call => this.callItem({ ...call, calls: 1 }, () => this.on.visit(call)))
      : longestOf(region.lanes, LONGEST_CALLS).map(spot => {
          const { lane: { rank, thread, starts, ends, calls }, i } = spot;
          return this.callItem({ rank, thread, start: starts[i], end: ends[i], calls: calls[i + 1] - calls[i] }, () => this.on.select(spot));
        });
    if (items.length === 0) return null;
    return card("Longest calls", "click to go there", make("ol", { class: "regions" }, ...items));
  }

  /**
   * A call, or several that are merged, as something to click at.
   * @param {{ rank: number, thread: number | null, start: number, end: number, calls: number }} call
   * @param {() => void} go
   */
  callItem({ rank, thread, start, end, calls }, go) {
    const ofThread = thread === null || this.model.threadCount.get(rank) === 1 ? "" : `, ${threadLabel(this.model, rank, thread)}`;
    const ofRank = this.model.header.ranks > 1 ? `, rank ${rank}` : "";
    const button = make("button", { type: "button", class: "link" },
      make("span", { class: "value", text: duration(end - start) }),
      make("span", { text: `${calls > 1 ? `${count(calls)} calls, merged, ` : ""}at ${instant(start, this.model.span / 1e5)}${ofRank}${ofThread}` }));
    button.addEventListener("click", go);
    return make("li", {}, button);
  }

  /**
   * @param {Region} region
   * @param {Lives} lives
   */
  livesCard(region, { spans, open, elapsed, busy, idle, polls, mostPolls, mostThreads, longest }) {
    const head = make("tr", {}, make("td"), ...["Total", "Mean", "p95", "Max"].map(text => make("th", { text, scope: "col" })));
    const rows = [/** @type {const} */ (["elapsed", elapsed]), /** @type {const} */ (["busy", busy]), /** @type {const} */ (["idle", idle])];
    const body = rows.map(([name, { total, mean, max, percentiles }]) => {
      const values = [total, mean, percentiles?.[1] ?? null, max];
      return make("tr", {}, make("th", { scope: "row", text: name }), ...values.map(ns => make("td", { text: ns === null ? "–" : duration(ns) })));
    });
    const most = Math.max(1, ...longest.map(life => life.elapsed));
    const items = longest.slice(0, 6).map(life => {
      const bar = make("span", { class: "life" }, make("i"));
      bar.style.setProperty("--life", String(life.elapsed / most));
      bar.style.setProperty("--busy", String(life.elapsed > 0 ? life.busy / life.elapsed : 1));
      const button = make("button", { type: "button", class: "link", title: "Show this life in the timeline" }, bar, make("span", { class: "value", text: duration(life.elapsed) }), make("span", { text: `busy ${duration(life.busy)}, ${plural(life.polls, "poll")}${life.open ? ", still entered" : ""}${this.model.header.ranks > 1 ? `, rank ${life.rank}` : ""}` }));
      button.addEventListener("click", () => {
        this.on.pin(region);
        if (life.start !== null) this.on.goTo(life.start - life.elapsed * 0.05, life.start + life.elapsed * 1.05);
      });
      return make("li", {}, button);
    });
    const text = `${plural(spans, "span")}, ${plural(polls, "poll")}; at most ${plural(mostPolls, "poll")} and ${plural(mostThreads, "thread")} for one${open > 0 ? `; ${count(open)} still entered at the end` : ""}.`;
    return card("Lives of its spans", "from first entry to last exit", make("table", { class: "small" }, make("thead", {}, head), make("tbody", {}, ...body)), make("p", { class: "remark", text }), make("ol", { class: "regions" }, ...items));
  }
}
