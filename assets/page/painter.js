// Draws lanes, names, axis and overview.

class Painter extends Lanes {
  draw() {
    if (!this.groups || this.height === 0) return;
    const { context, ratio, colors } = this;
    const scroll = this.scroller.scrollTop;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colors.panel;
    context.fillRect(0, 0, this.width, this.height);
    this.axis = ticks(this.t0, this.t1, Math.floor(this.plotWidth / 90));

    context.fillStyle = colors.grid;
    if (this.groups.length > 0) {
      for (const { time } of this.axis.values) context.fillRect(this.snap(this.xOf(time)), AXIS, 1 / ratio, this.height);
    }

    const visible = this.groups.filter(group => group.y + group.height > scroll - GROUP_GAP && group.y - scroll + AXIS < this.height);
    const lanes = visible.flatMap(group => this.backgroundOf(group, AXIS + group.y - scroll));
    this.drawLanes(lanes);
    this.drawOutline(lanes);
    this.drawLabels(visible, scroll);
    this.drawMeasured();
    this.drawAxis();
    this.drawOverview();
  }

  snap(x) {
    return Math.round(x * this.ratio) / this.ratio;
  }

  /** Draws what lies behind a group's lanes; gives the lanes in sight with their places. */
  backgroundOf(group, top) {
    const { context, ratio, colors } = this;
    context.fillStyle = colors.line;
    context.fillRect(0, this.snap(top + group.height + GROUP_GAP / 2), this.width, 1 / ratio);
    const gap = group.rowHeight >= 14 ? 2 : group.rowHeight >= 6 ? 1 : 0;
    const lanes = [];
    group.rows.forEach(({ lane }, index) => {
      const y = top + index * group.rowHeight;
      if (y + group.rowHeight < AXIS || y > this.height) return;
      if (this.hit?.lane === lane) {
        context.fillStyle = colors.hover;
        context.fillRect(0, y, this.width, group.rowHeight);
      }
      lanes.push({ lane, y: y + gap / 2, height: group.rowHeight - gap, faint: this.pinned !== null && this.pinned !== lane.region });
    });
    return lanes;
  }

  /**
   * Paints all lanes into one image, a row of pixels each, and stretches the rows to the lanes'
   * heights: however many bars there are, the cost is that of the pixels.
   */
  drawLanes(lanes) {
    const { context, ratio } = this;
    const left = Math.round(this.labelWidth * ratio);
    const columns = Math.max(1, this.canvas.width - left);
    if (this.raster?.width !== columns || this.raster.height < lanes.length) {
      this.raster = document.createElement("canvas");
      this.raster.width = columns;
      this.raster.height = lanes.length + 16;
      this.image = new ImageData(columns, this.raster.height);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.coverage = new Float32Array(columns + 2);
    }
    this.pixels.fill(0);
    const wide = lanes.map(({ lane }, i) => this.paintLane(lane, this.pixels.subarray(i * columns, (i + 1) * columns)));
    this.raster.getContext("2d").putImageData(this.image, 0, 0);

    context.setTransform(1, 0, 0, 1, 0, 0);
    context.imageSmoothingEnabled = false;
    lanes.forEach(({ y, height, faint }, i) => {
      const top = Math.round(y * ratio);
      const bottom = Math.max(top + 1, Math.round((y + height) * ratio));
      context.globalAlpha = faint ? 0.18 : 1;
      context.drawImage(this.raster, 0, i, columns, 1, left, top, columns, bottom - top);
    });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    lanes.forEach(({ lane, y, height, faint }, i) => {
      if (height < 13) return;
      context.globalAlpha = faint ? 0.3 : 1;
      for (const [bar, a, b] of wide[i]) this.drawBarText(lane, bar, this.labelWidth + a / ratio, (b - a) / ratio, y + height / 2);
    });
    context.globalAlpha = 1;
  }

  /**
   * Paints a lane into a row of pixels: bars a pixel wide or wider are solid, narrower ones give
   * their pixels a shade by busy share, as src/plot/coverage.rs does it. Gives the bars with room for text, as [index, from, to].
   */
  paintLane(lane, row) {
    const { ratio, t0, t1, coverage } = this;
    const { starts, ends, time } = lane;
    const columns = row.length;
    const scale = columns / (t1 - t0);
    const shades = this.shades[lane.region.id];
    const solid = [];
    let from = columns;
    let to = -1;
    let i = lowerBound(ends, t0);
    while (i < starts.length && starts[i] <= t1) {
      const a = (starts[i] - t0) * scale;
      if ((ends[i] - starts[i]) * scale >= 1) {
        solid.push(i++);
        continue;
      }
      // Every further bar that starts in this pixel is narrow too, but perhaps the last.
      const pixel = Math.max(0, Math.floor(a));
      let j = Math.max(i + 1, gallop(starts, t0 + (pixel + 1) / scale, i));
      if (j > i + 1 && (ends[j - 1] - starts[j - 1]) * scale >= 1) j--;
      // Only the last can reach into the next pixel.
      const spill = Math.max(0, (ends[j - 1] - t0) * scale - (pixel + 1)) * busyShare(lane, j - 1);
      // However short, a call leaves a trace.
      coverage[pixel] += Math.max(0.002, (time[j] - time[i]) * scale - spill);
      coverage[pixel + 1] += spill;
      from = Math.min(from, pixel);
      to = Math.max(to, pixel + 1);
      i = j;
    }
    const shade = share => shades[Math.max(1, Math.min(SHADES, Math.round(share * SHADES)))];
    for (let x = from; x <= to; ) {
      if (coverage[x] === 0) {
        x++;
        continue;
      }
      // Over gaps in which calls do not stand alone.
      let end = x + 1;
      for (let next = end; next <= to && next - end < APART; next++) if (coverage[next] > 0) end = next + 1;
      if (end - x <= 2) {
        // One pixel, as strong as the call is long, wherever in a pixel it begins.
        const at = coverage[x] >= coverage[end - 1] ? x : end - 1;
        const share = end - x === 2 ? coverage[x] + coverage[x + 1] : coverage[x];
        if (at < columns) row[at] = shade(LONE + (1 - LONE) * Math.min(1, share));
      } else {
        for (let pixel = x; pixel < Math.min(end, columns); pixel++) {
          let [sum, weights] = [0, 0];
          for (let near = Math.max(x, pixel - 3); near < Math.min(end, pixel + 4); near++) {
            const weight = WEIGHTS[Math.abs(near - pixel)];
            sum += weight * coverage[near];
            weights += weight;
          }
          row[pixel] = shade(sum / weights);
        }
      }
      coverage.fill(0, x, end);
      x = end;
    }

    const wide = [];
    for (const k of solid) {
      const a = Math.max(0, Math.round((starts[k] - t0) * scale));
      let b = Math.max(a + 1, Math.round((ends[k] - t0) * scale));
      // Calls that follow each other at once stay two bars to the eye.
      if (b - a >= 6 && k + 1 < starts.length && Math.round((starts[k + 1] - t0) * scale) <= b) b--;
      b = Math.min(columns, b);
      row.fill(shade(busyShare(lane, k)), a, b);
      if (b - a > 44 * ratio) wide.push([k, a, b]);
    }
    return wide;
  }

  drawBarText(lane, i, x, width, middle) {
    const { context } = this;
    const calls = lane.calls[i + 1] - lane.calls[i];
    const share = busyShare(lane, i);
    const length = duration(lane.ends[i] - lane.starts[i]);
    context.font = SMALL_FONT;
    context.fillStyle = css(textOn(mix(this.background, this.fills[lane.region.id], share)));
    context.textBaseline = "middle";
    context.textAlign = "left";
    const text = calls > 1 ? `${count(calls)}× in ${length}` : length;
    if (context.measureText(text).width <= width - 10) context.fillText(text, x + 5, middle + 0.5);
  }

  drawOutline(lanes) {
    const { context, hit } = this;
    const place = hit?.i !== undefined && lanes.find(({ lane }) => lane === hit.lane);
    if (!place) return;
    const a = Math.max(this.labelWidth, this.xOf(hit.start));
    const b = Math.min(this.width, Math.max(this.xOf(hit.end), a + 1));
    if (b < this.labelWidth || a > this.width) return;
    context.strokeStyle = this.colors.text;
    context.lineWidth = 1.5;
    context.strokeRect(a - 0.75, place.y - 0.75, b - a + 1.5, place.height + 1.5);
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
      // The first label of thin lanes keeps clear of the line above its group.
      context.fillText(text, this.labelWidth - 8, Math.max(y, top + 3.5) + 0.5);
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
    const pointed = this.drawPointedTime();
    context.textAlign = "center";
    for (const { time, text } of axis.values) {
      const x = this.xOf(time);
      const half = context.measureText(text).width / 2;
      const middle = Math.max(this.labelWidth + half + 3, Math.min(this.width - half - 3, x));
      context.fillStyle = colors.line;
      context.fillRect(this.snap(x), AXIS - 5, 1 / ratio, 5);
      if (pointed && middle + half > pointed[0] - 3 && middle - half < pointed[1] + 3) continue;
      context.fillStyle = colors.muted;
      context.fillText(text, middle, AXIS / 2 - 1);
    }
  }

  /** The time under the pointer, on the axis; gives the room it takes there, [left, right]. */
  drawPointedTime() {
    const { context, colors, ratio, pointer } = this;
    if (!pointer || this.dragging || pointer.x < this.labelWidth || pointer.x > this.width || pointer.y < 0) return null;
    const text = instant(this.timeAt(pointer.x), (this.t1 - this.t0) / this.plotWidth);
    const half = context.measureText(text).width / 2 + 5;
    const x = Math.max(this.labelWidth + half, Math.min(this.width - half, pointer.x));
    context.fillStyle = colors.muted;
    context.globalAlpha = 0.5;
    context.fillRect(this.snap(pointer.x), AXIS, 1 / ratio, this.height);
    context.globalAlpha = 1;
    context.fillStyle = colors.text;
    context.beginPath();
    context.roundRect(x - half, 3, 2 * half, AXIS - 8, 3);
    context.fill();
    context.fillStyle = colors.panel;
    context.textAlign = "center";
    context.fillText(text, x, AXIS / 2 - 0.5);
    return [x - half, x + half];
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
    const height = OVERVIEW;
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
}
