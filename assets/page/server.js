// The server that a page comes from: it lives as long as a page holds a connection to it, and knows whether the file is
// still the one that is shown. A page that is a file has none.

/** What the page has to know of its server. @typedef {{ version: number, follows: boolean }} Served */
/** @typedef {{ state: "same" | "grown" | "changed" | "removed" }} FileState */

/** How long until it is tried again to reach the server, ms. */
const AGAIN = 2000;
/** How often the file is looked at, at most, ms: what takes long to load is looked at less often. */
const LOOK = 2000;

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
   */
  constructor(served, header, renew) {
    this.served = served;
    this.renew = renew;
    /** Whether that is under way. */
    this.renews = false;
    /** What is wrong at present. @type {keyof typeof SENTENCES | null} */
    this.trouble = null;
    this.note = document.createElement("p");
    this.note.id = "server";
    this.note.setAttribute("role", "status");
    this.note.hidden = true;
    header.after(this.note);
  }

  /** Begins to hold a connection and to look at the file. */
  start() {
    // Browsers allow a server few connections, so that of several pages only one holds one: the others wait for its end.
    if (navigator.locks) navigator.locks.request("scope-profiler server", () => this.hold());
    else this.hold();
    const every = Math.max(LOOK, 10 * performance.now());
    setInterval(() => {
      if (document.visibilityState === "visible") this.look();
    }, every);
  }

  /** Holds a connection for as long as the page is open. @returns {Promise<void>} */
  async hold() {
    for (;;) {
      await this.holdOnce().catch(() => null);
      this.say("gone");
      await new Promise(done => setTimeout(done, AGAIN));
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
      const { state } = await response.json();
      if (state === "grown") await this.follow();
      else this.say(state === "same" ? null : state);
    } catch {
      this.say("gone");
    }
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
