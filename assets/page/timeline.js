// The timeline: lanes on a canvas, what the pointer does to it, and what lies under the pointer.

const AXIS = 26;
const GROUP_GAP = 7;
const SHADES = 16;
const FONT = "12px system-ui, sans-serif";
const SMALL_FONT = "10.5px system-ui, sans-serif";

class Timeline {
  /**
   * `elements`: canvas, scroller, spacer, overview, empty. `on`: callbacks `view()` after every
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
    this.listen();
  }

  // ---- Layout: groups of lanes from top to bottom -------------------------------------------

  readColors() {
    const style = getComputedStyle(document.documentElement);
    const color = name => style.getPropertyValue(name);
    this.colors = {};
    for (const name of ["panel", "text", "muted", "line", "grid", "accent", "hover"]) this.colors[name] = color(`--${name}`);
    this.background = parseHex(this.colors.panel);
    this.fills = this.model.regions.map(region => readableOn(region.color, this.background));
    this.shades = this.fills.map(fill => Array.from({ length: SHADES + 1 }, (_, i) => css(mix(this.background, fill, 0.25 + 0.75 * (i / SHADES)))));
  }

  laneName(lane) {
    const thread = lane.thread === null ? "" : oneLine(this.model.threads.get(`${lane.rank}:${lane.thread}`) || `thread ${lane.thread}`);
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
    for (const [canvas, height] of [[this.canvas, this.height], [this.overview, 30]]) {
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
    this.target = [start, start + length];
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

  // ---- Drawing ------------------------------------------------------------------------------

  draw() {
    if (!this.groups || this.height === 0) return;
    const { context, ratio, colors } = this;
    const scroll = this.scroller.scrollTop;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colors.panel;
    context.fillRect(0, 0, this.width, this.height);
    this.axis = ticks(this.t0, this.t1, Math.floor(this.plotWidth / 90));

    context.fillStyle = colors.grid;
    for (const { time } of this.axis.values) context.fillRect(this.snap(this.xOf(time)), AXIS, 1 / ratio, this.height);

    const visible = this.groups.filter(group => group.y + group.height + AXIS - scroll > AXIS - GROUP_GAP && group.y - scroll + AXIS < this.height);
    for (const group of visible) this.drawGroup(group, AXIS + group.y - scroll);
    this.drawLabels(visible, scroll);
    this.drawMeasured();
    this.drawAxis();
    this.drawOverview();
  }

  snap(x) {
    return Math.round(x * this.ratio) / this.ratio;
  }

  drawGroup(group, top) {
    const { context, ratio, colors } = this;
    context.fillStyle = colors.line;
    context.fillRect(0, this.snap(top + group.height + GROUP_GAP / 2), this.width, 1 / ratio);
    group.rows.forEach((row, index) => {
      const y = top + index * group.rowHeight;
      if (y + group.rowHeight < AXIS || y > this.height) return;
      if (this.hit?.lane === row.lane) {
        context.fillStyle = colors.hover;
        context.fillRect(0, y, this.width, group.rowHeight);
      }
      const dimmed = this.pinned && this.pinned !== row.lane.region;
      context.globalAlpha = dimmed ? 0.18 : 1;
      const gap = group.rowHeight >= 14 ? 2 : group.rowHeight >= 6 ? 1 : 0;
      this.drawLane(row.lane, y + gap / 2, group.rowHeight - gap);
      context.globalAlpha = 1;
    });
    if (this.hit && this.hit.i !== undefined) {
      const index = group.rows.findIndex(row => row.lane === this.hit.lane);
      if (index >= 0) this.outline(this.hit, top + index * group.rowHeight, group.rowHeight);
    }
  }

  /** Bars a pixel wide or wider are solid; narrower ones give their pixel a shade by busy share. */
  drawLane(lane, y, height) {
    const { context, ratio, t0, t1 } = this;
    const left = Math.round(this.labelWidth * ratio);
    const columns = this.canvas.width - left;
    const scale = columns / (t1 - t0);
    const { starts, ends, time } = lane;
    const shades = this.shades[lane.region.id];
    const top = Math.round(y * ratio);
    const bottom = Math.max(top + 1, Math.round((y + height) * ratio));
    if (this.coverage?.length !== columns + 2) this.coverage = new Float32Array(columns + 2);
    const coverage = this.coverage;
    let from = columns;
    let to = -1;
    const solid = [];

    context.setTransform(1, 0, 0, 1, 0, 0);
    let i = lowerBound(ends, t0);
    while (i < starts.length && starts[i] <= t1) {
      const a = (starts[i] - t0) * scale;
      const b = (ends[i] - t0) * scale;
      if (b - a >= 1) {
        solid.push(i);
        i++;
        continue;
      }
      // Every further bar that starts in this pixel is narrow too, but perhaps the last.
      const pixel = Math.max(0, Math.floor(a));
      let j = Math.max(i + 1, gallop(starts, t0 + (pixel + 1) / scale, i));
      if (j > i + 1 && (ends[j - 1] - starts[j - 1]) * scale >= 1) j--;
      if (pixel <= columns) {
        const spill = Math.max(0, (ends[j - 1] - t0) * scale - (pixel + 1));
        coverage[pixel] += Math.max(0.002, (time[j] - time[i]) * scale - spill);
        if (spill > 0) coverage[pixel + 1] += spill;
        from = Math.min(from, pixel);
        to = Math.max(to, spill > 0 ? pixel + 1 : pixel);
      }
      i = j;
    }

    for (let x = from; x <= to; ) {
      const shade = coverage[x] > 0 ? Math.min(SHADES, Math.round(coverage[x] * SHADES)) : -1;
      let end = x;
      while (end <= to && (coverage[end] > 0 ? Math.min(SHADES, Math.round(coverage[end] * SHADES)) : -1) === shade) coverage[end++] = 0;
      if (shade >= 0) {
        context.fillStyle = shades[shade];
        context.fillRect(left + x, top, Math.min(end, columns) - x, bottom - top);
      }
      x = end;
    }

    const texts = [];
    for (const k of solid) {
      const a = Math.max(0, Math.round((starts[k] - t0) * scale));
      let b = Math.max(a + 1, Math.round((ends[k] - t0) * scale));
      // Calls that follow each other at once stay two bars to the eye.
      if (b - a >= 6 && k + 1 < starts.length && Math.round((starts[k + 1] - t0) * scale) <= b) b--;
      b = Math.min(columns, b);
      context.fillStyle = shades[Math.round(busyShare(lane, k) * SHADES)];
      context.fillRect(left + a, top, b - a, bottom - top);
      if (height >= 13 && b - a > 44 * ratio) texts.push([k, a, b]);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const [k, a, b] of texts) this.drawBarText(lane, k, this.labelWidth + a / ratio, (b - a) / ratio, y + height / 2);
  }

  drawBarText(lane, i, x, width, middle) {
    const { context } = this;
    const calls = lane.calls[i + 1] - lane.calls[i];
    const share = 0.25 + 0.75 * busyShare(lane, i);
    const length = duration(lane.ends[i] - lane.starts[i]);
    context.font = SMALL_FONT;
    context.fillStyle = css(textOn(mix(this.background, this.fills[lane.region.id], share)));
    context.textBaseline = "middle";
    context.textAlign = "left";
    const text = calls > 1 ? `${count(calls)}× in ${length}` : length;
    if (context.measureText(text).width <= width - 10) context.fillText(text, x + 5, middle + 0.5);
  }

  outline(hit, y, height) {
    const { context } = this;
    const a = Math.max(this.labelWidth, this.xOf(hit.start));
    const b = Math.min(this.width, Math.max(this.xOf(hit.end), a + 1));
    if (b < this.labelWidth || a > this.width) return;
    context.strokeStyle = this.colors.text;
    context.lineWidth = 1.5;
    context.strokeRect(a - 0.75, y + 0.25, b - a + 1.5, height - 0.5);
  }

  drawLabels(groups, scroll) {
    const { context, ratio, colors } = this;
    context.fillStyle = colors.panel;
    context.fillRect(0, AXIS, this.labelWidth, this.height);
    context.textBaseline = "middle";
    for (const group of groups) {
      const top = AXIS + group.y - scroll;
      const dimmed = this.pinned && (group.region ? group.region !== this.pinned : !group.rows.some(row => row.lane.region === this.pinned));
      const hovered = this.hit && (group.region ? group.region === this.hit.region : group.rows.some(row => row.lane === this.hit.lane));
      context.fillStyle = colors.line;
      context.fillRect(0, this.snap(top + group.height + GROUP_GAP / 2), this.labelWidth, 1 / ratio);
      if (hovered) {
        context.fillStyle = colors.hover;
        context.fillRect(0, top - GROUP_GAP / 2, this.labelWidth, group.height + GROUP_GAP);
      }
      context.globalAlpha = dimmed ? 0.45 : 1;
      // The name stays in sight as long as any of its lanes is.
      const middle = Math.min(Math.max(top + 7.5, AXIS + 10), Math.max(top + 7.5, top + group.height - 7.5));
      const centred = group.rows.length === 1 ? top + group.height / 2 : middle;
      if (group.region) {
        context.fillStyle = css(this.fills[group.region.id]);
        context.beginPath();
        context.roundRect(8, centred - 4.5, 9, 9, 2);
        context.fill();
      }
      context.fillStyle = colors.text;
      context.textAlign = "left";
      const bold = group.region !== null && this.pinned === group.region ? `600 ${FONT}` : FONT;
      context.font = bold;
      const text = this.shorten(group.title, this.titleColumn, bold);
      context.font = bold;
      context.fillText(text, group.region ? 22 : 8, centred + 0.5);
      this.drawRowLabels(group, top);
      context.globalAlpha = 1;
    }
    context.fillStyle = colors.line;
    context.fillRect(this.snap(this.labelWidth) - 1 / ratio, AXIS, 1 / ratio, this.height);
  }

  /** Names of lanes, as many as there is room for. */
  drawRowLabels(group, top) {
    if (this.rowColumn <= 0) return;
    const { context, colors } = this;
    const every = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 256, 512, 1024].find(n => n * group.rowHeight >= 11) ?? 4096;
    context.textAlign = "right";
    for (let i = 0; i < group.rows.length; i += every) {
      const y = top + (i + 0.5) * group.rowHeight;
      if (y < AXIS || y > this.height + 10) continue;
      const row = group.rows[i];
      const pinned = group.region === null && this.pinned === row.lane.region;
      context.fillStyle = pinned || this.hit?.lane === row.lane ? colors.text : colors.muted;
      const text = this.shorten(row.label, this.rowColumn, SMALL_FONT);
      context.font = pinned ? `600 ${SMALL_FONT}` : SMALL_FONT;
      // Thin lanes: the label hangs from the lane it names, inside the group.
      const middle = every > 1 ? Math.max(y, top + 5) : y;
      if (middle <= top + group.height) context.fillText(text, this.labelWidth - 8, middle + 0.5);
    }
  }

  drawAxis() {
    const { context, colors, ratio, axis } = this;
    context.fillStyle = colors.panel;
    context.fillRect(0, 0, this.width, AXIS);
    context.fillStyle = colors.line;
    context.fillRect(0, AXIS - 1 / ratio, this.width, 1 / ratio);
    context.font = SMALL_FONT;
    context.textBaseline = "middle";
    context.fillStyle = colors.muted;
    context.textAlign = "right";
    context.fillText(axis.base > 0 ? `${instant(axis.base)} + [${axis.unit}]` : `time [${axis.unit}]`, this.labelWidth - 8, AXIS / 2);
    const pointed = this.pointer && !this.dragging && this.pointer.x >= this.labelWidth && this.pointer.y >= 0 ? this.pointer.x : null;
    context.textAlign = "center";
    for (const { time, text } of axis.values) {
      const x = this.xOf(time);
      const half = context.measureText(text).width / 2;
      context.fillStyle = colors.line;
      context.fillRect(this.snap(x), AXIS - 5, 1 / ratio, 5);
      context.fillStyle = colors.muted;
      context.fillText(text, Math.max(this.labelWidth + half + 3, Math.min(this.width - half - 3, x)), AXIS / 2 - 1);
    }
    if (pointed !== null && pointed <= this.width) {
      const text = instant(this.timeAt(pointed), (this.t1 - this.t0) / this.plotWidth);
      const half = context.measureText(text).width / 2 + 5;
      const x = Math.max(this.labelWidth + half, Math.min(this.width - half, pointed));
      context.fillStyle = colors.muted;
      context.globalAlpha = 0.5;
      context.fillRect(this.snap(pointed), AXIS, 1 / ratio, this.height);
      context.globalAlpha = 1;
      context.fillStyle = colors.text;
      context.beginPath();
      context.roundRect(x - half, 3, 2 * half, AXIS - 8, 3);
      context.fill();
      context.fillStyle = colors.panel;
      context.fillText(text, x, AXIS / 2 - 0.5);
    }
  }

  drawMeasured() {
    if (!this.measured) return;
    const { context, colors } = this;
    const [from, to] = [Math.min(...this.measured), Math.max(...this.measured)];
    const a = Math.max(this.labelWidth, this.xOf(from));
    const b = Math.min(this.width, this.xOf(to));
    if (b < this.labelWidth || a > this.width) return;
    context.fillStyle = colors.accent;
    context.globalAlpha = 0.13;
    context.fillRect(a, AXIS, b - a, this.height);
    context.globalAlpha = 1;
    for (const x of [this.xOf(from), this.xOf(to)]) {
      if (x >= this.labelWidth && x <= this.width) context.fillRect(this.snap(x) - 0.5, AXIS, 1, this.height);
    }
    const text = duration(to - from);
    context.font = `600 ${FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const half = context.measureText(text).width / 2 + 7;
    const x = Math.max(this.labelWidth + half, Math.min(this.width - half, (a + b) / 2));
    context.beginPath();
    context.roundRect(x - half, AXIS + 5, 2 * half, 20, 4);
    context.fill();
    context.fillStyle = css(textOn(parseHex(colors.accent)));
    context.fillText(text, x, AXIS + 15.5);
  }

  drawOverview() {
    const context = this.overview.getContext("2d");
    const { ratio, colors, activity: shares } = this;
    const height = 30;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, height);
    const top = 5;
    const bottom = height - 5;
    const x = time => this.labelWidth + (time / this.model.span) * this.plotWidth;
    const most = Math.max(...shares, 1e-9);
    context.font = SMALL_FONT;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = colors.muted;
    context.fillText("busy lanes", this.labelWidth - 8, height / 2);
    context.beginPath();
    context.moveTo(this.labelWidth, bottom);
    const step = this.plotWidth / shares.length;
    shares.forEach((share, i) => {
      const y = bottom - (share / most) * (bottom - top);
      context.lineTo(this.labelWidth + i * step, y);
      context.lineTo(this.labelWidth + (i + 1) * step, y);
    });
    context.lineTo(this.labelWidth + this.plotWidth, bottom);
    context.globalAlpha = 0.45;
    context.fill();
    const [a, b] = [x(this.t0), Math.max(x(this.t1), x(this.t0) + 3)];
    context.globalAlpha = 0.72;
    context.fillStyle = colors.panel;
    context.fillRect(this.labelWidth, top, a - this.labelWidth, bottom - top);
    context.fillRect(b, top, this.width - b, bottom - top);
    context.globalAlpha = 1;
    context.strokeStyle = b - a < this.plotWidth - 1 ? colors.accent : colors.line;
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(a + 0.75, top - 1.25, Math.max(1.5, b - a - 1.5), bottom - top + 2.5, 3);
    context.stroke();
  }

  // ---- What lies under the pointer ----------------------------------------------------------

  /** The group and lane at a height, px from the top of the canvas. */
  rowAt(y) {
    if (y < AXIS) return null;
    const inside = y - AXIS + this.scroller.scrollTop;
    const group = this.groups.find(one => inside >= one.y - GROUP_GAP / 2 && inside < one.y + one.height + GROUP_GAP / 2);
    if (!group) return null;
    const index = Math.max(0, Math.min(group.rows.length - 1, Math.floor((inside - group.y) / group.rowHeight)));
    return { group, row: group.rows[index] };
  }

  /** The bar, or the bars sharing a pixel, at a point; over the names, the region. */
  hitAt(x, y) {
    const found = this.rowAt(y);
    if (!found || x > this.width) return null;
    const { group, row } = found;
    const lane = row.lane;
    if (x < this.labelWidth) return { group, region: group.region ?? lane.region, lane: group.region ? null : lane, label: true };
    const pixel = (this.t1 - this.t0) / this.plotWidth;
    const time = this.timeAt(x);
    const reach = 2.5 * pixel;
    const { starts, ends } = lane;
    let best = -1;
    let distance = Infinity;
    for (let i = lowerBound(ends, time - reach); i < starts.length && starts[i] <= time + reach; i++) {
      const away = Math.max(0, starts[i] - time, time - ends[i]);
      if (away < distance) [best, distance] = [i, away];
    }
    if (best < 0) return { group, region: lane.region, lane, label: false };
    let [from, to] = [best, best + 1];
    // Bars that cannot be told apart on the screen are told about together.
    if (ends[best] - starts[best] < pixel) {
      from = lowerBound(ends, starts[best] - pixel / 2);
      to = Math.max(best + 1, lowerBound(starts, starts[best] + pixel / 2, best));
      while (from < best && ends[from] - starts[from] >= pixel) from++;
      while (to > best + 1 && ends[to - 1] - starts[to - 1] >= pixel) to--;
    }
    const [start, end] = [starts[from], ends[to - 1]];
    const calls = lane.calls[to] - lane.calls[from];
    const ran = lane.time[to] - lane.time[from];
    const own = to === from + 1 ? exclusive(this.model, lane, from) : null;
    return { group, region: lane.region, lane, label: false, i: from, j: to, start, end, calls, busy: end > start ? Math.min(1, ran / (end - start)) : 1, exclusive: own };
  }

  /** Where a region's lane shows a point in time, in px of the page; for scripts. */
  locate(regionName, rank, time) {
    for (const group of this.groups) {
      const index = group.rows.findIndex(({ lane }) => lane.region.name === regionName && lane.rank === rank);
      if (index < 0) continue;
      const box = this.canvas.getBoundingClientRect();
      return { x: box.left + this.xOf(time), y: box.top + AXIS + group.y - this.scroller.scrollTop + (index + 0.5) * group.rowHeight };
    }
    return null;
  }

  /** Scrolls a region's lanes into sight. */
  reveal(region) {
    const group = this.groups.find(one => one.rows.some(row => row.lane.region === region));
    if (!group) return;
    const [top, bottom] = [group.y, group.y + Math.min(group.height, this.height / 2)];
    const { scrollTop } = this.scroller;
    if (top < scrollTop || bottom > scrollTop + this.height - AXIS) this.scroller.scrollTop = Math.max(0, top - 20);
  }

  // ---- Pointer and wheel --------------------------------------------------------------------

  listen() {
    const { canvas, scroller, overview } = this;
    const pointers = new Map();
    let start = null;
    const place = event => {
      const box = canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };

    scroller.addEventListener("scroll", () => {
      this.hover();
      this.redraw();
    });
    scroller.addEventListener("wheel", event => {
      const { x } = place(event);
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
      if (event.altKey || (x < this.labelWidth && !event.ctrlKey)) return;
      event.preventDefault();
      if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
        this.pan((dx || dy) / this.plotWidth);
      } else {
        // A pinch on a touchpad arrives as small wheel steps with ctrl.
        const strength = event.ctrlKey ? 0.01 : 0.002;
        this.zoom(Math.exp(Math.max(-300, Math.min(300, dy)) * strength), x);
      }
      this.hover();
    }, { passive: false });

    canvas.addEventListener("pointerdown", event => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      const at = place(event);
      pointers.set(event.pointerId, at);
      if (pointers.size === 2) {
        start = null;
        return;
      }
      const ruler = (this.rulerMode || event.shiftKey) && at.x >= this.labelWidth;
      start = { ...at, t0: this.t0, t1: this.t1, scroll: scroller.scrollTop, ruler, time: this.timeAt(at.x), moved: false };
    });
    canvas.addEventListener("pointermove", event => {
      const at = place(event);
      if (pointers.size === 2 && pointers.has(event.pointerId)) {
        this.pinch(pointers, event.pointerId, at);
        return;
      }
      this.pointer = at;
      if (!start) {
        this.hover();
        return;
      }
      if (!start.moved && Math.hypot(at.x - start.x, at.y - start.y) < 4) return;
      start.moved = true;
      this.dragging = !start.ruler;
      if (start.ruler) {
        const time = this.timeAt(Math.max(this.labelWidth, Math.min(this.width, at.x)));
        this.measured = [start.time, time];
        this.redraw();
      } else {
        canvas.classList.add("grabbed");
        scroller.scrollTop = start.scroll - (at.y - start.y);
        const shift = ((start.x - at.x) / this.plotWidth) * (start.t1 - start.t0);
        this.setView(start.t0 + shift, start.t1 + shift);
      }
      this.hover(null);
    });
    const release = event => {
      pointers.delete(event.pointerId);
      canvas.classList.remove("grabbed");
      this.dragging = false;
      const clicked = start && !start.moved && event.type === "pointerup";
      const ruler = start?.ruler;
      start = null;
      if (!clicked) return this.redraw();
      this.measured = null;
      const { x, y } = place(event);
      const hit = this.hitAt(x, y);
      // A click into the void lets go of what was pinned.
      if (!ruler) this.on.pin(hit && (hit.label || hit.i !== undefined) && hit.region !== this.pinned ? hit.region : null);
      this.redraw();
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => {
      this.pointer = null;
      this.hover(null);
      this.redraw();
    });
    canvas.addEventListener("dblclick", event => {
      const { x, y } = place(event);
      const hit = this.hitAt(x, y);
      if (hit?.i === undefined) return;
      const margin = Math.max(5, (hit.end - hit.start) * 0.1);
      this.setView(hit.start - margin, hit.end + margin, true);
    });

    let grip = null;
    const overviewTime = event => {
      const box = overview.getBoundingClientRect();
      return ((event.clientX - box.left - this.labelWidth) / this.plotWidth) * this.model.span;
    };
    overview.addEventListener("pointerdown", event => {
      overview.setPointerCapture(event.pointerId);
      const time = overviewTime(event);
      const inside = time >= this.t0 && time <= this.t1;
      grip = inside ? time - this.t0 : (this.t1 - this.t0) / 2;
      this.setView(time - grip, time - grip + (this.t1 - this.t0));
    });
    overview.addEventListener("pointermove", event => {
      if (grip === null) return;
      const time = overviewTime(event);
      this.setView(time - grip, time - grip + (this.t1 - this.t0));
    });
    for (const type of ["pointerup", "pointercancel"]) overview.addEventListener(type, () => (grip = null));
  }

  /** Two fingers: what lies under each stays under it. */
  pinch(pointers, moved, at) {
    const [other] = [...pointers].filter(([id]) => id !== moved).map(([, place]) => place);
    const before = pointers.get(moved);
    pointers.set(moved, at);
    const [old, now] = [Math.abs(before.x - other.x), Math.abs(at.x - other.x)];
    if (old > 10 && now > 10) this.zoom(old / now, other.x);
  }

  hover(at = this.pointer) {
    const hit = at && !this.dragging ? this.hitAt(at.x, at.y) : null;
    this.hit = hit;
    this.canvas.classList.toggle("pointing", Boolean(hit && (hit.label || hit.i !== undefined)) && !this.rulerMode);
    this.on.hover(hit, at);
    this.redraw();
  }
}
