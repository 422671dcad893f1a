// Saves what is seen: as a picture or as a table.

import { csvOfMeasured, csvOfTable, csvOfTree } from "./csv.js";
import { find } from "./dom.js";
import { pictureOf } from "./picture.js";
import { flameSvg, pictureSvg } from "./vector.js";

/** @typedef {import("./page.js").Page} Page */

/**
 * The title as the name of a file.
 * @param {string} title
 */
export function fileStem(title) {
  const stem = title.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 60);
  return stem === "" ? "profile" : stem;
}

/** @param {Element} svg */
function textOf(svg) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
}

export class Saving {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.dialog = find("#saving", HTMLDialogElement);
    find("#save", HTMLButtonElement).addEventListener("click", () => this.ask());
    /** @type {Record<string, () => void>} */
    const actions = { "save-png": () => this.png(), "save-svg": () => this.svg(), "save-view": () => this.view(), "save-csv": () => this.csv() };
    for (const [id, action] of Object.entries(actions)) {
      find(`#${id}`, HTMLButtonElement).addEventListener("click", () => {
        this.dialog.close();
        action();
      });
    }
  }

  /** The flame graph that is seen. */
  get flame() {
    const { panel } = this.page;
    return { flame: panel.flame, sandwich: panel.callees }[panel.tabs.chosen] ?? null;
  }

  ask() {
    const { panel } = this.page;
    const table = { tree: "Call tree", measured: "What is measured" }[panel.tabs.chosen] ?? "Table of regions";
    find("#save-csv", HTMLButtonElement).textContent = `${table} as CSV`;
    find("#save-view", HTMLButtonElement).disabled = this.flame === null || this.flame.drawn.length === 0;
    this.dialog.showModal();
  }

  /**
   * @param {Blob} blob
   * @param {string} name
   */
  download(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${fileStem(this.page.model.header.title)}-${name}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  png() {
    this.page.timeline.draw();
    pictureOf(this.page.timeline).toBlob(blob => blob && this.download(blob, "timeline.png"));
  }

  svg() {
    const { timeline } = this.page;
    const svg = pictureSvg(timeline);
    this.download(new Blob([textOf(svg)], { type: "image/svg+xml" }), "timeline.svg");
  }

  view() {
    const { timeline } = this.page;
    if (!this.flame) return;
    const svg = flameSvg(this.flame, timeline);
    this.download(new Blob([textOf(svg)], { type: "image/svg+xml" }), "flame.svg");
  }

  csv() {
    const { panel, table, measurement } = this.page;
    const chosen = panel.tabs.chosen;
    if (chosen === "tree") this.download(this.sheet(csvOfTree(panel.tree.tree.nodes)), "call-tree.csv");
    else if (chosen === "measured" && measurement) this.download(this.sheet(csvOfMeasured(measurement)), "measured.csv");
    else this.download(this.sheet(csvOfTable(table.sorted)), "regions.csv");
  }

  /** @param {string} text */
  sheet(text) {
    return new Blob([text], { type: "text/csv" });
  }
}
