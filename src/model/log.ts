// The words of logs: what an entry is, what is asked of a run's log, and how much of one is kept. How entries are written stands in log-codec.ts.
import { isRecord } from "./arguments.js";

/** From the least to the most severe; as of a workflow's own `log` actions. */
export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Text of one entry, UTF-16 units; the rest is cut off. */
export const LOG_MESSAGE_LENGTH_MAX = 4_096;
/** Fields of one entry as JSON, about so many UTF-16 units; the rest is left out. */
export const LOG_FIELDS_LENGTH_MAX = 16_384;
/** Defaults of `LogOptions`. */
export const LOG_LEVEL_DEFAULT: LogLevel = "info";
export const RUN_LOG_ENTRIES_MAX_DEFAULT = 10_000;
export const RUN_LOG_SIZE_MAX_DEFAULT = 1 << 20;
/** Page of a log. */
export const LOG_LIMIT_DEFAULT = 100;
export const LOG_LIMIT_MAX = 1_000;

/** What is logged, and how much of it is kept. */
export interface LogOptions {
  /** Entries below this level are left out where they are made, at no cost. `none`: nothing is logged. Default `info`. */
  readonly level?: LogLevel | "none";
  /** Entries that are kept of one run; the oldest go first. Default 10,000. */
  readonly runEntriesMax?: number;
  /** Bytes of one run's entries before they are packed; the oldest go first. Default 1 MiB. */
  readonly runSizeMax?: number;
}

/** How much is kept of one run. */
export interface LogLimits {
  readonly entriesMax: number;
  readonly sizeMax: number;
}

/** Writes into the run's log, from a handler. Never throws, and never waits. */
export interface TaskLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Of which call an entry is. `item` from 0, `attempt` from 1. */
export interface LogPlace {
  /** Name of the handler. */
  readonly task: string;
  readonly visit: string;
  readonly item?: number;
  readonly attempt?: number;
}

/** One entry of a run's log. */
export interface LogEntry extends Partial<LogPlace> {
  /** Within the run, from 1, ascending. */
  readonly number: number;
  /** ms since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  /** A handler said it, or the engine. */
  readonly by: "task" | "engine";
  readonly runId: string;
  readonly message: string;
  /** JSON's view of what was given. Of the engine's entries `code` says what it is about. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Something of it did not fit and was left out. */
  readonly isCut?: boolean;
}

/** All that is given has to hold. */
export interface LogConditions {
  /** This level and more severe ones. */
  readonly level?: LogLevel;
  /** Name of the handler. */
  readonly task?: string;
  /** Stands in the message, in the task's name or in the fields as JSON, upper and lower case alike. */
  readonly text?: string;
  /** Times, ms since 1970, both inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Only entries with a greater number. */
  readonly after?: number;
}

export interface LogQuery extends LogConditions {
  /** Default `oldest` first. */
  readonly order?: "oldest" | "newest";
  /** 1–1,000, default 100. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Absent: there is no more. */
  readonly cursor?: string;
}

/** An entry as it is kept: its run is known from elsewhere, its fields are JSON text. */
export interface StoredLogEntry extends Partial<LogPlace> {
  readonly number: number;
  readonly time: number;
  readonly level: LogLevel;
  readonly by: "task" | "engine";
  readonly message: string;
  readonly fields?: string;
  readonly isCut?: boolean;
}

/** An entry that has no number yet. */
export type NewLogEntry = Omit<StoredLogEntry, "number">;

/** What is wrong with the option `logs`: the option, its value, and what is wanted. */
export function findLogsMistake(logs: unknown): { readonly option: string; readonly value: unknown; readonly wanted: string } | undefined {
  if (logs === undefined) return undefined;
  if (!isRecord(logs)) return { option: "logs", value: logs, wanted: "an object" };
  const { level, runEntriesMax, runSizeMax } = logs;
  const levels: readonly unknown[] = [...LOG_LEVELS, "none", undefined];
  if (!levels.includes(level)) return { option: "logs.level", value: level, wanted: `one of ${LOG_LEVELS.join(", ")}, none` };
  for (const [option, value, min] of [["logs.runEntriesMax", runEntriesMax, 1], ["logs.runSizeMax", runSizeMax, 1_024]] as const) {
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= min)) return { option, value, wanted: `a whole number from ${min}` };
  }
  return undefined;
}

export function toLogLimits({ runEntriesMax = RUN_LOG_ENTRIES_MAX_DEFAULT, runSizeMax = RUN_LOG_SIZE_MAX_DEFAULT }: LogOptions = {}): LogLimits {
  return { entriesMax: runEntriesMax, sizeMax: runSizeMax };
}

/** Is an entry of this level wanted? */
export function isLevelLogged(level: LogLevel, { level: least = LOG_LEVEL_DEFAULT }: LogOptions = {}): boolean {
  return least !== "none" && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/** About the bytes that an entry takes. */
export function sizeOfEntry({ message, fields, task, visit }: NewLogEntry): number {
  return 16 + message.length + (fields?.length ?? 0) + (task?.length ?? 0) + (visit?.length ?? 0);
}
