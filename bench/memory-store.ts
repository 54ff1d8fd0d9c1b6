// What the store in memory costs beside the making of records and histories: `node bench/memory-store.mjs`. Runs that have ended are saved in groups, as
// a busy engine commits them, and got one by one.
import { EntryKind, type HistoryEntry } from "../src/model/history.js";
import type { RunChange } from "../src/model/ports.js";
import { createMemoryStore } from "../src/store/memory-store.js";
import { formatTable } from "./report.js";

const RUN_COUNT = 100_000;
const GROUP_COUNT = 1_000;
const ENTRY_COUNT = 6;
const ROUND_COUNT = 7;

/** Prints a table: the median of some rounds, each over a store of its own. */
export async function printMemoryStore(): Promise<void> {
  const rounds: (readonly [save: number, get: number])[] = [];
  for (let round = 0; round < ROUND_COUNT; round += 1) rounds.push(await playRound());
  const [save, get] = [0, 1].map((at) => rounds.map((figures) => figures[at] ?? 0).sort((a, b) => a - b)[ROUND_COUNT >> 1] ?? 0);
  console.log(formatTable([["of one finished run", "µs"], [`save, ${GROUP_COUNT} a commit, ${ENTRY_COUNT} entries each`, (save ?? 0).toFixed(2)], ["get", (get ?? 0).toFixed(2)]]));
}

async function playRound(): Promise<readonly [save: number, get: number]> {
  const store = createMemoryStore();
  await store.open();
  await store.takeOver();
  const groups = Array.from({ length: RUN_COUNT / GROUP_COUNT }, (_, group) => Array.from({ length: GROUP_COUNT }, (_, index) => makeChange(group * GROUP_COUNT + index)));
  // Texts of their own, and in one piece, as ids are that come from somewhere else.
  const names = structuredClone(Array.from({ length: RUN_COUNT }, (_, index) => nameRun((index * 7_919) % RUN_COUNT)));
  const began = performance.now();
  for (const group of groups) await store.commit(group, "relaxed");
  const saved = performance.now();
  let foundCount = 0;
  for (const name of names) if ((await store.get(name)) !== undefined) foundCount += 1;
  const got = performance.now();
  if (foundCount !== RUN_COUNT) throw new Error(`${foundCount} runs are there`);
  return [((saved - began) * 1_000) / RUN_COUNT, ((got - saved) * 1_000) / RUN_COUNT];
}

function nameRun(index: number): string {
  return `01890000-0000-7000-8000-${index.toString(16).padStart(12, "0")}`;
}

function makeChange(index: number): RunChange {
  const entries = Array.from({ length: ENTRY_COUNT }, (_, at): HistoryEntry => ({ seq: at + 1, kind: at === 0 ? EntryKind.START : EntryKind.EVENT, isHeld: false, id: at, now: index, seed: at }));
  const record = { runId: structuredClone(nameRun(index)), workflow: "orders", identity: "id", status: "succeeded", startedAt: index, updatedAt: index + 5, endedAt: index + 5, tags: [], seq: ENTRY_COUNT } as const;
  return { record, entries };
}
