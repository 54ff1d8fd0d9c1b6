// All timers of all runs in one heap by due time, with one timer of the clock armed for the earliest. What is due
// together is handed out together, in due order.
import { Heap, type Ranked } from "../base/heap.js";
import type { ClockPort } from "../model/ports.js";

/** A timer in the queue; taking it out is a mark, the heap forgets it when its turn comes. */
export interface QueuedTimer<Owner> extends Ranked {
  /** When it is due, ms since 1970. */
  readonly rank: number;
  readonly owner: Owner;
  isCanceled: boolean;
}

export class TimerQueue<Owner> {
  readonly #clock: ClockPort;
  readonly #onDue: (owners: readonly Owner[]) => void;
  readonly #heap = new Heap<QueuedTimer<Owner>>();
  #order = 0;
  #canceledCount = 0;
  #disarm: (() => void) | undefined;
  #armedDue = Infinity;

  constructor(clock: ClockPort, onDue: (owners: readonly Owner[]) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Number of timers that will fire. */
  get count(): number {
    return this.#heap.count - this.#canceledCount;
  }

  /** `due`: ms since 1970; a time that has passed fires in the next turn. O(log n). */
  add(due: number, owner: Owner): QueuedTimer<Owner> {
    const timer = { rank: due, order: this.#order++, owner, isCanceled: false };
    this.#heap.add(timer);
    if (due < this.#armedDue) this.#arm();
    return timer;
  }

  /** O(1), amortised: the heap is rebuilt when half of it is canceled. */
  cancel(timer: QueuedTimer<Owner>): void {
    if (timer.isCanceled) return;
    timer.isCanceled = true;
    this.#canceledCount += 1;
    if (this.#canceledCount > 64 && this.#canceledCount * 2 > this.#heap.count) this.#rebuild();
  }

  clear(): void {
    this.#heap.clear();
    this.#canceledCount = 0;
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedDue = Infinity;
  }

  #arm(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    const { first } = this.#heap;
    this.#armedDue = first?.rank ?? Infinity;
    if (first !== undefined) this.#disarm = this.#clock.schedule(Math.max(0, first.rank - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    this.#disarm = undefined;
    this.#armedDue = Infinity;
    const now = this.#clock.now();
    const owners: Owner[] = [];
    for (let { first } = this.#heap; first !== undefined && (first.isCanceled || first.rank <= now); first = this.#heap.first) {
      this.#heap.take();
      if (first.isCanceled) {
        this.#canceledCount -= 1;
      } else {
        first.isCanceled = true;
        owners.push(first.owner);
      }
    }
    this.#arm();
    if (owners.length > 0) this.#onDue(owners);
  }

  #rebuild(): void {
    this.#heap.retain(({ isCanceled }) => !isCanceled);
    this.#canceledCount = 0;
    this.#arm();
  }
}
