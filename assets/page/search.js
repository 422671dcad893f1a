// What a search finds: regions by name, and their calls one after the other.

import { lowerBound } from "./model.js";

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {{ lane: Lane, i: number }} Spot */

/**
 * What a search matches: `/regex/` or `/regex/i`, from the start of the name on as the command line has it, else text in
 * upper or lower case.
 * @param {string} text
 * @returns {{ error: string | null, test: (name: string) => boolean }}
 */
export function parseSearch(text) {
  const regex = /^\/(.+)\/(i?)$/s.exec(text);
  if (!regex) {
    const part = text.toLowerCase();
    return { error: null, test: name => name.toLowerCase().includes(part) };
  }
  try {
    // As Rust writes it, and then the whole from the start on: `a|b` is one thing.
    const [, inline, source] = /^(\(\?i\))?(.*)$/s.exec(regex[1]) ?? ["", "", regex[1]];
    new RegExp(source);
    const pattern = new RegExp(`^(?:${source})`, inline ? "i" : regex[2]);
    return { error: null, test: name => pattern.test(name) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error), test: () => true };
  }
}

/**
 * The bar after `from` in order of start, or the one before it; bars that start together come in the order of the
 * lanes. After the last comes the first.
 * @param {Lane[]} lanes
 * @param {Spot | null} from null: the first bar that starts at `time` or later, or the last before it
 * @param {1 | -1} step
 * @param {number} time
 * @returns {Spot | null}
 */
export function neighbour(lanes, from, step, time) {
  const found = seek(lanes, from, step, from ? from.lane.starts[from.i] : time);
  return found ?? seek(lanes, null, step, step > 0 ? -Infinity : Infinity);
}

/**
 * @param {Lane[]} lanes
 * @param {Spot | null} from
 * @param {1 | -1} step
 * @param {number} time
 * @returns {Spot | null}
 */
function seek(lanes, from, step, time) {
  const own = from ? lanes.indexOf(from.lane) : -1;
  /** @type {Spot | null} */
  let best = null;
  lanes.forEach((lane, at) => {
    // Whether a bar of this lane that starts at `time` is still to come.
    const together = from === null || (step > 0 ? at > own : at < own);
    let i = lowerBound(lane.starts, time);
    if (lane === from?.lane) i = from.i + step;
    else if (step > 0) while (!together && lane.starts[i] === time) i++;
    else {
      while (from !== null && together && lane.starts[i] === time) i++;
      i--;
    }
    if (i < 0 || i >= lane.starts.length) return;
    const start = lane.starts[i];
    const isBetter = best === null || (step > 0 ? start < best.lane.starts[best.i] : start >= best.lane.starts[best.i]);
    if (isBetter) best = { lane, i };
  });
  return best;
}

/**
 * The place of a bar among those of all lanes in order of start, from 1, and their number.
 * @param {Lane[]} lanes
 * @param {Spot} spot
 */
export function placeOf(lanes, spot) {
  const start = spot.lane.starts[spot.i];
  const own = lanes.indexOf(spot.lane);
  let [before, all] = [0, 0];
  lanes.forEach((lane, at) => {
    all += lane.starts.length;
    let i = lane === spot.lane ? spot.i : lowerBound(lane.starts, start);
    if (at < own) while (lane.starts[i] === start) i++;
    before += i;
  });
  return { place: before + 1, all };
}

/**
 * The longest single calls of some lanes, the longest first; where there are only merged bars, the longest of those.
 * @param {Lane[]} lanes
 * @param {number} most
 * @returns {Spot[]}
 */
export function longestOf(lanes, most) {
  /** @type {{ spot: Spot, single: boolean, length: number }[]} */
  const best = [];
  for (const lane of lanes) {
    for (let i = 0; i < lane.starts.length; i++) {
      const [single, length] = [lane.calls[i + 1] - lane.calls[i] === 1, lane.ends[i] - lane.starts[i]];
      const before = best.findIndex(one => (single !== one.single ? single : length > one.length));
      if (before < 0 && best.length >= most) continue;
      best.splice(before < 0 ? best.length : before, 0, { spot: { lane, i }, single, length });
      if (best.length > most) best.pop();
    }
  }
  return best.map(one => one.spot);
}

/** @param {Lane[]} lanes */
export function longest(lanes) {
  return longestOf(lanes, 1)[0] ?? null;
}
