// Which spans follow from which, as the program has said. Pure functions.

/** @typedef {import("./data.js").Region} Region */
/** The first entry of a span. @typedef {{ region: Region, rank: number, thread: number, start: number, end: number }} Entry */
/** A span that follows from another. @typedef {{ following: Entry, followed: Entry }} Follow */
/** How many spans of a region follow from those of another, or are followed by them, and by how long after on the mean. @typedef {{ region: Region, spans: number, after: number }} FollowedRegion */

const NUMBERS_OF_PAIR = 9;

/**
 * @param {number[]} numbers as src/page/views/follows.rs writes them
 * @param {Region[]} regions
 * @returns {Follow[]}
 */
export function decodeFollows(numbers, regions) {
  const pairs = [];
  for (let at = 0; at < numbers.length; at += NUMBERS_OF_PAIR) {
    const rank = numbers[at];
    /** @param {number} first @returns {Entry} */
    const entry = first => {
      const [region, thread, start, length] = numbers.slice(first, first + 4);
      return { region: regions[region], rank, thread, start, end: start + length };
    };
    pairs.push({ following: entry(at + 1), followed: entry(at + 5) });
  }
  return pairs;
}

/**
 * The spans that follow from those that begin with calls of a bar, and those that these follow from.
 * @param {Follow[]} follows
 * @param {{ region: Region, rank: number, thread: number | null, start: number, end: number, calls: number }} bar
 * @returns {{ before: Entry[], after: Entry[] }}
 */
export function aroundBar(follows, { region, rank, thread, start, end, calls }) {
  const last = calls === 1 ? start : end;
  /** @param {Entry} entry */
  const isHere = entry => entry.region === region && entry.rank === rank && (thread === null || entry.thread === thread) && entry.start >= start && entry.start <= last;
  return { before: follows.filter(pair => isHere(pair.following)).map(pair => pair.followed), after: follows.filter(pair => isHere(pair.followed)).map(pair => pair.following) };
}

/**
 * The regions that a region's spans follow from, and those that follow from them; most spans first.
 * @param {Follow[]} follows
 * @param {Region} region
 * @returns {{ before: FollowedRegion[], after: FollowedRegion[] }}
 */
export function aroundRegion(follows, region) {
  return {
    before: summed(follows.filter(pair => pair.following.region === region), pair => pair.followed.region),
    after: summed(follows.filter(pair => pair.followed.region === region), pair => pair.following.region),
  };
}

/**
 * @param {Follow[]} pairs
 * @param {(pair: Follow) => Region} regionOf
 * @returns {FollowedRegion[]}
 */
function summed(pairs, regionOf) {
  /** @type {Map<Region, FollowedRegion>} */
  const found = new Map();
  for (const pair of pairs) {
    const region = regionOf(pair);
    const sum = found.get(region) ?? { region, spans: 0, after: 0 };
    sum.spans++;
    sum.after += (pair.following.start - pair.followed.start - sum.after) / sum.spans;
    found.set(region, sum);
  }
  return [...found.values()].sort((a, b) => b.spans - a.spans);
}
