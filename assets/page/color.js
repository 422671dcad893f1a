// Region colours on a light or a dark background. Pure functions on [r, g, b], 0 to 255.

/** Relative luminance (WCAG 2.2). */
function luminance([r, g, b]) {
  const linear = [r, g, b].map(c => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/** Contrast ratio (WCAG 2.2), 1 to 21. */
function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function mix(a, b, share) {
  return a.map((c, i) => Math.round(c + (b[i] - c) * share));
}

/**
 * The colour, moved towards white or black only as far as it needs to stand out from `background`;
 * on a dark one, what would glare is moved towards it.
 */
function readableOn(color, background) {
  const isDark = luminance(background) < 0.2;
  const away = isDark ? [255, 255, 255] : [0, 0, 0];
  const tooClose = one => contrast(one, background) < (isDark ? 3 : 2.2);
  const glares = one => isDark && contrast(one, background) > 8.5;
  const [fits, towards] = tooClose(color) ? [one => !tooClose(one), away] : [one => !glares(one), background];
  for (let share = 0; share < 1; share += 0.04) {
    const moved = mix(color, towards, share);
    if (fits(moved)) return moved;
  }
  return away;
}

/** Black or white, whichever reads better on the colour. */
function textOn(color) {
  return contrast(color, [255, 255, 255]) >= contrast(color, [0, 0, 0]) ? [255, 255, 255] : [0, 0, 0];
}

function css([r, g, b], alpha = 1) {
  return alpha >= 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha.toFixed(3)})`;
}

/** `#rrggbb` of a style sheet as [r, g, b]. */
function parseHex(text) {
  const value = parseInt(text.trim().slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** The colour as one number, as it lies in the memory of an image. */
function pack([r, g, b]) {
  return new Uint32Array(new Uint8ClampedArray([r, g, b, 255]).buffer)[0];
}
