// Saves what is seen: as a picture or as a table.

import { csvOfMeasured, csvOfSandwich, csvOfTable, csvOfTree } from "./csv.js";
import { find } from "./dom.js";
import { pictureOf } from "./picture.js";
import { flamesSvg, pictureSvg } from "./vector.js";

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

  /** The flame graphs that are seen, those of a sandwich with what stands above each. */
  get graphs() {
    const { flame, callers, callees, tabs } = this.page.panel;
    const all = tabs.chosen === "flame" ? [{ title: null, flame }] : tabs.chosen === "sandwich" ? [{ title: "Called from", flame: callers }, { title: "Calls", flame: callees }] : [];
    return all.filter(({ flame: { host, drawn } }) => drawn.length > 0 && host.checkVisibility());
  }

  /** The table of the view that is seen: what it is, the end of its name as a file, and its text. */
  get table() {
    const { panel, table, measurement } = this.page;
    const { tabs: { chosen }, sides } = panel;
    if (chosen === "sandwich" && sides && this.graphs.length > 0) return { what: "Sandwich", name: "sandwich", text: () => csvOfSandwich(sides.callers, sides.callees) };
    if (chosen === "flame") return { what: "Call tree", name: "call-tree", text: () => csvOfTree(panel.source.of(this.page.scenery).tree.nodes) };
    if (chosen === "tree") return { what: "Call tree", name: "call-tree", text: () => csvOfTree(panel.tree.tree.nodes) };
    if (chosen === "measured" && measurement) return { what: "What is measured", name: "measured", text: () => csvOfMeasured(measurement) };
    return { what: "Table of regions", name: "regions", text: () => csvOfTable(table.sorted) };
  }

  ask() {
    find("#save-csv", HTMLButtonElement).textContent = `${this.table.what} as CSV`;
    const view = find("#save-view", HTMLButtonElement);
    view.textContent = this.page.panel.tabs.chosen === "sandwich" ? "Sandwich as SVG" : "Flame graph as SVG";
    view.disabled = this.graphs.length === 0;
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
    const { timeline, panel } = this.page;
    const svg = flamesSvg(this.graphs, timeline);
    this.download(new Blob([textOf(svg)], { type: "image/svg+xml" }), `${panel.tabs.chosen}.svg`);
  }

  csv() {
    const { name, text } = this.table;
    this.download(new Blob([text()], { type: "text/csv" }), `${name}.csv`);
  }
}
