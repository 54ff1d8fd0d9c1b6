// Virtual time for tests: nothing passes until `advance` is called, and then every timer fires in due order, with the
// work that it causes done before the next one fires.
import { createPrng } from "../base/prng.js";
import { createClock } from "../base/clock.js";
import { Heap } from "../base/heap.js";
import type { ClockPort } from "../model/ports.js";

/** Turns of the event loop that `settle` grants to promises, commits and deferred steps. */
const SETTLE_TURN_COUNT = 4;
/** Turns after which a quick clock takes what goes on for something that never ends. */
const QUICK_TURN_COUNT_MAX = 10_000;
/** Canceled timers that may lie about while they are more than half of all. */
const CANCELED_COUNT_MAX = 1_000;

/** `rank`: when it is due. */
interface SimulatedTimer {
  readonly rank: number;
  readonly order: number;
  readonly callback: () => void;
  isCanceled: boolean;
}

/** How a clock waits until all has settled. */
export interface SimulatedClockOptions {
  /**
   * Nothing happens but by this clock: no platform timers, no other threads, nothing read. Then `settle` takes as many turns of the event loop as
   * there is deferred work, mostly one, and never lets virtual time depend on real time. Default false: four turns.
   */
  readonly isQuick?: boolean;
}

export class SimulatedClock implements ClockPort {
  readonly #timers = new Heap<SimulatedTimer>();
  readonly #isQuick: boolean;
  readonly #prng: () => number;
  readonly #defer = createClock().defer;
  #now: number;
  #order = 0;
  #timerCount = 0;
  #deferredCount = 0;

  /**
   * @param startMs where time begins, ms since 1970; default 2026-01-01T00:00:00Z
   * @param seed of the numbers that `seed()` gives
   */
  constructor(startMs: number = Date.UTC(2026, 0, 1), seed = 1, { isQuick = false }: SimulatedClockOptions = {}) {
    this.#isQuick = isQuick;
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
    const timer = { rank: this.#now + Math.max(0, delayMs), order: this.#order++, callback, isCanceled: false };
    this.#timers.add(timer);
    this.#timerCount += 1;
    return () => {
      if (timer.isCanceled) return;
      timer.isCanceled = true;
      this.#timerCount -= 1;
      if (this.#timers.count > CANCELED_COUNT_MAX && this.#timers.count > 2 * this.#timerCount) this.#timers.retain(({ isCanceled }) => !isCanceled);
    };
  }

  /** Deferred work is not time: it runs in the next turn of the real event loop. */
  defer(callback: () => void): void {
    this.#deferredCount += 1;
    this.#defer(() => {
      this.#deferredCount -= 1;
      callback();
    });
  }

  /** Number of timers that have not fired. */
  get timerCount(): number {
    return this.#timerCount;
  }

  /** Lets `ms` pass: fires what is due in due order, and lets everything settle before, between and after. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let timer = this.#take(end); timer !== undefined; timer = this.#take(end)) {
      this.#now = Math.max(this.#now, timer.rank);
      timer.callback();
      await this.settle();
    }
    this.#now = end;
  }

  /** Lets promises and deferred work run, without any time passing. */
  async settle(): Promise<void> {
    const turnCount = this.#isQuick ? 1 : SETTLE_TURN_COUNT;
    for (let turn = 0; turn < turnCount || (this.#isQuick && this.#deferredCount > 0 && turn < QUICK_TURN_COUNT_MAX); turn += 1) {
      await new Promise<void>((resolve) => this.#defer(resolve));
    }
  }

  /** The next that is due by then. */
  #take(end: number): SimulatedTimer | undefined {
    for (let { first } = this.#timers; first !== undefined && (first.isCanceled || first.rank <= end); first = this.#timers.first) {
      this.#timers.take();
      if (first.isCanceled) continue;
      first.isCanceled = true;
      this.#timerCount -= 1;
      return first;
    }
    return undefined;
  }
}
