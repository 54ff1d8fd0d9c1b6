// All timers of all runs in one heap by due time, with one timer of the clock armed for the earliest. What is due
// together is handed out together, in due order.
import type { ClockPort } from "../model/ports.js";

/** A timer in the queue; taking it out is a mark, the heap forgets it when its turn comes. */
export interface QueuedTimer<Owner> {
  readonly due: number;
  readonly order: number;
  readonly owner: Owner;
  isCanceled: boolean;
}

export class TimerQueue<Owner> {
  readonly #clock: ClockPort;
  readonly #onDue: (owners: readonly Owner[]) => void;
  #heap: QueuedTimer<Owner>[] = [];
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
    return this.#heap.length - this.#canceledCount;
  }

  /** `due`: ms since 1970; a time that has passed fires in the next turn. O(log n). */
  add(due: number, owner: Owner): QueuedTimer<Owner> {
    const timer = { due, order: this.#order++, owner, isCanceled: false };
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    if (due < this.#armedDue) this.#arm();
    return timer;
  }

  /** O(1), amortised: the heap is rebuilt when half of it is canceled. */
  cancel(timer: QueuedTimer<Owner>): void {
    if (timer.isCanceled) return;
    timer.isCanceled = true;
    this.#canceledCount += 1;
    if (this.#canceledCount > 64 && this.#canceledCount * 2 > this.#heap.length) this.#rebuild();
  }

  clear(): void {
    this.#heap = [];
    this.#canceledCount = 0;
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedDue = Infinity;
  }

  #arm(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    const first = this.#heap[0];
    this.#armedDue = first?.due ?? Infinity;
    if (first !== undefined) this.#disarm = this.#clock.schedule(Math.max(0, first.due - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    this.#disarm = undefined;
    this.#armedDue = Infinity;
    const now = this.#clock.now();
    const owners: Owner[] = [];
    for (let first = this.#heap[0]; first !== undefined && (first.isCanceled || first.due <= now); first = this.#heap[0]) {
      this.#removeFirst();
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
    const live = this.#heap.filter((timer) => !timer.isCanceled);
    this.#canceledCount = 0;
    this.#heap = live.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#arm();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let at = from;
    const timer = heap[at];
    while (at > 0 && timer !== undefined) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(timer, parent)) return;
      heap[above] = timer;
      heap[at] = parent;
      at = above;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    const timer = heap[0];
    if (timer === undefined) return;
    for (let at = 0; ; ) {
      let next = at * 2 + 1;
      let child = heap[next];
      const right = heap[next + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        next += 1;
        child = right;
      }
      if (child === undefined || !isBefore(child, timer)) return;
      heap[at] = child;
      heap[next] = timer;
      at = next;
    }
  }
}

function isBefore(a: { due: number; order: number }, b: { due: number; order: number }): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
