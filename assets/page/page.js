// Puts the page together: header, search, pin, tooltip, keys, the address.
//
// `window.scopeProfiler` is for scripts and tests: `view` (read-only: t0, t1 in ns, pinned, search,
// by, measured, settled), `locate(region, rank, ns)` and the pure functions under `lib`.

const lib = { duration, count, instant, ticks, oneLine, shorten, parseSearch, decode, within, regionWithin, exclusive, activity, contrast, readableOn, textOn };

async function startPage() {
  const $ = id => document.getElementById(id);
  const model = decode(JSON.parse($("data").textContent), await unpack($("bars").textContent));
  $("data").remove();
  $("bars").remove();

  // ---- Header -------------------------------------------------------------------------------

  const { header } = model;
  const threads = header.ranks > 0 && header.threads % header.ranks === 0
    ? `${plural(header.ranks, "rank")} × ${plural(header.threads / header.ranks, "thread")}`
    : `${plural(header.ranks, "rank")}, ${plural(header.threads, "thread")}`;
  const facts = [...(header.ranks > 0 ? [threads] : []), plural(header.intervals, "interval"), `wall time ${duration(header.wall)}`];
  if (header.outside > 0) {
    const share = header.outsideShare === null ? "" : ` (${percent(header.outsideShare)})`;
    facts.push(`${duration(header.outside)}${share} outside any region`);
  }
  if (header.merged > 0) facts.push(`${plural(header.merged, "interval")} merged for drawing`);
  const title = header.title === "" ? "Untitled run" : oneLine(header.title);
  $("title").textContent = title;
  $("title").title = header.title;
  document.title = `${title} · scope-profiler`;
  const fact = (text, kind = "") => {
    const item = document.createElement("li");
    item.textContent = text;
    item.className = kind;
    $("facts").append(item);
  };
  facts.forEach(text => fact(text));
  if (model.lanes.length > 0) fact(header.axis.replace("Time since", "time 0 is"));
  header.notes.forEach(([text, isWarning]) => fact(oneLine(text), isWarning ? "note" : ""));
  $("canvas").setAttribute("aria-label", `Timeline of ${plural(model.regions.length, "region")}: ${facts.join(", ")}. The table below has the same regions.`);

  // ---- State --------------------------------------------------------------------------------

  let pinned = null;
  let split = null;
  const tooltip = new Tooltip(model, $("tooltip"));
  const timeline = new Timeline(
    model,
    { canvas: $("canvas"), scroller: $("scroller"), spacer: $("spacer"), overview: $("overview") },
    { view: changed, pin, hover: (hit, at) => tooltip.show(hit, at, timeline) },
  );
  const table = new RegionTable(model, document.querySelector("#statistics table"), { pin: region => pin(region, true), sort: changed });
  table.paint(timeline.fills);

  let pending;
  let lastFollowed = 0;
  /** After any change of what is seen: the table and the address follow, a few times a second. */
  function changed() {
    if (pending !== undefined) return;
    pending = setTimeout(() => {
      pending = undefined;
      lastFollowed = performance.now();
      table.follow(...timeline.target);
      writeAddress();
    }, Math.max(0, 120 - (performance.now() - lastFollowed)));
  }

  function pin(region, reveal = false) {
    pinned = region;
    timeline.pinned = region;
    table.pin(region);
    $("pinned").hidden = region === null;
    if (region) {
      $("pinned").querySelector("bdi").textContent = region.label;
      $("pinned").querySelector(".swatch").style.background = css(timeline.fills[region.id]);
      $("pinned").setAttribute("aria-label", `Unpin ${region.label}`);
      if (reveal) timeline.reveal(region);
    }
    timeline.redraw();
    changed();
  }

  function search(text) {
    const { error, test } = parseSearch(text);
    const shown = text === "" || error ? model.regions : model.regions.filter(region => test(region.name) || test(region.label));
    $("search").setAttribute("aria-invalid", String(error !== null));
    $("search").title = error ?? "";
    $("matches").textContent = error ? "not a regular expression" : text === "" ? "" : `${shown.length} of ${model.regions.length}`;
    timeline.shown = shown;
    table.filter(shown, text === "" ? "No regions" : `No region matches “${text}”`);
    arrange();
    changed();
  }

  function group(by) {
    timeline.grouping = by;
    $("by-region").setAttribute("aria-pressed", String(by === "region"));
    $("by-rank").setAttribute("aria-pressed", String(by === "rank"));
    arrange();
    changed();
  }

  function setRuler(on) {
    timeline.rulerMode = on;
    $("ruler").setAttribute("aria-pressed", String(on));
    $("canvas").classList.toggle("measuring", on);
  }

  function thicken(steps) {
    timeline.thickness = Math.max(-8, Math.min(8, timeline.thickness + steps));
    arrange();
  }

  // ---- Sizes --------------------------------------------------------------------------------

  /** Gives the timeline the height it wants, up to three fifths, or more where the table is short. */
  function arrange() {
    const room = document.querySelector("main").clientHeight;
    const rest = room - OVERVIEW - $("splitter").offsetHeight - 6;
    const most = Math.max(120, Math.round(rest * 0.6), rest - table.table.offsetHeight);
    timeline.resize(split ?? most);
    const nothing = timeline.groups.length === 0;
    const height = split ?? Math.min(most, nothing ? 170 : timeline.wantedHeight);
    $("scroller").style.height = `${Math.min(height, Math.max(60, room - 110))}px`;
    showEmpty(nothing);
    timeline.fitCanvas();
  }

  function showEmpty(nothing) {
    $("empty").hidden = !nothing;
    if (!nothing) return;
    const text = $("search").value;
    $("empty").textContent = model.lanes.length === 0
      ? "No intervals to show. The selection is empty, or the run only counted its calls."
      : `No region matches “${text}”. Esc clears the filter.`;
  }

  function splitTo(height) {
    const room = document.querySelector("main").clientHeight;
    split = Math.max(60, Math.min(room - 110, height));
    arrange();
  }
  $("splitter").addEventListener("pointerdown", event => {
    event.preventDefault();
    $("splitter").setPointerCapture(event.pointerId);
    const offset = event.clientY - $("scroller").clientHeight;
    const move = moved => splitTo(moved.clientY - offset);
    $("splitter").addEventListener("pointermove", move);
    const end = () => $("splitter").removeEventListener("pointermove", move);
    $("splitter").addEventListener("lostpointercapture", end, { once: true });
  });
  $("splitter").addEventListener("dblclick", () => {
    split = null;
    arrange();
  });
  $("splitter").addEventListener("keydown", event => {
    const step = { ArrowUp: -24, ArrowDown: 24 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    splitTo($("scroller").clientHeight + step);
  });
  new ResizeObserver(arrange).observe(document.querySelector("main"));
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", () => {
      timeline.readColors();
      table.paint(timeline.fills);
      pin(pinned);
    });
  }

  // ---- Buttons and keys ---------------------------------------------------------------------

  const pointedX = () => (timeline.pointer && timeline.pointer.x >= timeline.labelWidth ? timeline.pointer.x : undefined);
  const fit = () => timeline.setView(0, model.span, true);
  const actions = {
    "zoom-in": () => timeline.zoom(1 / 1.6, undefined, true),
    "zoom-out": () => timeline.zoom(1.6, undefined, true),
    fit,
    ruler: () => setRuler(!timeline.rulerMode),
    "by-region": () => group("region"),
    "by-rank": () => group("rank"),
    thinner: () => thicken(-1),
    thicker: () => thicken(1),
    pinned: () => pin(null),
    "help-button": () => $("help").showModal(),
  };
  for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);
  $("search").addEventListener("input", () => search($("search").value));

  function escape() {
    if (timeline.measured || timeline.rulerMode) {
      timeline.measured = null;
      setRuler(false);
      timeline.redraw();
    } else if ($("search").value !== "") {
      $("search").value = "";
      search("");
    } else {
      pin(null);
    }
  }

  const keys = {
    w: () => timeline.zoom(1 / 1.5, pointedX(), true),
    s: () => timeline.zoom(1.5, pointedX(), true),
    a: () => timeline.pan(-0.2, true),
    d: () => timeline.pan(0.2, true),
    ArrowLeft: () => timeline.pan(-0.1, true),
    ArrowRight: () => timeline.pan(0.1, true),
    ArrowUp: () => $("scroller").scrollBy(0, -60),
    ArrowDown: () => $("scroller").scrollBy(0, 60),
    PageUp: () => $("scroller").scrollBy(0, -0.9 * timeline.height),
    PageDown: () => $("scroller").scrollBy(0, 0.9 * timeline.height),
    Home: () => timeline.setView(0, timeline.target[1] - timeline.target[0], true),
    End: () => timeline.setView(model.span - (timeline.target[1] - timeline.target[0]), model.span, true),
    f: fit,
    z: () => timeline.measured && timeline.setView(Math.min(...timeline.measured), Math.max(...timeline.measured), true),
    m: () => setRuler(!timeline.rulerMode),
    g: () => group(timeline.grouping === "region" ? "rank" : "region"),
    "+": () => thicken(1),
    "=": () => thicken(1),
    "-": () => thicken(-1),
    "/": () => ($("search").focus(), $("search").select()),
    "?": () => $("help").showModal(),
    Escape: escape,
  };
  // Within the table these keys scroll it, as everywhere.
  const ofTable = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (event.target === $("search")) {
      if (event.key === "Enter") $("canvas").focus();
      if (event.key !== "Escape") return;
      if ($("search").value === "") $("canvas").focus();
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (ofTable.has(key) && $("statistics").contains(event.target)) return;
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
  });

  // ---- The address --------------------------------------------------------------------------

  let written = null;
  function writeAddress() {
    const parts = new URLSearchParams();
    const [t0, t1] = timeline.target;
    if (t0 > 0 || t1 < model.span) {
      parts.set("t0", String(Math.round(t0)));
      parts.set("t1", String(Math.round(t1)));
    }
    if (pinned) parts.set("pin", pinned.name);
    if ($("search").value) parts.set("search", $("search").value);
    if (timeline.grouping !== "region") parts.set("by", timeline.grouping);
    const { key, down } = table.sort;
    if (key !== "total" || !down) parts.set("sort", `${key}${down ? "" : ",up"}`);
    const text = parts.toString();
    if (text === written) return;
    written = text;
    // Some viewers embed pages where the address cannot be changed; the page works all the same.
    try {
      history.replaceState(null, "", text ? `#${text}` : "#");
    } catch {}
  }

  function readAddress() {
    const text = location.hash.slice(1);
    if (text === written) return;
    const parts = new URLSearchParams(text);
    $("search").value = parts.get("search") ?? "";
    const [key, up] = (parts.get("sort") ?? "total").split(",");
    table.setSort(key, up !== "up");
    group(parts.get("by") === "rank" ? "rank" : "region");
    search($("search").value);
    const name = parts.get("pin");
    pin(name === null ? null : (model.regions.find(region => region.name === name) ?? null), true);
    const [t0, t1] = [parts.get("t0"), parts.get("t1")].map(part => (part === null ? NaN : Number(part)));
    timeline.setView(...(t0 < t1 ? [t0, t1] : [0, model.span]));
  }
  window.addEventListener("hashchange", readAddress);

  readAddress();
  table.follow(...timeline.target);

  return Object.freeze({
    lib,
    locate: (region, rank, time) => timeline.locate(region, rank, time),
    get view() {
      const [t0, t1] = timeline.target;
      return Object.freeze({ t0, t1, span: model.span, pinned: pinned?.name ?? null, search: $("search").value, by: timeline.grouping, measured: timeline.measured && [...timeline.measured], settled: timeline.settled && pending === undefined });
    },
  });
}

if (typeof document === "undefined") module.exports = lib;
else {
  const started = startPage();
  window.scopeProfiler = { started };
  started.then(page => (window.scopeProfiler = page));
}
