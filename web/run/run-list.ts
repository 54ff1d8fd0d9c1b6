// All runs as records, newest first: read once by pages, then kept up to date by the engine's own changes.
import { computed, effect, signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { showInFrame } from "../app/frames.js";
import { toProblem } from "../app/problem.js";
import type { Engine, RunRecord, RunStatus } from "../millrace.js";
import { connection } from "./connection.js";

const PAGE_COUNT = 200;

/** The runs known to this page, by id; `version` tells that one has changed. */
const recordsById = new Map<string, RunRecord>();
const version = signal(0);
/** Where the next page begins; undefined when all have been read. */
export const nextCursor = signal<string | undefined>(undefined);
export const isListLoaded = signal(false);

/** `live`: not ended. */
export type StatusFilter = "all" | "live" | RunStatus;
export const statusFilter = signal<StatusFilter>("all");

const ENDED: readonly RunStatus[] = ["succeeded", "failed", "canceled", "timedOut"];

/** Has a run of this status come to its end? */
export function isEnded(status: RunStatus): boolean {
  return ENDED.includes(status);
}

export const records = computed(() => {
  void version.value;
  return [...recordsById.values()].sort((left, right) => right.startedAt - left.startedAt || (left.runId < right.runId ? 1 : -1));
});
export const liveCount = computed(() => {
  void version.value;
  let count = 0;
  for (const record of recordsById.values()) if (!isEnded(record.status)) count += 1;
  return count;
});
export const shownRecords = computed(() => {
  const filter = statusFilter.value;
  if (filter === "all") return records.value;
  return records.value.filter((record) => (filter === "live" ? !isEnded(record.status) : record.status === filter));
});

/** The newest record of a run. */
export function recordOf(runId: string): RunRecord | undefined {
  void version.value;
  return recordsById.get(runId);
}

/** Takes in records, each unless a newer one of the same run is known. */
export function keepRecords(list: readonly RunRecord[]): void {
  for (const record of list) {
    const known = recordsById.get(record.runId);
    if (known === undefined || record.updatedAt >= known.updatedAt || record.seq > known.seq) recordsById.set(record.runId, record);
  }
  version.value += 1;
}

/** Follows the engine's runs; call once. */
export function followRuns(): void {
  effect(() => {
    const state = connection.value;
    if (state.kind !== "ready") return;
    let isOver = false;
    void readPage(state.engine);
    void readChanges(state.engine, () => isOver);
    return () => {
      isOver = true;
    };
  });
}

async function readPage(engine: Engine, cursor?: string): Promise<void> {
  try {
    const page = await engine.runs.query({ limit: PAGE_COUNT, ...(cursor !== undefined && { cursor }) });
    keepRecords(page.records);
    nextCursor.value = page.cursor;
  } catch (error) {
    announce(`The list of runs could not be read: ${toProblem(error).message}`, "bad");
  }
  isListLoaded.value = true;
}

/** Reads the next page of older runs. */
export async function readMore(): Promise<void> {
  const state = connection.peek();
  if (state.kind === "ready" && nextCursor.peek() !== undefined) await readPage(state.engine, nextCursor.peek());
}

async function readChanges(engine: Engine, isOver: () => boolean): Promise<void> {
  const pending: RunRecord[] = [];
  const keep = (): void => keepRecords(pending.splice(0));
  try {
    for await (const record of engine.runs.changes()) {
      if (isOver()) return;
      pending.push(record);
      showInFrame(keep);
    }
  } catch (error) {
    if (!isOver()) announce(`Changes of runs no longer arrive: ${toProblem(error).message}`, "bad");
  }
}

/** Deletes an ended run. */
export async function deleteRun(runId: string): Promise<boolean> {
  const state = connection.peek();
  if (state.kind !== "ready") return false;
  try {
    await state.engine.runs.delete(runId);
    recordsById.delete(runId);
    version.value += 1;
    return true;
  } catch (error) {
    announce(toProblem(error).message, "bad");
    return false;
  }
}
