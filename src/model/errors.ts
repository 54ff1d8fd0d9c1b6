// The words for what goes wrong: findings of parsers and validators, and the one error class that callers see.
// Callers test `code`; messages are for people.

/** Where something stands in a source text. Offsets count UTF-16 units from 0; line and column count from 1. */
export interface Place {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** The line, cut to 200 characters, with a caret line below it. */
  readonly snippet?: string;
}

export type Severity = "error" | "warning" | "info";

/** One thing that a parser or validator has to say of a text. Codes are closed: see docs/formats.md. */
export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly place: Place;
}

/** The first half of an error's code. */
export type ErrorRoom = "parse" | "compile" | "analysis" | "expression" | "run" | "task" | "event" | "store" | "kernel" | "engine" | "worker" | "value" | "portable";
export type ErrorCode = `${ErrorRoom}/${string}`;

export interface WorkflowErrorOptions {
  /** Clone-safe facts: strings, numbers, booleans, plain arrays and objects of them. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly isRetryable?: boolean;
  readonly place?: Place;
  readonly findings?: readonly Finding[];
  readonly cause?: unknown;
}

/** Every failure that is not a programmer's mistake. Crosses the worker whole. */
export class WorkflowError extends Error {
  override readonly name = "WorkflowError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly isRetryable: boolean;
  readonly place: Place | undefined;
  readonly findings: readonly Finding[];

  constructor(code: ErrorCode, message: string, options: WorkflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.isRetryable = options.isRetryable ?? false;
    this.place = options.place;
    this.findings = options.findings ?? [];
  }
}

/** An error as data: how it stands in history, in run records and in messages between threads. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly isRetryable?: boolean;
  readonly place?: Place;
  readonly findings?: readonly Finding[];
}

/** UTF-16 units of a thrown value's code and message that are kept: records stand in history, and in every list of runs. */
export const ERROR_CODE_SIZE_MAX = 200;
export const ERROR_MESSAGE_SIZE_MAX = 10_000;

/** Whatever was thrown, as data. Never throws, whatever the value does when it is looked at. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof WorkflowError) {
    const { code, message, details, isRetryable, place, findings } = error;
    return { code, message: cutText(message, ERROR_MESSAGE_SIZE_MAX), details, isRetryable, ...(place && { place }), ...(findings.length > 0 && { findings }) };
  }
  try {
    const code = hasText(error, "code") ? error.code : "task/failed";
    const message = hasText(error, "message") ? error.message : String(error);
    return { code: cutText(code, ERROR_CODE_SIZE_MAX), message: cutText(message, ERROR_MESSAGE_SIZE_MAX) };
  } catch {
    return { code: "task/failed", message: "What was thrown cannot be read" };
  }
}

/** What is no record, from who speaks another language, is `engine/no-answer`. */
export function fromErrorRecord(record: ErrorRecord): WorkflowError {
  if (!hasText(record, "code") || !hasText(record, "message")) return new WorkflowError("engine/no-answer", "What went wrong is told in a way that cannot be read");
  const { code, message, ...options } = record;
  return new WorkflowError(code as ErrorCode, message, options);
}

function hasText<K extends string>(error: unknown, key: K): error is Record<K, string> {
  return typeof error === "object" && error !== null && key in error && typeof (error as Record<K, unknown>)[key] === "string";
}

function cutText(text: string, sizeMax: number): string {
  return text.length > sizeMax ? `${text.slice(0, sizeMax - 1)}…` : text;
}

/** Line, column and snippet of the range `start`–`end` of `text`. O(size of the text before it). */
export function locate(text: string, start: number, end: number = start): Place {
  const from = Math.max(0, Math.min(start, text.length));
  const to = Math.max(from, Math.min(end, text.length));
  // Looked for from before the text, the first character would be found.
  const lineStart = from === 0 ? 0 : text.lastIndexOf("\n", from - 1) + 1;
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < from; at = text.indexOf("\n", at + 1)) line += 1;
  const lineEnd = text.indexOf("\n", lineStart);
  const whole = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd).replace(/\r$/, "");
  const skip = from - lineStart > 160 ? from - lineStart - 80 : 0;
  const shown = whole.slice(skip, skip + 200);
  const caretAt = from - lineStart - skip;
  const caretCount = Math.max(1, Math.min(to - from, shown.length - caretAt));
  const indent = shown.slice(0, caretAt).replace(/[^\t]/g, " ");
  return { start: from, end: to, line, column: from - lineStart + 1, snippet: `${shown}\n${indent}${"^".repeat(caretCount)}` };
}
