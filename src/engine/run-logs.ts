// Where log entries of runs go: those of stored runs to the store, which writes them with its next group; those of runs that are not stored into memory,
// within bounds. What the engine itself has to say of a run is said here, too. Nothing waits for any of it.
import { WorkflowError } from "../model/errors.js";
import { isLevelLogged, type LogLevel, type LogOptions, type LogPlace, type NewLogEntry, type StoredLogEntry, toLogLimits } from "../model/log.js";
import { tellGaps } from "../model/log-gaps.js";
import { LogList } from "../model/log-list.js";
import { toLogFields } from "../model/log-value.js";
import type { ClockPort, StorePort, TaskLogEntry } from "../model/ports.js";
import { LOGS_FLUSH_DELAY_MS, VOLATILE_LOGS_FORGOTTEN_RUNS, VOLATILE_LOGS_SIZE_MAX } from "./limits.js";

export interface RunLogsParts {
  readonly store: StorePort;
  readonly clock: ClockPort;
  readonly options: LogOptions | undefined;
  /** The open run of that id. */
  findRun(runId: string): { readonly isVolatile: boolean } | undefined;
}

/** What the engine says of a run. `code`: stands in its fields. */
export interface EngineNote {
  readonly code: string;
  readonly message: string;
  readonly place?: LogPlace | undefined;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export class RunLogs {
  readonly #parts: RunLogsParts;
  /** Of runs of durability `none`, those that were logged last behind the others. */
  readonly #volatile = new Map<string, LogList>();
  #volatileSize = 0;
  readonly #waiting = new Map<string, Set<() => void>>();
  #stopTimer: (() => void) | undefined;
  /** Called when entries were written without a commit of a run. */
  onFlushed: () => void = () => undefined;
  /** Another engine has taken the journal over. */
  onFenced: (journal: number) => void = () => undefined;

  constructor(parts: RunLogsParts) {
    this.#parts = parts;
  }

  /** What handlers have logged, in the order in which it came. */
  take(logs: readonly TaskLogEntry[]): void {
    let [runId, entries]: [string, NewLogEntry[]] = ["", []];
    for (const { runId: next, ...entry } of logs) {
      if (next !== runId && entries.length > 0) this.#add(runId, entries);
      if (next !== runId) [runId, entries] = [next, []];
      entries.push(entry);
    }
    if (entries.length > 0) this.#add(runId, entries);
  }

  note(runId: string, level: LogLevel, { code, message, place, fields }: EngineNote): void {
    if (!isLevelLogged(level, this.#parts.options)) return;
    const kept = toLogFields({ code, ...fields });
    this.#add(runId, [{ time: this.#parts.clock.now(), level, by: "engine", ...place, message, ...(kept.fields !== undefined && { fields: kept.fields }) }]);
  }

  /** The entries of a run after entry `after`, in order. */
  async read(runId: string, after = 0): Promise<readonly StoredLogEntry[]> {
    const list = this.#volatile.get(runId);
    if (list === undefined && this.#parts.findRun(runId)?.isVolatile !== true) return this.#parts.store.logs(runId, after);
    return tellGaps(list?.after(after) ?? [], after);
  }

  /** The next entry of a run from now on. */
  watch(runId: string): { readonly comes: Promise<void>; cancel(): void } {
    let wake = (): void => undefined;
    const comes = new Promise<void>((resolve) => (wake = resolve));
    const waiting = this.#waiting.get(runId) ?? new Set();
    this.#waiting.set(runId, waiting.add(wake));
    const cancel = (): void => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId);
    };
    return { comes, cancel };
  }

  /** The run is no more. */
  forget(runId: string): void {
    this.#volatileSize -= this.#volatile.get(runId)?.size ?? 0;
    this.#volatile.delete(runId);
  }

  /** Writes what waits, while this engine still drives. */
  async close(): Promise<void> {
    this.#stopTimer?.();
    await this.#parts.store.flushLogs().catch(() => undefined);
  }

  #add(runId: string, entries: readonly NewLogEntry[]): void {
    const isVolatile = this.#parts.findRun(runId)?.isVolatile ?? this.#volatile.has(runId);
    if (isVolatile) this.#addVolatile(runId, entries);
    else {
      this.#parts.store.addLogs(runId, entries);
      this.#stopTimer ??= this.#parts.clock.schedule(LOGS_FLUSH_DELAY_MS, () => void this.#flush());
    }
    const waiting = this.#waiting.get(runId);
    if (waiting === undefined) return;
    this.#waiting.delete(runId);
    for (const wake of waiting) wake();
  }

  async #flush(): Promise<void> {
    this.#stopTimer = undefined;
    try {
      await this.#parts.store.flushLogs();
      this.onFlushed();
    } catch (error) {
      // They stay where they are, and go with the next group. Another driver is met here as by any other group.
      const journal = error instanceof WorkflowError && error.code === "store/fenced" ? error.details["journal"] : undefined;
      if (typeof journal === "number") this.onFenced(journal);
    }
  }

  #addVolatile(runId: string, entries: readonly NewLogEntry[]): void {
    const list = this.#volatile.get(runId) ?? new LogList(toLogLimits(this.#parts.options));
    const before = list.size;
    for (const entry of entries) list.add(entry);
    this.#volatileSize += list.size - before;
    this.#volatile.delete(runId);
    this.#volatile.set(runId, list);
    this.#shrink();
  }

  /** The runs that were logged the longest time ago lose their entries first; of those that are gone nothing is left. */
  #shrink(): void {
    let looks = VOLATILE_LOGS_FORGOTTEN_RUNS;
    for (const [runId, list] of this.#volatile) {
      const isFull = this.#volatileSize > VOLATILE_LOGS_SIZE_MAX;
      if (!isFull && this.#volatile.size <= VOLATILE_LOGS_FORGOTTEN_RUNS) return;
      if (!isFull && looks-- === 0) return;
      if (this.#parts.findRun(runId) === undefined) this.forget(runId);
      else if (isFull) {
        this.#volatileSize -= list.size;
        list.forget(list.lastNumber);
      }
    }
  }
}
