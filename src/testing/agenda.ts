// What is to happen at which virtual time: a binary heap, first by time, then by the order in which it was added.

interface Entry<T> {
  readonly time: number;
  readonly order: number;
  readonly value: T;
}

export class Agenda<T> {
  readonly #heap: Entry<T>[] = [];
  #order = 0;

  /** The time of what comes next; undefined where there is nothing. */
  get nextTime(): number | undefined {
    return this.#heap[0]?.time;
  }

  add(time: number, value: T): void {
    const entry = { time, order: this.#order++, value };
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  /** Takes what comes next. */
  take(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first?.value;
    let at = 0;
    while (true) {
      const left = at * 2 + 1;
      const child = this.#firstOf(left, left + 1);
      if (child === undefined || !isBefore(child.entry, last)) break;
      heap[at] = child.entry;
      at = child.at;
    }
    heap[at] = last;
    return first.value;
  }

  #firstOf(left: number, right: number): { entry: Entry<T>; at: number } | undefined {
    const a = this.#heap[left];
    const b = this.#heap[right];
    if (a === undefined) return undefined;
    return b !== undefined && isBefore(b, a) ? { entry: b, at: right } : { entry: a, at: left };
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
