// Spans that were entered several times, in lanes of their own: the life of each, and within it its polls. Pure functions.

/** @typedef {import("./data.js").Lane} Lane */
/** @typedef {import("./data.js").Region} Region */
/** A span with its entries, which may overlap where threads share it. @typedef {{ region: Region, rank: number, span: number, starts: number[], ends: number[], threads: number[] }} Task */
/** Lives side by side, and their polls: none overlaps another. @typedef {{ rank: number, lives: Lane, polls: Lane }} TaskRow */

/** How strong a life is beside its polls, as if it were busy for such a share. */
const LIFE = 0.28;
/** More rows of a region on a rank are not drawn. */
const MOST_TASK_ROWS = 400;

/**
 * @param {number[]} numbers as src/page/views/tasks.rs writes them
 * @param {Region[]} regions
 * @returns {Task[]}
 */
export function decodeTasks(numbers, regions) {
  const tasks = [];
  for (let at = 0; at < numbers.length; ) {
    const [region, rank, span, entries] = numbers.slice(at, at + 4);
    at += 4;
    /** @type {Task} */
    const task = { region: regions[region], rank, span, starts: [], ends: [], threads: [] };
    let start = 0;
    for (let i = 0; i < entries; i++, at += 3) {
      start += numbers[at];
      task.starts.push(start);
      task.ends.push(start + numbers[at + 1]);
      task.threads.push(numbers[at + 2]);
    }
    tasks.push(task);
  }
  return tasks;
}

/** From the first entry to the last exit. @param {Task} task */
export function lifeOf({ starts, ends }) {
  return { start: starts[0], end: Math.max(...ends) };
}

/**
 * The time in which a task was entered: moments at which it was entered more than once count once.
 * @param {Task} task
 */
export function busyOf(task) {
  return pollsOf(task).reduce((sum, [start, end]) => sum + end - start, 0);
}

/**
 * The entries of a task, each without what one before it covers; and which entry each is.
 * @param {Task} task
 * @returns {[number, number, number][]}
 */
function pollsOf({ starts, ends }) {
  /** @type {[number, number, number][]} */
  const polls = [];
  let covered = -Infinity;
  starts.forEach((start, at) => {
    const from = Math.max(start, covered);
    if (ends[at] < from || (ends[at] === covered && start < covered)) return;
    polls.push([from, ends[at], at]);
    covered = ends[at];
  });
  return polls;
}

/**
 * Puts each task into the first row that is free when it begins.
 * @param {Task[]} tasks of one region and rank
 * @returns {TaskRow[]}
 */
export function taskRows(tasks) {
  /** @type {{ end: number, tasks: Task[] }[]} */
  const rows = [];
  for (const task of [...tasks].sort((a, b) => a.starts[0] - b.starts[0])) {
    const { start, end } = lifeOf(task);
    let row = rows.find(one => one.end <= start);
    if (!row) {
      if (rows.length >= MOST_TASK_ROWS) continue;
      row = { end: -Infinity, tasks: [] };
      rows.push(row);
    }
    row.tasks.push(task);
    row.end = end;
  }
  return rows.map(row => ({ rank: tasks[0].rank, lives: livesLane(row.tasks), polls: pollsLane(row.tasks) }));
}

/**
 * @param {Task[]} tasks
 * @param {[number, number][]} bars
 * @param {number} strength
 * @returns {Lane}
 */
function laneWith([{ region, rank }], bars, strength) {
  const time = new Float64Array(bars.length + 1);
  bars.forEach(([start, end], i) => (time[i + 1] = time[i] + strength * (end - start)));
  return { region, rank, thread: null, depth: 0, starts: Float64Array.from(bars, bar => bar[0]), ends: Float64Array.from(bars, bar => bar[1]), calls: Float64Array.from({ length: bars.length + 1 }, (_, i) => i), time };
}

/** @param {Task[]} tasks @returns {Lane} */
function livesLane(tasks) {
  const bars = tasks.map(task => /** @type {[number, number]} */ ([lifeOf(task).start, lifeOf(task).end]));
  return { ...laneWith(tasks, bars, LIFE), lives: tasks };
}

/** @param {Task[]} tasks @returns {Lane} */
function pollsLane(tasks) {
  const polls = tasks.flatMap(task => pollsOf(task).map(([start, end, at]) => ({ start, end, task, at })));
  return { ...laneWith(tasks, polls.map(({ start, end }) => /** @type {[number, number]} */ ([start, end])), 1), polls: polls.map(({ task, at }) => ({ task, at })) };
}
