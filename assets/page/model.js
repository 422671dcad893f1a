// The chart in typed arrays, and the questions asked of it. Pure functions; all times in ns from the origin.
// src/page/json.rs and src/page/bars.rs are the other end of `decode`.

const BUSY_STEPS = 100000;

/** The bytes of the page's bars: base64, compressed (zlib). */
async function unpack(text) {
  const compressed = atob(text);
  const bytes = new Uint8Array(compressed.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = compressed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Reads whole numbers of seven bits to a byte, as src/page/bars.rs writes them. */
class Numbers {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  next() {
    let byte = this.bytes[this.at++];
    let number = byte & 0x7f;
    for (let weight = 128; byte >= 0x80; weight *= 128) {
      byte = this.bytes[this.at++];
      number += (byte & 0x7f) * weight;
    }
    return number;
  }
}

/** Turns the page's JSON and the bytes of its bars into the model. */
function decode(json, bytes) {
  const threads = new Map();
  const threadCount = new Map();
  for (const [rank, thread, label] of json.threads) {
    threads.set(`${rank}:${thread}`, label);
    threadCount.set(rank, (threadCount.get(rank) ?? 0) + 1);
  }
  // Not every thread has a name.
  for (const [rank, count] of json.threadCounts) threadCount.set(rank, Math.max(count, threadCount.get(rank) ?? 0));
  const regions = json.regions.map(({ name, color, stats }, id) => ({ id, name, label: oneLine(name), color: color ?? [128, 128, 128], stats, lanes: [] }));
  const lanes = decodeLanes(new Numbers(bytes), regions);
  return { header: json.header, span: Math.max(1, json.span), regions, lanes, threads, threadCount };
}

function decodeLanes(numbers, regions) {
  const heads = Array.from({ length: numbers.next() }, () => {
    const [region, rank, thread, bars, merged] = Array.from({ length: 5 }, () => numbers.next());
    return { region: regions[region], rank, thread: thread > 0 ? thread - 1 : null, bars, merged };
  });
  return heads.map(head => {
    const lane = decodeLane(numbers, head);
    lane.region.lanes.push(lane);
    return lane;
  });
}

/** A thread's name and number on one line: `tokio-rt-worker #1`. */
function threadLabel(model, rank, thread) {
  return oneLine(model.threads.get(`${rank}:${thread}`) ?? `thread #${thread}`);
}

/**
 * One lane. `calls` and `time` are running sums with one entry more than there are bars, so the
 * calls in bars i to j are `calls[j] - calls[i]`, and so is the time the region ran.
 */
function decodeLane(numbers, { region, rank, thread, bars, merged }) {
  const starts = new Float64Array(bars);
  const ends = new Float64Array(bars);
  const calls = new Float64Array(bars + 1).fill(1, 1);
  const time = new Float64Array(bars + 1);
  for (let i = 0; i < bars; i++) starts[i] = numbers.next();
  let at = 0;
  for (let i = 0; i < bars; i++) {
    starts[i] += at;
    ends[i] = at = starts[i] + numbers.next();
    time[i + 1] = ends[i] - starts[i];
  }
  for (let i = 0, left = merged; left > 0; left--) {
    i += numbers.next();
    calls[i + 1] = numbers.next();
    time[i + 1] *= numbers.next() / BUSY_STEPS;
  }
  for (let i = 0; i < bars; i++) {
    calls[i + 1] += calls[i];
    time[i + 1] += time[i];
  }
  return { region, rank, thread, starts, ends, calls, time };
}

/** The first index in lo..hi for which `values[i] >= limit`, for rising values. */
function lowerBound(values, limit, lo = 0, hi = values.length) {
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (values[middle] < limit) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

/** `lowerBound` for when the answer is likely close behind `from`. */
function gallop(values, limit, from) {
  let step = 1;
  let lo = from;
  let hi = from;
  while (hi < values.length && values[hi] < limit) {
    lo = hi + 1;
    hi += step;
    step *= 2;
  }
  return lowerBound(values, limit, lo, Math.min(hi, values.length));
}

function busyShare(lane, i, j = i + 1) {
  let length = 0;
  for (let k = i; k < j; k++) length += lane.ends[k] - lane.starts[k];
  return length > 0 ? Math.min(1, (lane.time[j] - lane.time[i]) / length) : 1;
}

/** The bars that lie at least partly within [t0, t1], as a range of indices. */
function barsWithin(lane, t0, t1) {
  let i = lowerBound(lane.ends, t0);
  while (i < lane.ends.length && lane.ends[i] === t0 && lane.starts[i] < t0) i++;
  let j = lowerBound(lane.starts, t1, i);
  // Of the bars that start exactly at the window's end, only those without length are in it.
  while (j < lane.starts.length && lane.starts[j] === t1 && lane.ends[j] === t1) j++;
  return [i, j];
}

/**
 * Calls and time of a lane within a window. Where the window cuts a bar that stands for several
 * calls, they are taken as spread evenly and `exact` is false.
 */
function within(lane, t0, t1) {
  const [i, j] = barsWithin(lane, t0, t1);
  if (i >= j) return { calls: 0, time: 0, exact: true };
  let calls = lane.calls[j] - lane.calls[i];
  let time = lane.time[j] - lane.time[i];
  let exact = true;
  for (const k of i === j - 1 ? [i] : [i, j - 1]) {
    const length = lane.ends[k] - lane.starts[k];
    const cut = Math.max(0, t0 - lane.starts[k]) + Math.max(0, lane.ends[k] - t1);
    if (cut <= 0) continue;
    const share = Math.min(1, cut / length);
    const inBar = lane.calls[k + 1] - lane.calls[k];
    time -= (lane.time[k + 1] - lane.time[k]) * share;
    if (inBar > 1) {
      calls -= inBar * share;
      exact = false;
    }
  }
  return { calls: Math.max(0, Math.round(calls)), time: Math.max(0, time), exact };
}

/** Calls and time of a region within a window, over its lanes. */
function regionWithin(region, t0, t1) {
  const sum = { calls: 0, time: 0, exact: true };
  for (const lane of region.lanes) {
    const part = within(lane, t0, t1);
    sum.calls += part.calls;
    sum.time += part.time;
    sum.exact &&= part.exact;
  }
  return sum;
}

/**
 * The own time of a single call: its duration without what other regions of the same thread took
 * within it. `null` where the chart cannot tell: several calls in the bar or in a bar within it,
 * or lanes that carry several threads.
 */
function exclusive(model, lane, i) {
  if (lane.calls[i + 1] - lane.calls[i] !== 1) return null;
  const alone = model.threadCount.get(lane.rank) === 1;
  const [from, to] = [lane.starts[i], lane.ends[i]];
  const inner = [];
  for (const other of model.lanes) {
    if (other === lane || other.rank !== lane.rank) continue;
    const [a, b] = barsWithin(other, from, to);
    if (a >= b) continue;
    if (!alone && (lane.thread === null || other.thread === null)) return null;
    if (!alone && other.thread !== lane.thread) continue;
    if (inner.length + b - a > 20000) return null;
    for (let k = a; k < b; k++) {
      const [start, end] = [other.starts[k], other.ends[k]];
      const encloses = start <= from && end >= to && end - start > to - from;
      if (encloses) continue;
      if (start < from || end > to || other.calls[k + 1] - other.calls[k] !== 1) return null;
      // The same start and end: the chart does not say which one is inside.
      if (start === from && end === to) return null;
      inner.push([start, end]);
    }
  }
  inner.sort((a, b) => a[0] - b[0]);
  let own = to - from;
  let covered = from;
  for (const [start, end] of inner) {
    own -= Math.max(0, end - Math.max(start, covered));
    covered = Math.max(covered, end);
  }
  return own;
}

/** How many lanes are busy in each of `bins` equal parts of the run, as a share of all lanes. */
function activity(model, bins) {
  const inside = new Float64Array(bins + 1);
  const steps = new Float64Array(bins + 1);
  const scale = bins / model.span;
  for (const lane of model.lanes) {
    for (let i = 0; i < lane.starts.length; i++) {
      const a = Math.max(0, Math.min(bins, lane.starts[i] * scale));
      const b = Math.max(a, Math.min(bins, lane.ends[i] * scale));
      const ran = lane.time[i + 1] - lane.time[i];
      if (ran <= 0 || b <= a) continue;
      const share = Math.min(1, ran / (lane.ends[i] - lane.starts[i]));
      const first = Math.floor(a);
      const last = Math.min(bins - 1, Math.floor(b));
      if (first === last) {
        inside[first] += (b - a) * share;
      } else {
        inside[first] += (first + 1 - a) * share;
        inside[last] += (b - last) * share;
        steps[first + 1] += share;
        steps[last] -= share;
      }
    }
  }
  const shares = new Float64Array(bins);
  let whole = 0;
  for (let i = 0; i < bins; i++) {
    whole += steps[i];
    shares[i] = (inside[i] + whole) / Math.max(1, model.lanes.length);
  }
  return shares;
}
