// A run and its sub-workflows on their way out of a file into the store: put together, looked over, given new ids, and, where they have not ended,
// paused or canceled by an entry of history more, so that whatever is told of them is in their histories.
import type { WorkflowError } from "../model/errors.js";
import { EntryKind, type HistoryEntry } from "../model/history.js";
import type { StoredLogEntry } from "../model/log.js";
import type { ImportOptions } from "../model/portable.js";
import type { ClockPort, RunChange, SourceRecord } from "../model/ports.js";
import type { RunRecord } from "../model/run-record.js";
import { isEnded } from "../model/status.js";
import { tooLargeError } from "../portable/errors.js";
import { FAMILY_RUNS_MAX, FAMILY_SIZE_MAX } from "../portable/limits.js";
import { markRedacted } from "../portable/redaction.js";
import { checkRecord, familyOf, oddError, readBlock, readLogBlock } from "../portable/run-check.js";
import type { PortableRecord } from "../portable/section-codec.js";
import { toWorkflowError } from "./core.js";
import { WORKFLOW_DEPTH_MAX } from "./limits.js";
import { compareVersions } from "./replay.js";

/** A workflow of the file. There may be many: what is not needed any more is not kept. */
export interface ImportedSource {
  readonly identity: string;
  readonly name: string;
  /** `packVersions` of a run that this engine begins; or why the workflow does not load. */
  readonly versions: number | WorkflowError;
  /** Until it is stored. */
  record: SourceRecord | undefined;
}

interface Member {
  readonly run: PortableRecord;
  readonly source: ImportedSource;
  readonly entries: HistoryEntry[];
  readonly log: StoredLogEntry[];
}

/** What is stored of a run. */
export interface ImportedRun extends RunChange {
  readonly log: readonly StoredLogEntry[];
}

/** Runs of one family as they come, one behind the other. What is wrong with one of them is wrong with all. */
export class ImportedFamily {
  readonly familyId: string;
  readonly #members = new Map<string, Member>();
  #last: Member | undefined;
  #size = 0;
  #runCount = 0;
  #failure: { readonly runId: string; readonly error: WorkflowError } | undefined;

  constructor(runId: string) {
    this.familyId = familyOf(runId);
  }

  get size(): number {
    return this.#size;
  }

  get runCount(): number {
    return this.#runCount;
  }

  get failure(): { readonly runId: string; readonly error: WorkflowError } | undefined {
    return this.#failure;
  }

  get runIds(): Iterable<string> {
    return this.#members.keys();
  }

  get sources(): Iterable<ImportedSource> {
    return new Set([...this.#members.values()].map(({ source }) => source));
  }

  addRun(run: PortableRecord, source: ImportedSource): void {
    this.#close();
    this.#runCount += 1;
    this.#attempt(run.runId, () => {
      checkRecord(run, WORKFLOW_DEPTH_MAX);
      if (this.#members.has(run.runId)) throw oddError(run.runId, "it stands there twice");
      if (this.#members.size >= FAMILY_RUNS_MAX) throw tooLargeError("A family of runs", this.#members.size + 1, FAMILY_RUNS_MAX);
      if (typeof source.versions !== "number") throw source.versions;
      this.#last = { run, source, entries: [], log: [] };
      this.#members.set(run.runId, this.#last);
    });
  }

  addBlock(block: Uint8Array): void {
    const last = this.#last;
    if (last === undefined) return;
    this.#attempt(last.run.runId, () => {
      this.#size += block.length;
      if (this.#size > FAMILY_SIZE_MAX) throw tooLargeError("The history of a family of runs", this.#size, FAMILY_SIZE_MAX);
      for (const entry of readBlock(last.run.runId, block, last.entries.at(-1))) last.entries.push(entry);
    });
  }

  addLogBlock(block: Uint8Array): void {
    const last = this.#last;
    if (last === undefined) return;
    this.#attempt(last.run.runId, () => {
      this.#size += block.length;
      if (this.#size > FAMILY_SIZE_MAX) throw tooLargeError("The history of a family of runs", this.#size, FAMILY_SIZE_MAX);
      for (const entry of readLogBlock(last.run.runId, block, last.log.at(-1))) last.log.push(entry);
    });
  }

  /** No more comes. */
  end(): void {
    this.#close();
  }

  /** Is the run before the next one whole? */
  #close(): void {
    const last = this.#last;
    this.#last = undefined;
    if (last === undefined) return;
    const { run, source, entries } = last;
    this.#attempt(run.runId, () => {
      if (entries.length !== run.seq) throw oddError(run.runId, `it has ${entries.length} history entries; its record says ${run.seq}`);
      compareVersions(run.runId, entries[0]?.id ?? 0, Number(source.versions));
    });
  }

  #attempt(runId: string, work: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      work();
    } catch (error) {
      this.#failure = { runId, error: toWorkflowError(error) };
      this.#last = undefined;
      this.#members.clear();
    }
  }

  /** What is stored. `newId`: of the family, where it gets another. `rename`: for ids of other runs that records name. */
  toChanges(newId: string | undefined, rename: (runId: string) => string, open: ImportOptions["open"], clock: Pick<ClockPort, "now" | "seed">): ImportedRun[] {
    const move = (runId: string): string => (newId === undefined ? runId : newId + runId.slice(this.familyId.length));
    const members = [...this.#members.values()];
    // Its parent was told what it came to.
    const isRedacted = members.some(({ run }) => run.isRedacted === true);
    return members.map(({ run, source, entries, log }) => {
      const { source: _number, runId, parentRunId, rerunOf, forkOf, ...rest } = run;
      const record: RunRecord = {
        ...rest,
        runId: move(runId),
        workflow: source.name,
        identity: source.identity,
        ...(parentRunId !== undefined && { parentRunId: move(parentRunId) }),
        ...(rerunOf !== undefined && { rerunOf: rename(rerunOf) }),
        ...(forkOf !== undefined && { forkOf: { runId: rename(forkOf.runId), seq: forkOf.seq } }),
      };
      return { ...settle({ record: isRedacted ? markRedacted(record) : record, entries }, open, clock), log };
    });
  }
}

/** A run that has not ended: paused, canceled, or as it is. */
function settle(change: RunChange, open: ImportOptions["open"] = "pause", clock: Pick<ClockPort, "now" | "seed">): RunChange {
  const { record, entries } = change;
  const last = entries.at(-1);
  // One that is being canceled begins nothing more: it ends as soon as it is taken up.
  if (last === undefined || isEnded(record.status) || open === "keep" || record.status === "canceling") return change;
  const isPausing = open === "pause";
  // Nothing drives a redacted run, so there is nothing to hold it from.
  if (isPausing && record.isRedacted === true) return change;
  if (isPausing && (record.status === "paused" || record.status === "pausing")) return { ...change, record: { ...record, status: "paused" } };
  const seq = record.seq + 1;
  const now = Math.max(last.now, clock.now());
  const entry: HistoryEntry = { seq, kind: isPausing ? EntryKind.PAUSE : EntryKind.CANCEL, isHeld: false, id: 0, now, seed: clock.seed() };
  const ended: RunRecord = { ...record, seq, updatedAt: now, ...(isPausing ? { status: "paused" } : { status: "canceled", endedAt: now }) };
  return { record: ended, entries: [...entries, entry] };
}
