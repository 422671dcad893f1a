// Text on a canvas: fonts, widths, and names that are shortened to fit.

import { shorten } from "./format.js";

export const FONT = "12px system-ui, sans-serif";
export const SMALL_FONT = "10.5px system-ui, sans-serif";
/** What is left of a shortened name in less room says nothing, px. */
export const SHORTENED = 64;

export class Texts {
  /** @param {CanvasRenderingContext2D} context */
  constructor(context) {
    this.context = context;
    /** @type {Map<string, string>} */
    this.shortened = new Map();
  }

  /**
   * The width of the widest of several texts, px.
   * @param {string[]} texts
   * @param {string} font
   */
  widest(texts, font) {
    this.context.font = font;
    // Measuring is slow; the longest texts are the widest, nearly.
    const longest = [...new Set(texts)].sort((a, b) => b.length - a.length).slice(0, 50);
    return Math.ceil(Math.max(0, ...longest.map(text => this.context.measureText(text).width)));
  }

  /**
   * The text, without characters in its middle where it is too long.
   * @param {string} text
   * @param {number} width
   * @param {string} font
   */
  fit(text, width, font) {
    const key = `${font}|${width}|${text}`;
    const known = this.shortened.get(key);
    if (known !== undefined) return known;
    if (this.shortened.size > 20000) this.shortened.clear();
    this.context.font = font;
    const short = shorten(text, width, part => this.context.measureText(part).width);
    this.shortened.set(key, short);
    return short;
  }
}
