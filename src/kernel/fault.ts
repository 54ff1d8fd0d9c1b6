// Turns a fault that the kernel described by numbers into an error value with code, message and place.
import { ExpressionError, NO_INDEX, RunFault } from "../../assembly/abi.js";
import type { ErrorRecord, Place } from "../model/errors.js";
import { causeOf, FAULT_CODES } from "../model/fault-codes.js";
import type { Program } from "../model/program.js";
import { decodeValue, encodeValue } from "../model/value.js";

const FAULT_HEADER_SIZE = 24;
const TEXT = new TextDecoder();

interface FaultRecord {
  readonly error: number;
  readonly expression: number;
  readonly instruction: number;
  readonly transition: number;
  readonly action: number;
  readonly node: number;
  readonly detail: string;
}

/** The wire MAP {code, message, details, place?} of a fault; `payload`: FAULT_RECORD_SIZE bytes and the detail's text. */
export function describeFault(program: Program | undefined, fault: number, payload: Uint8Array): Uint8Array {
  const record = readFault(payload);
  if (fault === RunFault.ENDLESS_LOOP) return describeLoop(program, record, payload);
  const code = FAULT_CODES[fault as RunFault] ?? "run/failed";
  const state = program === undefined ? undefined : stateName(program, record.node);
  const cause = record.error === 0 ? undefined : causeOf(record.error);
  const place = program === undefined ? undefined : placeOf(program, record);
  const details = {
    ...(state !== undefined && { state }),
    ...(cause !== undefined && { cause }),
    ...readDetail(record.error, record.detail),
  };
  const error: ErrorRecord = { code, message: messageOf(fault, state, cause, record, program), details, ...(place && { place }) };
  return encodeValue(error);
}

/** The error of a run, undefined where it is canceled, with the undos that have failed, a wire LIST, among its details. */
export function addFailedUndos(ending: Uint8Array | undefined, failed: Uint8Array): Uint8Array | undefined {
  const error = ending === undefined ? { code: "run/canceled", message: "The run was canceled" } : decodeValue(ending);
  if (typeof error !== "object" || error === null) return ending;
  const { details } = error as { details?: unknown };
  const before = typeof details === "object" && details !== null && !Array.isArray(details) ? details : {};
  return encodeValue({ ...error, details: { ...before, undo: decodeValue(failed) } });
}

/** The states that follow each other without end, in the order of the text. */
function describeLoop(program: Program | undefined, record: FaultRecord, payload: Uint8Array): Uint8Array {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const nodes = new Set<number>();
  for (let at = FAULT_HEADER_SIZE; at + 4 <= payload.length; at += 4) nodes.add(view.getUint32(at, true));
  const states = [...nodes].sort((a, b) => a - b).flatMap((node) => (program === undefined ? [] : (stateName(program, node) ?? [])));
  const named = states.length === 0 ? "States" : states.map((id) => `"${id}"`).join(", ");
  const place = program === undefined ? undefined : placeOf(program, record);
  const message = `${named} follow${states.length === 1 ? "s itself" : " each other"} without an event, without changing a variable and without end`;
  return encodeValue({ code: FAULT_CODES[RunFault.ENDLESS_LOOP], message, details: { states }, ...(place && { place }) });
}

/** What the kernel says beside an error: the name that it is about, and what a custom function said. */
export function readDetail(error: number, detail: string): { readonly name?: string; readonly message?: string } {
  if (detail === "") return {};
  const isSaid = error === ExpressionError.FUNCTION_FAILED || error === ExpressionError.NO_SUCH_OVERLOAD;
  const end = isSaid ? detail.indexOf("\n") : -1;
  return end < 0 ? { name: detail } : { name: detail.slice(0, end), message: detail.slice(end + 1) };
}

function readFault(payload: Uint8Array): FaultRecord {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const word = (index: number) => view.getUint32(index * 4, true);
  return {
    error: word(0),
    expression: word(1),
    instruction: word(2),
    transition: word(3),
    action: word(4),
    node: word(5),
    detail: TEXT.decode(payload.subarray(FAULT_HEADER_SIZE)),
  };
}

function stateName(program: Program, node: number): string | undefined {
  const state = program.nodeStates[node];
  return state === undefined || state < 0 ? undefined : program.definition.states[state]?.id;
}

function messageOf(
  fault: number,
  state: string | undefined,
  cause: string | undefined,
  record: FaultRecord,
  program: Program | undefined,
): string {
  const where = state === undefined ? "" : ` in state "${state}"`;
  const { name, message } = readDetail(record.error, record.detail);
  const what =
    cause === undefined ? "" : `: ${cause}${name === undefined ? "" : ` "${name}"`}${message === undefined ? "" : `: ${message}`}`;
  const text = program?.expressions[record.expression]?.text;
  const expression = text === undefined || text === "" ? "" : ` "${text}"`;
  switch (fault) {
    case RunFault.GUARD_FAILED:
      return cause === undefined
        ? `The guard${expression}${where} did not give true or false`
        : `The guard${expression}${where} failed${what}`;
    case RunFault.ACTION_FAILED:
      return cause === undefined ? `An action${where} was given a value that it cannot use` : `An action${where} failed${what}`;
    case RunFault.NO_CHOICE:
      return `No transition out of "${state ?? "the start"}" is permitted`;
    case RunFault.MERGE_CONFLICT:
      return `Two branches changed one variable to different values${where === "" ? "" : `; the second came to its join${where}`}`;
    case RunFault.TYPE_MISMATCH:
      return `Variable "${record.detail}" was given a value${where} that its type cannot hold`;
    case RunFault.MEMORY_LIMIT:
      return `The run needs more memory than one run may hold, or a value is nested too deep${where}`;
    case RunFault.JOIN_UNREACHABLE:
      return `Task "${state ?? ""}" waits at its join for tasks that will not come`;
    case RunFault.TIMED_OUT:
      return "The run took longer than it may";
    case RunFault.ITEMS:
      return `The items, or their number at a time,${where} are no lists of one length, or no whole number from 1`;
    case RunFault.TOKEN_LIMIT:
      return `The run has more branches than it may${where}`;
    default:
      return `The run failed${where}${what}`;
  }
}

function placeOf(program: Program, record: FaultRecord): Place | undefined {
  const site = program.expressions[record.expression];
  if (site !== undefined) return spanOf(site.place, site.spans, record.instruction);
  if (record.action !== NO_INDEX) return program.actions[record.action]?.place;
  if (record.transition !== NO_INDEX) return program.definition.transitions[program.transitionSources[record.transition] ?? -1]?.place;
  const state = program.nodeStates[record.node] ?? -1;
  return program.definition.states[state]?.place;
}

/** The part of a one-line expression that the instruction came from. */
function spanOf(place: Place, spans: Uint32Array, instruction: number): Place {
  const from = spans[instruction * 2];
  const to = spans[instruction * 2 + 1];
  if (from === undefined || to === undefined || place.start + to > place.end) return place;
  const { snippet: _, ...rest } = place;
  return { ...rest, start: place.start + from, end: place.start + to, column: place.column + from };
}
