// The tooltip: what is known of the bar, or the name, under the pointer.

class Tooltip {
  constructor(model, element) {
    this.model = model;
    this.element = element;
    this.described = null;
  }

  /** Shows a hit of the timeline beside the point `at` of its canvas, or nothing. */
  show(hit, at, timeline) {
    const { element } = this;
    if (!hit || (!hit.label && hit.i === undefined)) {
      element.hidden = true;
      this.described = null;
      return;
    }
    const key = [hit.region.id, hit.lane?.rank, hit.lane?.thread, hit.i, hit.j].join();
    if (this.described !== key) {
      this.described = key;
      element.replaceChildren(...this.describe(hit, timeline.fills[hit.region.id]));
    }
    element.hidden = false;
    const box = timeline.canvas.getBoundingClientRect();
    const [x, y] = [box.left + at.x, box.top + at.y];
    const { offsetWidth: width, offsetHeight: height } = element;
    const fitsRight = x + 16 + width <= innerWidth - 4;
    const fitsBelow = y + 18 + height <= innerHeight - 4;
    element.style.left = `${Math.max(4, fitsRight ? x + 16 : x - 16 - width)}px`;
    element.style.top = `${Math.max(4, fitsBelow ? y + 18 : y - 12 - height)}px`;
  }

  describe(hit, fill) {
    const { region, lane } = hit;
    const title = document.createElement("p");
    const swatch = document.createElement("i");
    swatch.className = "swatch";
    swatch.style.background = css(fill);
    const name = document.createElement("bdi");
    name.textContent = region.name === "" ? region.label : region.name;
    title.append(swatch, name);

    const list = document.createElement("dl");
    const line = (term, text) => {
      const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
      dt.textContent = term;
      dd.textContent = text;
      list.append(dt, dd);
    };
    if (lane) {
      line("Rank", String(lane.rank));
      const thread = this.threadOf(lane);
      if (thread !== null) line("Thread", thread);
    }
    if (hit.i !== undefined) {
      const length = hit.end - hit.start;
      line("Start", instant(hit.start));
      line("Duration", duration(length));
      if (hit.calls > 1 || hit.busy < 0.9995) {
        line("Calls", `${count(hit.calls)}, merged`);
        line("Busy", percent(hit.busy));
      }
      if (hit.exclusive !== null) line("Exclusive", `${duration(hit.exclusive)} (${percent(length > 0 ? hit.exclusive / length : 1)})`);
    }

    const parts = [title, list];
    if (region.stats) {
      const { calls, total, mean, exclusive: own } = region.stats;
      const whole = document.createElement("p");
      whole.className = "whole";
      const ownText = own === null ? "" : ` (${duration(own)} exclusive)`;
      whole.textContent = `Whole run: ${plural(calls, "call")}, ${duration(total)}${ownText}, mean ${duration(mean)}`;
      parts.push(whole);
    }
    return parts;
  }

  /** The lane's thread, or the only one its rank has; `null` where there may be several. */
  threadOf(lane) {
    const { threads, threadCount } = this.model;
    if (lane.thread !== null) return threadLabel(this.model, lane.rank, lane.thread);
    if (threadCount.get(lane.rank) !== 1) return null;
    const key = [...threads.keys()].find(id => id.startsWith(`${lane.rank}:`));
    return key === undefined ? null : threadLabel(this.model, lane.rank, Number(key.split(":")[1]));
  }
}
