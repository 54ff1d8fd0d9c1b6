// How much it would take to replay what a run has done since its last checkpoint, and how much a checkpoint would cost. A checkpoint is due when the replay
// would be long, and not before as much was written as it is large itself, or a part of that: a great context is not stored anew for every few events.
import type { HistoryEntry } from "../model/history.js";
import { CHECKPOINT_COST_MAX, CHECKPOINT_INTERVAL_ENTRIES, CHECKPOINT_WRITE_FACTOR } from "./limits.js";

/** An entry of so many bytes of payload costs twice an empty one. */
const PAYLOAD_BYTES = 4_096;
/** What an entry takes in a history beside its payload, bytes. */
const ENTRY_BYTES = 24;
/** A CONTINUE stands for up to 20,000 microsteps, an entry for few. */
const CONTINUE_COST = 32;

export class ReplayDebt {
  #cost = 0;
  #bytes = 0;
  /** Of the last checkpoint. */
  #checkpointBytes = 0;

  note(entries: readonly HistoryEntry[]): void {
    for (const { payload } of entries) {
      const size = payload?.length ?? 0;
      this.#cost += 1 + size / PAYLOAD_BYTES;
      this.#bytes += ENTRY_BYTES + size;
    }
  }

  /** `continueCount`: CONTINUEs since the last checkpoint. */
  isDue(continueCount: number): boolean {
    const cost = this.#cost + continueCount * CONTINUE_COST;
    if (cost < CHECKPOINT_INTERVAL_ENTRIES) return false;
    return this.#bytes * CHECKPOINT_WRITE_FACTOR >= this.#checkpointBytes || cost >= CHECKPOINT_COST_MAX;
  }

  /** A checkpoint of so many bytes is taken. */
  settle(bytes: number): void {
    this.#cost = 0;
    this.#bytes = 0;
    this.#checkpointBytes = bytes;
  }
}
