// The window of time that is seen, and how it moves. All times in ns.

/** The shortest window. */
const LEAST = 10;

export class TimeWindow {
  /**
   * @param {number} span of the run
   * @param {() => void} changed told of every move
   */
  constructor(span, changed) {
    /** From where to where it may go: the run, or all of the runs that are shown together. */
    this.first = 0;
    this.last = span;
    this.changed = changed;
    this.t0 = 0;
    this.t1 = span;
    /** Where an animation ends. @type {[number, number]} */
    this.target = [0, span];
  }

  /** All that there is to be seen, ns. */
  get most() {
    return this.last - this.first;
  }

  /** Whether all of it is in sight, or will be. */
  get isWhole() {
    return this.target[0] <= this.first && this.target[1] >= this.last;
  }

  /**
   * Lets it go from `first` to `last`. One that had all in sight still has.
   * @param {number} first
   * @param {number} last
   */
  limit(first, last) {
    if (first === this.first && last === this.last) return;
    const { isWhole } = this;
    [this.first, this.last] = [first, last];
    this.set(...(isWhole ? this.all : this.target));
  }

  /** @returns {[number, number]} */
  get all() {
    return [this.first, this.last];
  }

  get length() {
    return this.t1 - this.t0;
  }

  get settled() {
    return this.t0 === this.target[0] && this.t1 === this.target[1];
  }

  /**
   * Moves to [t0, t1] as far as the run allows; `glide` animates the way there.
   * @param {number} t0
   * @param {number} t1
   */
  set(t0, t1, glide = false) {
    const { first, last, most } = this;
    const length = Math.min(most, Math.max(Math.min(LEAST, most), t1 - t0));
    const middle = (t0 + t1) / 2;
    const start = Math.max(first, Math.min(last - length, t1 - t0 === length ? t0 : middle - length / 2));
    // Rounding must not leave a sliver of the run outside.
    this.target = length > most * (1 - 1e-12) ? this.all : [start, start + length];
    if (!glide) [this.t0, this.t1] = this.target;
    this.changed();
  }

  /**
   * Makes the window `factor` times as long.
   * @param {number} factor
   * @param {number} share of the window at which the time stays
   */
  zoom(factor, share = 0.5, glide = false) {
    const [t0, t1] = glide ? this.target : [this.t0, this.t1];
    const length = Math.min(this.most, Math.max(Math.min(LEAST, this.most), (t1 - t0) * factor));
    const fixed = t0 + share * (t1 - t0);
    this.set(fixed - share * length, fixed + (1 - share) * length, glide);
  }

  /**
   * Moves by a share of the window.
   * @param {number} share
   */
  pan(share, glide = false) {
    const [t0, t1] = glide ? this.target : [this.t0, this.t1];
    this.set(t0 + share * (t1 - t0), t1 + share * (t1 - t0), glide);
  }

  /** Moves to the run's start (-1) or end (1). @param {1 | -1} side */
  toEdge(side, glide = false) {
    const length = this.target[1] - this.target[0];
    if (side < 0) this.set(this.first, this.first + length, glide);
    else this.set(this.last - length, this.last, glide);
  }

  /** One step of the animation; whether more follow. */
  step() {
    const [a, b] = this.target;
    const close = Math.abs(a - this.t0) + Math.abs(b - this.t1) < 0.002 * (b - a);
    [this.t0, this.t1] = close ? [a, b] : [this.t0 + 0.35 * (a - this.t0), this.t1 + 0.35 * (b - this.t1)];
    return !this.settled;
  }
}
