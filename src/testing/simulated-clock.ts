// Virtual time for tests: nothing passes until `advance` is called, and then every timer fires in due order, with the
// work that it causes done before the next one fires.
import { createPrng } from "../base/prng.js";
import { createClock } from "../base/clock.js";
import type { ClockPort } from "../model/ports.js";

/** Turns of the event loop that `settle` grants to promises, commits and deferred steps. */
const SETTLE_TURN_COUNT = 4;

interface SimulatedTimer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

export class SimulatedClock implements ClockPort {
  readonly #timers = new Set<SimulatedTimer>();
  readonly #prng: () => number;
  readonly #defer = createClock().defer;
  #now: number;
  #order = 0;

  /**
   * @param startMs where time begins, ms since 1970; default 2026-01-01T00:00:00Z
   * @param seed of the numbers that `seed()` gives
   */
  constructor(startMs: number = Date.UTC(2026, 0, 1), seed = 1) {
    this.#now = startMs;
    this.#prng = createPrng(seed);
  }

  now(): number {
    return this.#now;
  }

  seed(): number {
    return this.#prng();
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Deferred work is not time: it runs in the next turn of the real event loop. */
  defer(callback: () => void): void {
    this.#defer(callback);
  }

  /** Number of timers that have not fired. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass: fires what is due in due order, and lets everything settle before, between and after. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.due);
      timer.callback();
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets promises and deferred work run, without any time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < SETTLE_TURN_COUNT; turn += 1) await new Promise<void>((resolve) => this.#defer(resolve));
  }

  #next(end: number): SimulatedTimer | undefined {
    let first: SimulatedTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.due > end) continue;
      if (first === undefined || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
