// The open run's log as the page keeps it: the newest entries that fit what is asked for, and those that come. Read only while it is on show. Knows
// nothing of how a line looks.
import { computed, effect, signal } from "@preact/signals";
import { forgetFrame, showInFrame } from "../app/frames.js";
import { toProblem } from "../app/problem.js";
import type { Engine, LogConditions, LogEntry, LogLevel } from "../millrace.js";
import { connection } from "./connection.js";
import { EventList } from "./history.js";
import { openRunId } from "./open-run.js";

/** Entries that are read when the log is opened: the newest. */
const FIRST_COUNT = 1_000;
/** A search begins so long after the last key, ms. */
const SEARCH_DELAY_MS = 200;

/** The least severe level on show. */
export const logLevel = signal<LogLevel>("debug");
/** What is searched for; as typed, and as searched. */
export const logText = signal("");
const soughtText = signal("");
/** Whoever is at the end stays there. */
export const isFollowingLog = signal(true);
/** A new object each time that there are more entries. */
export const runLog = signal<{ readonly list: EventList<LogEntry>; readonly isRead: boolean; readonly problem?: string }>({ list: new EventList(), isRead: false });
/** Says that other entries are shown: the list is drawn anew. */
export const logKey = computed(() => `${openRunId.value ?? ""}/${logLevel.value}/${soughtText.value}/${isFollowingLog.value}`);

let searchTimer: ReturnType<typeof setTimeout> | undefined;

/** Searches as a person types. */
export function searchLog(text: string): void {
  logText.value = text;
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => (soughtText.value = text.trim()), SEARCH_DELAY_MS);
}

/** Reads the log from now on; returns a function that stops. */
export function followLog(): () => void {
  return effect(() => {
    const runId = openRunId.value;
    const state = connection.value;
    const query: LogConditions = { level: logLevel.value, ...(soughtText.value !== "" && { text: soughtText.value }) };
    runLog.value = { list: new EventList(), isRead: false };
    if (runId === undefined || state.kind !== "ready") return undefined;
    const watch = new LogWatch(state.engine, runId, query);
    void watch.begin();
    return () => watch.end();
  });
}

class LogWatch {
  readonly #engine: Engine;
  readonly #runId: string;
  readonly #query: LogConditions;
  readonly #list = new EventList<LogEntry>();
  #iterator: AsyncIterator<LogEntry> | undefined;
  #isOver = false;

  constructor(engine: Engine, runId: string, query: LogConditions) {
    this.#engine = engine;
    this.#runId = runId;
    this.#query = query;
  }

  async begin(): Promise<void> {
    try {
      const run = await this.#engine.runs.get(this.#runId);
      const { entries } = await run.logs({ ...this.#query, order: "newest", limit: FIRST_COUNT });
      if (this.#isOver) return;
      for (const entry of [...entries].reverse()) this.#list.add(entry);
      this.#show();
      this.#iterator = run.tailLogs({ ...this.#query, after: entries[0]?.number ?? 0 })[Symbol.asyncIterator]();
      for (let next = await this.#iterator.next(); next.done !== true && !this.#isOver; next = await this.#iterator.next()) {
        this.#list.add(next.value);
        showInFrame(this.#show);
      }
    } catch (error) {
      if (!this.#isOver) runLog.value = { list: this.#list, isRead: true, problem: toProblem(error).message };
    }
  }

  end(): void {
    this.#isOver = true;
    forgetFrame(this.#show);
    void this.#iterator?.return?.()?.catch?.(() => undefined);
  }

  readonly #show = (): void => {
    if (!this.#isOver) runLog.value = { list: this.#list, isRead: true };
  };
}
