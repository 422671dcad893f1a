// The table of regions: sorting, filtering, and the columns that follow the window of time.

const COLUMNS = [
  { key: "name", title: "Region", hint: "The region's name" },
  { key: "calls", title: "Calls", hint: "Completed calls", show: count },
  { key: "total", title: "Total", hint: "Nested regions included; of calls inside others of their region only the outermost count", show: duration, bar: true },
  { key: "exclusive", title: "Exclusive", hint: "Total without the time in nested regions", show: duration, bar: true },
  { key: "mean", title: "Mean", hint: "Mean duration of a call", show: duration },
  { key: "min", title: "Min", hint: "Shortest call", show: duration },
  { key: "max", title: "Max", hint: "Longest call", show: duration },
  { key: "std", title: "Std", hint: "Standard deviation of the durations", show: duration },
  { key: "callsInView", title: "Calls", hint: "Calls at least partly within the visible window", show: count, view: true },
  { key: "timeInView", title: "Time", hint: "Time within the visible window in which the region ran, summed over its lanes", show: duration, view: true, bar: true },
  { key: "busyInView", title: "Busy", hint: "The share of the visible window in which the region ran, on average over its lanes", show: percent, view: true },
];

/** A name that gives way in the middle where it is too long: its last characters never shrink. */
function nameElement(label) {
  const characters = Array.from(label);
  const tail = characters.length > 32 ? 14 : 0;
  const name = document.createElement("bdi");
  for (const part of [characters.slice(0, characters.length - tail), characters.slice(characters.length - tail)]) {
    const span = document.createElement("span");
    span.textContent = part.join("");
    name.append(span);
  }
  return name;
}

class RegionTable {
  constructor(model, table, on) {
    this.model = model;
    this.table = table;
    this.on = on;
    this.sort = { key: "total", down: true };
    this.shown = new Set(model.regions);
    this.pinned = null;
    this.rows = model.regions.map(region => this.row(region));
    this.head();
    this.body = table.tBodies[0];
    this.empty = document.createElement("tr");
    const cell = this.empty.insertCell();
    cell.colSpan = COLUMNS.length;
    cell.className = "nothing";
    for (const column of COLUMNS.filter(one => one.bar)) {
      const most = Math.max(...this.rows.map(row => row.values[column.key] ?? 0), 1);
      if (!column.view) this.rows.forEach(row => this.fill(row, column, most));
    }
  }

  head() {
    const groups = this.table.tHead.insertRow();
    const group = (title, span, scope) => {
      const cell = document.createElement("th");
      cell.colSpan = span;
      cell.scope = "colgroup";
      cell.className = scope;
      cell.textContent = title;
      groups.append(cell);
      return cell;
    };
    const inView = COLUMNS.filter(column => column.view).length;
    group("Whole run", COLUMNS.length - inView, "whole");
    this.viewTitle = group("In view", inView, "view first");
    const titles = this.table.tHead.insertRow();
    this.heads = COLUMNS.map(column => {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.className = [column.show ? "number" : "name", column.view && "view", column.key === "callsInView" && "first"].filter(Boolean).join(" ");
      const button = document.createElement("button");
      button.type = "button";
      button.title = `${column.hint}. Click to sort.`;
      button.textContent = column.title;
      button.addEventListener("click", () => {
        const again = this.sort.key === column.key;
        this.setSort(column.key, again ? !this.sort.down : column.key !== "name");
        this.on.sort();
      });
      cell.append(button);
      titles.append(cell);
      return cell;
    });
  }

  row(region) {
    const element = document.createElement("tr");
    const row = { region, element, cells: {}, values: { name: region.label, ...region.stats } };
    for (const column of COLUMNS) {
      const cell = document.createElement(column.key === "name" ? "th" : "td");
      if (column.key === "name") {
        cell.scope = "row";
        const button = document.createElement("button");
        button.type = "button";
        button.title = region.name === "" ? region.label : region.name;
        button.setAttribute("aria-pressed", "false");
        row.swatch = document.createElement("i");
        row.swatch.className = "swatch";
        button.append(row.swatch, nameElement(region.label));
        cell.append(button);
        row.button = button;
      } else {
        cell.className = ["number", column.view && "view", column.key === "callsInView" && "first", column.bar && "bar"].filter(Boolean).join(" ");
      }
      row.cells[column.key] = cell;
      element.append(cell);
      if (column.show && !column.view) this.fill(row, column);
    }
    element.addEventListener("click", () => this.on.pin(this.pinned === region ? null : region));
    return row;
  }

  fill(row, column, most) {
    const value = row.values[column.key];
    const cell = row.cells[column.key];
    const missing = value === undefined || value === null;
    const text = missing ? "–" : `${row.values.exact === false && column.view ? "≈ " : ""}${column.show(value)}`;
    if (cell.textContent !== text) cell.textContent = text;
    cell.classList.toggle("zero", missing || value === 0);
    if (column.bar && most !== undefined) cell.style.setProperty("--share", missing ? 0 : (Math.max(0, value) / most).toFixed(4));
  }

  setSort(key, down) {
    if (!COLUMNS.some(column => column.key === key)) return;
    this.sort = { key, down };
    this.order();
  }

  /** Shows these regions only; `reason` is what to say when there are none. */
  filter(regions, reason) {
    this.shown = new Set(regions);
    this.empty.cells[0].textContent = reason;
    this.order();
  }

  order() {
    const { key, down } = this.sort;
    const sign = down ? -1 : 1;
    const rows = this.rows.filter(row => this.shown.has(row.region));
    // What has no value stands last, whichever way the rest is sorted.
    const compare = (a, b) => {
      const [x, y] = [a.values[key], b.values[key]];
      if (key === "name") return sign * x.localeCompare(y);
      if ((x ?? null) === null || (y ?? null) === null) return Number((x ?? null) === null) - Number((y ?? null) === null);
      return sign * (x - y);
    };
    rows.sort((a, b) => compare(a, b) || a.region.id - b.region.id);
    const elements = rows.length > 0 ? rows.map(row => row.element) : [this.empty];
    const now = this.body.children;
    if (elements.length !== now.length || elements.some((element, i) => element !== now[i])) {
      const focused = document.activeElement;
      this.body.replaceChildren(...elements);
      if (this.body.contains(focused)) focused.focus({ preventScroll: true });
    }
    COLUMNS.forEach((column, i) => {
      if (column.key === key) this.heads[i].setAttribute("aria-sort", down ? "descending" : "ascending");
      else this.heads[i].removeAttribute("aria-sort");
    });
  }

  /** Recomputes what is seen between t0 and t1. */
  follow(t0, t1) {
    this.viewTitle.textContent = `In view: ${duration(t1 - t0)}`;
    for (const row of this.rows) {
      const { lanes } = row.region;
      const { calls, time, exact } = regionWithin(row.region, t0, t1);
      Object.assign(row.values, { callsInView: calls, timeInView: time, exact });
      row.values.busyInView = lanes.length > 0 ? Math.min(1, time / (t1 - t0) / lanes.length) : 0;
    }
    const most = Math.max(...this.rows.map(row => row.values.timeInView), 1);
    for (const row of this.rows) for (const column of COLUMNS) if (column.view) this.fill(row, column, most);
    if (this.sort.key.endsWith("InView")) this.order();
  }

  pin(region) {
    this.pinned = region;
    this.table.classList.toggle("has-pinned", region !== null);
    for (const row of this.rows) {
      row.element.classList.toggle("pinned", row.region === region);
      row.button.setAttribute("aria-pressed", String(row.region === region));
      if (row.region === region) this.scrollTo(row.element);
    }
  }

  /** Scrolls a row into the panel without moving anything else. */
  scrollTo(element) {
    const panel = this.table.parentElement;
    const top = element.offsetTop - this.table.tHead.offsetHeight;
    const bottom = element.offsetTop + element.offsetHeight - panel.clientHeight;
    if (panel.scrollTop > top) panel.scrollTop = top;
    else if (panel.scrollTop < bottom) panel.scrollTop = bottom;
  }

  paint(fills) {
    for (const row of this.rows) row.swatch.style.background = css(fills[row.region.id]);
  }
}
