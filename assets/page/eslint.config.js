import js from "@eslint/js";

const browser = ["AbortController", "atob", "Blob", "clearTimeout", "document", "DecompressionStream", "DOMParser", "Element", "Event", "fetch", "getComputedStyle", "history", "HTMLElement", "HTMLButtonElement", "HTMLCanvasElement", "HTMLDialogElement", "HTMLInputElement", "HTMLSelectElement", "HTMLTableElement", "ImageData", "innerHeight", "innerWidth", "location", "matchMedia", "navigator", "performance", "requestAnimationFrame", "ResizeObserver", "Response", "setInterval", "setTimeout", "SVGElement", "TextDecoder", "URL", "URLSearchParams", "WheelEvent", "XMLSerializer", "window"];

export default [
  js.configs.recommended,
  {
    languageOptions: { globals: Object.fromEntries(browser.map(name => [name, "readonly"])) },
    rules: {
      eqeqeq: "error",
      "no-restricted-properties": ["error", ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map(property => ({ property, message: "Names of regions are text; set textContent." }))],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  { files: ["test/*.js", "eslint.config.js"], languageOptions: { globals: { URL: "readonly", console: "readonly" } } },
];
