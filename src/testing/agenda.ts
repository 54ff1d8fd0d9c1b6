// What is to happen at which virtual time: first by time, then by the order in which it was added.
import { Heap } from "../base/heap.js";

export class Agenda<T> {
  /** Ranked by time. */
  readonly #heap = new Heap<{ readonly rank: number; readonly order: number; readonly value: T }>();
  #order = 0;

  /** The time of what comes next; undefined where there is nothing. */
  get nextTime(): number | undefined {
    return this.#heap.first?.rank;
  }

  add(time: number, value: T): void {
    this.#heap.add({ rank: time, order: this.#order++, value });
  }

  /** Takes what comes next. */
  take(): T | undefined {
    return this.#heap.take()?.value;
  }
}
