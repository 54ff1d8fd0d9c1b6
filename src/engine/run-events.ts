// What listeners are told: history entries and kernel commands as `RunEvent`s. The live loop and the replay of a
// history use the same functions, so both tell the same story.
import type { CallEvent, RunEvent, SendStatus } from "../model/engine.js";
import type { RunRecord } from "../model/run-record.js";
import type { ErrorRecord, Place } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { CommandKind, EventOutcome, LogLevel } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import { taskOf, tellInput } from "./asked-call.js";
import { decodePayload } from "./payload.js";
import type { LoadedProgram } from "./program-table.js";
import { type OpenCommand, OpenKind, type RunState } from "./run-state.js";

const SEND_STATUSES: Readonly<Record<number, SendStatus>> = {
  [EventOutcome.TAKEN]: "taken",
  [EventOutcome.IGNORED]: "ignored",
  [EventOutcome.ENDED]: "ended",
  [EventOutcome.FAILED]: "failed",
  [EventOutcome.HELD]: "held",
  [EventOutcome.DEFERRED]: "deferred",
  [EventOutcome.QUEUE_FULL]: "refused",
};
const LOG_LEVELS: Readonly<Record<number, "debug" | "info" | "warning" | "error">> = {
  [LogLevel.DEBUG]: "debug",
  [LogLevel.INFO]: "info",
  [LogLevel.WARNING]: "warning",
  [LogLevel.ERROR]: "error",
};

/** What an `EventOutcome` means to the sender. */
export function toSendStatus(outcome: number): SendStatus {
  return SEND_STATUSES[outcome] ?? "unknown";
}

/** Id of the child run that a run's START_WORKFLOW command with this serial starts. */
export function childRunId(parentRunId: string, serial: number): string {
  return `${parentRunId}~${serial}`;
}

/** The input that a run began with. */
export function readStart({ workflow }: LoadedProgram, payload: Uint8Array | undefined): unknown {
  const value = decodePayload(payload);
  return workflow.program.isRunIdUsed === true ? (value as readonly unknown[])[0] : value;
}

/** An error as it crosses the kernel, `{code, message, details?, place?}`, back as a record. */
export function decodeError(payload: Uint8Array | undefined): ErrorRecord {
  const value = decodePayload(payload);
  if (typeof value !== "object" || value === null)
    return { code: "run/failed", message: value === null ? "The run failed" : String(value) };
  const { code, message, details, place } = value as { code?: unknown; message?: unknown; details?: unknown; place?: unknown };
  return {
    code: typeof code === "string" ? code : "run/failed",
    message: typeof message === "string" ? message : "The run failed",
    ...(typeof details === "object" && details !== null && { details: details as Record<string, unknown> }),
    ...(isPlace(place) && { place }),
  };
}

/** Only the kernel's shell writes places: an error of a handler has none. */
function isPlace(value: unknown): value is Place {
  return typeof value === "object" && value !== null && "start" in value && "end" in value && "line" in value && "column" in value;
}

/** The event of a history entry, told before its consequences. `closed`: the command that it answers. */
export function tellEntry(
  state: RunState,
  kind: EntryKind,
  id: number,
  payload: Uint8Array | undefined,
  outcome: number,
  closed: OpenCommand | undefined,
): RunEvent | undefined {
  const at = { seq: state.causeSeq, time: state.causeNow };
  switch (kind) {
    case EntryKind.START:
      return { ...at, type: "started", input: readStart(state.program, payload) };
    case EntryKind.EVENT:
      return {
        ...at,
        type: "event",
        name: state.program.workflow.program.eventNames[id] ?? "",
        payload: decodePayload(payload),
        status: toSendStatus(outcome),
      };
    case EntryKind.TASK_SUCCEEDED:
      return (
        closed && {
          ...at,
          type: "taskSucceeded",
          task: taskOf(state.program, closed),
          ...tellVisit(state.program, closed),
          result: decodePayload(payload),
        }
      );
    case EntryKind.TASK_FAILED:
      return (
        closed && {
          ...at,
          type: "taskFailed",
          task: taskOf(state.program, closed),
          ...tellVisit(state.program, closed),
          error: decodeError(payload),
        }
      );
    case EntryKind.TIMER:
      return closed && { ...at, type: "timerFired", visit: closed.visit };
    case EntryKind.PAUSE:
    case EntryKind.WIND_DOWN:
      return { seq: state.seq, time: state.lastNow, type: "paused" };
    case EntryKind.RESUME:
      return { seq: state.seq, time: state.lastNow, type: "resumed" };
    default:
      return undefined;
  }
}

/** The event of an arrival that is held while the run is paused. */
export function tellHeld(state: RunState, kind: EntryKind, id: number, payload: Uint8Array | undefined): RunEvent | undefined {
  if (kind !== EntryKind.EVENT) return undefined;
  const name = state.program.workflow.program.eventNames[id] ?? "";
  return { seq: state.seq, time: state.lastNow, type: "event", name, payload: decodePayload(payload), status: "held" };
}

/** The event of a command. `open`: what `RunState.note` returned for it. The run's end is told by `tellEnd`. */
export function tellCommand(runId: string, state: RunState, command: KernelCommand, open: OpenCommand | undefined): RunEvent | undefined {
  const at = { seq: state.causeSeq, time: state.causeNow };
  const { program } = state;
  if (open !== undefined) return { ...at, ...tellOpen(runId, program, command.kind, open) } as RunEvent;
  switch (command.kind) {
    case CommandKind.LOG:
      return {
        ...at,
        type: "log",
        level: LOG_LEVELS[command.a] ?? "info",
        message: String(decodePayload(command.payload)),
        state: stateOf(program, command.b),
      };
    case CommandKind.STATE_ENTERED:
    case CommandKind.STATE_EXITED: {
      const isEntered = command.kind === CommandKind.STATE_ENTERED;
      const type = isEntered ? "stateEntered" : "stateExited";
      const state = stateOf(program, command.a);
      if (isUndo(program, command.a)) return isEntered ? { ...at, type: "undoStarted", state, visit: String(command.b), undoes: String(command.time) } : { ...at, type: "undoEnded", state };
      return state === "" ? undefined : { ...at, type, state };
    }
    case CommandKind.TRANSITION_TAKEN:
      return tellTransition(at, program, command.a);
    case CommandKind.ITEMS_STARTED:
      return { ...at, type: "itemsStarted", state: stateOf(program, command.a), visit: String(command.time), count: command.b };
    case CommandKind.VARIABLE_SET:
      if (program.hiddenSlots.has(command.a)) return undefined;
      return {
        ...at,
        type: "variableSet",
        name: program.workflow.program.slotNames[command.a] ?? "",
        value: decodePayload(command.payload),
      };
    default:
      return undefined;
  }
}

/** The last event of an ended run. */
export function tellEnd(state: RunState, record: RunRecord): RunEvent {
  const at = { seq: record.seq, time: state.lastNow };
  const hasSucceeded = record.status === "succeeded";
  const output = hasSucceeded ? state.ending?.payload : state.ending?.output;
  return {
    ...at,
    type: "ended",
    status: record.status,
    ...((hasSucceeded || output !== undefined) && { output: decodePayload(output) }),
    ...(record.error && { error: record.error }),
  };
}

/** Ids of the active states, in document order. */
export function nameStates(program: LoadedProgram, nodes: readonly number[]): readonly string[] {
  return nodes.map((node) => stateOf(program, node)).filter((id) => id !== "");
}

/** Does the node undo what its state's task has done? */
export function isUndo({ workflow: { program } }: LoadedProgram, node: number): boolean {
  return node > program.definition.states.length;
}

export function actionName(program: LoadedProgram, action: number): string {
  return program.workflow.program.actions[action]?.name ?? "";
}

function tellOpen(runId: string, program: LoadedProgram, kind: number, open: OpenCommand): object {
  const { visit } = open;
  const isStart = kind === CommandKind.CALL_TASK || kind === CommandKind.SET_TIMER || kind === CommandKind.START_WORKFLOW;
  if (open.kind === OpenKind.TIMER) return isStart ? { type: "timerSet", visit, due: open.due } : { type: "timerCanceled", visit };
  const task = taskOf(program, open);
  const call = { task, ...tellVisit(program, open) };
  if (!isStart) return { type: "taskCanceled", ...call };
  const { undoOf } = call;
  if (open.kind === OpenKind.WORKFLOW) return { type: "childStarted", workflow: task, runId: childRunId(runId, open.serial), visit, ...(undoOf !== undefined && { undoOf }) };
  return { type: "taskStarted", ...call, input: tellInput(program, open) };
}

/** Which visit, and where they say something, the item, from 0, the attempt, and what it undoes. */
function tellVisit(program: LoadedProgram, { visit, item, attempt, action }: OpenCommand): Omit<CallEvent, "task"> {
  const { actions, definition } = program.workflow.program;
  const known = actions[action];
  const undoOf = known?.isUndo === true ? definition.states[known.state]?.id : undefined;
  return { visit, ...(item > 0 && { item: item - 1 }), ...(attempt > 1 && { attempt }), ...(undoOf !== undefined && { undoOf }) };
}

function tellTransition(
  at: { seq: number; time: number },
  { workflow: { program } }: LoadedProgram,
  transition: number,
): RunEvent | undefined {
  const index = program.transitionSources[transition];
  const definition = index === undefined ? undefined : program.definition.transitions[index];
  if (index === undefined || definition === undefined) return undefined;
  const { states } = program.definition;
  return { ...at, type: "transition", index, source: states[definition.source]?.id ?? "", target: states[definition.target]?.id ?? "" };
}

function stateOf({ workflow: { program } }: LoadedProgram, node: number): string {
  return program.definition.states[program.nodeStates[node] ?? -1]?.id ?? "";
}
