// Starts the page.
//
// `window.scopeProfiler` is for scripts and tests: `view` (read-only: t0, t1 in ns, pinned, search, by, measured,
// selected, reading, settled), `barAt` and `countersAt` (under the pointer), `locate(region, rank, ns)` and the pure functions under `lib`; before the page has been
// unpacked only `started`, a promise of all that.

import { contrast, readableOn, textOn } from "./color.js";
import { decode } from "./data.js";
import { find } from "./dom.js";
import { count, duration, instant, oneLine, shorten, ticks } from "./format.js";
import { LinkedPage, hostOf } from "./linked.js";
import { activity, exclusive, regionWithin, within } from "./model.js";
import { Page } from "./page.js";
import { fetchParts, takeParts } from "./parts.js";
import { parseSearch } from "./search.js";
import { ServerLink } from "./server.js";

const LIB = { duration, count, instant, ticks, oneLine, shorten, parseSearch, decode, within, regionWithin, exclusive, activity, contrast, readableOn, textOn };

async function startPage() {
  // The page of several runs may carry this one.
  const run = window.frameElement?.getAttribute("data-run") ?? null;
  const { model, views, served } = await takeParts(run === null ? document : window.parent.document, run);
  const page = new Page(model, views);
  if (served) {
    page.serve(served);
    const renew = async () => {
      const parts = await fetchParts();
      page.renew(parts);
      return parts.served ?? served;
    };
    new ServerLink(served, find("header", HTMLElement), renew, why => page.panel.fail(why)).start();
    page.changed();
  }
  const host = hostOf();
  if (host) {
    page.linked = new LinkedPage(page, host);
    host.join(window.frameElement, page.linked);
  }
  const { timeline } = page;
  return Object.freeze({
    lib: LIB,
    locate: (/** @type {string} */ region, /** @type {number} */ rank, /** @type {number} */ time) => timeline.locate(region, rank, time),
    get barAt() {
      const bar = timeline.hit?.bar;
      return bar ? Object.freeze({ start: bar.start, end: bar.end, calls: bar.calls }) : null;
    },
    get countersAt() {
      return timeline.counters.values;
    },
    get view() {
      const [t0, t1] = timeline.window.target;
      const { pin: pinned, search, by, measured, selected } = page.view;
      return Object.freeze({ t0, t1, span: model.span, pinned, search, by, measured: measured && [...measured], selected, reading: model.header.reading, settled: timeline.window.settled && page.pending === undefined && page.visits.pending === 0 && !page.panel.source.pending && !page.detail?.pending });
    },
  });
}

if (typeof document !== "undefined") {
  const started = startPage();
  Object.assign(window, { scopeProfiler: { started } });
  started.then(
    page => Object.assign(window, { scopeProfiler: page }),
    error => {
      const empty = find("#empty", HTMLElement);
      empty.hidden = false;
      empty.textContent = `The page cannot be shown: ${error instanceof Error ? error.message : error}`;
    },
  );
}
