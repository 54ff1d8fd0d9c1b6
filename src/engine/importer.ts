// Takes runs out of a portable file into the store: family by family, looked over before anything is stored, in commits of many families. A commit
// that was made stays; an import that broke off goes on where it was, since what is there is left out.
import { createRunId } from "../base/run-id.js";
import { WorkflowError } from "../model/errors.js";
import { SEMANTICS_VERSION } from "../model/kernel-words.js";
import { sizeOfEntry } from "../model/log.js";
import type { ImportOptions, ImportReport, ImportSource, RefusedRun } from "../model/portable.js";
import type { SourceRecord } from "../model/ports.js";
import type { RunRecord } from "../model/run-record.js";
import { isEnded } from "../model/status.js";
import { tooLargeError } from "../portable/errors.js";
import { SOURCES_SIZE_MAX } from "../portable/limits.js";
import { type ReadFile, readFile } from "../portable/portable-file.js";
import { familyOf } from "../portable/run-check.js";
import type { PortableRecord } from "../portable/section-codec.js";
import { type Core, toWorkflowError } from "./core.js";
import { closedError, runExistsError } from "./errors.js";
import { type ImportedRun, type ImportedSource, ImportedFamily } from "./imported-family.js";
import { packVersions } from "./run-state.js";
import { IMPORT_BATCH_RUNS, IMPORT_BATCH_SIZE, IMPORT_LIST_MAX } from "./limits.js";
import type { OwnIds } from "./own-ids.js";
import type { Reader } from "./reader.js";
import type { Recovery } from "./recovery.js";

export interface ImporterHost {
  readonly core: Core;
  readonly reader: Reader;
  readonly recovery: Recovery;
  readonly ownIds: OwnIds;
  /** Rejects where the engine is closed or does not drive. */
  checkDriver(): Promise<void>;
}

/** One import. */
export class Importer {
  readonly #host: ImporterHost;
  readonly #options: ImportOptions;
  readonly #sources: ImportedSource[] = [];
  /** Bytes of the sources that no stored run has needed yet. */
  #sourcesSize = 0;
  #family: ImportedFamily | undefined;
  #batch: ImportedFamily[] = [];
  #batchRuns = 0;
  #batchSize = 0;
  readonly #renamed = new Map<string, string>();
  #imported = 0;
  #skipped = 0;
  #runCount = 0;
  #refusedCount = 0;
  readonly #refused: RefusedRun[] = [];
  readonly #untouched: RefusedRun[] = [];
  #exportedAt: number | undefined;

  constructor(host: ImporterHost, options: ImportOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Rejects with `portable/…`, `run/exists` (`onConflict: "fail"`), `engine/not-driver`, `engine/closed`, `store/…`. What was stored before stays. */
  async take(source: ImportSource): Promise<ImportReport> {
    await this.#host.checkDriver();
    const file = await readFile(source, this.#options.passphrase);
    for await (const item of file.items) {
      if (item.kind === "time") this.#exportedAt = item.exportedAt;
      else if (item.kind === "source") await this.#addSource(item.source);
      else if (item.kind === "history") this.#family?.addBlock(item.block);
      else if (item.kind === "log") this.#family?.addLogBlock(item.block);
      else await this.#addRun(item.run, file);
    }
    this.#endFamily();
    await this.#flush(file);
    return this.#report();
  }

  #report(): ImportReport {
    return {
      imported: this.#imported,
      skipped: this.#skipped,
      renamed: [...this.#renamed].map(([runId, newRunId]) => ({ runId, newRunId })),
      refusedCount: this.#refusedCount,
      refused: this.#refused,
      untouched: this.#untouched,
      ...(this.#exportedAt !== undefined && { exportedAt: this.#exportedAt }),
    };
  }

  /** Loads it at once: no run of a workflow that does not load is stored. */
  async #addSource(record: SourceRecord): Promise<void> {
    const { identity, name } = record;
    const loaded = await this.#host.reader.load("of the file", record).catch(toWorkflowError);
    if (loaded instanceof WorkflowError) {
      const isOther = loaded.code === "store/damaged";
      const versions = isOther ? new WorkflowError("portable/damaged", `Workflow "${name}" of the file is another one than it says`, { details: { identity } }) : loaded;
      this.#sources.push({ identity, name, versions, record: undefined });
      return;
    }
    this.#sourcesSize += record.source.length;
    if (this.#sourcesSize > SOURCES_SIZE_MAX) throw tooLargeError("What the file has of workflows without a run", this.#sourcesSize, SOURCES_SIZE_MAX);
    this.#sources.push({ identity, name, versions: packVersions(loaded.program.compilerVersion, SEMANTICS_VERSION), record });
  }

  async #addRun(run: PortableRecord, file: ReadFile): Promise<void> {
    if (this.#family?.familyId !== familyOf(run.runId)) {
      this.#endFamily();
      if (this.#batchRuns >= IMPORT_BATCH_RUNS || this.#batchSize >= IMPORT_BATCH_SIZE) await this.#flush(file);
      this.#family = new ImportedFamily(run.runId);
    }
    // The reader has seen that it is there.
    this.#family.addRun(run, this.#sources[run.source] as ImportedSource);
  }

  #endFamily(): void {
    const family = this.#family;
    this.#family = undefined;
    if (family === undefined) return;
    family.end();
    this.#runCount += family.runCount;
    if (family.failure !== undefined) {
      const { runId, error } = family.failure;
      this.#refusedCount += family.runCount;
      note(this.#refused, runId, error);
      return;
    }
    this.#batch.push(family);
    this.#batchRuns += family.runCount;
    this.#batchSize += family.size;
  }

  /** Stores the batch in hand, and takes up what has not ended. */
  async #flush(file: ReadFile): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchRuns = 0;
    this.#batchSize = 0;
    await this.#host.checkDriver();
    const records = batch.length === 0 ? [] : await this.#host.ownIds.beginMany(() => this.#store(batch));
    await this.#takeUp(records);
    this.#options.onProgress?.({ runCount: this.#runCount, sizeBytes: file.readSize() });
    await this.#host.core.turn();
  }

  /** Records of what it has stored. */
  async #store(batch: readonly ImportedFamily[]): Promise<readonly RunRecord[]> {
    const { core } = this.#host;
    const changes: ImportedRun[] = [];
    const ids = new Set<string>();
    for (const family of batch) changes.push(...(await this.#settleConflict(family, ids)));
    if (changes.length === 0) return [];
    if (core.isClosed) throw closedError();
    const late = this.#addLogs(changes);
    await core.store.commit(changes, core.durability === "none" ? "relaxed" : core.durability);
    core.commitsTotal += 1;
    for (const { record, log } of late) {
      core.store.addLogs(record.runId, log);
      await core.store.flushLogs();
    }
    this.#imported += changes.length;
    return changes.map(({ record }) => record);
  }

  /** What has not ended goes on here. */
  async #takeUp(records: readonly RunRecord[]): Promise<void> {
    const { core, recovery } = this.#host;
    if (records.length > 0) core.onRecords(records, records);
    const open = records.filter(({ status }) => !isEnded(status)).map(({ runId }) => runId);
    if (open.length > 0) await recovery.reload(open);
    for (const runId of open) note(this.#untouched, runId, recovery.untouched.get(runId));
  }

  /** So that they go with the commit; those that it cannot take come back. */
  #addLogs(changes: readonly ImportedRun[]): readonly ImportedRun[] {
    const late: ImportedRun[] = [];
    let size = 0;
    for (const change of changes) {
      size += change.log.reduce((sum, entry) => sum + sizeOfEntry(entry), 0);
      if (size > IMPORT_BATCH_SIZE) late.push(change);
      else if (change.log.length > 0) this.#host.core.store.addLogs(change.record.runId, change.log);
    }
    return late;
  }

  /** What is stored of a family: nothing where it is there already, and is to be left out then. `ids`: of families in the same batch. */
  async #settleConflict(family: ImportedFamily, ids: Set<string>): Promise<readonly ImportedRun[]> {
    const { core } = this.#host;
    const { onConflict = "skip", open } = this.#options;
    const taken = ids.has(family.familyId) ? family.familyId : await this.#host.ownIds.findTaken(new Set([family.familyId, ...family.runIds]));
    if (taken !== undefined && onConflict === "fail") throw runExistsError(taken);
    if (taken !== undefined && onConflict === "skip") {
      this.#skipped += family.runCount;
      return [];
    }
    ids.add(family.familyId);
    const newId = taken === undefined ? undefined : createRunId();
    if (newId !== undefined) this.#renamed.set(family.familyId, newId);
    for (const source of family.sources) await this.#storeSource(source);
    return family.toChanges(newId, (runId) => this.#rename(runId), open, core.clock);
  }

  /** What a record says of another run of the file follows that one to its new id. */
  #rename(runId: string): string {
    const family = familyOf(runId);
    const newId = this.#renamed.get(family);
    return newId === undefined ? runId : newId + runId.slice(family.length);
  }

  async #storeSource(source: ImportedSource): Promise<void> {
    const { record } = source;
    if (record === undefined) return;
    await this.#host.core.store.putSource(record);
    source.record = undefined;
    this.#sourcesSize -= record.source.length;
  }
}

function note(list: RefusedRun[], runId: string, error: WorkflowError | undefined): void {
  if (error === undefined || list.length >= IMPORT_LIST_MAX) return;
  list.push({ runId: runId.slice(0, 200), code: error.code, message: error.message });
}
