// The call tree of a window of time, made of the bars that the page holds. Pure functions; times in ns.

import { barsWithin } from "./model.js";

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./views.js").PathNode} PathNode */
/** @typedef {import("./views.js").PathTree} PathTree */
/** `exact`: every call has a bar of its own. @typedef {{ tree: PathTree, exact: boolean }} WindowTree */
/** What of a bar is in the window. @typedef {{ lane: Lane, start: number, end: number, calls: number, time: number }} Piece */

/**
 * What ran in [t0, t1], cut at its edges. Bars that stand for several calls are taken to be inside of whatever is around
 * them on their thread. None where lanes do not say on which thread their calls were.
 * @param {Model} model
 * @param {number} t0
 * @param {number} t1
 * @param {((rank: number) => boolean) | null} ranks those that count; null for all
 * @returns {WindowTree | null}
 */
export function treeOfWindow(model, t0, t1, ranks) {
  /** @type {Map<string, Lane[]>} */
  const threads = new Map();
  for (const lane of model.lanes) {
    if (ranks && !ranks(lane.rank)) continue;
    if (lane.thread === null) return null;
    const key = `${lane.rank}:${lane.thread}`;
    threads.set(key, [...(threads.get(key) ?? []), lane]);
  }
  /** @type {PathTree} */
  const tree = { roots: [], nodes: [], leftOut: 0 };
  let exact = true;
  for (const lanes of threads.values()) {
    const pieces = lanes.flatMap(lane => piecesOf(lane, t0, t1));
    exact &&= pieces.every(piece => piece.calls === 1);
    nest(tree, pieces.sort((a, b) => a.start - b.start || a.lane.depth - b.lane.depth));
  }
  for (const node of tree.nodes) {
    const inside = node.children.reduce((sum, child) => sum + child.inclusive, 0);
    node.exclusive = Math.max(0, node.inclusive - inside);
    node.mean = node.inclusive / Math.max(1, node.calls);
  }
  return { tree, exact };
}

/**
 * @param {Lane} lane
 * @param {number} t0
 * @param {number} t1
 * @returns {Piece[]}
 */
function piecesOf(lane, t0, t1) {
  const [from, to] = barsWithin(lane, t0, t1);
  return Array.from({ length: to - from }, (_, at) => {
    const i = from + at;
    const [start, end] = [Math.max(t0, lane.starts[i]), Math.min(t1, lane.ends[i])];
    const length = lane.ends[i] - lane.starts[i];
    const share = length > 0 ? (end - start) / length : 1;
    const calls = lane.calls[i + 1] - lane.calls[i];
    return { lane, start, end, calls: calls === 1 ? 1 : Math.max(1, Math.round(calls * share)), time: (lane.time[i + 1] - lane.time[i]) * share };
  });
}

/**
 * Adds the pieces of a thread, which are in order of start and the outer ones first.
 * @param {PathTree} tree
 * @param {Piece[]} pieces
 */
function nest(tree, pieces) {
  /** Those that may be around the next one, the innermost last. @type {{ node: PathNode, depth: number, end: number }[]} */
  const around = [];
  for (const { lane, start, end, calls, time } of pieces) {
    // What has ended, and what is no less deep, is around nothing any more.
    while (around.length > 0 && (around[around.length - 1].depth >= lane.depth || around[around.length - 1].end <= start)) around.pop();
    const parent = around[around.length - 1]?.node ?? null;
    const siblings = parent ? parent.children : tree.roots;
    let node = siblings.find(one => one.region === lane.region);
    if (!node) {
      node = { region: lane.region, depth: parent ? parent.depth + 1 : 0, calls: 0, inclusive: 0, exclusive: 0, mean: 0, recursive: false, parent, children: [] };
      siblings.push(node);
      tree.nodes.push(node);
    }
    node.calls += calls;
    node.inclusive += time;
    around.push({ node, depth: lane.depth, end });
  }
}
