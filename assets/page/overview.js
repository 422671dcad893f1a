// The strip above the timeline: how busy the run was, and which part of it is seen.

import { activity } from "./model.js";
import { SMALL_FONT } from "./text.js";

/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./painter.js").Scene} Scene */

export const OVERVIEW = 30;
const BINS = 1024;

export class Overview {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Model} model
   */
  constructor(canvas, model) {
    this.canvas = canvas;
    this.span = 1;
    this.shares = new Float64Array(BINS);
    this.most = 1;
    this.label = "";
    this.show(model);
  }

  /** @param {Model} model */
  show(model) {
    this.span = model.span;
    this.shares = activity(model, BINS);
    this.most = Math.max(...this.shares, 1e-9);
    this.label = model.lanes.some(lane => lane.thread !== null) ? "busy threads" : "busy lanes";
  }

  /** @param {Scene} scene */
  draw({ ratio, labelWidth, plotWidth, width, t0, t1, extent: [first, last], theme: { colors } }) {
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const [top, bottom] = [5, OVERVIEW - 5];
    const x = (/** @type {number} */ time) => labelWidth + ((time - first) / (last - first)) * plotWidth;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, OVERVIEW);
    context.font = SMALL_FONT;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = colors.muted;
    context.fillText(this.label, labelWidth - 8, OVERVIEW / 2);

    context.beginPath();
    const left = x(0);
    context.moveTo(left, bottom);
    const step = (x(this.span) - left) / this.shares.length;
    this.shares.forEach((share, i) => {
      const y = bottom - (share / this.most) * (bottom - top);
      context.lineTo(left + i * step, y);
      context.lineTo(left + (i + 1) * step, y);
    });
    context.lineTo(x(this.span), bottom);
    context.globalAlpha = 0.45;
    context.fill();

    const [a, b] = [x(t0), Math.max(x(t1), x(t0) + 3)];
    context.globalAlpha = 0.72;
    context.fillStyle = colors.panel;
    context.fillRect(labelWidth, top, a - labelWidth, bottom - top);
    context.fillRect(b, top, width - b, bottom - top);
    context.globalAlpha = 1;
    context.strokeStyle = b - a < plotWidth - 1 ? colors.accent : colors.line;
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(a + 0.75, top - 1.25, Math.max(1.5, b - a - 1.5), bottom - top + 2.5, 3);
    context.stroke();
  }
}
