// Faults where they are met: by chance, each noted under the place where it was met, or those of a list and no others.
import type { Fate } from "../../../src/testing/simulated-disk.js";
import { makeRandom } from "../../../src/testing/simulated-tabs.js";
import type { Faults } from "./plan.js";

/** Apart from the steps of the same seed. */
const SEED_OFFSET = 0x5eed;

export class FaultSource {
  /** What was met, by place. */
  readonly met: Record<string, number | string> = {};
  /** No faults any more. */
  isCalm = false;
  readonly #listed: Faults | undefined;
  readonly #random: () => number;
  readonly #counts = new Map<string, number>();

  constructor(seed: number, listed: Faults | undefined) {
    this.#listed = listed;
    this.#random = makeRandom(seed ^ SEED_OFFSET);
  }

  /** ms of a read or a transaction. */
  diskDelay(tab: number): number {
    return this.#number(`disk ${tab}`, 1, 0.1, 50);
  }

  /** ms of a message. */
  messageDelay(from: number, to: number): number {
    return this.#number(`message ${from} ${to}`, 1, 0.1, 200);
  }

  /** How often a message arrives. */
  copies(from: number, to: number): number {
    return Number(this.#meet(`copies ${from} ${to}`, 1, 0.1, () => (this.#random() < 0.5 ? 0 : 2)));
  }

  fate(tab: number): Fate {
    return this.#meet(`fate ${tab}`, "done", 0.03, () => ["aborted", "full", "lost"][Math.floor(this.#random() * 3)] as Fate) as Fate;
  }

  /** 1: the read fails. */
  unreadable(tab: number): boolean {
    return this.#meet(`read ${tab}`, 0, 0.004, () => 1) === 1;
  }

  /** ms until a tab hears that it was robbed. */
  robbedDelay(tab: number): number {
    return this.#number(`robbed ${tab}`, 0, 0.5, 5_000);
  }

  #number(place: string, usual: number, share: number, max: number): number {
    return Number(this.#meet(place, usual, share, () => Math.floor(this.#random() * max)));
  }

  #meet(place: string, usual: number | string, share: number, make: () => number | string): number | string {
    if (this.isCalm) return usual;
    const count = (this.#counts.get(place) ?? 0) + 1;
    this.#counts.set(place, count);
    const key = `${place} ${count}`;
    if (this.#listed !== undefined) return this.#listed[key] ?? usual;
    if (this.#random() >= share) return usual;
    const made = make();
    if (made !== usual) this.met[key] = made;
    return made;
  }
}
