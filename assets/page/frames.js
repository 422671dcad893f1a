// Frames of flame graphs, made of the call tree. Pure functions.

/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./views.js").PathNode} PathNode */
/** @typedef {import("./views.js").PathTree} PathTree */
/** A region with what was below it, or what called it. @typedef {{ region: Region | null, calls: number, inclusive: number, exclusive: number, parent: Frame | null, children: Frame[] }} Frame */

/**
 * @param {Region | null} region
 * @param {Frame | null} parent
 * @returns {Frame}
 */
function newFrame(region, parent) {
  return { region, calls: 0, inclusive: 0, exclusive: 0, parent, children: [] };
}

/**
 * The frame of a region below another, which is made where there is none yet.
 * @param {Frame} parent
 * @param {Region | null} region
 */
function frameBelow(parent, region) {
  let frame = parent.children.find(one => one.region === region);
  if (!frame) {
    frame = newFrame(region, parent);
    parent.children.push(frame);
  }
  return frame;
}

/** @param {Frame} frame @param {PathNode} node */
function addTo(frame, node) {
  frame.calls += node.calls;
  frame.inclusive += node.inclusive;
  frame.exclusive += node.exclusive;
}

/**
 * Adds a node with all below it.
 * @param {Frame} parent
 * @param {PathNode} node
 */
function graft(parent, node) {
  const frame = frameBelow(parent, node.region);
  addTo(frame, node);
  node.children.forEach(child => graft(frame, child));
}

/**
 * The largest first, at each level.
 * @param {Frame} frame
 */
function heaviestFirst(frame) {
  frame.children.sort((a, b) => b.inclusive - a.inclusive);
  frame.children.forEach(heaviestFirst);
  return frame;
}

/**
 * All of a tree below one frame, the heaviest to the left.
 * @param {PathTree} tree
 */
export function leftHeavy(tree) {
  const all = newFrame(null, null);
  tree.roots.forEach(node => graft(all, node));
  for (const { calls, inclusive } of all.children) [all.calls, all.inclusive] = [all.calls + calls, all.inclusive + inclusive];
  return heaviestFirst(all);
}

/**
 * The nodes of a region that are not below another one of it.
 * @param {PathTree} tree
 * @param {Region} region
 */
export function outermostOf(tree, region) {
  return tree.nodes.filter(node => {
    if (node.region !== region) return false;
    for (let above = node.parent; above; above = above.parent) if (above.region === region) return false;
    return true;
  });
}

/**
 * What a region called, wherever it was called from.
 * @param {PathTree} tree
 * @param {Region} region
 */
export function calleesOf(tree, region) {
  const all = newFrame(region, null);
  for (const node of outermostOf(tree, region)) {
    addTo(all, node);
    node.children.forEach(child => graft(all, child));
  }
  return heaviestFirst(all);
}

/**
 * Who called a region: below each frame those that called it. Times are those of the region on that way.
 * @param {PathTree} tree
 * @param {Region} region
 */
export function callersOf(tree, region) {
  const all = newFrame(region, null);
  for (const node of outermostOf(tree, region)) {
    let frame = all;
    addTo(frame, node);
    for (let above = node.parent; above; above = above.parent) {
      frame = frameBelow(frame, above.region);
      addTo(frame, node);
    }
  }
  return heaviestFirst(all);
}

/**
 * The frame on the same path in another graph, as far as there is one.
 * @param {Frame} root
 * @param {Frame} frame
 */
export function frameLike(root, frame) {
  /** @type {Frame[]} */
  const path = [];
  for (let at = frame; at.parent; at = at.parent) path.unshift(at);
  let found = root;
  for (const { region } of path) {
    const next = found.children.find(one => one.region === region);
    if (!next) break;
    found = next;
  }
  return found;
}

/** A frame where it is drawn: from and to as shares of the whole width. @typedef {{ frame: Frame, from: number, to: number, depth: number }} PlacedFrame */

/**
 * Places a frame and what is below it over the whole width, and what is above it, which leads there.
 * @param {Frame} zoomed
 * @param {number} least narrower frames are left out, as a share of the width
 * @returns {PlacedFrame[]} each before those below it
 */
export function placeFrames(zoomed, least) {
  /** @type {PlacedFrame[]} */
  const placed = [];
  for (let above = zoomed.parent; above; above = above.parent) placed.unshift({ frame: above, from: 0, to: 1, depth: 0 });
  placed.forEach((one, depth) => (one.depth = depth));
  const put = (/** @type {Frame} */ frame, /** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ depth) => {
    placed.push({ frame, from, to, depth });
    // A filter may leave less time in a frame than in those below it.
    const below = frame.children.reduce((sum, child) => sum + child.inclusive, 0);
    const scale = (to - from) / Math.max(1, frame.inclusive, below);
    let at = from;
    for (const child of frame.children) {
      const end = at + child.inclusive * scale;
      if (end - at >= least) put(child, at, end, depth + 1);
      at = end;
    }
  };
  put(zoomed, 0, 1, placed.length);
  return placed;
}
