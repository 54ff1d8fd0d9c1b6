// Looks a run over that came out of a file, before it is stored: is it one that an engine can have written? What its workflow says of it
// is not known here.
import { MalformedBytes } from "../base/bytes.js";
import { isRunId } from "../base/run-id.js";
import { isRecord } from "../model/arguments.js";
import { WorkflowError } from "../model/errors.js";
import { EntryKind, type HistoryEntry } from "../model/history.js";
import { decodeEntries } from "../model/history-codec.js";
import { LOG_FIELDS_LENGTH_MAX, LOG_MESSAGE_LENGTH_MAX, type StoredLogEntry } from "../model/log.js";
import { decodeLog } from "../model/log-codec.js";
import { PRIORITY_MAX } from "../model/scheduling.js";
import { isEnded } from "../model/status.js";
import { ValueReader } from "../model/value.js";
import type { PortableRecord } from "./section-codec.js";

/** Times that a JavaScript date can have, ms since 1970. */
const TIME_MAX = 8.64e15;
const CHILD_ID = /^(?:0|[1-9]\d{0,15})$/;
const U32_MAX = 0xffff_ffff;

/** The id of the run that a family begins with: that of a child is its parent's, `~` and a number. */
export function familyOf(runId: string): string {
  const end = runId.indexOf("~");
  return end < 0 ? runId : runId.slice(0, end);
}

/** Can it be the id of a run, or of a child at most so many levels below one? */
function isAnyRunId(runId: string, depthMax: number): boolean {
  const [root, ...serials] = runId.split("~");
  return isRunId(root) && serials.length <= depthMax && serials.every((serial) => CHILD_ID.test(serial));
}

/** Throws `portable/damaged` where the record is no run's. `depthMax`: runs above one. */
export function checkRecord(record: PortableRecord, depthMax: number): void {
  const { runId, seq, startedAt, updatedAt, endedAt, status, priority, rerunOf, forkOf, error } = record;
  if (!isAnyRunId(runId, depthMax)) throw oddError(runId, "its id is none");
  if (rerunOf !== undefined && !isAnyRunId(rerunOf, depthMax)) throw oddError(runId, "the run that it does again is none");
  if (forkOf !== undefined && !isAnyRunId(forkOf.runId, depthMax)) throw oddError(runId, "the run that it began as is none");
  if (seq < 1) throw oddError(runId, "it has no history");
  if (![startedAt, updatedAt, endedAt ?? startedAt].every((time) => Math.abs(time) <= TIME_MAX)) throw oddError(runId, "a time is none");
  if (isEnded(status) !== (endedAt !== undefined)) throw oddError(runId, "it has ended and has not");
  if (error !== undefined && status !== "failed" && status !== "timedOut") throw oddError(runId, `it is ${status} and has an error`);
  if (priority !== undefined && priority > PRIORITY_MAX) throw oddError(runId, "its priority is none");
}

/** The entries of a block that follows entry `last`. Throws `portable/damaged`, `run/version-unsupported`. */
export function readBlock(runId: string, block: Uint8Array, last: HistoryEntry | undefined): readonly HistoryEntry[] {
  let entries: readonly HistoryEntry[];
  try {
    entries = decodeEntries(block);
  } catch (error) {
    if (error instanceof WorkflowError && error.code === "run/version-unsupported") throw error;
    throw oddError(runId, error instanceof Error ? error.message : String(error), error);
  }
  let before = last;
  for (const entry of entries) {
    checkEntry(runId, entry, before);
    before = entry;
  }
  return entries;
}

/** The entries of a block of a log that follows entry `last`. Throws `portable/damaged`. */
export function readLogBlock(runId: string, block: Uint8Array, last: StoredLogEntry | undefined): readonly StoredLogEntry[] {
  let log: readonly StoredLogEntry[];
  try {
    log = decodeLog(block);
  } catch (error) {
    throw oddError(runId, error instanceof Error ? error.message : String(error), error);
  }
  if ((log[0]?.number ?? Infinity) <= (last?.number ?? 0)) throw oddError(runId, "its log goes back");
  for (const { number, time, message, fields } of log) {
    if (number > U32_MAX || !(Math.abs(time) <= TIME_MAX)) throw oddError(runId, "an entry of its log has no number or time");
    if (message.length > LOG_MESSAGE_LENGTH_MAX || (fields !== undefined && !isFields(fields))) throw oddError(runId, `entry ${number} of its log is none`);
  }
  return log;
}

function isFields(text: string): boolean {
  try {
    return text.length <= 2 * LOG_FIELDS_LENGTH_MAX && isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}

function checkEntry(runId: string, { seq, kind, id, now, isHeld, payload }: HistoryEntry, before: HistoryEntry | undefined): void {
  const expected = (before?.seq ?? 0) + 1;
  if (seq !== expected) throw oddError(runId, `history entry ${expected} is missing`);
  if ((kind === EntryKind.START) !== (expected === 1)) throw oddError(runId, `history entry ${seq} is ${expected === 1 ? "no" : "another"} start`);
  // A run that was started knows its versions by a number of 48 bits; everything else fits the kernel's words.
  if (kind !== EntryKind.START && id > U32_MAX) throw oddError(runId, `history entry ${seq} names what there is not`);
  if (!(Math.abs(now) <= TIME_MAX) || now < (before?.now ?? now)) throw oddError(runId, `the time of history entry ${seq} is none`);
  const isHoldable = kind === EntryKind.EVENT || kind === EntryKind.TASK_SUCCEEDED || kind === EntryKind.TASK_FAILED || kind === EntryKind.TIMER;
  if (isHeld && !isHoldable) throw oddError(runId, `history entry ${seq} cannot be held`);
  if (payload !== undefined) checkPayload(runId, seq, payload);
}

function checkPayload(runId: string, seq: number, payload: Uint8Array): void {
  try {
    const reader = new ValueReader(payload);
    reader.readValue();
    if (!reader.isAtEnd) throw new MalformedBytes("bytes follow the value", reader.position);
  } catch (error) {
    throw oddError(runId, `what history entry ${seq} holds is no value: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

export function oddError(runId: string, why: string, cause?: unknown): WorkflowError {
  const message = `Run ${runId.slice(0, 200)} in the file is none that can be: ${why}`;
  return new WorkflowError("portable/damaged", message, { details: { runId: runId.slice(0, 200), why }, ...(cause !== undefined && { cause }) });
}
