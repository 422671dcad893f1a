// The colours that stand for the values of bars. src/chart/value_colors.rs has the same scales, and the colours.

import { mix, pack } from "./color.js";
import { SHADES } from "./raster.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./values.js").Field} Field */
/** @typedef {import("./values.js").Scale} Scale */
/** Running sums over the bars of a lane: of where they are on the scale, by their time, and of that time. @typedef {{ places: Float64Array, weights: Float64Array }} Sums */

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

  /** @param {Lane} lane @returns {Sums | null} */
  sumsOf({ values, time, starts }) {
    const own = values?.[this.at];
    if (!own) return null;
    let sums = this.known.get(own);
    if (!sums) {
      sums = { places: new Float64Array(starts.length + 1), weights: new Float64Array(starts.length + 1) };
      for (let i = 0; i < starts.length; i++) {
        const isKnown = Number.isFinite(own[i]);
        const weight = isKnown ? Math.max(1, time[i + 1] - time[i]) : 0;
        sums.weights[i + 1] = sums.weights[i] + weight;
        sums.places[i + 1] = sums.places[i] + (isKnown ? weight * scalePlace(this.field, own[i]) : 0);
      }
      this.known.set(own, sums);
    }
    return sums;
  }

  /**
   * Where the bars i to j of a lane are on the scale together, each by its time; null where none has a value.
   * @param {Lane} lane
   * @param {number} i
   */
  place(lane, i, j = i + 1) {
    const sums = this.sumsOf(lane);
    const weight = sums ? sums.weights[j] - sums.weights[i] : 0;
    return sums && weight > 0 ? Math.max(0, Math.min(1, (sums.places[j] - sums.places[i]) / weight)) : null;
  }

  /** The number of the colour of a place. @param {number | null} place */
  tint(place) {
    return place === null ? this.none : 1 + Math.round(place * (this.colors.length - 1));
  }

  /** The colour of a bar, as busy as that. @param {Lane} lane @param {number} i @param {number} busy @param {RGB} background */
  fill(lane, i, busy, background) {
    const tint = this.tint(this.place(lane, i));
    return mix(background, tint === this.none ? this.without : this.colors[tint - 1], PALEST + (1 - PALEST) * busy);
  }
}
