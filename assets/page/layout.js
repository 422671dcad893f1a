// Which lanes lie where, from top to bottom: rows of bars, in groups. No drawing.

import { plural } from "./format.js";
import { levelsOf, overlap, threadLabel } from "./model.js";
import { taskRows } from "./tasks.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {"region" | "rank" | "thread" | "task"} Grouping */
/**
 * One row of bars; `level` is how often its calls lie inside others of their region. `y` is from the group's top. A row
 * that stands for a folded group says of how many ranks or threads it is; `of` is 0 for others.
 * @typedef {{ lanes: Lane[], label: string, level: number, y: number, height: number, of: number, unit: string }} Row
 */
/** `gap` is below and above it, half each. @typedef {{ title: string, region: Region | null, rank: number | null, rows: Row[], y: number, height: number, gap: number, folds: boolean, folded: boolean }} Group */
/** The rows of a region on a rank, or on one of its threads, by level. @typedef {{ rank: number, thread: number | null, levels: Lane[][] }} Strand */

/** @type {Grouping[]} */
export const GROUPINGS = ["region", "rank", "thread", "task"];
export const AXIS = 26;
const GROUP_GAP = 7;
/** Room for the sign that folds a group and opens it, px. */
export const FOLD_COLUMN = 11;
/** Deeper calls share the last row. */
const MOST_LEVELS = 12;
const MOST_DEPTHS = 64;
/** The height of a row of nested calls of a region, as a share of that of the outermost. */
const NESTED = 0.6;
/** More groups that are folded are a picture of all. */
const FEW_GROUPS = 24;

/** @type {WeakMap<Region, Strand[]>} */
const knownStrands = new WeakMap();

/**
 * The rows of a region: one for each rank, or for each thread where threads overlap in time; below it those of calls
 * inside other calls of the region.
 * @param {Region} region
 * @returns {Strand[]}
 */
export function strandsOf(region) {
  const known = knownStrands.get(region);
  if (known) return known;
  const levels = levelsOf(region.lanes);
  /** @type {Map<number, Map<number | null, Lane[][]>>} */
  const ranks = new Map();
  region.lanes.forEach((lane, at) => {
    const threads = ranks.get(lane.rank) ?? new Map();
    ranks.set(lane.rank, threads);
    const ofThread = threads.get(lane.thread) ?? [];
    threads.set(lane.thread, ofThread);
    const level = Math.min(levels[at], MOST_LEVELS - 1);
    while (ofThread.length <= level) ofThread.push([]);
    ofThread[level].push(lane);
  });
  /** @type {Strand[]} */
  const strands = [];
  for (const [rank, threads] of [...ranks].sort((a, b) => a[0] - b[0])) {
    const apart = [...threads].sort((a, b) => (a[0] ?? -1) - (b[0] ?? -1));
    if (apart.length > 1 && takeTurns(apart.map(([, byLevel]) => byLevel[0]))) {
      const together = Array.from({ length: Math.max(...apart.map(([, byLevel]) => byLevel.length)) }, (_, level) => apart.flatMap(([, byLevel]) => byLevel[level] ?? []));
      strands.push({ rank, thread: null, levels: together });
    } else {
      for (const [thread, byLevel] of apart) strands.push({ rank, thread: apart.length > 1 ? thread : null, levels: byLevel });
    }
  }
  knownStrands.set(region, strands);
  return strands;
}

/**
 * Forgets the rows of regions that have got further lanes.
 * @param {Region[]} regions
 */
export function forgetStrands(regions) {
  for (const region of regions) knownStrands.delete(region);
}

/**
 * Whether the lanes of no two threads overlap in time.
 * @param {Lane[][]} threads
 */
function takeTurns(threads) {
  // Threads that work side by side are mostly found out at once.
  for (let i = 1; i < threads.length; i++) {
    if (threads[i].some(lane => threads[i - 1].some(other => overlap(lane, other)))) return false;
  }
  const bars = threads.flatMap((lanes, thread) => lanes.map(lane => ({ lane, thread })));
  const offsets = bars.map(() => 0);
  let all = 0;
  bars.forEach(({ lane }, at) => {
    offsets[at] = all;
    all += lane.starts.length;
  });
  const [starts, ends, owners] = [new Float64Array(all), new Float64Array(all), new Uint32Array(all)];
  bars.forEach(({ lane, thread }, at) => {
    starts.set(lane.starts, offsets[at]);
    ends.set(lane.ends, offsets[at]);
    owners.fill(thread, offsets[at], offsets[at] + lane.starts.length);
  });
  const order = Uint32Array.from({ length: all }, (_, i) => i).sort((a, b) => starts[a] - starts[b]);
  let [latest, owner] = [-Infinity, 0];
  for (const i of order) {
    if (starts[i] < latest && owners[i] !== owner) return false;
    if (ends[i] >= latest) [latest, owner] = [ends[i], owners[i]];
  }
  return true;
}

/**
 * @param {Model} model
 * @param {number} rank
 * @param {number | null} thread
 */
function strandLabel(model, rank, thread, withRank = true) {
  return [withRank && `rank ${rank}`, thread !== null && threadLabel(model, rank, thread)].filter(Boolean).join(" · ");
}

/** @param {Lane[]} lanes @param {string} label @param {number} level @returns {Row} */
const newRow = (lanes, label, level) => ({ lanes, label, level, y: 0, height: 0, of: 0, unit: "" });

/** @param {string} title @param {Region | null} region @param {number | null} rank @returns {Group} */
const newGroup = (title, region, rank) => ({ title, region, rank, rows: [], y: 0, height: 0, gap: GROUP_GAP, folds: false, folded: false });

/** Whether a rank is shown. @typedef {(rank: number) => boolean} Shows */

/**
 * The groups of the regions and ranks that are shown, in order; not placed yet.
 * @param {Model} model
 * @param {Region[]} shown
 * @param {Grouping} grouping
 * @param {Shows} shows
 */
export function groupsOf(model, shown, grouping, shows = () => true) {
  const groups = { region: byRegion, rank: byRank, thread: byThread, task: byTask }[grouping](model, shown, shows);
  if (grouping !== "task") groups.forEach(group => (group.folds = group.rows.length > 1));
  return groups;
}

/**
 * Puts all lanes of a group into one row.
 * @param {Group} group
 */
export function fold(group) {
  const lanes = group.rows.flatMap(row => row.lanes);
  const ranks = new Set(lanes.map(lane => lane.rank)).size;
  const threads = new Set(lanes.map(lane => `${lane.rank}:${lane.thread}`)).size;
  // Of a region those inside others of it are in use whenever the others are.
  const outermost = group.region ? group.rows.filter(row => row.level === 0) : group.rows;
  const of = group.region ? outermost.length : threads;
  const unit = of === ranks ? "rank" : "thread";
  const label = of > 1 ? plural(of, unit) : "";
  group.rows = [{ ...newRow(outermost.flatMap(row => row.lanes), label, 0), of, unit }];
  group.folded = true;
}

/** @param {Model} model @param {Region[]} shown @param {Shows} shows */
function byRegion(model, shown, shows) {
  const manyRanks = model.header.ranks > 1;
  const drawn = shown.filter(region => region.lanes.some(lane => shows(lane.rank)));
  return drawn.map(region => {
    const group = newGroup(region.label, region, null);
    for (const { rank, thread, levels } of strandsOf(region)) {
      if (!shows(rank)) continue;
      levels.forEach((lanes, level) => group.rows.push(newRow(lanes, level === 0 ? strandLabel(model, rank, thread, manyRanks) : "", level)));
    }
    return group;
  });
}

/** @param {Model} model @param {Region[]} shown @param {Shows} shows */
function byRank(model, shown, shows) {
  /** @type {Map<number, Group>} */
  const groups = new Map();
  for (const region of shown) {
    for (const { rank, thread, levels } of strandsOf(region)) {
      if (!shows(rank)) continue;
      const group = groups.get(rank) ?? newGroup(`rank ${rank}`, null, rank);
      groups.set(rank, group);
      const label = [region.label, thread !== null && threadLabel(model, rank, thread)].filter(Boolean).join(" · ");
      levels.forEach((lanes, level) => group.rows.push(newRow(lanes, level === 0 ? label : "", level)));
    }
  }
  return [...groups].sort((a, b) => a[0] - b[0]).map(([, group]) => group);
}

/** Nested calls below the calls around them. @param {Model} model @param {Region[]} shown @param {Shows} shows */
function byThread(model, shown, shows) {
  /** @type {Map<string, { rank: number, thread: number | null, depths: Lane[][] }>} */
  const threads = new Map();
  for (const lane of shown.flatMap(region => region.lanes)) {
    if (!shows(lane.rank)) continue;
    const key = `${lane.rank}:${lane.thread}`;
    const one = threads.get(key) ?? { rank: lane.rank, thread: lane.thread, depths: [] };
    threads.set(key, one);
    const depth = Math.min(lane.depth, MOST_DEPTHS - 1);
    (one.depths[depth] ??= []).push(lane);
  }
  const sorted = [...threads.values()].sort((a, b) => a.rank - b.rank || (a.thread ?? -1) - (b.thread ?? -1));
  return sorted.map(({ rank, thread, depths }) => {
    const group = newGroup(strandLabel(model, rank, thread, model.header.ranks > 1 || thread === null), null, rank);
    // Depths of which nothing is shown take no room.
    group.rows = depths.filter(lanes => lanes !== undefined).map(lanes => newRow(lanes, "", 0));
    return group;
  });
}

/** Lives of spans, and within them their polls; those that overlap below each other. @param {Model} model @param {Region[]} shown @param {Shows} shows */
function byTask(model, shown, shows) {
  const groups = shown.map(region => {
    const group = newGroup(region.label, region, null);
    const tasks = model.tasks.filter(task => task.region === region && shows(task.rank));
    for (const rank of new Set(tasks.map(task => task.rank))) {
      taskRows(tasks.filter(task => task.rank === rank)).forEach(({ lives, polls }, at) => {
        group.rows.push(newRow([lives, polls], at === 0 && model.header.ranks > 1 ? `rank ${rank}` : "", 0));
      });
    }
    return group;
  });
  return groups.filter(group => group.rows.length > 0);
}

/**
 * Gives groups and rows their places: rows as high as there is room for, within limits.
 * @param {Group[]} groups
 * @param {Grouping} grouping
 * @param {number} room px
 * @param {number} thickness steps by which rows are higher or lower than they would be
 * @returns {number} the height of all
 */
export function place(groups, grouping, room, thickness) {
  const isPicture = grouping !== "region" && groups.length > FEW_GROUPS && groups.some(group => group.folded);
  if (isPicture && groups.every(group => group.rows.length === 1)) return placeClosely(groups, room, thickness);
  const share = (/** @type {Row} */ row) => (row.level > 0 ? NESTED : 1);
  const rows = groups.flatMap(group => group.rows).reduce((sum, row) => sum + share(row), 0);
  const fitting = Math.floor((room - AXIS - groups.length * GROUP_GAP) / Math.max(1, rows));
  const [least, most] = { region: [4, 22], rank: [12, 22], thread: [8, 20], task: [6, 18] }[grouping];
  const automatic = Math.max(least, Math.min(most, fitting));
  const height = Math.max(2, Math.min(40, Math.round(automatic * 1.3 ** thickness)));
  let y = GROUP_GAP / 2;
  for (const group of groups) {
    group.y = y;
    // A group is never lower than its own name.
    const lowest = 15 / group.rows.reduce((sum, row) => sum + share(row), 0);
    group.height = 0;
    for (const row of group.rows) {
      row.y = group.height;
      row.height = Math.max(2, Math.max(height, lowest) * share(row));
      group.height += row.height;
    }
    y += group.height + GROUP_GAP;
  }
  return AXIS + y;
}

/**
 * Many groups of one row each, as a picture of all: as high as there is room for, without gaps where they are thin.
 * @param {Group[]} groups
 * @param {number} room px
 * @param {number} thickness
 */
function placeClosely(groups, room, thickness) {
  const pitch = Math.max(1, Math.min(24, ((room - AXIS - 4) / groups.length) * 1.3 ** thickness));
  const gap = pitch >= 8 ? 2 : 0;
  groups.forEach((group, at) => {
    Object.assign(group, { y: 2 + at * pitch + gap / 2, height: pitch - gap, gap });
    Object.assign(group.rows[0], { y: 0, height: pitch - gap });
  });
  return Math.ceil(AXIS + 4 + groups.length * pitch);
}

/**
 * The group and row at a height, px from the top of the first group's gap.
 * @param {Group[]} groups
 * @param {number} y
 * @returns {{ group: Group, row: Row } | null}
 */
export function rowAt(groups, y) {
  const group = groups.find(one => y >= one.y - one.gap / 2 && y < one.y + one.height + one.gap / 2);
  if (!group) return null;
  const inside = y - group.y;
  const row = group.rows.find(one => inside < one.y + one.height) ?? group.rows[group.rows.length - 1];
  return { group, row };
}

/**
 * As `rowAt`; above all the first row, and below all the last one.
 * @param {Group[]} groups
 * @param {number} y
 */
export function rowNearest(groups, y) {
  const last = groups[groups.length - 1];
  if (!last) return null;
  return rowAt(groups, Math.max(groups[0].y, Math.min(last.y + last.height - 0.5, y)));
}

/**
 * The row that shows a lane.
 * @param {Group[]} groups
 * @param {(lane: Lane) => boolean} wanted
 * @returns {{ group: Group, row: Row } | null}
 */
export function rowOf(groups, wanted) {
  for (const group of groups) {
    const row = group.rows.find(one => one.lanes.some(wanted));
    if (row) return { group, row };
  }
  return null;
}
