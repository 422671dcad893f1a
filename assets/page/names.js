// Names as elements, which lose their middle where there is too little room.

import { make } from "./dom.js";
import { headAndTail } from "./format.js";

/**
 * A name that may be too long for its place. It is whole for those who search the page, copy from it or hear it.
 * @param {string} name
 * @param {string | null} [title] what the pointer finds
 */
export function nameElement(name, title = null) {
  const [head, tail] = headAndTail(name);
  return make("bdi", { class: "ends", title }, make("span", { text: head }), make("span", { text: tail }));
}
