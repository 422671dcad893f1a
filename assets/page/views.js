// What the page carries for the views beside the timeline: call tree, details of regions, the run.
// src/page/views/encode.rs is the other end. All times in ns.

import { decodeCounters } from "./counterdata.js";
import { decodeFollows } from "./follows.js";
import { decodeTasks } from "./tasks.js";

/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./tasks.js").Task} Task */
/**
 * A region below one path of regions.
 * @typedef {{ region: Region | null, depth: number, calls: number, inclusive: number, exclusive: number, mean: number, recursive: boolean, parent: PathNode | null, children: PathNode[] }} PathNode
 */
/** @typedef {{ roots: PathNode[], nodes: PathNode[], leftOut: number }} PathTree */
/** @typedef {{ min: number, mean: number, max: number, slowest: number, factor: number | null, lost: number }} Balance */
/** @typedef {{ total: number, mean: number, max: number, percentiles: [number, number, number] | null }} LifeTimes */
/** @typedef {{ rank: number, thread: number, span: number, start: number | null, elapsed: number, busy: number, polls: number, open: boolean }} Life */
/** @typedef {{ spans: number, open: number, elapsed: LifeTimes, busy: LifeTimes, idle: LifeTimes, polls: number, mostPolls: number, mostThreads: number, longest: Life[] }} Lives */
/** From, up to, 5th percentile, median, 95th percentile. @typedef {[number, number, number, number, number]} SeriesColumn */
/**
 * `bins` are [from, up to, calls]; `ranks` are [calls, inclusive time], in the order of the ranks, empty where they are
 * left out; `columns` is null where the course over the run is not kept.
 * @typedef {{ percentiles: [number, number, number] | null, bins: [number, number, number][], columns: SeriesColumn[] | null, drift: [number, number] | null, ranks: ([number, number] | null)[], balance: Balance | null, lives: Lives | null }} RegionView
 */
/** @typedef {{ paths: number[], pathsLeftOut: number, ranks: number[], regions: (RegionView | null)[], withoutRanks: number, run: [string, string][], tasks: number[], tasksArePartial: boolean, follows: number[], followsLeftOut: number, counters: import("./counterdata.js").CounterJson[], countersLeftOut: number }} ViewsJson */
/** @typedef {{ tree: PathTree, ranks: number[], regions: (RegionView | null)[], withoutRanks: number, run: [string, string][], tasks: Task[], tasksArePartial: boolean, follows: import("./follows.js").Follow[], followsLeftOut: number, counters: import("./counterdata.js").Counter[], countersLeftOut: number }} Views */

const NUMBERS_OF_PATH = 7;

/**
 * @param {ViewsJson} json
 * @param {Region[]} regions
 * @returns {Views}
 */
export function decodeViews({ paths, pathsLeftOut, tasks, follows, counters, ...rest }, regions) {
  return { tree: decodeTree(paths, pathsLeftOut, regions), tasks: decodeTasks(tasks, regions), follows: decodeFollows(follows, regions), counters: decodeCounters(counters), ...rest };
}

/**
 * @param {number[]} paths
 * @param {number} leftOut
 * @param {Region[]} regions
 * @returns {PathTree}
 */
export function decodeTree(paths, leftOut, regions) {
  /** @type {PathNode[]} */
  const nodes = [];
  /** @type {PathNode[]} */
  const roots = [];
  /** The latest node of each depth. @type {PathNode[]} */
  const open = [];
  for (let i = 0; i < paths.length; i += NUMBERS_OF_PATH) {
    const [depth, region, calls, inclusive, exclusive, mean, recursive] = paths.slice(i, i + NUMBERS_OF_PATH);
    const parent = depth > 0 ? open[depth - 1] : null;
    const node = { region: regions[region] ?? null, depth, calls, inclusive, exclusive, mean, recursive: recursive === 1, parent, children: [] };
    open[depth] = node;
    (parent ? parent.children : roots).push(node);
    nodes.push(node);
  }
  return { roots, nodes, leftOut };
}
