// A flame graph: frames as elements, so that each can be pointed at, focused and read out.

import { css, mix, textOn } from "./color.js";
import { make } from "./dom.js";
import { count, duration, percent } from "./format.js";
import { frameLike, placeFrames } from "./frames.js";
import { SHORTENED, Texts } from "./text.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").PlacedFrame} PlacedFrame */
/** @typedef {import("./theme.js").Theme} Theme */
/** @typedef {{ title: string, fill: RGB | null, lines: [string, string][] }} Hint */
/** @typedef {{ pin: (region: Region | null) => void, tell: (hint: Hint | null, at: Element | null) => void }} FlameListeners */

const FRAME_HEIGHT = 20;
/** Narrower frames are left out, px. */
const NARROWEST = 1.5;
/** No text in less room, px. */
const LEAST_TEXT = 8;
/** What a frame takes of its width besides its text, px. */
const AROUND_TEXT = 9;
/** How strong frames are that stand back. */
const STANDING_BACK = 0.35;

/**
 * What is known of a frame, in words.
 * @param {Frame} frame
 * @param {Frame} whole
 * @returns {[string, string][]}
 */
export function linesOfFrame(frame, whole) {
  /** @type {[string, string][]} */
  const lines = [["Inclusive", `${duration(frame.inclusive)} (${percent(frame.inclusive / Math.max(1, whole.inclusive))})`]];
  if (frame.region) lines.push(["Exclusive", duration(frame.exclusive)], ["Calls", count(frame.calls)]);
  return lines;
}

/** @param {Frame} frame */
export function labelOfFrame(frame) {
  return frame.region?.label ?? (frame.parent ? "other regions" : "All regions");
}

/**
 * What a frame says in so much room: its name with its time, its name, or what can be said of that.
 * @param {Frame} frame
 * @param {number} room px
 * @param {Pick<Texts, "fit">} texts
 * @param {string} font
 */
export function textOfFrame(frame, room, texts, font) {
  const label = labelOfFrame(frame);
  if (room < LEAST_TEXT) return "";
  const whole = `${label} · ${duration(frame.inclusive)}`;
  if (texts.fit(whole, room, font) === whole) return whole;
  const short = texts.fit(label, room, font);
  return short === label || room >= SHORTENED ? short : "";
}

export class Flame {
  /**
   * @param {HTMLElement} host
   * @param {{ label: string, upwards: boolean, fades: boolean }} kind upwards: what is below a frame is drawn above it, and
   * not the root; fades: what is not selected stands back
   * @param {FlameListeners} on
   */
  constructor(host, { label, upwards, fades }, on) {
    this.host = host;
    this.upwards = upwards;
    this.fades = fades;
    this.on = on;
    /** @type {Frame | null} */
    this.root = null;
    /** @type {Frame | null} */
    this.zoomed = null;
    /** @type {Pick<Theme, "fills" | "background">} */
    this.theme = { fills: [], background: [255, 255, 255] };
    /** @type {Region | null} */
    this.pinned = null;
    /** @type {{ placed: PlacedFrame, element: HTMLElement }[]} */
    this.drawn = [];
    this.texts = new Texts(/** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d")));
    this.font = "";
    host.classList.add("flame");
    host.setAttribute("role", "tree");
    host.setAttribute("aria-label", label);
    this.listen();
  }

  /**
   * @param {Frame} root
   * @param {Theme} theme
   * @param {Region | null} pinned
   */
  show(root, theme, pinned) {
    // Of another time, what was zoomed to is zoomed to again, and the focus stays where it was.
    const focused = this.host.contains(document.activeElement) ? this.drawn.find(one => one.element === document.activeElement)?.placed.frame : null;
    let kept = focused ?? null;
    if (root !== this.root) {
      kept = focused ? frameLike(root, focused) : null;
      this.zoomed = this.zoomed ? frameLike(root, this.zoomed) : root;
      this.root = root;
    }
    this.theme = theme;
    this.pinned = pinned;
    this.draw(kept);
  }

  /** @param {Frame | null} [focused] the frame that gets the focus */
  draw(focused = null) {
    const { root, zoomed, host } = this;
    if (!root || !zoomed) return;
    const width = host.clientWidth || 1000;
    this.font = getComputedStyle(host).font;
    const all = placeFrames(zoomed, NARROWEST / width);
    const placed = this.upwards ? all.filter(one => one.frame !== root) : all;
    const first = this.upwards ? 1 : 0;
    const rows = 1 + Math.max(0, ...placed.map(one => one.depth - first));
    host.style.height = `${rows * FRAME_HEIGHT}px`;
    this.drawn = placed.map(one => {
      const row = this.upwards ? rows - 1 - (one.depth - first) : one.depth - first;
      return { placed: one, element: this.element(one, root, row, width) };
    });
    host.replaceChildren(...this.drawn.map(one => one.element));
    const current = this.drawn.find(one => one.placed.frame === (focused ?? zoomed)) ?? this.drawn[0];
    if (current) current.element.tabIndex = 0;
    if (focused) current?.element.focus();
  }

  /**
   * @param {PlacedFrame} placed
   * @param {Frame} root
   * @param {number} row
   * @param {number} width
   */
  element({ frame, from, to, depth }, root, row, width) {
    const label = labelOfFrame(frame);
    const lines = linesOfFrame(frame, root);
    const element = make("div", {
      class: `frame${frame.region === null ? " all" : ""}`,
      role: "treeitem",
      tabindex: -1,
      "aria-level": depth + 1,
      "aria-selected": String(frame.region !== null && frame.region === this.pinned),
      "aria-label": `${label}: ${lines.map(([term, text]) => `${term.toLowerCase()} ${text}`).join(", ")}`,
    });
    if (frame.children.length > 0) element.setAttribute("aria-expanded", "true");
    element.style.left = `${100 * from}%`;
    element.style.width = `calc(${100 * (to - from)}% - 1px)`;
    element.style.top = `${row * FRAME_HEIGHT}px`;
    if (frame.region) {
      const { fills, background } = this.theme;
      const isFaint = this.fades && this.pinned !== null && frame.region !== this.pinned;
      const fill = isFaint ? mix(background, fills[frame.region.id], STANDING_BACK) : fills[frame.region.id];
      element.style.background = css(fill);
      element.style.color = css(textOn(fill));
    }
    element.textContent = textOfFrame(frame, (to - from) * width - AROUND_TEXT, this.texts, this.font);
    return element;
  }

  listen() {
    const { host } = this;
    const of = (/** @type {Event} */ event) => this.drawn.find(one => one.element === event.target);
    host.addEventListener("click", event => {
      const frame = of(event)?.placed.frame;
      if (!frame) return;
      // Frames are drawn anew after each click, so that none of them is ever told of a double-click.
      const zooms = event.detail === 2 || !frame.region;
      if (frame.region) this.on.pin(frame.region === this.pinned && !zooms ? null : frame.region);
      if (zooms) this.zoom(frame);
    });
    const tell = (/** @type {Event} */ event) => {
      const found = of(event);
      const { root } = this;
      if (!found || !root) return;
      const { frame } = found.placed;
      const fill = frame.region ? this.theme.fills[frame.region.id] : null;
      this.on.tell({ title: labelOfFrame(frame), fill, lines: linesOfFrame(frame, root) }, found.element);
    };
    const hush = () => this.on.tell(null, null);
    host.addEventListener("pointerover", tell);
    host.addEventListener("pointerleave", hush);
    host.addEventListener("focusin", tell);
    host.addEventListener("focusout", hush);
    host.addEventListener("keydown", event => this.press(event));
  }

  /** @param {Frame} frame */
  zoom(frame) {
    this.zoomed = frame;
    this.draw(frame);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const at = this.drawn.findIndex(one => one.element === event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const { frame, depth } = this.drawn[at].placed;
    const level = this.drawn.filter(one => one.placed.depth === depth);
    const within = level.indexOf(this.drawn[at]);
    const below = this.drawn.find(one => one.placed.frame.parent === frame);
    const above = this.drawn.find(one => one.placed.frame === frame.parent);
    const [up, down] = this.upwards ? [below, above] : [above, below];
    /** @type {Record<string, { element: HTMLElement } | undefined>} */
    const moves = { ArrowUp: up, ArrowDown: down, ArrowLeft: level[within - 1], ArrowRight: level[within + 1], Home: level[0], End: level[level.length - 1] };
    if (event.key in moves) this.focus(moves[event.key]?.element);
    else if (event.key === "Enter" || event.key === " ") this.zoom(frame === this.zoomed && frame.parent ? frame.parent : frame);
    else if (event.key === "Backspace" && this.zoomed?.parent) this.zoom(this.zoomed.parent);
    else if (event.key === "p" && frame.region) this.on.pin(frame.region === this.pinned ? null : frame.region);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {HTMLElement | undefined} element */
  focus(element) {
    if (!element) return;
    for (const one of this.drawn) one.element.tabIndex = one.element === element ? 0 : -1;
    element.focus();
  }
}
