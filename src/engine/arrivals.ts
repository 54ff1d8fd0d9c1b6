// Questions about what runs are told.
import type { WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { EventKind, Wire } from "../model/kernel-words.js";
import type { BatchCall } from "./batch-call.js";
import { isRecorded } from "./direct-call.js";
import type { Arrival, OpenRun } from "./open-run.js";

export function isControl({ kind }: Arrival): boolean {
  return kind === EntryKind.CANCEL || isPausing(kind) || kind === EntryKind.RESUME;
}

/** Is the arrival itself part of the story (and not only its consequences)? */
export function isTold(kind: number, outcome: number): boolean {
  return kind !== EventKind.CONTINUE && isRecorded(outcome);
}

export function failArrival(arrival: Arrival | BatchCall, error: WorkflowError): void {
  if ("kind" in arrival) arrival.receipt?.fail(error, arrival.index ?? 0);
  else arrival.fail(error);
}

/** What waits for the run's commit. */
export function takeWaiting(run: OpenRun): readonly Arrival[] {
  const waiting = run.waiting ?? [];
  run.waiting = undefined;
  return waiting;
}

/** Is the step that led to it being committed? Then it goes into that run's outbox, and comes again. */
export function awaitsCommit(arrival: Arrival, cause: OpenRun): boolean {
  if (cause.isCommitting) (cause.outbox ??= []).push(arrival);
  return cause.isCommitting;
}

/** Does nothing new begin after it? */
export function isPausing(kind: number): boolean {
  return kind === EntryKind.PAUSE || kind === EntryKind.WIND_DOWN;
}

/** Does a CANCEL want that what can be undone is undone first: is it TRUE, or the LIST of an error? */
export function isUndoing({ payload }: Arrival): boolean {
  return payload !== undefined && (payload[0] === Wire.TRUE || payload[0] === Wire.LIST);
}
