// A limit that follows how long tasks take: it grows while they take as long as ever and falls when they take longer, as they
// do where what they ask is busy. After "Gradient2" of Netflix' concurrency-limits. Mean times come from Little's law (time
// spent in flight over tasks ended), so nothing is kept for a task.
import { ADAPTIVE_TASKS_MIN } from "./limits.js";

/** How much longer than usual tasks may take before the limit falls. */
const TOLERANCE = 1.5;
/** How fast "usual" follows: a new mean weighs 1 in so many. */
const USUAL_WEIGHT = 20;
/** How fast the limit follows. */
const LIMIT_WEIGHT = 5;
/** Shorter times are as good as this one, ms: the clock counts whole ones. */
const TIME_MS_MIN = 1;

export class AdaptiveLimit {
  readonly #min: number;
  readonly #max: number;
  #limit: number;
  #usualMs = 0;
  #areaMs = 0;
  #endedCount = 0;
  #isUsedUp = false;
  #notedAt: number;

  /** It begins at `min`. */
  constructor(min: number, max: number, now: number) {
    this.#min = min;
    this.#max = max;
    this.#limit = min;
    this.#notedAt = now;
  }

  /** A whole number from `min` to `max`. */
  get value(): number {
    return Math.floor(this.#limit);
  }

  /** Before a task begins or ends: `inFlight` were in flight until `now`. */
  note(inFlight: number, now: number): void {
    if (now > this.#notedAt) this.#areaMs += inFlight * (now - this.#notedAt);
    this.#notedAt = now;
    if (inFlight >= this.value) this.#isUsedUp = true;
  }

  /** A task has ended. True: the limit has changed. */
  noteEnd(): boolean {
    this.#endedCount += 1;
    if (this.#endedCount < Math.max(ADAPTIVE_TASKS_MIN, this.value)) return false;
    const meanMs = Math.max(TIME_MS_MIN, this.#areaMs / this.#endedCount);
    const isUsedUp = this.#isUsedUp;
    this.#areaMs = 0;
    this.#endedCount = 0;
    this.#isUsedUp = false;
    const before = this.value;
    this.#adapt(meanMs, isUsedUp);
    return this.value !== before;
  }

  #adapt(meanMs: number, isUsedUp: boolean): void {
    this.#usualMs = this.#usualMs === 0 ? meanMs : this.#usualMs + (meanMs - this.#usualMs) / USUAL_WEIGHT;
    // After a long busy time, "usual" comes down faster.
    if (this.#usualMs > 2 * meanMs) this.#usualMs *= 0.95;
    const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * this.#usualMs) / meanMs));
    // Nobody asked for more: that it would do is not known.
    if (gradient === 1 && !isUsedUp) return;
    const wanted = this.#limit * gradient + (isUsedUp ? Math.sqrt(this.#limit) : 0);
    this.#limit = Math.max(this.#min, Math.min(this.#max, this.#limit + (wanted - this.#limit) / LIMIT_WEIGHT));
  }
}
