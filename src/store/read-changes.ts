// What one reading of a journal found that others did: the records that changed, and the open runs of which no row tells any more. Those ended, and stand in a
// segment by now, or nothing is left of them.
import type { RunRecord } from "../model/run-record.js";
import type { JournalParts } from "./journal-parts.js";
import type { Shelf } from "./shelf.js";

export class ReadChanges {
  readonly #parts: Pick<JournalParts, "index" | "onRecords" | "onGone">;
  readonly #records = new Map<string, RunRecord>();

  constructor(parts: Pick<JournalParts, "index" | "onRecords" | "onGone">) {
    this.#parts = parts;
  }

  note(record: RunRecord): void {
    this.#records.set(record.runId, record);
  }

  /** `gone`: runs that were open; `shelf`: where they may stand, read for that. Where it cannot be, whoever waits for them finds out why. */
  tell(gone: readonly string[], shelf: Pick<Shelf, "load">): void {
    if (this.#records.size > 0) this.#parts.onRecords([...this.#records.values()]);
    if (gone.length > 0) void shelf.load().catch(() => undefined).then(() => this.#tellGone(gone));
  }

  #tellGone(runIds: readonly string[]): void {
    const records = runIds.map((runId) => this.#parts.index.get(runId));
    this.#parts.onRecords(records.filter((record) => record !== undefined));
    this.#parts.onGone(runIds.filter((_, at) => records[at] === undefined));
  }
}
