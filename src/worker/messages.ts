// Is a message what protocol.ts says? A page and its worker are of one version and trust each other, but an exception in a port's listener reaches nobody:
// what has another shape is left out, and refused where it can be answered.
import { LOG_LEVELS } from "../model/log.js";
import type { TaskLogEntry } from "../model/ports.js";
import type { Answer, BatchMessage, CallHead, FromCursor, FromHost, TaskAnswer, ToCursor, ToHandlers } from "./protocol.js";
import { BATCHES_KNOWN_MAX } from "./limits.js";

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The parts of `list` that are so; none where it is no list. */
export function readList<T>(list: unknown, isPart: (part: unknown) => part is T): readonly T[] {
  if (!Array.isArray(list)) return [];
  return list.every(isPart) ? list : list.filter(isPart);
}

/** Can it be answered? What is asked is looked at by who does it. */
export function isNumbered(message: unknown): message is CallHead {
  return isRecord(message) && typeof message["id"] === "number";
}

/** Every run's number must be known: `runCount` have been told before. */
export function isBatchMessage(message: unknown, runCount: number): message is BatchMessage {
  if (!isRecord(message)) return false;
  const { slot, firstNewRun, newRunIds, runs, eventNames, records, payloadIndex, payloadBytes } = message;
  if (!isSlot(slot) || !isTexts(newRunIds) || !isTexts(eventNames) || !(records instanceof Uint32Array) || records.length % 2 !== 0) return false;
  const countAfter = (firstNewRun === 0 ? 0 : runCount) + newRunIds.length;
  if (runs !== undefined && !(runs instanceof Uint32Array && runs.every((number) => number < countAfter))) return false;
  if (payloadBytes !== undefined && !(payloadBytes instanceof Uint8Array)) return false;
  return payloadIndex === undefined || (payloadIndex instanceof Uint32Array && isPayloadIndex(payloadIndex, records.length / 2, payloadBytes?.length ?? 0));
}

export function isSlot(slot: unknown): slot is number {
  return Number.isInteger(slot) && (slot as number) >= 0 && (slot as number) < BATCHES_KNOWN_MAX;
}

/** Pairs of an event's number and where its payload ends: both ascend. */
function isPayloadIndex(index: Uint32Array, eventCount: number, size: number): boolean {
  for (let at = 0; at < index.length; at += 2) {
    const [event = 0, end] = [index[at], index[at + 1]];
    if (end === undefined || event >= eventCount || end > size) return false;
    if (at > 0 && (event <= (index[at - 2] ?? 0) || end < (index[at - 1] ?? 0))) return false;
  }
  return true;
}

function isTexts(list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.every((text) => typeof text === "string");
}

export function isFromHost(message: unknown): message is FromHost {
  return isRecord(message) && (message["kind"] === "answers" || (message["kind"] === "outcomes" && isNumbered(message) && "outcomes" in message && message.outcomes instanceof Uint8Array));
}

export function isAnswer(answer: unknown): answer is Answer {
  return isNumbered(answer) && "isSuccess" in answer && typeof answer.isSuccess === "boolean";
}

export function isTaskAnswer(answer: unknown): answer is TaskAnswer {
  return isRecord(answer) && isCallName(answer["name"]) && (answer["isSuccess"] === true || (answer["isSuccess"] === false && isErrorRecord(answer["error"])));
}

/** What a handler has logged. */
export function isTaskLogEntry(entry: unknown): entry is TaskLogEntry {
  if (!isRecord(entry) || !LOG_LEVELS.some((level) => level === entry["level"]) || typeof entry["time"] !== "number") return false;
  return ["runId", "task", "visit", "message"].every((name) => typeof entry[name] === "string") && (entry["fields"] === undefined || typeof entry["fields"] === "string");
}

/** Calls of tasks, or names of calls. */
export function isToHandlers(message: unknown): message is ToHandlers {
  return isRecord(message) && (message["kind"] === "perform" || message["kind"] === "abort");
}

export function isCallName<T extends { readonly runId: string; readonly serial: number }>(call: unknown): call is T {
  return isRecord(call) && typeof call["runId"] === "string" && typeof call["serial"] === "number";
}

export function isErrorRecord(error: unknown): boolean {
  return isRecord(error) && typeof error["code"] === "string" && typeof error["message"] === "string";
}

export function isToCursor(message: unknown): message is ToCursor {
  return isRecord(message) && (message["kind"] === "stop" || (message["kind"] === "credit" && Number.isSafeInteger(message["count"]) && (message["count"] as number) > 0));
}

export function isFromCursor<T>(message: unknown): message is FromCursor<T> {
  return isRecord(message) && (message["kind"] === "end" || message["kind"] === "error" || (message["kind"] === "values" && Array.isArray(message["values"])));
}
