// Which runs of the list are selected, and what is done with all of them: canceled or deleted, a few at a time, with how far it is.
import { computed, effect, signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { showInFrame } from "../app/frames.js";
import { toProblem } from "../app/problem.js";
import type { Engine, RunQuery } from "../millrace.js";
import { readEngine } from "./connection.js";
import { noteListChange } from "./run-list.js";
import { ENDED_STATUSES, LIVE_STATUSES, narrowStatus, toQuery } from "./run-query.js";
import { foundCount, lookAnew, search } from "./run-results.js";

/** Runs that are told something at a time: the engine takes what comes together into one commit. */
const AT_A_TIME = 512;
const PAGE_SIZE = 1_000;

export type BulkAction = "cancel" | "delete";

export interface BulkWork {
  readonly action: BulkAction;
  readonly done: number;
  /** Undefined: the runs are still being looked for. */
  readonly total: number | undefined;
  readonly failed: number;
  /** Of the first that failed. */
  readonly problem: string | undefined;
  readonly isOver: boolean;
}

export const selectedIds = signal<ReadonlySet<string>>(new Set());
/** All that the search finds are selected, whether they are on show or not. */
export const isAllSelected = signal(false);
export const selectedCount = computed(() => (isAllSelected.value ? foundCount.value : selectedIds.value.size));
/** What is asked before it is done. */
export const askedAction = signal<BulkAction | undefined>(undefined);
export const bulkWork = signal<BulkWork | undefined>(undefined);

let isStopped = false;

export function isSelected(runId: string): boolean {
  return isAllSelected.value || selectedIds.value.has(runId);
}

export function toggleRun(runId: string): void {
  // One that is taken out of all leaves a list that nobody could name.
  const ids = new Set(isAllSelected.peek() ? [] : selectedIds.peek());
  isAllSelected.value = false;
  if (ids.has(runId)) ids.delete(runId);
  else ids.add(runId);
  selectedIds.value = ids;
}

export function selectRuns(runIds: readonly string[]): void {
  isAllSelected.value = false;
  selectedIds.value = new Set([...selectedIds.peek(), ...runIds]);
}

export function selectAll(): void {
  isAllSelected.value = foundCount.peek() > 0;
}

export function clearSelection(): void {
  isAllSelected.value = false;
  if (selectedIds.peek().size > 0) selectedIds.value = new Set();
}

/** What was selected is not what another search finds; call once. */
export function followSelection(): void {
  effect(() => {
    void search.value;
    clearSelection();
  });
}

export function stopBulk(): void {
  isStopped = true;
}

/** Does it with every selected run that can be canceled, or deleted. */
export async function performBulk(action: BulkAction): Promise<void> {
  const engine = readEngine();
  if (engine === undefined || bulkWork.peek()?.isOver === false) return;
  isStopped = false;
  let work: BulkWork = { action, done: 0, total: undefined, failed: 0, problem: undefined, isOver: false };
  const tell = (): void => {
    bulkWork.value = work;
  };
  tell();
  try {
    const runIds = await findTargets(engine, action);
    work = { ...work, total: runIds.length };
    await forEachRun(runIds, async (runId) => {
      try {
        await (action === "cancel" ? engine.cancel(runId) : engine.runs.delete(runId));
      } catch (error) {
        work = { ...work, failed: work.failed + 1, problem: work.problem ?? toProblem(error).message };
      }
      work = { ...work, done: work.done + 1 };
      showInFrame(tell);
    });
    noteListChange(action === "delete" ? runIds : []);
  } catch (error) {
    work = { ...work, problem: toProblem(error).message };
    announce(toProblem(error).message, "bad");
  }
  work = { ...work, isOver: true };
  tell();
  clearSelection();
  lookAnew();
}

/** The selected runs; of all that were found those that the action is for. */
async function findTargets(engine: Engine, action: BulkAction): Promise<readonly string[]> {
  if (!isAllSelected.peek()) return [...selectedIds.peek()];
  const query = narrowStatus(toQuery(search.peek()), action === "cancel" ? LIVE_STATUSES : ENDED_STATUSES);
  return query === undefined ? [] : listIds(engine, query);
}

async function listIds(engine: Engine, query: RunQuery): Promise<readonly string[]> {
  const runIds: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await engine.runs.query({ ...query, limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) });
    for (const { runId } of page.records) runIds.push(runId);
    cursor = page.cursor;
  } while (cursor !== undefined && !isStopped);
  return runIds;
}

async function forEachRun(runIds: readonly string[], act: (runId: string) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < runIds.length && !isStopped) await act(runIds[next++] as string);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}
