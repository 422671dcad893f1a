// The regions of several runs side by side, as src/analysis/comparison.rs has them. Pure functions; times in ns.

/** What is compared. @typedef {"exclusive" | "inclusive" | "view" | "calls"} Measure */
/** @typedef {{ name: string, label: string, color: string, values: (number | null)[], difference: number, ratio: number | null }} ComparedRow */
/** A run: its ranks, its regions, and the time of a region in sight. @typedef {{ ranks: number, regions: import("./linked.js").LinkedRegion[], timeInView: (name: string) => number | null }} ComparedRun */

/** @type {[Measure, string, string][]} */
export const MEASURES = [
  ["exclusive", "Exclusive time", "own time of the calls, mean of the ranks"],
  ["inclusive", "Inclusive time", "time with regions inside, mean of the ranks"],
  ["view", "Time in view", "time in the visible window, mean of the ranks"],
  ["calls", "Calls", "calls on all ranks"],
];

/**
 * A row for each region of any run. Times are means of the ranks, so that runs of different numbers of ranks can be
 * compared; the difference is that from the first run to the last, and a region that is not in a run took no time there.
 * @param {ComparedRun[]} runs
 * @param {Measure} measure
 * @returns {ComparedRow[]} the one that differs most comes first
 */
export function compareRuns(runs, measure) {
  /** @type {Map<string, ComparedRow>} */
  const rows = new Map();
  runs.forEach((run, at) => {
    for (const region of run.regions) {
      const row = rows.get(region.name) ?? { name: region.name, label: region.label, color: region.color, values: runs.map(() => null), difference: 0, ratio: null };
      rows.set(region.name, row);
      row.values[at] = valueOf(run, region, measure);
    }
  });
  for (const row of rows.values()) {
    const [first, last] = [row.values[0] ?? 0, row.values[row.values.length - 1] ?? 0];
    row.difference = last - first;
    row.ratio = first > 0 ? last / first : null;
  }
  const most = (/** @type {ComparedRow} */ row) => Math.max(...row.values.map(value => value ?? 0));
  return [...rows.values()].sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference) || most(b) - most(a) || (a.name < b.name ? -1 : 1));
}

/**
 * @param {ComparedRun} run
 * @param {import("./linked.js").LinkedRegion} region
 * @param {Measure} measure
 */
function valueOf({ ranks, timeInView }, region, measure) {
  if (measure === "calls") return region.calls;
  const time = measure === "view" ? timeInView(region.name) : region[measure];
  return time === null ? null : time / ranks;
}

/** Values that are positive and this factor apart are on a scale of logarithms, as in src/chart/value_colors.rs. */
const FAR_APART = 1e3;

/**
 * Of fields of several runs, by name, scales that fit all of them.
 * @param {import("./values.js").Field[][]} runs
 * @returns {Map<string, import("./values.js").Field>}
 */
export function scalesOf(runs) {
  /** @type {Map<string, import("./values.js").Field>} */
  const scales = new Map();
  for (const field of runs.flat()) {
    const known = scales.get(field.name) ?? field;
    const [lowest, highest] = [field.range[0] < known.range[0] ? field : known, field.range[1] > known.range[1] ? field : known];
    const [low, high] = [lowest.range[0], highest.range[1]];
    const isSigned = low < 0 && high > 0;
    /** @type {import("./values.js").Field} */
    const both = { ...known, kind: isSigned ? "signed" : low > 0 && high / FAR_APART >= low ? "logarithmic" : "linear", range: [low, high], ends: [lowest.ends[0], highest.ends[1]] };
    if (isSigned && -low > high) [both.range, both.ends] = [[low, -low], [lowest.ends[0], negated(lowest.ends[0])]];
    if (isSigned && -low < high) [both.range, both.ends] = [[-high, high], [negated(highest.ends[1]), highest.ends[1]]];
    scales.set(field.name, both);
  }
  return scales;
}

/** A number in words, with the other sign. @param {string} text */
function negated(text) {
  return text.startsWith("-") ? text.slice(1) : `-${text}`;
}

/**
 * How far each run is moved, ns, so that what is to be aligned is at time 0; and from where to where all of them reach.
 * @param {number[]} spans
 * @param {(number | null)[]} moments those to be aligned; null where a run has none: its start
 */
export function alignRuns(spans, moments) {
  const zeros = moments.map(moment => moment ?? 0);
  const first = Math.min(...zeros.map(zero => 0 - zero));
  const last = Math.max(...spans.map((span, at) => span - zeros[at]));
  return { zeros, first, last };
}

/**
 * `+1.25 ms`, `−3.00 µs`
 * @param {number} value
 * @param {(value: number) => string} show
 */
export function signed(value, show) {
  if (value === 0) return show(0);
  return `${value > 0 ? "+" : "−"}${show(Math.abs(value))}`;
}

/** The letter of a run: A, B, … @param {number} at */
export function tagOf(at) {
  return at < 26 ? String.fromCharCode(65 + at) : `#${at + 1}`;
}
