// The server that a page comes from: it lives as long as a page holds a connection to it, and knows whether the file is
// still the one that is shown. A page that is a file has none.

import { make } from "./dom.js";
import { Refused } from "./parts.js";

/**
 * What the page has to know of its server. While the file is read, the page has a picture of what has been read.
 * @typedef {{ version: number, follows: boolean, reading?: { share: number, picture: number } }} Served
 */
/** @typedef {{ state: "same" | "grown" | "changed" | "removed" } | { state: "reading", share: number, picture: number }} FileState */

/** How long until it is tried again to reach the server, ms. */
const AGAIN = 2000;
/** How often the file is looked at, at most, ms: what takes long to load is looked at less often. */
const LOOK = 2000;
/** How often it is asked how far the file has been read, ms. */
const READING = 200;

const pause = (/** @type {number} */ ms) => new Promise(done => setTimeout(done, ms));

const SENTENCES = {
  gone: "The server does not answer: it has ended, or the tunnel to it is closed. What is drawn stays.",
  changed: "The file has changed since this page was loaded.",
  removed: "The file is not there any more. What is drawn stays.",
};

export class ServerLink {
  /**
   * @param {Served} served
   * @param {HTMLElement} header above which nothing is; what is to be known is said below it
   * @param {() => Promise<Served>} renew shows what the file has got since
   * @param {(why: string) => void} failing is told why the file cannot be read to its end
   */
  constructor(served, header, renew, failing) {
    this.served = served;
    this.renew = renew;
    this.failing = failing;
    /** Whether that is under way. */
    this.renews = false;
    this.failed = false;
    /** What is wrong at present. @type {keyof typeof SENTENCES | null} */
    this.trouble = null;
    this.note = document.createElement("p");
    this.note.id = "server";
    this.note.setAttribute("role", "status");
    this.note.hidden = true;
    header.after(this.note);
    this.bar = make("progress", { max: 1, "aria-label": "How much of the file has been read" });
    this.percent = make("span", { "aria-hidden": "true" });
    this.reading = make("p", { id: "reading", hidden: true }, this.bar, this.percent);
    header.append(this.reading);
  }

  /** Begins to hold a connection and to look at the file. */
  start() {
    // Browsers allow a server few connections, so that of several pages only one holds one: the others wait for its end.
    if (navigator.locks) navigator.locks.request("scope-profiler server", () => this.hold());
    else this.hold();
    const every = Math.max(LOOK, 10 * performance.now());
    this.fill().then(() => {
      if (this.failed) return;
      setInterval(() => {
        if (document.visibilityState === "visible") this.look();
      }, every);
    });
  }

  /** While the file is read, shows what has been read by now. */
  async fill() {
    for (; this.served.reading; await pause(READING)) {
      this.tell(this.served.reading.share);
      await this.look();
    }
    this.reading.hidden = true;
  }

  /** Says how much of the file has been read. @param {number} share */
  tell(share) {
    this.reading.hidden = false;
    this.bar.setAttribute("value", String(share));
    this.percent.textContent = `Reading the file: ${Math.floor(100 * share)} %`;
  }

  /** Holds a connection for as long as the page is open. @returns {Promise<void>} */
  async hold() {
    for (;;) {
      await this.holdOnce().catch(() => null);
      this.say("gone");
      await pause(AGAIN);
    }
  }

  async holdOnce() {
    const response = await fetch("../alive");
    const reader = response.ok ? response.body?.getReader() : undefined;
    while (reader && !(await reader.read()).done) {
      document.documentElement.dataset.server = "held";
      if (this.trouble === "gone") this.say(null);
    }
  }

  /** Asks whether the file is still what is shown. */
  async look() {
    try {
      const response = await fetch(`state?version=${this.served.version}`);
      if (!response.ok) return;
      /** @type {FileState} */
      const now = await response.json();
      if (now.state === "grown") await this.follow();
      else if (now.state === "reading") await this.readOn(now);
      else this.say(now.state === "same" ? null : now.state);
    } catch (error) {
      if (error instanceof Refused && this.served.reading) this.fail(error.message);
      else this.say("gone");
    }
  }

  /** The file cannot be read. @param {string} why */
  fail(why) {
    this.failed = true;
    this.reading.hidden = true;
    this.served.reading = undefined;
    this.note.hidden = false;
    const sentence = /[.!?]$/.test(why) ? why : `${why}.`;
    this.note.textContent = `The file cannot be read to its end: ${sentence} What is drawn stays.`;
    this.failing(sentence);
  }

  /** @param {{ share: number, picture: number }} now */
  async readOn({ share, picture }) {
    this.say(null);
    const { reading } = this.served;
    if (!reading) return;
    reading.share = share;
    if (picture !== reading.picture) await this.follow();
  }

  /** Shows what the program has recorded since, unless the reader holds something at this moment. */
  async follow() {
    if (this.renews || document.querySelector(":active") !== null) return;
    this.renews = true;
    try {
      this.served = await this.renew();
    } finally {
      this.renews = false;
    }
  }

  /** @param {keyof typeof SENTENCES | null} trouble */
  say(trouble) {
    if (trouble === this.trouble) return;
    this.trouble = trouble;
    this.note.hidden = trouble === null;
    this.note.textContent = trouble === null ? "" : SENTENCES[trouble];
    if (trouble !== "changed") return;
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Load it again";
    again.addEventListener("click", () => location.reload());
    this.note.append(" ", again);
  }
}
