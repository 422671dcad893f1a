// What a page carries, taken out of its document.

import { decode, unpack } from "./data.js";
import { decodeViews } from "./views.js";

/** @typedef {{ model: import("./data.js").Model, views: import("./views.js").Views, served: import("./server.js").Served | undefined }} PageParts */

/**
 * Takes model and views out of a document, which does not need them any more; of a document that carries several runs,
 * those of one of them, which stay there.
 * @param {Document} from
 * @param {string | null} run
 * @returns {Promise<PageParts>}
 */
export async function takeParts(from, run = null) {
  const elements = ["data", "bars", "views", "values"].map(id => from.getElementById(run === null ? id : `${id}-${run}`));
  const [data, bars, beside, values] = elements.map(element => element?.textContent ?? "");
  /** @type {import("./data.js").PageJson} */
  const json = JSON.parse(data);
  const model = decode(json, await unpack(bars), values === "" ? undefined : await unpack(values));
  const views = decodeViews(JSON.parse(new TextDecoder().decode(await unpack(beside))), model.regions);
  model.tasks = views.tasks;
  model.counters = views.counters;
  if (run === null) for (const element of elements) element?.remove();
  return { model, views, served: json.served };
}

/** There is no page any more; its message says why. */
export class Refused extends Error {}

/** The page as the server has it now. @returns {Promise<PageParts>} */
export async function fetchParts() {
  const response = await fetch(location.pathname);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!response.ok) throw new Refused(page.querySelector("p")?.textContent ?? response.statusText);
  return takeParts(page);
}
