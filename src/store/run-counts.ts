// How many runs there are by workflow and status, and by definition: kept up to date with every change.
import { toSet } from "../model/run-filter.js";
import type { RunQuery } from "../model/run-record.js";
import type { RunKind } from "./columns.js";

export class RunCounts {
  /** Per workflow, per status. */
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #identityCounts = new Map<string, number>();

  add({ workflow, identity, status }: RunKind, change: number): void {
    if (change === 0) return;
    let statuses = this.#counts.get(workflow);
    if (statuses === undefined) this.#counts.set(workflow, (statuses = new Map()));
    bump(statuses, status, change);
    if (statuses.size === 0) this.#counts.delete(workflow);
    bump(this.#identityCounts, identity, change);
  }

  /** A run changed from one kind to another. */
  move(before: RunKind, after: RunKind): void {
    if (before.status === after.status && before.workflow === after.workflow && before.identity === after.identity) return;
    this.add(before, -1);
    this.add(after, 1);
  }

  hasIdentity(identity: string): boolean {
    return this.#identityCounts.has(identity);
  }

  /** How many runs have one of these workflows and one of these statuses. O(workflows × statuses). */
  count({ workflow, status }: Pick<RunQuery, "workflow" | "status">): number {
    const wanted = toSet(status);
    const names = toSet(workflow) ?? this.#counts.keys();
    let count = 0;
    for (const name of names) for (const [ofStatus, size] of this.#counts.get(name) ?? []) if (wanted?.has(ofStatus) !== false) count += size;
    return count;
  }

  clear(): void {
    this.#counts.clear();
    this.#identityCounts.clear();
  }
}

function bump(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
