// What pointer, wheel and fingers do on the timeline and its overview.

/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {import("./timeline.js").Point} Point */
/** A press that may become a drag. @typedef {{ at: Point, t0: number, t1: number, scroll: number, ruler: boolean, time: number, moved: boolean }} Press */

/** How far the pointer moves before a press is a drag, px. */
const SLACK = 4;
/** How far across rows it moves before it draws a box, px. */
const BOX = 8;

/** @param {Timeline} timeline */
export function listen(timeline) {
  listenToScroll(timeline);
  new Pointers(timeline).listen();
  listenToOverview(timeline);
}

/**
 * @param {HTMLElement} canvas
 * @param {MouseEvent} event
 * @returns {Point}
 */
function pointOf(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/** @param {Timeline} timeline */
function listenToScroll(timeline) {
  const { canvas, scroller } = timeline.elements;
  scroller.addEventListener("scroll", () => {
    timeline.hover();
    timeline.redraw();
    timeline.on.changed();
  });
  scroller.addEventListener("wheel", event => {
    const { x } = pointOf(canvas, event);
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.altKey || (x < timeline.labelWidth && !event.ctrlKey)) return;
    event.preventDefault();
    if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
      timeline.window.pan((dx || dy) / timeline.plotWidth);
    } else {
      // A pinch on a touchpad arrives as small wheel steps with ctrl.
      const strength = event.ctrlKey ? 0.01 : 0.002;
      timeline.window.zoom(Math.exp(Math.max(-300, Math.min(300, dy)) * strength), shareAt(timeline, x));
    }
    timeline.hover();
  }, { passive: false });
}

/**
 * @param {Timeline} timeline
 * @param {number} x
 */
function shareAt(timeline, x) {
  return Math.max(0, Math.min(1, (x - timeline.labelWidth) / timeline.plotWidth));
}

/** Mouse buttons and fingers on the canvas. */
class Pointers {
  /** @param {Timeline} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    /** @type {Map<number, Point>} */
    this.down = new Map();
    /** @type {Press | null} */
    this.press = null;
  }

  listen() {
    const { timeline } = this;
    const { canvas } = timeline.elements;
    canvas.addEventListener("pointerdown", event => this.start(event));
    canvas.addEventListener("pointermove", event => this.move(event));
    canvas.addEventListener("pointerup", event => this.release(event));
    canvas.addEventListener("pointercancel", event => this.release(event));
    canvas.addEventListener("pointerleave", () => {
      timeline.pointer = null;
      timeline.hover(null);
    });
    canvas.addEventListener("dblclick", event => {
      const bar = timeline.hitAt(pointOf(canvas, event))?.bar;
      if (!bar) return;
      const margin = Math.max(5, (bar.end - bar.start) * 0.1);
      timeline.window.set(bar.start - margin, bar.end + margin, glides());
    });
  }

  /** @param {PointerEvent} event */
  start(event) {
    if (event.button !== 0) return;
    const { timeline } = this;
    const { canvas, scroller } = timeline.elements;
    canvas.setPointerCapture(event.pointerId);
    const at = pointOf(canvas, event);
    this.down.set(event.pointerId, at);
    if (this.down.size === 2) {
      this.press = null;
      return;
    }
    const ruler = (timeline.rulerMode || event.shiftKey) && at.x >= timeline.labelWidth;
    const { t0, t1 } = timeline.window;
    this.press = { at, t0, t1, scroll: scroller.scrollTop, ruler, time: timeline.edgeAt(at), moved: false };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { timeline, press } = this;
    const at = pointOf(timeline.elements.canvas, event);
    if (this.down.size === 2 && this.down.has(event.pointerId)) {
      this.pinch(event.pointerId, at);
      return;
    }
    timeline.pointer = at;
    if (!press) {
      timeline.hover();
      return;
    }
    if (!press.moved && Math.hypot(at.x - press.at.x, at.y - press.at.y) < SLACK) return;
    press.moved = true;
    timeline.dragging = !press.ruler;
    if (press.ruler) this.measure(press, at);
    else this.drag(press, at);
    timeline.hover(null);
  }

  /**
   * @param {Press} press
   * @param {Point} at
   */
  measure(press, at) {
    const { timeline } = this;
    const x = Math.max(timeline.labelWidth, Math.min(timeline.width, at.x));
    timeline.measured = [press.time, timeline.edgeAt({ x, y: at.y })];
    timeline.boxed = Math.abs(at.y - press.at.y) < BOX ? null : timeline.rowsBetween(press.at.y, at.y);
    timeline.on.changed();
  }

  /**
   * @param {Press} press
   * @param {Point} at
   */
  drag(press, at) {
    const { timeline } = this;
    timeline.elements.canvas.classList.add("grabbed");
    timeline.elements.scroller.scrollTop = press.scroll - (at.y - press.at.y);
    const shift = ((press.at.x - at.x) / timeline.plotWidth) * (press.t1 - press.t0);
    timeline.window.set(press.t0 + shift, press.t1 + shift);
  }

  /** @param {PointerEvent} event */
  release(event) {
    const { timeline, press } = this;
    const { canvas } = timeline.elements;
    this.down.delete(event.pointerId);
    this.press = null;
    canvas.classList.remove("grabbed");
    timeline.dragging = false;
    if (press?.ruler && press.moved) timeline.on.measured();
    if (press && !press.moved && event.type === "pointerup") this.click(press, pointOf(canvas, event));
    timeline.redraw();
  }

  /**
   * @param {Press} press
   * @param {Point} at
   */
  click(press, at) {
    const { timeline } = this;
    timeline.measured = null;
    timeline.boxed = null;
    timeline.on.changed();
    if (press.ruler) return;
    timeline.on.click(timeline.hitAt(at), at);
  }

  /**
   * Two fingers: what lies under each stays under it.
   * @param {number} moved
   * @param {Point} at
   */
  pinch(moved, at) {
    const { timeline, down } = this;
    const before = down.get(moved);
    const other = [...down].find(([id]) => id !== moved)?.[1];
    down.set(moved, at);
    if (!before || !other) return;
    const [old, now] = [Math.abs(before.x - other.x), Math.abs(at.x - other.x)];
    if (old > 10 && now > 10) timeline.window.zoom(old / now, shareAt(timeline, other.x));
  }
}

/** @param {Timeline} timeline */
function listenToOverview(timeline) {
  const { overview } = timeline.elements;
  /** Where in the window it is held, ns after its start. @type {number | null} */
  let grip = null;
  const timeOf = (/** @type {PointerEvent} */ event) => timeline.window.first + ((pointOf(overview, event).x - timeline.labelWidth) / timeline.plotWidth) * timeline.window.most;
  const move = (/** @type {number} */ time) => {
    if (grip !== null) timeline.window.set(time - grip, time - grip + timeline.window.length);
  };
  overview.addEventListener("pointerdown", event => {
    overview.setPointerCapture(event.pointerId);
    const time = timeOf(event);
    const { t0, t1, length } = timeline.window;
    grip = time >= t0 && time <= t1 ? time - t0 : length / 2;
    move(time);
  });
  overview.addEventListener("pointermove", event => move(timeOf(event)));
  const end = () => (grip = null);
  overview.addEventListener("pointerup", end);
  overview.addEventListener("pointercancel", end);
}

/** Whether the reader wants moves animated. */
export function glides() {
  return !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
