// Elements of the page.

/**
 * An element of the page.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function find(selector, type) {
  const element = document.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`the page lacks ${selector}`);
  return element;
}

/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * Sets attributes; `text` is what the element says, and what is false, null or undefined is left out.
 * @template {Element} T
 * @param {T} element
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 */
function equip(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A new element of the page.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  return equip(document.createElement(tag), attributes, children);
}

/** What tells an element from those beside it. @param {Element} element */
const wordsOf = element => `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent}`;

/**
 * Puts children in the place of those that are there. Whoever works by keyboard stays where they were: the focus goes to
 * what has the same words, or else to the host.
 * @param {HTMLElement} host
 * @param {Node[]} children
 */
export function renewChildren(host, ...children) {
  const { activeElement: focused } = document;
  const hadFocus = focused !== null && focused !== host && host.contains(focused);
  const alike = () => [...host.querySelectorAll("button, [tabindex]")].filter(one => focused !== null && wordsOf(one) === wordsOf(focused));
  const place = hadFocus ? alike().indexOf(focused) : -1;
  host.replaceChildren(...children);
  if (!hadFocus) return;
  const found = /** @type {(HTMLElement | SVGElement)[]} */ (alike())[place] ?? host;
  found.focus({ preventScroll: true });
}

/**
 * A new element of a drawing.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function shape(tag, attributes = {}, ...children) {
  const space = find("svg", SVGElement).namespaceURI;
  const element = /** @type {SVGElementTagNameMap[K]} */ (document.createElementNS(space, tag));
  return equip(element, attributes, children);
}
