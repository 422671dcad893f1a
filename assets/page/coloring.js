// The menu that says what bars are coloured by, and the scale of their colours.

import { css } from "./color.js";
import { find, make } from "./dom.js";
import { oneLine } from "./format.js";

/** @typedef {import("./page.js").Page} Page */

export class Coloring {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.menu = find("#color-by", HTMLSelectElement);
    /** What was chosen last: also where the page does not know such a field. @type {string | null} */
    this.wished = null;
    /** Fields that only the runs beside this one have. @type {import("./values.js").Field[]} */
    this.others = [];
    this.menu.addEventListener("change", () => this.choose(this.menu.value));
    this.renew();
  }

  /** The model has been replaced. */
  renew() {
    const fields = [...this.page.model.fields, ...this.others];
    const entries = fields.map(({ name }) => make("option", { value: name, text: oneLine(name) }));
    this.menu.replaceChildren(make("option", { value: "", text: "region" }), ...entries);
    find("#coloring", HTMLElement).hidden = fields.length === 0;
  }

  /** What bars are coloured by when the page opens: a field, or "" for the region. */
  get usual() {
    return this.page.model.colorBy;
  }

  /** As a link has it: null for what is usual. */
  get chosen() {
    // While the file is read, its fields are not known yet.
    if (this.page.model.header.reading) return this.wished;
    const { by } = this;
    return by === this.usual ? null : by;
  }

  get by() {
    return this.page.timeline.values?.field.name ?? "";
  }

  /** @param {string | null} field "" for the region, null for what is usual */
  choose(field) {
    const { timeline } = this.page;
    this.wished = field;
    timeline.colorBy = field ?? this.usual;
    timeline.otherFields = this.others;
    timeline.readTheme();
    this.menu.value = this.by;
    this.paint();
    timeline.redraw();
    this.page.changed();
  }

  /** Shows the scale in the colours of the theme. */
  paint() {
    const { values } = this.page.timeline;
    const scale = find("#scale", HTMLElement);
    scale.hidden = values === null;
    if (!values) return;
    const { field, colors } = values;
    const ramp = make("i", { class: "ramp" });
    ramp.style.background = `linear-gradient(to right, ${colors.map(css).join(", ")})`;
    const without = make("i", { class: "swatch" });
    without.style.background = css(values.without);
    const [low, high] = field.ends;
    const kind = field.kind === "logarithmic" ? ", logarithmic" : "";
    scale.setAttribute("aria-label", `Scale of ${oneLine(field.name)}: from ${low} to ${high}${kind}; bars without a value are grey`);
    scale.title = `${oneLine(field.name)}${kind}; several calls in a bar have their mean over time`;
    scale.replaceChildren(make("span", { text: low }), ramp, make("span", { text: high }), without, make("span", { text: "without" }));
  }
}
