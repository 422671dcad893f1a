// Which groups of lanes are folded into one row each, and which ranks are shown.

/** @typedef {import("./layout.js").Group} Group */

/** More rows than these are folded when the page opens, where there are many ranks. */
const UNFOLDED_ROWS = 160;
const MANY_RANKS = 16;

/**
 * All folded or all open, but for some. `all` is null where the page decides.
 * @typedef {{ all: boolean | null, but: Set<string> }} Folds
 */

/** @returns {Folds} */
export function noFolds() {
  return { all: null, but: new Set() };
}

/**
 * What tells a group from the others, whatever is filtered.
 * @param {Group} group
 */
export function keyOf(group) {
  return group.region ? `g${group.region.id}` : `r${group.title}`;
}

/**
 * Whether groups are folded unless it is said of them: where there are many ranks and too many rows.
 * @param {Folds} folds
 * @param {Group[]} groups open ones
 * @param {number} ranks
 */
export function foldsAll(folds, groups, ranks) {
  return folds.all ?? (ranks >= MANY_RANKS && groups.reduce((sum, group) => sum + group.rows.length, 0) > UNFOLDED_ROWS);
}

/**
 * Folds or opens one group.
 * @param {Folds} folds
 * @param {Group} group
 */
export function toggleFold(folds, group) {
  const key = keyOf(group);
  if (!folds.but.delete(key)) folds.but.add(key);
}

/**
 * As text: `+` or `-` for all, then what is otherwise.
 * @param {Folds} folds
 */
export function writeFolds({ all, but }) {
  if (all === null && but.size === 0) return "";
  return [all === null ? "?" : all ? "+" : "-", ...[...but].sort()].join("~");
}

/**
 * @param {string} text
 * @returns {Folds}
 */
export function readFolds(text) {
  const [all, ...but] = text.split("~");
  return { all: all === "+" ? true : all === "-" ? false : null, but: new Set(but.filter(key => /^[gr]./.test(key))) };
}

/**
 * Ranks as on the command line: `0,2-5`. Null for all, and an error for what cannot be read.
 * @param {string} text
 * @returns {{ ranks: ((rank: number) => boolean) | null, error: string | null }}
 */
export function parseRanks(text) {
  if (text.trim() === "") return { ranks: null, error: null };
  /** @type {[number, number][]} */
  const ranges = [];
  for (const part of text.split(",")) {
    const found = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part);
    const [from, to] = found ? [Number(found[1]), Number(found[2] ?? found[1])] : [1, 0];
    if (from > to) return { ranks: null, error: `ranks are numbers and ranges such as 0,2-5, not ${part.trim() || "nothing"}` };
    ranges.push([from, to]);
  }
  return { ranks: rank => ranges.some(([from, to]) => rank >= from && rank <= to), error: null };
}
