// What must hold of simulated tabs: at every instant, by the ledger of what was acknowledged and called, and in the end, by what is on the disk.
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import type { SimulatedDevice } from "../../../src/testing/simulated-disk.js";

/** Kept outside of all tabs. */
export class Ledger {
  /** Runs whose start was acknowledged. */
  readonly started = new Set<string>();
  /** Runs that somebody wanted canceled, and those of which he was told that they are. */
  readonly unwanted = new Set<string>();
  readonly canceled = new Set<string>();
  /** Which run each fork began as. */
  readonly forkOf = new Map<string, string>();
  readonly #begun = new Set<string>();
  /** What did not hold. */
  readonly broken: string[] = [];
  /** Per run the last entry that a commit acknowledged, to whomever. */
  readonly #recorded = new Map<string, number>();
  /** Events that the sender was told were taken, per run. */
  readonly #taken = new Map<string, number>();
  /** Events that were sent, per run, without those of which the sender was told that nobody was asked. */
  readonly #sent = new Map<string, number>();
  /** Per key the input that it was called with. */
  readonly #inputs = new Map<string, string>();

  recordedSeq(runId: string): number {
    return this.#recorded.get(runId) ?? 0;
  }

  takenCount(runId: string): number {
    return this.#taken.get(runId) ?? 0;
  }

  noteRecorded(runId: string, seq: number): void {
    this.#recorded.set(runId, Math.max(this.recordedSeq(runId), seq));
  }

  noteStarted(runId: string): void {
    if (this.started.has(runId)) this.broken.push(`The start of ${runId} was acknowledged twice`);
    this.started.add(runId);
  }

  /** The first entry of a run was recorded. */
  noteBegun(runId: string): void {
    if (this.#begun.has(runId)) this.broken.push(`${runId} was begun twice`);
    this.#begun.add(runId);
  }

  /** Did somebody want it canceled, its parent, or the run that it began as? */
  mayBeCanceled(runId: string): boolean {
    const root = runId.split("~")[0] ?? "";
    const source = this.forkOf.get(root);
    return this.unwanted.has(root) || (source !== undefined && this.mayBeCanceled(source));
  }

  sentCount(runId: string): number {
    return this.#sent.get(runId) ?? 0;
  }

  noteSent(runId: string, count = 1): void {
    this.#sent.set(runId, this.sentCount(runId) + count);
  }

  noteTaken(runId: string): void {
    this.#taken.set(runId, this.takenCount(runId) + 1);
  }

  /** Is the entry recorded that a call follows from? */
  isRecorded(key: string): boolean {
    const { runId, seq } = readKey(key);
    return seq <= this.recordedSeq(runId);
  }

  /** A call of a handler; the number in its visit. */
  noteCall(key: string, input: string): number {
    const { number, seq } = readKey(key);
    if (!this.isRecorded(key)) this.broken.push(`${key} was called before entry ${seq} of its run was recorded`);
    const before = this.#inputs.get(key);
    if (before !== undefined && before !== input) this.broken.push(`${key} was called with ${before} and with ${input}`);
    this.#inputs.set(key, input);
    return number;
  }

  check(): void {
    if (this.broken.length > 0) throw new Error(this.broken.join("\n"));
  }
}

interface CallKey {
  readonly runId: string;
  readonly number: number;
  /** The entry that caused it, as far as the key tells. */
  readonly seq: number;
}

function readKey(key: string): CallKey {
  const [runId = "", visit = ""] = key.split("/");
  // Of a state diagram a visit is named by the entry that caused it, of a task graph by a number of its own.
  const number = Number(visit.split(".")[0]);
  return { runId, number, seq: visit.includes(".") ? number : 1 };
}

/** No run stands in two journals. */
export async function checkPlaces(device: SimulatedDevice): Promise<void> {
  const store = createJournalStore(device.connect(), "s");
  await store.open();
  const places = new Map<string, number>();
  for (let journal = 0; journal < store.journalCount; journal += 1) {
    for (const { runId } of store.openRuns(journal)) {
      const other = places.get(runId);
      if (other !== undefined) throw new Error(`${runId} stands in journals ${other} and ${journal}`);
      places.set(runId, journal);
    }
  }
}

/** How far the run is recorded on the disk at this instant. */
export async function readSeq(device: SimulatedDevice, runId: string): Promise<number> {
  const store = createJournalStore(device.connect(), "s");
  await store.open();
  return (await store.get(runId))?.seq ?? 0;
}

/** Looks at all that is on the disk. The runs there. */
export async function judge(device: SimulatedDevice, ledger: Ledger): Promise<readonly string[]> {
  const store = createJournalStore(device.connect(), "s");
  await store.open();
  const { records } = await store.query({ limit: 1_000 });
  const runIds = new Set(records.map(({ runId }) => runId));
  for (const runId of ledger.started) if (!runIds.has(runId)) throw new Error(`${runId} was started, and is not there`);
  for (const { runId, status, seq, error } of records) {
    const isCanceled = status === "canceled" && ledger.mayBeCanceled(runId);
    if (status !== "succeeded" && !isCanceled) throw new Error(`${runId} ended as ${status}: ${JSON.stringify(error)}`);
    if (ledger.canceled.has(runId) && !isCanceled) throw new Error(`${runId} was canceled, as was said, and ended as ${status}`);
    const history = await store.history(runId);
    if (history.length !== seq || history.some((entry, index) => entry.seq !== index + 1)) throw new Error(`${runId} has ${history.length} entries of ${seq}`);
    if (seq < ledger.recordedSeq(runId)) throw new Error(`${runId}: ${ledger.recordedSeq(runId)} entries were acknowledged, ${seq} are there`);
    checkHistory(runId, history);
    const taken = history.filter((entry) => entry.kind === EntryKind.EVENT).length;
    if (taken < ledger.takenCount(runId)) throw new Error(`${runId}: ${ledger.takenCount(runId)} events were acknowledged, ${taken} are recorded`);
    // A fork begins with events of the run that it was.
    if (!ledger.forkOf.has(runId) && taken > ledger.sentCount(runId)) throw new Error(`${runId}: ${ledger.sentCount(runId)} events were sent, ${taken} are recorded`);
  }
  return [...runIds];
}

/** The result of a call is recorded once, and time never goes back. */
function checkHistory(runId: string, history: readonly HistoryEntry[]): void {
  const serials = new Set<number>();
  let last = Number.NEGATIVE_INFINITY;
  for (const { kind, id, seq, now } of history) {
    if (now < last) throw new Error(`${runId}: entry ${seq} was ${last - now} ms before the one before it`);
    last = now;
    if (kind !== EntryKind.TASK_SUCCEEDED && kind !== EntryKind.TASK_FAILED) continue;
    if (serials.has(id)) throw new Error(`${runId}: the result of call ${id} is taken twice, the second time as entry ${seq}`);
    serials.add(id);
  }
}
