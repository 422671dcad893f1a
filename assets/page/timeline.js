// What lies under the pointer, and what the pointer does.

class Timeline extends Painter {
  constructor(model, elements, on) {
    super(model, elements, on);
    this.listen();
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

  /** The time at a point, or the start or end of a bar that is close to it. */
  edgeAt(x, y) {
    const time = this.timeAt(x);
    const lane = this.rowAt(y)?.row.lane;
    if (!lane) return time;
    const reach = (6 * (this.t1 - this.t0)) / this.plotWidth;
    let [best, distance] = [time, reach];
    for (const edges of [lane.starts, lane.ends]) {
      const after = lowerBound(edges, time);
      for (const edge of [edges[after - 1], edges[after]]) {
        if (Math.abs(edge - time) < distance) [best, distance] = [edge, Math.abs(edge - time)];
      }
    }
    return best;
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
      start = { ...at, t0: this.t0, t1: this.t1, scroll: scroller.scrollTop, ruler, time: this.edgeAt(at.x, at.y), moved: false };
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
        this.measured = [start.time, this.edgeAt(Math.max(this.labelWidth, Math.min(this.width, at.x)), at.y)];
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
