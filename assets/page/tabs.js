// Tabs: one view is seen at a time, and one tab can be reached by Tab.

/** @typedef {{ tab: HTMLElement, panel: HTMLElement }} TabPair */

export class Tabs {
  /**
   * @param {HTMLElement} list whose tabs name their panels (`aria-controls`)
   * @param {(name: string) => void} changed told of the panel's id when the reader has chosen another
   */
  constructor(list, changed) {
    this.changed = changed;
    /** @type {Map<string, TabPair>} */
    this.pairs = new Map();
    for (const tab of list.querySelectorAll("[role=tab]")) {
      const id = tab.getAttribute("aria-controls") ?? "";
      const panel = document.getElementById(id);
      if (!(tab instanceof HTMLElement) || !panel) continue;
      this.pairs.set(id, { tab, panel });
      tab.addEventListener("click", () => this.choose(id));
    }
    this.chosen = [...this.pairs.keys()][0];
    list.addEventListener("keydown", event => this.press(event));
    this.show(this.chosen);
  }

  /** @param {string} id one that is no panel changes nothing */
  show(id) {
    if (!this.pairs.has(id)) return;
    this.chosen = id;
    for (const [one, { tab, panel }] of this.pairs) {
      tab.setAttribute("aria-selected", String(one === id));
      tab.tabIndex = one === id ? 0 : -1;
      panel.hidden = one !== id;
    }
  }

  /** @param {string} id */
  choose(id, focus = false) {
    this.show(id);
    if (focus) this.pairs.get(id)?.tab.focus();
    this.changed(this.chosen);
  }

  /** @param {number} number from 1 */
  chooseNumber(number) {
    const id = [...this.pairs.keys()][number - 1];
    if (id !== undefined) this.choose(id);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const ids = [...this.pairs.keys()];
    const at = ids.indexOf(this.chosen);
    /** @type {Record<string, number>} */
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: ids.length - 1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(ids[(moves[event.key] + ids.length) % ids.length], true);
  }
}
