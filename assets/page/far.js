// Calls that a served page does not hold: the server finds them in the file. src/page/windows/find.rs is the other end.

/** A call as the server names it, with the number of its region. @typedef {{ region: number, rank: number, thread: number | null, start: number, end: number }} FarCall */
/** A number that the program recorded of a call. @typedef {{ name: string, unit: string | null, value: string }} FarNumber */
/** `place` is that among all, from 1. @typedef {{ call: FarCall | null, place: number, all: number }} FarStep */
/** The calls that are meant; null for those of all regions, and "" for those on all ranks. @typedef {{ regions: number[] | null, ranks: string }} Among */

/**
 * Ascending numbers as ranges: `0-3,7`.
 * @param {number[]} numbers
 */
export function rangesOf(numbers) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const number of numbers) {
    const last = ranges[ranges.length - 1];
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}

export class FarCalls {
  /** @param {number} version of the file, as the server counts */
  constructor(version) {
    this.version = version;
    /** The longest calls that are known, or null while they are fetched. @type {Map<string, FarCall[] | null>} */
    this.known = new Map();
    /** The numbers of the call that was asked for last. @type {{ key: string, numbers: FarNumber[] }} */
    this.numbers = { key: "", numbers: [] };
  }

  /**
   * @param {string} what
   * @param {Among} among
   * @param {Record<string, number | string>} more
   */
  async ask(what, { regions, ranks }, more) {
    const parts = Object.entries({ version: this.version, ...more }).map(([key, value]) => `${key}=${value}`);
    if (regions) parts.push(`regions=${rangesOf(regions)}`);
    if (ranks !== "") parts.push(`ranks=${ranks}`);
    const response = await fetch(`${what}?${parts.join("&")}`);
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }

  /**
   * The call after another one or after a moment, or the one before.
   * @param {Among} among
   * @param {1 | -1} step
   * @param {FarCall | number} from
   * @returns {Promise<FarStep>}
   */
  step(among, step, from) {
    const to = step > 0 ? "next" : "before";
    const whole = (/** @type {number} */ time) => Math.round(time);
    if (typeof from === "number") return this.ask("step", among, { to, start: whole(from) });
    const { region, rank, thread, start, end } = from;
    return this.ask("step", among, { to, start: whole(start), end: whole(end), region, rank, ...(thread === null ? {} : { thread }) });
  }

  /**
   * The numbers of a call as far as they are known; `arrived` is told once there are any.
   * @param {FarCall} call
   * @param {() => void} arrived
   */
  numbersOf({ region, rank, thread, start, end }, arrived) {
    const key = [region, rank, thread, start, end].join();
    if (key !== this.numbers.key) {
      const wanted = { key, numbers: /** @type {FarNumber[]} */ ([]) };
      this.numbers = wanted;
      const where = { region, rank, start: Math.round(start), end: Math.round(end), ...(thread === null ? {} : { thread }) };
      this.ask("numbers", { regions: null, ranks: "" }, where).then(
        numbers => {
          wanted.numbers = numbers;
          if (this.numbers === wanted && numbers.length > 0) arrived();
        },
        // Why not is what the page says of its server.
        () => undefined,
      );
    }
    return this.numbers.numbers;
  }

  /**
   * The longest calls, the longest first.
   * @param {Among} among
   * @param {number} most
   * @returns {Promise<FarCall[]>}
   */
  longest(among, most) {
    return this.ask("longest", among, { most });
  }

  /**
   * The call tree of a window, as `Views` has that of the run; `paths` is null where it has too many calls.
   * @param {Among} among
   * @param {number} t0
   * @param {number} t1
   * @returns {Promise<{ paths: number[] | null, leftOut: number }>}
   */
  tree(among, t0, t1) {
    return this.ask("tree", among, { from: Math.floor(t0), until: Math.ceil(t1) });
  }

  /**
   * The longest calls of a region where they are known; `arrived` is told once they are.
   * @param {number} region
   * @param {number} most
   * @param {() => void} arrived
   * @returns {FarCall[] | null}
   */
  longestOf(region, most, arrived) {
    const key = `${region}:${most}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, null);
    this.longest({ regions: [region], ranks: "" }, most).then(
      calls => {
        this.known.set(key, calls);
        arrived();
      },
      // Why not is what the page says of its server; it may be asked again.
      () => this.known.delete(key),
    );
    return null;
  }
}
