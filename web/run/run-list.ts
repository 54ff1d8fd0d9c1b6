// Records of runs as the page knows them: those that it has seen or that changed lately, and how many there are in the whole database. Kept up to
// date by the engine's own changes.
import { effect, signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { Inquiry, showInFrame } from "../app/frames.js";
import { toProblem } from "../app/problem.js";
import type { Engine, RunRecord, RunStatus } from "../millrace.js";
import { connection } from "./connection.js";
import { ENDED_STATUSES, LIVE_STATUSES } from "./run-query.js";

/** Records that are kept; whoever was not asked for longest goes first. */
const KNOWN_COUNT_MAX = 5_000;
/** Runs that other tabs delete tell nobody: it is looked so often, ms. */
const LOOK_INTERVAL_MS = 4_000;

const recordsById = new Map<string, RunRecord>();
/** Tells that a record has changed. */
export const version = signal(0);
/** Tells that the list may be another: runs have begun, changed or gone. */
export const listVersion = signal(0);
/** Of the whole database; undefined: not counted yet. */
export const allCount = signal<number | undefined>(undefined);
export const liveCount = signal(0);

/** Has a run of this status come to its end? */
export function isEnded(status: RunStatus): boolean {
  return ENDED_STATUSES.includes(status);
}

/** The newest record of a run. */
export function recordOf(runId: string): RunRecord | undefined {
  void version.value;
  const record = recordsById.get(runId);
  if (record !== undefined) {
    recordsById.delete(runId);
    recordsById.set(runId, record);
  }
  return record;
}

/** A record that was read, or a newer one of the same run. */
export function newestOf(record: RunRecord): RunRecord {
  void version.value;
  const known = recordsById.get(record.runId);
  return known !== undefined && isNewer(known, record) ? known : record;
}

function isNewer(left: RunRecord, right: RunRecord): boolean {
  return left.updatedAt >= right.updatedAt || left.seq > right.seq;
}

/** Takes in records, each unless a newer one of the same run is known. */
export function keepRecords(list: readonly RunRecord[]): void {
  for (const record of list) {
    const known = recordsById.get(record.runId);
    const kept = known === undefined || isNewer(record, known) ? record : known;
    recordsById.delete(record.runId);
    recordsById.set(record.runId, kept);
  }
  for (const oldest of recordsById.keys()) {
    if (recordsById.size <= KNOWN_COUNT_MAX) break;
    recordsById.delete(oldest);
  }
  version.value += 1;
  listVersion.value += 1;
}

/** Runs are gone, or have come in numbers. */
export function noteListChange(gone: readonly string[] = []): void {
  for (const runId of gone) recordsById.delete(runId);
  version.value += 1;
  listVersion.value += 1;
}

/** Follows the engine's runs; call once. */
export function followRuns(): void {
  effect(() => {
    const state = connection.value;
    if (state.kind !== "ready") return;
    const { engine } = state;
    let isOver = false;
    const counting = new Inquiry(() => countRuns(engine, () => isOver));
    const stop = effect(() => {
      void listVersion.value;
      counting.renew();
    });
    const timer = setInterval(() => document.visibilityState === "visible" && counting.renew(), LOOK_INTERVAL_MS);
    void readChanges(engine, () => isOver);
    return () => {
      isOver = true;
      stop();
      clearInterval(timer);
      counting.end();
    };
  });
}

async function countRuns(engine: Engine, isOver: () => boolean): Promise<void> {
  try {
    const [all, live] = await Promise.all([engine.runs.count(), engine.runs.count({ status: LIVE_STATUSES })]);
    if (isOver()) return;
    const before = allCount.peek();
    allCount.value = all;
    liveCount.value = live;
    if (before !== undefined && all !== before) listVersion.value += 1;
  } catch (error) {
    if (!isOver()) announce(`The runs could not be counted: ${toProblem(error).message}`, "bad");
  }
}

async function readChanges(engine: Engine, isOver: () => boolean): Promise<void> {
  const pending: RunRecord[] = [];
  const keep = (): void => keepRecords(pending.splice(0));
  while (!isOver()) {
    try {
      for await (const record of engine.runs.changes()) {
        if (isOver()) return;
        pending.push(record);
        showInFrame(keep);
      }
      return;
    } catch (error) {
      if (isOver()) return;
      const problem = toProblem(error);
      // So many have changed that one by one does not help: the lists are read anew.
      noteListChange();
      if (problem.code === "engine/too-slow") continue;
      announce(`Changes of runs no longer arrive: ${problem.message}`, "bad");
      return;
    }
  }
}

/** Deletes an ended run. */
export async function deleteRun(runId: string): Promise<boolean> {
  const state = connection.peek();
  if (state.kind !== "ready") return false;
  try {
    await state.engine.runs.delete(runId);
    noteListChange([runId]);
    return true;
  } catch (error) {
    announce(toProblem(error).message, "bad");
    return false;
  }
}
