// Files of runs for tests: collected, and made without an engine.
import type { HistoryEntry } from "../../../src/model/history.js";
import { EntryKind } from "../../../src/model/history.js";
import type { StoredLogEntry } from "../../../src/model/log.js";
import type { SourceRecord } from "../../../src/model/ports.js";
import type { RunRecord } from "../../../src/model/run-record.js";
import { encodeValue } from "../../../src/model/value.js";
import { type WriteOptions, writeFile } from "../../../src/portable/portable-file.js";
import type { ExportItem } from "../../../src/portable/section-stream.js";

/** All pieces as one. */
export async function readFileBytes(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

export const SOURCE: SourceRecord = { identity: "ab".repeat(32), name: "sample", source: "the text\n", customs: [{ name: "twice(int)", version: "1" }], zones: [{ name: "Europe/Berlin", starts: [-10, 0, 1_000], offsets: [3_600, 7_200, 3_600] }] };

/** An ended run with so many events. */
export function makeRun(runId: string, eventCount: number, changes: Partial<RunRecord> = {}, payload: unknown = { by: runId }): ExportItem & { readonly kind: "run" } {
  const entries: HistoryEntry[] = [{ seq: 1, kind: EntryKind.START, isHeld: false, id: 65_537, now: 1_000, seed: 7, payload: encodeValue({ n: 1 }) }];
  for (let index = 0; index < eventCount; index += 1) entries.push({ seq: index + 2, kind: EntryKind.EVENT, isHeld: index % 3 === 2, id: index % 5, now: 1_000 + index, seed: index, payload: encodeValue(payload) });
  const record: RunRecord = { runId, workflow: SOURCE.name, identity: SOURCE.identity, status: "succeeded", startedAt: 1_000, updatedAt: 2_000, endedAt: 2_000, tags: [], seq: entries.length, ...changes };
  return { kind: "run", record, entries };
}

export function makeLogEntries(count: number, message: string): StoredLogEntry[] {
  return Array.from({ length: count }, (_, index) => ({ number: 2 * index + 1, time: 1_000 + index, level: "info", by: "task", task: "t", visit: "1", attempt: 1, message, fields: '{"n":1}' }));
}

export async function* give<T>(items: Iterable<T>): AsyncGenerator<T, undefined> {
  yield* items;
}

/** A file of these runs of SOURCE. `rounds`: few, so that tests do not wait. */
export function makeFile(runs: readonly ExportItem[], options: WriteOptions = {}): Promise<Uint8Array> {
  return readFileBytes(writeFile(give<ExportItem>([{ kind: "source", source: SOURCE }, ...runs]), { rounds: 10, ...options }));
}
