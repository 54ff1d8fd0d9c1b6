// Writes runs into a portable file: chooses them with their families, puts them in the file's order, and reads one history at a time. Their records
// are in memory meanwhile, and each history is told up to its record's last entry, so that a run that goes on is exported as it was.
import { WorkflowError } from "../model/errors.js";
import type { HistoryEntry } from "../model/history.js";
import type { StoredLogEntry } from "../model/log.js";
import { isGap } from "../model/log-gaps.js";
import type { ExportChoice, ExportOptions } from "../model/portable.js";
import type { SourceRecord } from "../model/ports.js";
import type { RunQuery, RunRecord } from "../model/run-record.js";
import { writeFile } from "../portable/portable-file.js";
import { markRedacted, Redactor } from "../portable/redaction.js";
import { familyOf } from "../portable/run-check.js";
import type { ExportItem } from "../portable/section-stream.js";
import type { Core } from "./core.js";
import { closedError, unknownRunError } from "./errors.js";
import { EXPORT_PAGE_RUNS } from "./limits.js";
import type { Reader } from "./reader.js";
import type { VolatileArchive } from "./volatile-archive.js";

interface RunStory {
  readonly record: RunRecord;
  readonly entries: readonly HistoryEntry[];
  readonly log: readonly StoredLogEntry[];
}

export interface ExporterHost {
  readonly core: Core;
  readonly reader: Reader;
  readonly archive: VolatileArchive;
}

export class Exporter {
  readonly #host: ExporterHost;

  constructor(host: ExporterHost) {
    this.#host = host;
  }

  /** A file, begun anew by each reader. Throws `engine/invalid-argument` for paths of a redaction that are none. */
  open(what: ExportChoice, { passphrase, redact, logs = true, compress, exportedAt }: ExportOptions): AsyncIterable<Uint8Array> {
    const redactor = redact === undefined ? undefined : new Redactor(redact);
    return { [Symbol.asyncIterator]: () => writeFile(this.#items(what, redactor, logs), { passphrase, isCompressed: compress, exportedAt }) };
  }

  async *#items(what: ExportChoice, redactor: Redactor | undefined, hasLogs: boolean): AsyncGenerator<ExportItem, undefined> {
    const told = new Set<string>();
    for (const family of groupByFamily(await this.#choose(what))) {
      const runs = redactor === undefined ? this.#read(family, hasLogs) : redactFamily(redactor, this.#read(family, hasLogs));
      for await (const { record, entries, log } of runs) {
        if (!told.has(record.identity)) yield { kind: "source", source: await this.#source(record) };
        told.add(record.identity);
        yield { kind: "run", record, entries, log };
      }
    }
  }

  async *#read(records: readonly RunRecord[], hasLogs: boolean): AsyncGenerator<RunStory, undefined> {
    for (const record of records) {
      if (this.#host.core.isClosed) throw closedError();
      const entries = await this.#history(record);
      if (entries === undefined) continue;
      const log = hasLogs ? await this.#host.core.logs.read(record.runId) : [];
      yield { record, entries, log: log.filter((entry) => !isGap(entry)) };
    }
  }

  /** All runs of the families that are meant, in the file's order. */
  async #choose(what: ExportChoice): Promise<readonly RunRecord[]> {
    const families = await this.#findFamilies(what);
    const records: RunRecord[] = [];
    const isWanted = ({ runId }: RunRecord): boolean => families === undefined || families.has(familyOf(runId));
    // A child begins after its parent: read in this order, none that its parent's record knows of is missed.
    for await (const record of this.#all({ order: "oldest" })) if (isWanted(record)) records.push(record);
    if (what.runIds !== undefined && families !== undefined) records.push(...this.#volatileRecords().filter(isWanted));
    return sortByFamily(records);
  }

  /** Undefined: all. */
  async #findFamilies({ runIds, query }: ExportChoice): Promise<ReadonlySet<string> | undefined> {
    if (runIds === undefined && query === undefined) return undefined;
    const families = new Set<string>();
    for (const runId of runIds ?? []) {
      const { core, archive } = this.#host;
      if (!core.runs.has(runId) && archive.get(runId) === undefined && (await core.store.get(runId)) === undefined) throw unknownRunError(runId);
      families.add(familyOf(runId));
    }
    if (query !== undefined) for await (const { runId } of this.#all(query)) families.add(familyOf(runId));
    return families;
  }

  async *#all({ limit: _limit, cursor: _cursor, ...conditions }: RunQuery): AsyncGenerator<RunRecord, undefined> {
    const { core } = this.#host;
    const accept = conditions.filter === undefined ? undefined : await core.parts.filters?.compile(conditions.filter);
    let cursor: string | undefined;
    do {
      const page = await core.store.query({ ...conditions, limit: EXPORT_PAGE_RUNS, ...(cursor !== undefined && { cursor }) }, accept);
      yield* page.records;
      cursor = page.cursor;
      if (core.isClosed) throw closedError();
    } while (cursor !== undefined);
  }

  #volatileRecords(): readonly RunRecord[] {
    return [...this.#host.archive.records(), ...this.#host.core.runs.volatileRecords()];
  }

  /** What a run was told, up to its record; undefined: it was deleted meanwhile. */
  async #history(record: RunRecord): Promise<readonly HistoryEntry[] | undefined> {
    const { core, reader, archive } = this.#host;
    const { runId, seq } = record;
    const isVolatile = core.runs.get(runId)?.isVolatile === true || archive.get(runId) !== undefined;
    const entries = isVolatile ? await reader.wholePast(runId) : await core.store.history(runId);
    const told = entries.length > seq ? entries.slice(0, seq) : entries;
    if (told.length === seq) return told;
    if (!isVolatile && (await core.store.get(runId)) === undefined) return undefined;
    throw new WorkflowError("store/damaged", `Run ${runId} has ${seq} history entries on record, ${told.length} in the store`, {
      details: { runId, seq, found: told.length },
    });
  }

  async #source({ runId, identity }: RunRecord): Promise<SourceRecord> {
    const { core } = this.#host;
    const loaded = core.programs.get(identity)?.workflow;
    const stored = await core.store.getSource(identity);
    if (stored !== undefined) return stored;
    if (loaded === undefined) throw new WorkflowError("store/damaged", `The workflow of run ${runId} is not in the store`, { details: { runId, identity } });
    const { name, source, customs, program } = loaded;
    const { zones = [] } = program;
    return { identity, name, source, ...(customs.length > 0 && { customs }), ...(zones.length > 0 && { zones }) };
  }
}

/** Where values of one run are replaced, all its family is marked: its parent was told what it came to. */
async function* redactFamily(redactor: Redactor, runs: AsyncIterable<RunStory>): AsyncGenerator<RunStory, undefined> {
  const family: RunStory[] = [];
  for await (const { record, entries, log } of runs) family.push({ ...redactor.apply(record, entries), log: redactor.applyLog(log) });
  const isRedacted = family.some(({ record }) => record.isRedacted === true);
  for (const { record, ...told } of family) yield { record: isRedacted ? markRedacted(record) : record, ...told };
}

function* groupByFamily(records: readonly RunRecord[]): Iterable<readonly RunRecord[]> {
  let family: RunRecord[] = [];
  for (const record of records) {
    const [first] = family;
    if (first !== undefined && familyOf(first.runId) !== familyOf(record.runId)) {
      yield family;
      family = [];
    }
    family.push(record);
  }
  if (family.length > 0) yield family;
}

/** By the ids of families (UTF-16 units); in one, a parent before its children, these by their numbers. */
export function sortByFamily(records: readonly RunRecord[]): readonly RunRecord[] {
  const places = records.map((record) => {
    const [family = "", ...serials] = record.runId.split("~");
    return { record, family, serials: serials.map(Number) };
  });
  places.sort((a, b) => {
    if (a.family !== b.family) return a.family < b.family ? -1 : 1;
    const depth = Math.max(a.serials.length, b.serials.length);
    for (let level = 0; level < depth; level += 1) {
      const [left = -1, right = -1] = [a.serials[level], b.serials[level]];
      if (left !== right) return left - right;
    }
    return 0;
  });
  return places.map(({ record }) => record);
}
