// Colours of the page and of its regions, in light and in dark.

import { mix, pack, parseHex, readableOn } from "./color.js";
import { SHADES } from "./raster.js";

/** @typedef {import("./color.js").RGB} RGB */
/** @typedef {import("./data.js").Region} Region */
/** @typedef {"light" | "dark"} Scheme */

/** How strong regions are that stand back. */
export const FAINT = 0.18;
const NAMES = /** @type {const} */ (["panel", "text", "muted", "line", "grid", "accent", "hover", "note"]);

/** @typedef {Record<typeof NAMES[number], string>} Colors */

/**
 * The colours of the style sheet as they are now; by region its colour on this background, and its shades from idle to
 * busy, as they lie in the memory of an image: plain, and for regions that stand back.
 * @typedef {{ colors: Colors, background: RGB, fills: RGB[], shades: Uint32Array[], faint: Uint32Array[] }} Theme
 */

/**
 * @param {Region[]} regions
 * @returns {Theme}
 */
export function readTheme(regions) {
  const style = getComputedStyle(document.documentElement);
  const colors = /** @type {Colors} */ (Object.fromEntries(NAMES.map(name => [name, style.getPropertyValue(`--${name}`)])));
  const background = parseHex(colors.panel);
  const fills = regions.map(region => readableOn(region.color, background));
  const shadesOf = (/** @type {number} */ strength) =>
    fills.map(fill => Uint32Array.from({ length: SHADES + 1 }, (_, i) => pack(mix(background, fill, (strength * i) / SHADES))));
  return { colors, background, fills, shades: shadesOf(1), faint: shadesOf(FAINT) };
}

/**
 * Light or dark, as the reader's system has it or as chosen here.
 * @param {Scheme | null} chosen
 */
export function setScheme(chosen) {
  const isDark = chosen === null ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
  document.documentElement.dataset.scheme = isDark ? "dark" : "light";
}
