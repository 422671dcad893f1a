// The colours that stand for the values of bars. src/chart/value_colors.rs has the same scales, and the colours.

import { mix, pack } from "./color.js";
import { SHADES } from "./raster.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./values.js").Field} Field */
/** @typedef {import("./values.js").Scale} Scale */
/** Of each block of bars of a lane: the sum of their values, each by its time, and of that time. @typedef {{ sums: Float64Array, weights: Float64Array }} Sums */

/** So many bars are a block. Running sums over all would lose small values after large ones. */
const BLOCK = 64;
/** Bars coloured by value are no paler, so that their colour is seen for what it is. */
const PALEST = 0.45;

/**
 * Where a value is on the scale of its field, 0 to 1.
 * @param {Field} field
 * @param {number} value
 */
export function scalePlace({ kind, range: [from, to] }, value) {
  const at = kind === "logarithmic" ? (/** @type {number} */ x) => Math.log(Math.max(x, from)) : (/** @type {number} */ x) => x / 2;
  const length = at(to) - at(from);
  return length > 0 ? Math.max(0, Math.min(1, (at(value) - at(from)) / length)) : 0.5;
}

/** Colours by the values of one field, on one background. */
export class ValueColors {
  /**
   * @param {Field} field
   * @param {number} at its place among the fields
   * @param {Scale} scale
   * @param {RGB} background
   * @param {number} faint how strong regions are that stand back
   */
  constructor(field, at, scale, background, faint) {
    this.field = field;
    this.at = at;
    /** @type {RGB[]} */
    this.colors = field.kind === "signed" ? scale.signed : scale.plain;
    this.without = scale.without;
    const fills = [background, ...this.colors, this.without];
    const shades = (/** @type {number} */ strength) =>
      fills.map(fill => Uint32Array.from({ length: SHADES + 1 }, (_, i) => pack(mix(background, fill, strength * (PALEST + ((1 - PALEST) * i) / SHADES)))));
    /** By number of the colour, from idle to busy. */
    this.shades = shades(1);
    this.faint = shades(faint);
    /** The number of the colour of bars without a value. */
    this.none = this.colors.length + 1;
    /** @type {WeakMap<Float64Array, Sums>} */
    this.known = new WeakMap();
  }

  /** @param {Float64Array} own the values of the lane @param {Lane} lane */
  blocksOf(own, { time, starts }) {
    let known = this.known.get(own);
    if (!known) {
      const blocks = Math.floor(starts.length / BLOCK);
      known = { sums: new Float64Array(blocks), weights: new Float64Array(blocks) };
      for (let i = 0; i < blocks * BLOCK; i++) {
        if (!Number.isFinite(own[i])) continue;
        const weight = Math.max(1, time[i + 1] - time[i]);
        known.sums[Math.floor(i / BLOCK)] += weight * own[i];
        known.weights[Math.floor(i / BLOCK)] += weight;
      }
      this.known.set(own, known);
    }
    return known;
  }

  /**
   * The mean of the bars i to j of a lane, each by its time; NaN where none has a value.
   * @param {Lane} lane
   * @param {number} i
   */
  mean(lane, i, j = i + 1) {
    const own = lane.values?.[this.at];
    if (!own) return NaN;
    if (j === i + 1) return Number.isFinite(own[i]) ? own[i] : NaN;
    const { sums, weights } = this.blocksOf(own, lane);
    let [sum, weight] = [0, 0];
    for (let k = i; k < j; ) {
      if (k % BLOCK === 0 && k + BLOCK <= j) {
        sum += sums[k / BLOCK];
        weight += weights[k / BLOCK];
        k += BLOCK;
        continue;
      }
      if (Number.isFinite(own[k])) {
        const length = Math.max(1, lane.time[k + 1] - lane.time[k]);
        sum += length * own[k];
        weight += length;
      }
      k++;
    }
    return weight > 0 ? sum / weight : NaN;
  }

  /** The number of the colour of a value, NaN for none. @param {number} value */
  tint(value) {
    return Number.isNaN(value) ? this.none : 1 + Math.round(scalePlace(this.field, value) * (this.colors.length - 1));
  }

  /** The colour of a bar, as busy as that. @param {Lane} lane @param {number} i @param {number} busy @param {RGB} background */
  fill(lane, i, busy, background) {
    const tint = this.tint(this.mean(lane, i));
    return mix(background, tint === this.none ? this.without : this.colors[tint - 1], PALEST + (1 - PALEST) * busy);
  }
}
