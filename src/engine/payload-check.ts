// Events that people answer by: the payload is held against the form of the task that waits for it before anything is recorded. What is
// recorded is whole, so a replay never looks at a form.
import { WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import type { KernelAwait, KernelPort } from "../model/ports.js";
import { encodeValue } from "../model/value.js";
import { isKernelLost, toWorkflowError } from "./core.js";
import type { TaskForm } from "./event-forms.js";
import { checkFields } from "./input-check.js";
import type { Arrival } from "./open-run.js";
import { decodePayload } from "./payload.js";
import type { LoadedProgram } from "./program-table.js";

/** Of the waits for one event the one that takes it: the longest. */
export function findTaker(awaits: readonly KernelAwait[], event: number): KernelAwait | undefined {
  let taker: KernelAwait | undefined;
  for (const wait of awaits) if (wait.event === event && (taker === undefined || wait.serial < taker.serial)) taker = wait;
  return taker;
}

/** The run that an event is for. */
export interface Addressee {
  readonly runId: string;
  readonly program: LoadedProgram;
  readonly handle: number;
  readonly isPaused: boolean;
}

/**
 * The payload as it is to be recorded: with the defaults of the form that it has to fit. While a run is paused nobody knows which task will take
 * the event, so it has to fit all forms that the workflow has for it. Throws `run/invalid-payload`; then nothing has happened.
 */
export function fitPayload(kernel: KernelPort, run: Addressee, event: number, payload: Uint8Array | undefined): Uint8Array | undefined {
  const forms = run.program.forms?.get(event);
  if (forms === undefined) return payload;
  const { nodeStates } = run.program.workflow.program;
  const taker = run.isPaused ? undefined : findTaker(kernel.awaits(run.handle), event);
  const fitting = run.isPaused ? forms : forms.filter(({ state }) => taker !== undefined && state === nodeStates[taker.node]);
  let bytes = payload;
  for (const form of fitting) bytes = fitForm(run, event, form, bytes);
  return bytes;
}

function fitForm({ runId, program }: Addressee, event: number, { state, form }: TaskForm, payload: Uint8Array | undefined): Uint8Array {
  const { eventNames, definition } = program.workflow.program;
  const given = payload === undefined ? {} : decodePayload(payload);
  const checked = checkFields(form, given, { root: "payload", noun: "field" });
  if ("complete" in checked) return payload !== undefined && isSameSize(checked.complete, given) ? payload : encodeValue(checked.complete, "payload");
  const { problems } = checked;
  const [name, task] = [eventNames[event] ?? "", definition.states[state]?.id ?? ""];
  const message = `The event "${name}" does not fit the form of task "${task}": ${problems.map((problem) => problem.message).join("; ")}`;
  throw new WorkflowError("run/invalid-payload", message, { details: { runId, event: name, task, path: problems[0]?.path ?? "", problems } });
}

/** Was nothing filled in? */
function isSameSize(complete: Readonly<Record<string, unknown>>, given: unknown): boolean {
  return given !== null && Object.keys(complete).length === Object.keys(given as object).length;
}

/** Has some task of the workflow a form for the event? What is in history already was looked at before. */
export function needsForm({ run, kind, id, heldSeed }: Arrival): boolean {
  return kind === EntryKind.EVENT && run.program.forms?.has(id) === true && heldSeed === undefined;
}

/** The arrival as it is to be recorded; undefined: it was refused. A kernel that is lost under it gives it to `returned` and throws. */
export function fitArrival(kernel: KernelPort, arrival: Arrival, returned: { push(arrival: Arrival): unknown }): Arrival | undefined {
  if (!needsForm(arrival)) return arrival;
  const { run, id, payload, receipt, index = 0 } = arrival;
  try {
    return { ...arrival, payload: fitPayload(kernel, run, id, payload) };
  } catch (error) {
    if (isKernelLost(error)) {
      returned.push(arrival);
      throw error;
    }
    const refusal = toWorkflowError(error);
    if (receipt?.refuse === undefined || refusal.code !== "run/invalid-payload") receipt?.fail(refusal, index);
    else receipt.refuse(index);
    return undefined;
  }
}
