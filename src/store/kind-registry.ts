// Numbers for what runs have in common (workflow, definition, status), the same in all segments: a condition on them is looked at once for
// each kind, not once for each segment.
import type { RunKind } from "./columns.js";

export class KindRegistry {
  readonly #kinds: RunKind[] = [];
  /** By workflow, identity and status. */
  readonly #numbers = new Map<string, Map<string, Map<string, number>>>();

  /** The number of a kind, from 0; it keeps it. */
  numberOf(kind: RunKind): number {
    const byStatus = childOf(childOf(this.#numbers, kind.workflow), kind.identity);
    const known = byStatus.get(kind.status);
    if (known !== undefined) return known;
    byStatus.set(kind.status, this.#kinds.length);
    return this.#kinds.push(kind) - 1;
  }

  /** For each number 1 where the kind is wanted. */
  select(isWanted: (kind: RunKind) => boolean): Uint8Array {
    const table = new Uint8Array(this.#kinds.length);
    this.#kinds.forEach((kind, number) => (table[number] = Number(isWanted(kind))));
    return table;
  }

  clear(): void {
    this.#kinds.length = 0;
    this.#numbers.clear();
  }
}

function childOf<T>(parents: Map<string, Map<string, T>>, name: string): Map<string, T> {
  let child = parents.get(name);
  if (child === undefined) parents.set(name, (child = new Map()));
  return child;
}
