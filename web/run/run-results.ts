// What the runs page has found: the search, its runs by their number, how many there are, and what has come since. While the first rows are in view
// the list is read anew whenever runs change; once somebody has scrolled, the rows stay and only the number of new ones is told.
import { effect, signal } from "@preact/signals";
import { Inquiry, showInFrame } from "../app/frames.js";
import { toProblem } from "../app/problem.js";
import { panelTab } from "../app/views.js";
import type { Engine, ErrorRecord, RunPage, RunQuery } from "../millrace.js";
import { connection } from "./connection.js";
import { listVersion } from "./run-list.js";
import { BLOCK_SIZE, RunPages } from "./run-pages.js";
import { EVERY_RUN, type RunSearch, toQuery } from "./run-query.js";

/** Rows that can be scrolled to: browsers do not lay out more. */
export const ROW_COUNT_MAX = 250_000;
/** Of what is typed, how long it rests before it is looked for, ms. */
const TYPING_MS = 250;

export const search = signal<RunSearch>(EVERY_RUN);
/** What was found; undefined: nothing has been read yet. */
export const results = signal<RunPages | undefined>(undefined);
/** Tells that more rows are known. */
export const rowsVersion = signal(0);
/** How many runs the search finds. */
export const foundCount = signal(0);
/** Of another search than the one on show. */
export const isSearching = signal(false);
/** What is wrong with the search, or with reading. */
export const searchProblem = signal<ErrorRecord | undefined>(undefined);
/** How many runs have come since the list was read; 0: none, -1: it has changed otherwise. */
export const newCount = signal(0);
/** Are the first rows in view? */
export const isAtTop = signal(true);
/** Names of workflows and of searchable values that were seen, for suggestions. */
export const seenWorkflows = signal<readonly string[]>([]);
export const seenFields = signal<readonly string[]>([]);

let inquiry: Inquiry | undefined;
let isWantedAnew = false;
let typing: ReturnType<typeof setTimeout> | undefined;

/** Changes the search; `isTyped`: more may follow at once. */
export function changeSearch(change: Partial<RunSearch>, isTyped = false): void {
  search.value = { ...search.peek(), ...change };
  isSearching.value = true;
  clearTimeout(typing);
  typing = setTimeout(lookAnew, isTyped ? TYPING_MS : 0);
}

/** Reads the list from its beginning. */
export function lookAnew(): void {
  isWantedAnew = true;
  isSearching.value = true;
  inquiry?.renew();
}

/** Follows the engine and its runs; call once. */
export function followResults(): void {
  effect(() => {
    const state = connection.value;
    if (state.kind !== "ready") return;
    const { engine } = state;
    const own = new Inquiry(() => look(engine));
    inquiry = own;
    lookAnew();
    const stop = effect(() => {
      void listVersion.value;
      void isAtTop.value;
      if (panelTab.value === "runs") own.renew();
    });
    return () => {
      stop();
      own.end();
      results.peek()?.close();
    };
  });
}

async function look(engine: Engine): Promise<void> {
  const isAnew = isWantedAnew;
  isWantedAnew = false;
  const query = toQuery(search.peek());
  try {
    const [count, first] = await Promise.all([engine.runs.count(query), engine.runs.query({ ...query, limit: BLOCK_SIZE })]);
    if (isWantedAnew) return;
    noteNames(first);
    searchProblem.value = undefined;
    if (isAnew || isAtTop.peek() || results.peek() === undefined) showFound(engine, query, count, first);
    else tellNew(count, first);
  } catch (error) {
    if (isWantedAnew) return;
    const problem = toProblem(error);
    if (problem.code !== "engine/closed") searchProblem.value = problem;
  }
  isSearching.value = isWantedAnew;
}

function showFound(engine: Engine, query: RunQuery, count: number, first: RunPage): void {
  results.peek()?.close();
  const tellRows = (): void => void (rowsVersion.value += 1);
  foundCount.value = count;
  newCount.value = 0;
  results.value = new RunPages({
    ask: (page) => engine.runs.query(page),
    query,
    count,
    first,
    onChange: () => showInFrame(tellRows),
    onProblem: (error) => (searchProblem.value = toProblem(error)),
  });
}

function tellNew(count: number, first: RunPage): void {
  const known = results.peek();
  if (known === undefined) return;
  const isSame = count === foundCount.peek() && first.records[0]?.runId === known.at(0)?.runId;
  newCount.value = count > foundCount.peek() ? count - foundCount.peek() : isSame ? 0 : -1;
}

function noteNames({ records }: RunPage): void {
  const workflows = new Set(seenWorkflows.peek());
  const fields = new Set(seenFields.peek());
  const before = workflows.size + fields.size;
  for (const record of records) {
    workflows.add(record.workflow);
    for (const name of Object.keys(record.fields ?? {})) fields.add(name);
  }
  if (workflows.size + fields.size === before) return;
  seenWorkflows.value = [...workflows].sort().slice(0, 200);
  seenFields.value = [...fields].sort().slice(0, 200);
}
