// The call tree as a grid whose rows open and close.

import { css } from "./color.js";
import { make } from "./dom.js";
import { count, duration, percent, plural } from "./format.js";
import { nameElement } from "./names.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./views.js").PathNode} PathNode */
/** @typedef {import("./views.js").PathTree} PathTree */

/** Rows that are open when the page opens. */
const OPEN_ROWS = 60;
/** Nodes with a smaller share of the time stay closed then. */
const OPEN_SHARE = 0.01;
/** No more rows are drawn. */
const MOST_ROWS = 1500;

/**
 * The nodes that are open at first: those with the most time, until so many rows are seen.
 * @param {PathTree} tree
 * @param {number} rows
 */
export function openAtFirst(tree, rows) {
  const whole = tree.roots.reduce((sum, node) => sum + node.inclusive, 0);
  /** @type {Set<PathNode>} */
  const open = new Set();
  let seen = tree.roots.length;
  const heaviest = tree.nodes.filter(node => node.children.length > 0 && node.inclusive >= OPEN_SHARE * whole).sort((a, b) => b.inclusive - a.inclusive || a.depth - b.depth);
  for (const node of heaviest) {
    if (seen + node.children.length > rows) continue;
    if (node.parent && !open.has(node.parent)) continue;
    open.add(node);
    seen += node.children.length;
  }
  return open;
}

/**
 * The rows that are seen, the largest of each level first.
 * @param {PathTree} tree
 * @param {Set<PathNode>} open
 * @returns {PathNode[]}
 */
export function rowsOfTree(tree, open) {
  /** @type {PathNode[]} */
  const rows = [];
  const put = (/** @type {PathNode[]} */ nodes) => {
    for (const node of [...nodes].sort((a, b) => b.inclusive - a.inclusive)) {
      rows.push(node);
      if (open.has(node)) put(node.children);
    }
  };
  put(tree.roots);
  return rows;
}

/**
 * The nodes that are open in a tree that takes the place of another: those of the same path as open ones there, and of
 * paths that are new those that are open at first.
 * @param {PathTree} before
 * @param {Set<PathNode>} open of that
 * @param {PathTree} tree
 * @param {(from: PathNode, to: PathNode) => void} met told of nodes of the same path
 */
export function openAsBefore(before, open, tree, met) {
  const atFirst = openAtFirst(tree, OPEN_ROWS);
  /** @type {Set<PathNode>} */
  const now = new Set();
  const take = (/** @type {PathNode[]} */ nodes, /** @type {PathNode[]} */ old) => {
    const known = new Map(old.map(node => [node.region, node]));
    for (const node of nodes) {
      const same = known.get(node.region);
      if (same) met(same, node);
      if (node.children.length > 0 && (same && same.children.length > 0 ? open.has(same) : atFirst.has(node))) now.add(node);
      take(node.children, same?.children ?? []);
    }
  };
  take(tree.roots, before.roots);
  return now;
}

export class CallTreeView {
  /**
   * @param {HTMLElement} host
   * @param {PathTree} tree
   * @param {{ pin: (region: Region | null) => void }} on
   */
  constructor(host, tree, on) {
    this.host = host;
    this.on = on;
    this.tree = tree;
    this.whole = 1;
    /** @type {Set<PathNode>} */
    this.open = new Set();
    /** @type {PathNode | null} */
    this.current = null;
    this.renew(tree);
    /** @type {Region | null} */
    this.pinned = null;
    /** @type {RGB[]} */
    this.fills = [];
    /** @type {{ node: PathNode, element: HTMLTableRowElement }[]} */
    this.drawn = [];
    this.body = make("tbody");
    this.rest = make("p", { class: "remark" });
    const heads = [["Region", "name"], ["Inclusive", ""], ["Share", ""], ["Exclusive", ""], ["Calls", ""], ["Mean", ""]];
    const head = make("tr", {}, ...heads.map(([text, kind]) => make("th", { text, scope: "col", class: kind })));
    const table = make("table", { role: "treegrid", class: "tree", "aria-label": "Call tree" }, make("thead", {}, head), this.body);
    const buttons = make("p", { class: "actions" }, this.button("Open all", () => this.openAll()), this.button("Close all", () => this.closeAll()));
    host.replaceChildren(buttons, table, this.rest);
    this.body.addEventListener("click", event => this.click(event));
    this.body.addEventListener("keydown", event => this.press(event));
  }

  /** @param {PathTree} tree */
  renew(tree) {
    this.tree = tree;
    this.whole = Math.max(1, tree.roots.reduce((sum, node) => sum + node.inclusive, 0));
    this.open = openAtFirst(tree, OPEN_ROWS);
    this.current = null;
  }

  /** Shows the tree of another time. @param {PathTree} tree */
  follow(tree) {
    const { current } = this;
    this.current = null;
    this.open = openAsBefore(this.tree, this.open, tree, (from, to) => {
      if (from === current) this.current = to;
    });
    this.tree = tree;
    this.whole = Math.max(1, tree.roots.reduce((sum, node) => sum + node.inclusive, 0));
  }

  /** @param {string} text @param {() => void} action */
  button(text, action) {
    const button = make("button", { type: "button", text });
    button.addEventListener("click", action);
    return button;
  }

  /**
   * @param {RGB[]} fills
   * @param {Region | null} pinned
   */
  show(fills, pinned) {
    const isNew = pinned !== this.pinned;
    this.fills = fills;
    this.pinned = pinned;
    if (isNew && pinned && this.current?.region !== pinned) this.reveal(pinned);
    this.draw(false);
    if (isNew && pinned) this.drawn.find(one => one.node === this.current)?.element.scrollIntoView({ block: "nearest" });
  }

  /**
   * Opens what is above the largest node of a region, unless one is seen already.
   * @param {Region} region
   */
  reveal(region) {
    const seen = rowsOfTree(this.tree, this.open).find(node => node.region === region);
    const largest = seen ?? this.tree.nodes.filter(node => node.region === region).sort((a, b) => b.inclusive - a.inclusive)[0];
    if (!largest) return;
    for (let above = largest.parent; above; above = above.parent) this.open.add(above);
    this.current = largest;
  }

  openAll() {
    this.open = new Set(this.tree.nodes.filter(node => node.children.length > 0));
    this.draw(false);
  }

  closeAll() {
    this.open.clear();
    this.current = null;
    this.draw(false);
  }

  /** @param {boolean} focus whether the current row gets the focus */
  draw(focus) {
    const hasFocus = focus || this.body.contains(document.activeElement);
    const rows = rowsOfTree(this.tree, this.open);
    const seen = rows.slice(0, MOST_ROWS);
    if (!this.current || !seen.includes(this.current)) this.current = seen[0] ?? null;
    this.drawn = seen.map(node => ({ node, element: this.row(node) }));
    this.body.replaceChildren(...this.drawn.map(one => one.element));
    const notes = [];
    const [undrawn, { leftOut }] = [rows.length - MOST_ROWS, this.tree];
    if (undrawn > 0) notes.push(`${plural(undrawn, "more row")} ${undrawn === 1 ? "is" : "are"} not drawn; close some to see ${undrawn === 1 ? "it" : "them"}.`);
    if (leftOut > 0) notes.push(`${plural(leftOut, "path")} with little time ${leftOut === 1 ? "is" : "are"} left out of this page.`);
    this.rest.textContent = notes.join(" ");
    if (hasFocus) this.drawn.find(one => one.node === this.current)?.element.focus();
  }

  /** @param {PathNode} node */
  row(node) {
    const { region, depth, calls, inclusive, exclusive, mean } = node;
    const isOpen = this.open.has(node);
    const label = region?.label ?? "other regions";
    const swatch = make("i", { class: "swatch" });
    if (region) swatch.style.background = css(this.fills[region.id]);
    const twist = make("span", { class: "twist", "aria-hidden": "true", text: node.children.length === 0 ? "" : isOpen ? "▾" : "▸" });
    const name = make("th", { scope: "row", class: "name" }, make("div", {}, twist, swatch, nameElement(label, region?.name), ...(node.recursive ? [make("span", { class: "tag", text: "recursive" })] : [])));
    name.style.setProperty("--depth", String(Math.min(depth, 24)));
    const share = inclusive / this.whole;
    const bar = make("td", { class: "bar", text: duration(inclusive) });
    bar.style.setProperty("--share", share.toFixed(4));
    const cells = [bar, ...[percent(share), duration(exclusive), count(calls), calls > 0 ? duration(mean) : "–"].map(text => make("td", { text }))];
    return make("tr", {
      role: "row",
      tabindex: node === this.current ? 0 : -1,
      class: region !== null && region === this.pinned ? "pinned" : null,
      "aria-level": depth + 1,
      "aria-expanded": node.children.length > 0 ? String(isOpen) : null,
      "aria-selected": String(region !== null && region === this.pinned),
    }, name, ...cells);
  }

  /** @param {PathNode} node */
  toggle(node) {
    if (this.open.has(node)) this.open.delete(node);
    else if (node.children.length > 0) this.open.add(node);
  }

  /** @param {PathNode} node */
  pin(node) {
    this.current = node;
    this.on.pin(node.region === this.pinned ? null : node.region);
  }

  /** @param {MouseEvent} event */
  click(event) {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const found = this.drawn.find(one => one.element.contains(target));
    if (!found) return;
    this.current = found.node;
    if (target.closest(".twist") && found.node.children.length > 0) {
      this.toggle(found.node);
      this.draw(true);
    } else {
      this.pin(found.node);
    }
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.drawn.findIndex(one => one.element === event.target);
    const node = this.drawn[at]?.node;
    if (!node) return;
    const last = this.drawn.length - 1;
    /** @type {Record<string, number>} */
    const moves = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: last };
    if (event.key in moves) this.current = this.drawn[Math.max(0, Math.min(last, moves[event.key]))].node;
    else if (event.key === "ArrowRight" && node.children.length > 0) this.goIn(node);
    else if (event.key === "ArrowLeft") this.goOut(node);
    else if (event.key === "Enter" || event.key === " ") this.pin(node);
    else if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
    this.draw(true);
  }

  /** @param {PathNode} node */
  goIn(node) {
    if (!this.open.has(node)) this.open.add(node);
    else this.current = rowsOfTree(this.tree, this.open).find(one => one.parent === node) ?? node;
  }

  /** @param {PathNode} node */
  goOut(node) {
    if (this.open.has(node)) this.open.delete(node);
    else this.current = node.parent ?? node;
  }
}
