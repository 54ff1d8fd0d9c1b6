// What one turn of the loop changed and asks for. The durable part is committed as one group, and nothing in it goes out
// before; the part of durability `none` goes out at once.
import type { CallName } from "../model/task-call.js";
import type { LoadedProgram } from "./program-table.js";
import type { OpenRun, Receipt, Work } from "./open-run.js";

export type { Work } from "./open-run.js";

export class Group {
  readonly runs: OpenRun[] = [];
  readonly calls: Work[] = [];
  readonly timers: Work[] = [];
  readonly abortedCalls: CallName[] = [];
  /** Runs whose waiting calls may go out again. */
  readonly resumed: OpenRun[] = [];
  /** Programs of runs that begin: their sources are stored first. */
  readonly programs = new Set<LoadedProgram>();
  readonly #receipts: Receipt[] = [];
  readonly #outcomes: number[] = [];
  readonly #indexes: number[] = [];

  get isEmpty(): boolean {
    return this.runs.length === 0 && this.#receipts.length === 0;
  }

  touch(run: OpenRun): void {
    if (run.isTouched) return;
    run.isTouched = true;
    this.runs.push(run);
  }

  addReceipt(receipt: Receipt, outcome: number, index: number): void {
    this.#receipts.push(receipt);
    this.#outcomes.push(outcome);
    this.#indexes.push(index);
  }

  settleReceipts(): void {
    for (let at = 0; at < this.#receipts.length; at += 1) this.#receipts[at]?.settle(this.#outcomes[at] ?? 0, this.#indexes[at] ?? 0);
  }

  failReceipts(error: Parameters<Receipt["fail"]>[0]): void {
    for (let at = 0; at < this.#receipts.length; at += 1) this.#receipts[at]?.fail(error, this.#indexes[at] ?? 0);
  }
}

/** The groups of a turn. */
export class GroupPair {
  #durable = new Group();
  #volatile = new Group();

  of(run: OpenRun): Group {
    return run.isVolatile ? this.#volatile : this.#durable;
  }

  /** Those with something in them; from now on others are filled. */
  take(): readonly Group[] {
    const groups = [this.#durable, this.#volatile].filter((group) => !group.isEmpty);
    this.#durable = new Group();
    this.#volatile = new Group();
    return groups;
  }
}
