// Numbers, durations and names as text. Pure functions; durations, counts and amounts follow src/units.rs digit by
// digit: test/vectors.json holds both to the same.

/** Name, ns per unit, and from how many of them on the next unit is used. @type {[string, number, number][]} */
const UNITS = [
  ["ns", 1, 999.5],
  ["µs", 1e3, 999.5],
  ["ms", 1e6, 999.5],
  ["s", 1e9, 599.5],
  ["min", 6e10, 599.5],
  ["h", 3.6e12, Infinity],
];

/**
 * The unit that fits a duration in ns: [name, ns per unit, limit].
 * @param {number} ns
 */
function unitOf(ns) {
  return UNITS.find(([, scale, limit]) => Math.abs(ns) < limit * scale) ?? UNITS[UNITS.length - 1];
}

/**
 * `toFixed` that rounds exact ties to even, as Rust does; JavaScript rounds them away from zero.
 * @param {number} value
 * @param {number} decimals
 */
function fixed(value, decimals) {
  const tie = value * 2 ** (decimals + 1);
  if (Math.abs(tie % 2) !== 1) return value.toFixed(decimals);
  const scaled = value * 10 ** decimals;
  const below = Math.floor(scaled);
  return ((below % 2 === 0 ? below : below + 1) / 10 ** decimals).toFixed(decimals);
}

/**
 * Three significant digits, no exponent.
 * @param {number} value
 */
function threeDigits(value) {
  const magnitude = Math.abs(value);
  return fixed(value, magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2);
}

/**
 * `831 ns`, `1.25 µs`, `83.1 ms`.
 * @param {number} ns
 */
export function duration(ns) {
  const [unit, scale] = unitOf(ns);
  const value = ns / scale;
  return unit === "ns" && Number.isInteger(value) ? `${value} ns` : `${threeDigits(value)} ${unit}`;
}

/** Prefixes of the SI, and what they stand for. @type {[string, number][]} */
const PREFIXES = [["n", 1e-9], ["µ", 1e-6], ["m", 1e-3], ["", 1], ["k", 1e3], ["M", 1e6], ["G", 1e9], ["T", 1e12], ["P", 1e15]];

/**
 * A finite value: `24.5 GB`, `312 J`, `83.1 ms` of nanoseconds; without a unit `1 234`, `-98 765`, `0.25`, `3.20e-12`.
 * @param {number} value
 * @param {string | null} unit
 */
export function amount(value, unit) {
  if (unit === "ns") return duration(value);
  const magnitude = Math.abs(value);
  if (unit === null) {
    if ((Number.isInteger(value) && magnitude < 1e6) || (magnitude >= 999.5 && magnitude < 999_999.5)) return `${value < 0 ? "-" : ""}${count(magnitude)}`;
    if (magnitude >= 1e-2 && magnitude < 0.09995) return fixed(value, 4);
    if (magnitude >= 1e-2 && magnitude < 1e3) return threeDigits(value);
    return value.toExponential(2).replace("e+", "e");
  }
  const fitting = PREFIXES.find(([, scale]) => magnitude < 999.5 * scale) ?? PREFIXES[PREFIXES.length - 1];
  const [prefix, scale] = value === 0 ? ["", 1] : fitting;
  const scaled = value / scale;
  return scale === 1 && Number.isInteger(scaled) ? `${scaled} ${unit}` : `${threeDigits(scaled)} ${prefix}${unit}`;
}

/**
 * `12 345 678`
 * @param {number} n
 */
export function count(n) {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, " ");
}

/**
 * `1 rank`, `2 ranks`
 * @param {number} n
 * @param {string} word
 */
export function plural(n, word) {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

/**
 * `54 %`, `3.2 %`, `<0.1 %`
 * @param {number} share
 */
export function percent(share) {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "<0.1 %";
  return `${value >= 9.95 ? Math.round(value) : value.toFixed(1)} %`;
}

/** Name, ns per unit, decimals down to the nanosecond. @type {[string, number, number][]} */
const INSTANT_UNITS = [["s", 1e9, 9], ["ms", 1e6, 6], ["µs", 1e3, 3]];

/**
 * A point in time to the nanosecond: `1.234 567 ms`, `12.345 678 901 s`. With a resolution in ns,
 * digits finer than it are left out.
 * @param {number} ns
 */
export function instant(ns, resolution = 1) {
  const grain = 10 ** Math.max(0, Math.floor(Math.log10(resolution)));
  const whole = Math.abs(Math.round(ns / grain) * grain);
  const sign = ns < 0 && whole > 0 ? "-" : "";
  const [unit, scale, digits] = INSTANT_UNITS.find(([, least]) => whole >= least) ?? ["ns", 1, 0];
  const units = Math.floor(whole / scale);
  const rest = String(Math.round(whole - units * scale)).padStart(digits, "0");
  const fraction = digits ? rest.replace(/0+$/, "").replace(/(\d{3})(?=\d)/g, "$1\u202f") : "";
  return `${sign}${count(units)}${fraction && "."}${fraction} ${unit}`;
}

/**
 * Ticks of a time axis from t0 to t1 (ns): 1-2-5 steps in the unit that fits the window, at most
 * `most` of them. Far from 0 the labels would be too long; then they count from `base`.
 * @param {number} t0
 * @param {number} t1
 * @param {number} most
 */
export function ticks(t0, t1, most) {
  const [unit, scale] = unitOf(t1 - t0);
  const rough = (t1 - t0) / scale / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * ([1, 2, 5].find(factor => factor * power >= rough * (1 - 1e-9)) ?? 10);
  if (unit === "ns") step = Math.max(1, step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step * (1 + 1e-9))));
  const base = scale <= 1e6 && t1 >= 1e4 * scale ? Math.floor(t0 / (1e3 * scale)) * 1e3 * scale : 0;
  const values = [];
  const last = Math.floor((t1 - base) / scale / step + 1e-9);
  for (let i = Math.ceil((t0 - base) / scale / step - 1e-9); i <= last; i++) {
    values.push({ time: base + i * step * scale, text: `${base > 0 ? "+" : ""}${(i * step).toFixed(decimals)}` });
  }
  return { unit, step: step * scale, base, values };
}

/**
 * `ticks` of an axis that has another moment as 0; their times are not counted from there.
 * @param {number} zero
 * @param {number} t0
 * @param {number} t1
 * @param {number} most
 */
export function ticksFrom(zero, t0, t1, most) {
  const axis = ticks(t0 - zero, t1 - zero, most);
  return zero === 0 ? axis : { ...axis, values: axis.values.map(({ time, text }) => ({ time: time + zero, text })) };
}

/**
 * A name as one line: what would break the line or hide is shown by a symbol.
 * @param {string} name
 */
export function oneLine(name) {
  if (name === "") return "(no name)";
  if (name.trim() === "") return `"${name}"`;
  return name
    .replace(/\r?\n/g, "↵")
    .replace(/\t/g, "⇥")
    // Control characters, and those that change the direction of what follows.
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "·");
}

/**
 * Takes characters out of the middle until the text fits; `measure` gives a text's width.
 * @param {string} text
 * @param {number} width
 * @param {(text: string) => number} measure
 */
export function shorten(text, width, measure) {
  if (measure(text) <= width) return text;
  const characters = Array.from(text);
  const keep = (/** @type {number} */ n) => `${characters.slice(0, Math.ceil(n / 2)).join("")}…${characters.slice(characters.length - Math.floor(n / 2)).join("")}`;
  let low = 0;
  let high = characters.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(keep(middle)) <= width) low = middle;
    else high = middle - 1;
  }
  return keep(low);
}

/** Names of fewer characters are kept whole where they can give way at their end alone. */
const IN_ONE = 12;
/** The widest last part of a path that is kept, and what else is kept of an end, in columns of a terminal. */
const LAST_PART = 24;
const ENDING = 12;
/** So many characters are before that at least: the dots that stand for the middle take as much room. */
const BEGINNING = 4;

/**
 * A name in two parts for a place whose width is not known: like `shorten` it is to lose what is in its middle, so the
 * first part gives way. The second is what tells the functions of one module apart: the last part of a path, where it is
 * one.
 * @param {string} name
 * @returns {[string, string]}
 */
export function headAndTail(name) {
  const characters = Array.from(name);
  if (characters.length <= IN_ONE) return [name, ""];
  const columns = (/** @type {string} */ text) => Array.from(text).reduce((sum, one) => sum + ((one.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2), 0);
  const part = /(?:::|[./\\])[^:./\\]+$/u.exec(name)?.[0] ?? "";
  if (part !== "" && columns(part) <= LAST_PART && part.length + BEGINNING <= name.length) return [name.slice(0, name.length - part.length), part];
  let kept = 0;
  while (columns(characters.slice(-kept - 1).join("")) <= ENDING && kept + BEGINNING < characters.length) kept++;
  return [characters.slice(0, -kept).join(""), characters.slice(-kept).join("")];
}
