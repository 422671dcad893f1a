// The timeline's lanes from top to bottom and its window of time: layout and movement, no drawing.

const AXIS = 26;
const GROUP_GAP = 7;
/** Room for what the axis says about its unit. */
const LEAST_LABELS = 118;
const SHADES = 16;
/** How busy a call shorter than a pixel looks at least that has this many empty pixels on either side. */
const LONE = 0.5;
const APART = 2;
/** Weights by which the shares of dense pixels are averaged, from the pixel itself to the farthest one. */
const WEIGHTS = [4, 3, 2, 1];
const OVERVIEW = 30;
const FONT = "12px system-ui, sans-serif";
const SMALL_FONT = "10.5px system-ui, sans-serif";

class Lanes {
  /**
   * `elements`: canvas, scroller, spacer, overview. `on`: callbacks `view()` after every
   * change of window or order, `hover(hit, x, y)`, `pin(region)`.
   */
  constructor(model, elements, on) {
    Object.assign(this, elements);
    this.model = model;
    this.on = on;
    this.context = this.canvas.getContext("2d");
    this.t0 = 0;
    this.t1 = model.span;
    this.target = [0, model.span];
    this.shown = model.regions;
    this.grouping = "region";
    this.thickness = 0;
    this.pinned = null;
    this.pointer = null;
    this.hit = null;
    this.measured = null;
    this.rulerMode = false;
    this.activity = activity(model, 1024);
    this.readColors();
  }

  // ---- Layout: groups of lanes from top to bottom -------------------------------------------

  readColors() {
    const style = getComputedStyle(document.documentElement);
    const color = name => style.getPropertyValue(name);
    this.colors = {};
    for (const name of ["panel", "text", "muted", "line", "grid", "accent", "hover"]) this.colors[name] = color(`--${name}`);
    this.background = parseHex(this.colors.panel);
    this.fills = this.model.regions.map(region => readableOn(region.color, this.background));
    this.shades = this.fills.map(fill => Uint32Array.from({ length: SHADES + 1 }, (_, i) => pack(mix(this.background, fill, i / SHADES))));
  }

  laneName(lane) {
    const thread = lane.thread === null ? "" : threadLabel(this.model, lane.rank, lane.thread);
    return { rank: `rank ${lane.rank}`, thread };
  }

  layout() {
    const groups = [];
    if (this.grouping === "region") {
      const manyRanks = this.model.header.ranks > 1;
      for (const region of this.shown) {
        if (region.lanes.length === 0) continue;
        const rows = region.lanes.map(lane => {
          const { rank, thread } = this.laneName(lane);
          return { lane, label: [manyRanks && rank, thread].filter(Boolean).join(" · ") };
        });
        groups.push({ title: region.label, region, rows });
      }
    } else {
      const byRank = new Map();
      for (const region of this.shown) {
        for (const lane of region.lanes) {
          const { rank, thread } = this.laneName(lane);
          if (!byRank.has(lane.rank)) byRank.set(lane.rank, { title: rank, region: null, rank: lane.rank, rows: [] });
          byRank.get(lane.rank).rows.push({ lane, label: [region.label, thread].filter(Boolean).join(" · ") });
        }
      }
      groups.push(...[...byRank.values()].sort((a, b) => a.rank - b.rank));
    }
    this.groups = groups;

    const rows = groups.reduce((sum, group) => sum + group.rows.length, 0);
    const room = this.room - AXIS - groups.length * GROUP_GAP;
    const fitting = Math.floor(room / Math.max(1, rows));
    const automatic = Math.max(this.grouping === "rank" ? 12 : 4, Math.min(22, fitting));
    this.rowHeight = Math.max(2, Math.min(40, Math.round(automatic * 1.3 ** this.thickness)));
    let y = GROUP_GAP / 2;
    for (const group of groups) {
      group.y = y;
      // A group is never lower than its own name.
      group.rowHeight = Math.max(this.rowHeight, 15 / group.rows.length);
      group.height = group.rowHeight * group.rows.length;
      y += group.height + GROUP_GAP;
    }
    this.contentHeight = AXIS + y;
    this.measureLabels();
  }

  /** Widths of the two columns of names: as wide as needed, at most two fifths of the canvas. */
  measureLabels() {
    const context = this.context;
    const widest = (texts, font) => {
      context.font = font;
      let width = 0;
      // Measuring is slow; the longest texts are the widest, nearly.
      for (const text of [...new Set(texts)].sort((a, b) => b.length - a.length).slice(0, 50)) width = Math.max(width, context.measureText(text).width);
      return Math.ceil(width);
    };
    const most = Math.max(60, this.width * 0.4 - 34);
    const small = this.groups.flatMap(group => (group.rowHeight >= 3 ? group.rows.map(row => row.label) : []));
    this.rowColumn = Math.min(widest(small, SMALL_FONT), most * 0.55, 220);
    this.titleColumn = Math.min(widest(this.groups.map(group => group.title), FONT), most - this.rowColumn, 280);
    this.labelWidth = Math.round(this.titleColumn + this.rowColumn + (this.rowColumn > 0 ? 12 : 0) + 22 + 8);
    this.labelWidth = Math.max(LEAST_LABELS, this.labelWidth);
    this.shortened = new Map();
  }

  shorten(text, width, font) {
    const key = `${font}|${width}|${text}`;
    if (!this.shortened.has(key)) {
      this.context.font = font;
      this.shortened.set(key, shorten(text, width, part => this.context.measureText(part).width));
    }
    return this.shortened.get(key);
  }

  /** The height at which nothing needs scrolling, px. */
  get wantedHeight() {
    return this.contentHeight + 2;
  }

  /** Reads the size of the panel and lays everything out. `room` is the height lanes may grow into. */
  resize(room) {
    this.room = room ?? this.scroller.clientHeight;
    this.width = this.scroller.clientWidth;
    this.layout();
  }

  /** Adapts the canvases to the panel's size, which the caller has set. */
  fitCanvas() {
    const ratio = window.devicePixelRatio || 1;
    this.ratio = ratio;
    this.width = this.scroller.clientWidth;
    this.height = this.scroller.clientHeight;
    this.spacer.style.height = `${Math.max(0, this.contentHeight - this.height)}px`;
    // The scrollbar that may have appeared takes its width.
    this.width = this.scroller.clientWidth;
    for (const [canvas, height] of [[this.canvas, this.height], [this.overview, OVERVIEW]]) {
      canvas.width = Math.max(1, Math.round(this.width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
      canvas.style.width = `${this.width}px`;
      canvas.style.height = `${height}px`;
    }
    this.plotWidth = Math.max(1, this.width - this.labelWidth);
    this.redraw();
  }

  // ---- The window of time -------------------------------------------------------------------

  timeAt(x) {
    return this.t0 + ((x - this.labelWidth) / this.plotWidth) * (this.t1 - this.t0);
  }

  xOf(time) {
    return this.labelWidth + ((time - this.t0) / (this.t1 - this.t0)) * this.plotWidth;
  }

  /** Moves to the window [t0, t1] as far as the run allows; `glide` animates the way there. */
  setView(t0, t1, glide = false) {
    const span = this.model.span;
    const length = Math.min(span, Math.max(Math.min(10, span), t1 - t0));
    const middle = (t0 + t1) / 2;
    const start = Math.max(0, Math.min(span - length, t1 - t0 === length ? t0 : middle - length / 2));
    // Rounding must not leave a sliver of the run outside.
    this.target = length > span * (1 - 1e-12) ? [0, span] : [start, start + length];
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!glide || still) [this.t0, this.t1] = this.target;
    this.redraw();
    this.on.view();
  }

  zoom(factor, x, glide) {
    const [t0, t1] = glide ? this.target : [this.t0, this.t1];
    const share = x === undefined ? 0.5 : Math.max(0, Math.min(1, (x - this.labelWidth) / this.plotWidth));
    const least = Math.min(10, this.model.span);
    const length = Math.min(this.model.span, Math.max(least, (t1 - t0) * factor));
    const fixedTime = t0 + share * (t1 - t0);
    this.setView(fixedTime - share * length, fixedTime + (1 - share) * length, glide);
  }

  /** Moves by a share of the window. */
  pan(share, glide) {
    const [t0, t1] = glide ? this.target : [this.t0, this.t1];
    this.setView(t0 + share * (t1 - t0), t1 + share * (t1 - t0), glide);
  }

  get settled() {
    return this.t0 === this.target[0] && this.t1 === this.target[1];
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      if (!this.settled) {
        const [a, b] = this.target;
        const close = Math.abs(a - this.t0) + Math.abs(b - this.t1) < 0.002 * (b - a);
        [this.t0, this.t1] = close ? [a, b] : [this.t0 + 0.35 * (a - this.t0), this.t1 + 0.35 * (b - this.t1)];
        this.redraw();
      }
      this.draw();
    });
  }
}
