// A row of bars as a row of pixels, whatever the number of bars. Pure functions on typed arrays.

import { busyShare, gallop, lowerBound } from "./model.js";

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./valuecolors.js").ValueColors} ValueColors */
/** A bar with room for text: its lane, its index, and the pixels it takes. @typedef {{ lane: Lane, i: number, from: number, to: number }} WideBar */

export const SHADES = 16;
/** The number of a colour by value that is none yet. */
const UNSET = 0;
/** How busy a call shorter than a pixel looks at least that has this many empty pixels on either side. */
const LONE = 0.65;
const APART = 2;
/** Less of a pixel is what rounding leaves of nothing. */
const TRACE = 1e-6;
/** Weights by which the shares of dense pixels are averaged, from the pixel itself to the farthest one. */
const WEIGHTS = [4, 3, 2, 1];

/** Paints rows of a number of pixels. */
export class Raster {
  /** @param {number} columns */
  constructor(columns) {
    this.columns = columns;
    /** How much of each pixel the present lane fills. */
    this.coverage = new Float32Array(columns + 2);
    /** How much of each pixel that lane fills whose colour it gets, and which lane that is. */
    this.strength = new Float32Array(columns);
    this.owner = new Uint32Array(columns);
    /** How much of each pixel all lanes fill together. */
    this.total = new Float32Array(columns);
    /** By how much more of the lanes are busy from each pixel on. */
    this.steps = new Float64Array(columns + 1);
    /** Of colours by value: the number of that of each pixel, in the present lane and in the row; 0 for none yet. */
    this.laneTint = new Uint8Array(columns + 2);
    this.tint = new Uint8Array(columns);
    /** The value that the colour of each pixel in the present lane stands for. */
    this.laneMean = new Float64Array(columns + 2);
    /** The colours; null where they are those of regions. @type {ValueColors | null} */
    this.values = null;
  }

  /**
   * Paints lanes into one row of pixels. Where several share a pixel it has the colour of the busiest, as strong as
   * they are busy together.
   * @param {Lane[]} lanes
   * @param {number} t0
   * @param {number} t1
   * @param {Uint32Array} row
   * @param {(lane: Lane) => Uint32Array} shadesOf the colours from idle to busy
   * @param {number} wide bars of this many pixels or more have room for text
   * @param {number} of how many ranks or threads share the row, which is as strong as the share of them that is busy, and
   * has the colour of the innermost calls; 0 where they do not
   * @param {ValueColors | null} values colours by value in the place of those of `shadesOf`
   * @param {(lane: Lane) => boolean} isFaint of these, which lanes stand back
   * @returns {WideBar[]}
   */
  paint(lanes, t0, t1, row, shadesOf, wide, of = 0, values = null, isFaint = () => false) {
    const { strength, total, owner, tint } = this;
    this.values = values;
    strength.fill(0);
    total.fill(0);
    const regions = of > 0 && lanes.some(lane => lane.region !== lanes[0].region);
    if (of > 0 && !regions && lanes.length > 0) return this.paintShared(lanes, t0, t1, row, shadesOf(lanes[0]), of, isFaint(lanes[0]));
    const outermost = regions ? Math.min(...lanes.map(lane => lane.depth)) : 0;
    const wideBars = lanes.flatMap((lane, at) => this.paintLane(lane, at, t0, t1, wide, regions ? 1 + lane.depth : 1, !regions || lane.depth === outermost));
    const shades = values ? [] : lanes.map(shadesOf);
    const tinted = values ? lanes.map(lane => (isFaint(lane) ? values.faint : values.shades)) : [];
    for (let x = 0; x < strength.length; x++) {
      if (strength[x] === 0) continue;
      const share = Math.min(1, of > 0 ? total[x] / of : Math.max(strength[x], total[x]));
      const shade = Math.max(1, Math.round(share * SHADES));
      row[x] = values ? tinted[owner[x]][tint[x]][shade] : shades[owner[x]][shade];
    }
    return wideBars;
  }

  /**
   * Paints the lanes of one region on many ranks or threads into one row of pixels, as strong as the share of them that
   * is in it. A bar costs the same however many pixels it takes.
   * @param {Lane[]} lanes
   * @param {number} t0
   * @param {number} t1
   * @param {Uint32Array} row
   * @param {Uint32Array} shades
   * @param {number} of
   * @param {boolean} faint
   * @returns {WideBar[]} none
   */
  paintShared(lanes, t0, t1, row, shades, of, faint) {
    const { columns, coverage, total, steps, laneTint, laneMean, values } = this;
    /** Of colours by value: the sum of values by busy share, and of these shares; and by how much more from a pixel on. */
    const [sums, weights, sumSteps, weightSteps] = Array.from({ length: values ? 4 : 0 }, () => new Float64Array(columns + 2));
    const scale = columns / (t1 - t0);
    steps.fill(0);
    for (const lane of lanes) {
      const { starts, ends } = lane;
      const { solid, from, to } = this.cover(lane, t0, t1, scale);
      for (let x = from; x <= to; x++) {
        if (x < columns) total[x] += coverage[x];
        if (values && laneTint[x] !== values.none && laneTint[x] !== UNSET) {
          sums[x] += coverage[x] * laneMean[x];
          weights[x] += coverage[x];
        }
        coverage[x] = 0;
        laneTint[x] = UNSET;
      }
      for (const k of solid) {
        const a = Math.max(0, Math.min(columns, Math.round((starts[k] - t0) * scale)));
        const b = Math.max(a, Math.min(columns, Math.max(a + 1, Math.round((ends[k] - t0) * scale))));
        const share = busyShare(lane, k);
        steps[a] += share;
        steps[b] -= share;
        const mean = values?.mean(lane, k) ?? NaN;
        if (Number.isNaN(mean)) continue;
        for (const [at, sign] of [[a, 1], [b, -1]]) {
          sumSteps[at] += sign * share * mean;
          weightSteps[at] += sign * share;
        }
      }
    }
    let [wide, sum, weight] = [0, 0, 0];
    for (let x = 0; x < columns; x++) {
      wide += steps[x];
      const share = Math.min(1, (total[x] + wide) / of);
      if (values) [sum, weight] = [sum + sumSteps[x], weight + weightSteps[x]];
      if (share <= TRACE) continue;
      const shade = Math.max(1, Math.round(share * SHADES));
      if (!values) {
        row[x] = shades[shade];
        continue;
      }
      const known = weight + weights[x];
      const tint = values.tint(known > TRACE ? (sum + sums[x]) / known : NaN);
      row[x] = (faint ? values.faint : values.shades)[tint][shade];
    }
    return [];
  }

  /**
   * Bars a pixel wide or wider are solid, narrower ones give their pixels a shade by busy share, as
   * src/plot/coverage.rs does it.
   * @param {Lane} lane
   * @param {number} at its place among the lanes of the row
   * @param {number} t0
   * @param {number} t1
   * @param {number} wide
   * @param {number} weight by which it prevails over others
   * @param {boolean} counts whether what it fills is part of the total
   */
  paintLane(lane, at, t0, t1, wide, weight, counts) {
    const { columns, strength, owner, total, values, laneTint, tint: tints } = this;
    const { starts, ends } = lane;
    const scale = columns / (t1 - t0);
    const { solid, from, to } = this.cover(lane, t0, t1, scale);
    const put = (/** @type {number} */ x, /** @type {number} */ share, /** @type {number} */ filled, tint = laneTint[x]) => {
      if (x >= columns) return;
      if (counts) total[x] += filled;
      if (share * weight <= strength[x]) return;
      strength[x] = share * weight;
      owner[x] = at;
      tints[x] = tint;
    };
    this.shade(from, to, put);

    const wideBars = [];
    for (const k of solid) {
      const a = Math.max(0, Math.round((starts[k] - t0) * scale));
      let b = Math.max(a + 1, Math.round((ends[k] - t0) * scale));
      // Calls that follow each other at once stay two bars to the eye.
      if (b - a >= 6 && k + 1 < starts.length && Math.round((starts[k + 1] - t0) * scale) <= b) b--;
      b = Math.min(columns, b);
      const share = busyShare(lane, k);
      const tint = values ? values.tint(values.mean(lane, k)) : UNSET;
      for (let x = a; x < b; x++) put(x, share, share, tint);
      if (b - a > wide) wideBars.push({ lane, i: k, from: a, to: b });
    }
    return wideBars;
  }

  /**
   * Adds up in `coverage` what bars narrower than a pixel fill; gives the others, and the pixels with coverage.
   * @param {Lane} lane
   * @param {number} t0
   * @param {number} t1
   * @param {number} scale
   */
  cover(lane, t0, t1, scale) {
    const { columns, coverage, values, laneTint, laneMean } = this;
    const { starts, ends, time } = lane;
    const solid = [];
    let from = columns;
    let to = -1;
    let i = lowerBound(ends, t0);
    while (i < starts.length && starts[i] <= t1) {
      const a = (starts[i] - t0) * scale;
      if ((ends[i] - starts[i]) * scale >= 1) {
        solid.push(i++);
        continue;
      }
      // Every further bar that starts in this pixel is narrow too, but perhaps the last.
      const pixel = Math.max(0, Math.floor(a));
      let j = Math.max(i + 1, gallop(starts, t0 + (pixel + 1) / scale, i));
      if (j > i + 1 && (ends[j - 1] - starts[j - 1]) * scale >= 1) j--;
      // Only the last can reach into the next pixel.
      const spill = Math.max(0, (ends[j - 1] - t0) * scale - (pixel + 1)) * busyShare(lane, j - 1);
      // However short, a call leaves a trace.
      coverage[pixel] += Math.max(0.002, (time[j] - time[i]) * scale - spill);
      coverage[pixel + 1] += spill;
      if (values) {
        laneMean[pixel] = values.mean(lane, i, j);
        laneMean[pixel + 1] = laneMean[pixel];
        laneTint[pixel] = values.tint(laneMean[pixel]);
        laneTint[pixel + 1] = laneTint[pixel];
      }
      from = Math.min(from, pixel);
      to = Math.max(to, pixel + 1);
      i = j;
    }
    return { solid, from, to };
  }

  /**
   * Turns the coverage of the pixels from..=to into how strong they look and how far they are filled, and clears it.
   * @param {number} from
   * @param {number} to
   * @param {(x: number, share: number, filled: number) => void} put
   */
  shade(from, to, put) {
    const { coverage, laneTint } = this;
    for (let x = from; x <= to; ) {
      if (coverage[x] === 0) {
        x++;
        continue;
      }
      // Over gaps in which calls do not stand alone.
      let end = x + 1;
      for (let next = end; next <= to && next - end < APART; next++) if (coverage[next] > 0) end = next + 1;
      if (end - x <= 2) {
        // One pixel, as strong as the call is long, wherever in a pixel it begins.
        const at = coverage[x] >= coverage[end - 1] ? x : end - 1;
        const share = end - x === 2 ? coverage[x] + coverage[x + 1] : coverage[x];
        put(at, LONE + (1 - LONE) * Math.min(1, share), share);
      } else {
        for (let pixel = x; pixel < end; pixel++) {
          const share = this.average(pixel, x, end);
          // A gap in which calls do not stand alone has the colour of those before it.
          if (laneTint[pixel] === UNSET && pixel > x) laneTint[pixel] = laneTint[pixel - 1];
          put(pixel, share, share);
        }
      }
      coverage.fill(0, x, end);
      laneTint.fill(UNSET, x, end);
      x = end;
    }
  }

  /**
   * The weighted mean of the coverage around a pixel, within from..to.
   * @param {number} pixel
   * @param {number} from
   * @param {number} to
   */
  average(pixel, from, to) {
    let [sum, weights] = [0, 0];
    for (let near = Math.max(from, pixel - 3); near < Math.min(to, pixel + 4); near++) {
      const weight = WEIGHTS[Math.abs(near - pixel)];
      sum += weight * this.coverage[near];
      weights += weight;
    }
    return sum / weights;
  }
}
