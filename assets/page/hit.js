// What lies under a point of the timeline. No drawing, no events.

import { AXIS, rowAt } from "./layout.js";
import { exclusive, lowerBound, parentOf } from "./model.js";

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./layout.js").Group} Group */
/** @typedef {import("./layout.js").Row} Row */
/** The bars i to j of a lane, told about together. @typedef {{ lane: Lane, i: number, j: number, start: number, end: number, calls: number, busy: number, exclusive: number | null, parent: Region | null }} Bars */
/**
 * A region's name (`label`), bars, or an empty place of a row; in a folded row how many of its ranks or threads are in a
 * region at this moment.
 * @typedef {{ group: Group, row: Row, region: Region, label: boolean, bar: Bars | null, together?: number }} Hit
 */
/** @typedef {{ groups: Group[], t0: number, t1: number, labelWidth: number, plotWidth: number, scroll: number }} Place */

/**
 * @param {Model} model
 * @param {Lane} lane
 * @param {number} i
 * @returns {Bars}
 */
export function describe(model, lane, i, j = i + 1) {
  const [start, end] = [lane.starts[i], lane.ends[j - 1]];
  const ran = lane.time[j] - lane.time[i];
  // Of lives and polls the lane says more.
  const single = j === i + 1 && !lane.lives && !lane.polls;
  return {
    lane, i, j, start, end,
    calls: lane.calls[j] - lane.calls[i],
    busy: end > start ? Math.min(1, ran / (end - start)) : 1,
    exclusive: single ? exclusive(model, lane, i) : null,
    parent: single ? (parentOf(model, lane, i)?.region ?? null) : null,
  };
}

/**
 * The bar, or the bars sharing a pixel, at a point; over the names, the region.
 * @param {Model} model
 * @param {Place} place
 * @param {number} x
 * @param {number} y
 * @returns {Hit | null}
 */
export function hitAt(model, place, x, y) {
  if (y < AXIS || x > place.labelWidth + place.plotWidth) return null;
  const found = rowAt(place.groups, y - AXIS + place.scroll);
  if (!found) return null;
  const { group, row } = found;
  const region = group.region ?? row.lanes[0].region;
  const isNamed = group.region !== null || row.label !== "";
  if (x < place.labelWidth) return { group, row, region, label: isNamed, bar: null };
  const pixel = (place.t1 - place.t0) / place.plotWidth;
  const time = place.t0 + (x - place.labelWidth) * pixel;
  const nearest = nearestBar(row.lanes, time, pixel);
  if (!nearest) return { group, row, region, label: false, bar: null };
  const [from, to] = togetherWith(nearest.lane, nearest.i, pixel);
  const hit = { group, row, region: nearest.lane.region, label: false, bar: describe(model, nearest.lane, from, to) };
  return row.of > 1 ? { ...hit, together: atWork(row, time) } : hit;
}

/**
 * How many of the ranks or threads of a folded row are in a region at a moment.
 * @param {Row} row
 * @param {number} time
 */
function atWork({ lanes, unit }, time) {
  const busy = lanes.filter(({ starts, ends }) => starts[lowerBound(ends, time)] <= time);
  return new Set(busy.map(lane => (unit === "rank" ? String(lane.rank) : `${lane.rank}:${lane.thread}`))).size;
}

/**
 * The bar closest to a time, within a few pixels; of several the one that ran longest.
 * @param {Lane[]} lanes
 * @param {number} time
 * @param {number} pixel ns
 */
function nearestBar(lanes, time, pixel) {
  const reach = 2.5 * pixel;
  let best = null;
  for (const lane of lanes) {
    const { starts, ends } = lane;
    for (let i = lowerBound(ends, time - reach); i < starts.length && starts[i] <= time + reach; i++) {
      const distance = Math.max(0, starts[i] - time, time - ends[i]);
      const length = ends[i] - starts[i];
      const isOther = best !== null && distance === best.distance && lane !== best.lane;
      // Polls lie within lives.
      const isBetter = best === null || distance < best.distance || (isOther && (lane.polls ? distance === 0 : !best.lane.polls && length > best.length));
      if (isBetter) best = { lane, i, distance, length };
    }
  }
  return best;
}

/**
 * The bars around one that cannot be told apart from it on the screen, as a range.
 * @param {Lane} lane
 * @param {number} i
 * @param {number} pixel ns
 * @returns {[number, number]}
 */
function togetherWith({ starts, ends }, i, pixel) {
  if (ends[i] - starts[i] >= pixel) return [i, i + 1];
  let from = lowerBound(ends, starts[i] - pixel / 2);
  let to = Math.max(i + 1, lowerBound(starts, starts[i] + pixel / 2, i));
  while (from < i && ends[from] - starts[from] >= pixel) from++;
  while (to > i + 1 && ends[to - 1] - starts[to - 1] >= pixel) to--;
  return [from, to];
}

/**
 * The time at a point, or the start or end of a bar that is close to it.
 * @param {Place} place
 * @param {number} x
 * @param {number} y
 */
export function edgeAt(place, x, y) {
  const pixel = (place.t1 - place.t0) / place.plotWidth;
  const time = place.t0 + (x - place.labelWidth) * pixel;
  const row = y < AXIS ? undefined : rowAt(place.groups, y - AXIS + place.scroll)?.row;
  let [best, distance] = [time, 6 * pixel];
  for (const edges of (row?.lanes ?? []).flatMap(lane => [lane.starts, lane.ends])) {
    const after = lowerBound(edges, time);
    for (const edge of [edges[after - 1], edges[after]]) {
      if (Math.abs(edge - time) < distance) [best, distance] = [edge, Math.abs(edge - time)];
    }
  }
  return best;
}
