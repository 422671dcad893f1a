// What a page carries, taken out of its document.

import { decode, unpack } from "./data.js";
import { decodeViews } from "./views.js";

/** @typedef {{ model: import("./data.js").Model, views: import("./views.js").Views, served: import("./server.js").Served | undefined }} PageParts */

/**
 * Takes model and views out of a document, which does not need them any more.
 * @param {Document} from
 * @returns {Promise<PageParts>}
 */
export async function takeParts(from) {
  const elements = ["data", "bars", "views", "values"].map(id => from.getElementById(id));
  const [data, bars, beside, values] = elements.map(element => element?.textContent ?? "");
  /** @type {import("./data.js").PageJson} */
  const json = JSON.parse(data);
  const model = decode(json, await unpack(bars), await unpack(values));
  const views = decodeViews(JSON.parse(new TextDecoder().decode(await unpack(beside))), model.regions);
  model.tasks = views.tasks;
  for (const element of elements) element?.remove();
  return { model, views, served: json.served };
}

/** The page as the server has it now. @returns {Promise<PageParts>} */
export async function fetchParts() {
  const response = await fetch(location.pathname);
  if (!response.ok) throw new Error(response.statusText);
  return takeParts(new DOMParser().parseFromString(await response.text(), "text/html"));
}
