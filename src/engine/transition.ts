// The pure `transition`: one step of a run that stands in a snapshot, with no engine around it. Nothing is performed, recorded or
// kept. It goes by the same state, the same checkpoint and the same order as the run loop, so both give the same answers.
import { readBase64, spellBase64 } from "../base/base64.js";
import { argumentError, isRecord } from "../model/arguments.js";
import { type ErrorRecord, WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { CommandKind, EventKind, EventOutcome, SEMANTICS_VERSION } from "../model/kernel-words.js";
import type { KernelCommand, KernelPort } from "../model/ports.js";
import { isEnded } from "../model/status.js";
import { spellKey } from "../model/task-call.js";
import { type InitialOptions, RUN_SNAPSHOT_VERSION, type RunCommand, type RunSnapshot, type SnapshotContent, type StepEvent, type StepMoment } from "../model/transition.js";
import { decodeValue, encodeValue } from "../model/value.js";
import { taskOf, tellInput } from "./asked-call.js";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.js";
import { isRecorded } from "./direct-call.js";
import { unreadableError } from "./errors.js";
import { checkInput, encodeStart } from "./input-check.js";
import { TRANSITION_COMMANDS_MAX, TRANSITION_CONTINUES_MAX } from "./limits.js";
import { fitPayload } from "./payload-check.js";
import { decodePayload } from "./payload.js";
import { encodeError } from "./performer.js";
import type { LoadedProgram } from "./program-table.js";
import { Replay } from "./replay.js";
import { actionName, childRunId, decodeError, nameStates, tellCommand, toSendStatus } from "./run-events.js";
import { type OpenCommand, OpenKind, packVersions, type RunState } from "./run-state.js";

const RUN_ID_DEFAULT = "run";
const SEED_DEFAULT = 0;

/** A snapshot and what the step to it asks for. */
export type Step = readonly [snapshot: RunSnapshot, commands: readonly RunCommand[]];

/** An event as the kernel takes it. */
interface Stimulus {
  readonly kind: EntryKind;
  readonly id: number;
  readonly payload: Uint8Array | undefined;
}

/** One workflow in one kernel. */
export class Stepper {
  readonly #kernel: KernelPort;
  readonly #program: LoadedProgram;

  constructor(kernel: KernelPort, program: LoadedProgram) {
    this.#kernel = kernel;
    this.#program = program;
  }

  /** The first step. Throws `run/invalid-input`, `run/step-limit`, `value/unsupported`, `kernel/…`. */
  begin(input: unknown, { runId = RUN_ID_DEFAULT, now = 0, seed = SEED_DEFAULT }: InitialOptions): Step {
    const { name, program } = this.#program.workflow;
    const payload = encodeStart(program, runId, checkInput(name, program.definition.parameters, input));
    return this.#stepRun(runId, undefined, { kind: EntryKind.START, id: 0, payload }, { now, seed });
  }

  /** A step from a snapshot. Throws `run/version-unsupported`, `run/invalid-payload`, `engine/invalid-argument`, and what `begin` throws. */
  step(snapshot: RunSnapshot, event: StepEvent): Step {
    checkSnapshot(snapshot, this.#program);
    if (isEnded(snapshot.status)) return [{ ...snapshot, outcome: "ended" }, []];
    const stimulus = this.#readEvent(event);
    if (stimulus === undefined) return [{ ...snapshot, outcome: "unknown" }, []];
    return this.#stepRun(snapshot.runId, snapshot, stimulus, event);
  }

  read(snapshot: RunSnapshot): SnapshotContent {
    checkSnapshot(snapshot, this.#program);
    if (isEnded(snapshot.status)) return { context: decodeValue(readState(snapshot)) as Record<string, unknown>, open: [] };
    return this.#within(snapshot.runId, decodeState(snapshot), (replay) => ({
      context: decodePayload(this.#kernel.context(replay.state.handle)) as Record<string, unknown>,
      open: [...(replay.state.open?.values() ?? [])].map((open) => this.#ask(snapshot.runId, open)),
    }));
  }

  #readEvent(event: StepEvent): Stimulus | undefined {
    switch (event?.type) {
      case "event": {
        const id = this.#program.eventIndexes.get(event.name);
        if (id === undefined) return undefined;
        return { kind: EntryKind.EVENT, id, payload: event.payload === undefined ? undefined : encodeValue(event.payload, "payload") };
      }
      case "taskSucceeded":
        return { kind: EntryKind.TASK_SUCCEEDED, id: event.id, payload: encodeValue(event.result ?? null, "result") };
      case "taskFailed":
        return { kind: EntryKind.TASK_FAILED, id: event.id, payload: encodeError(event.error) };
      case "timerFired":
        return { kind: EntryKind.TIMER, id: event.id, payload: undefined };
      case "canceled":
        return { kind: EntryKind.CANCEL, id: 0, payload: undefined };
      default:
        throw argumentError("engine/invalid-argument", "event", event, "an object whose type is event, taskSucceeded, taskFailed, timerFired or canceled");
    }
  }

  #stepRun(runId: string, before: RunSnapshot | undefined, stimulus: Stimulus, { now, seed = SEED_DEFAULT }: StepMoment): Step {
    const checkpoint = before === undefined ? undefined : decodeState(before);
    return this.#within(runId, checkpoint, ({ state }) => {
      const time = Math.max(now ?? 0, state.lastNow);
      const payload = stimulus.kind === EntryKind.EVENT ? this.#fit(runId, state, stimulus) : stimulus.payload;
      this.#kernel.add(state.handle, stimulus.kind, stimulus.id, time, seed, payload);
      const { outcomes, commands } = this.#kernel.step();
      const outcome = outcomes[0] ?? EventOutcome.STALE;
      if (outcome === EventOutcome.MALFORMED) throw unreadableError(runId, stimulus.payload?.length ?? 0);
      if (!isRecorded(outcome) && before !== undefined) return [{ ...before, outcome: toSendStatus(outcome) }, []];
      state.record(stimulus.kind, stimulus.id, time, false);
      state.beginEntry(seed);
      if (isAnswer(stimulus.kind)) state.close(stimulus.id);
      const taken = this.#finish(runId, state, commands);
      return [this.#describe(runId, state, outcome), taken];
    });
  }

  #fit(runId: string, { handle }: RunState, { id, payload }: Stimulus): Uint8Array | undefined {
    return fitPayload(this.#kernel, { runId, program: this.#program, handle, isPaused: false }, id, payload);
  }

  /** All that the commands ask for, and where fuel ran out those of the rest of the step. */
  #finish(runId: string, state: RunState, first: readonly KernelCommand[]): readonly RunCommand[] {
    const taken: RunCommand[] = [];
    let commands = first;
    let commandCount = 0;
    for (let count = 0; ; count += 1) {
      commandCount += commands.length;
      if (commandCount > TRANSITION_COMMANDS_MAX) throw stepLimitError(runId, "asks for", commandCount, TRANSITION_COMMANDS_MAX, "commands");
      for (const command of commands) {
        const open = state.note(command);
        const asked = open === undefined ? toLog(runId, state, command) : this.#toCommand(runId, command.kind, open);
        if (asked !== undefined) taken.push(asked);
      }
      if (!state.isYielded) break;
      if (count === TRANSITION_CONTINUES_MAX) throw stepLimitError(runId, "runs out of fuel", count + 1, TRANSITION_CONTINUES_MAX, "times");
      state.isYielded = false;
      state.continueCount += 1;
      this.#kernel.add(state.handle, EventKind.CONTINUE, 0, state.causeNow, state.causeSeed);
      commands = this.#kernel.step().commands;
    }
    if (state.ending === undefined) return taken;
    for (const open of [...(state.open?.values() ?? [])]) {
      state.close(open.serial);
      taken.push(cancel(runId, open));
    }
    taken.push(toEnd(state));
    return taken;
  }

  #describe(runId: string, state: RunState, outcome: number): RunSnapshot {
    const { ending, handle } = state;
    const { workflow } = this.#program;
    const kernel = this.#kernel;
    const versions = packVersions(workflow.program.compilerVersion, SEMANTICS_VERSION);
    const isOpen = ending === undefined;
    return {
      version: RUN_SNAPSHOT_VERSION,
      runId,
      identity: workflow.identity,
      status: ending?.status ?? (state.workCount > 0 ? "running" : "waiting"),
      outcome: toSendStatus(outcome),
      states: isOpen ? nameStates(this.#program, kernel.activeNodes(handle)) : [],
      seq: state.seq,
      now: state.lastNow,
      state: spellBase64(isOpen ? encodeCheckpoint(state, versions, kernel.snapshot(handle)) : kernel.context(handle)),
    };
  }

  /** Gives the run a place in the kernel for the time of the call. */
  #within<Result>(runId: string, checkpoint: Checkpoint | undefined, act: (replay: Replay) => Result): Result {
    const replay = new Replay(this.#kernel, this.#program, { runId, checkpoint });
    let isLost = true;
    try {
      const result = act(replay);
      isLost = false;
      return result;
    } catch (error) {
      isLost = error instanceof WorkflowError && error.code === "kernel/lost";
      throw error;
    } finally {
      if (!isLost) replay.release();
    }
  }

  #toCommand(runId: string, kind: number, open: OpenCommand): RunCommand {
    const isAsk = kind === CommandKind.CALL_TASK || kind === CommandKind.SET_TIMER || kind === CommandKind.START_WORKFLOW;
    return isAsk ? this.#ask(runId, open) : cancel(runId, open);
  }

  #ask(runId: string, open: OpenCommand): RunCommand {
    const { kind, serial: id, due, action, input, item, attempt } = open;
    if (kind === OpenKind.TIMER) return { type: "setTimer", id, due };
    if (kind === OpenKind.WORKFLOW) return { type: "startRun", id, workflow: actionName(this.#program, action), runId: childRunId(runId, id), input: decodePayload(input) };
    const counts = { ...(item > 0 && { item: item - 1 }), ...(attempt > 1 && { attempt }) };
    const task = { task: taskOf(this.#program, open), input: tellInput(this.#program, open) };
    return { type: "startTask", id, ...task, idempotencyKey: spellKey({ runId, visit: open.visit, item }), ...counts };
  }
}

function cancel(runId: string, { kind, serial: id }: OpenCommand): RunCommand {
  if (kind === OpenKind.TIMER) return { type: "cancelTimer", id };
  return kind === OpenKind.WORKFLOW ? { type: "cancelRun", id, runId: childRunId(runId, id) } : { type: "cancelTask", id };
}

function toLog(runId: string, state: RunState, command: KernelCommand): RunCommand | undefined {
  const told = tellCommand(runId, state, command, undefined);
  return told?.type === "log" ? { type: "log", level: told.level, message: told.message, state: told.state } : undefined;
}

function toEnd({ ending }: RunState): RunCommand {
  if (ending?.status === "succeeded") return { type: "end", status: "succeeded", output: decodePayload(ending.payload) };
  const output = ending?.output === undefined ? {} : { output: decodePayload(ending.output) };
  if (ending?.status === "canceled") return { type: "end", status: "canceled", ...output };
  return { type: "end", status: "failed", error: decodeError(ending?.payload) satisfies ErrorRecord, ...output };
}

function isAnswer(kind: EntryKind): boolean {
  return kind === EntryKind.TASK_SUCCEEDED || kind === EntryKind.TASK_FAILED || kind === EntryKind.TIMER;
}

function checkSnapshot(snapshot: RunSnapshot, { workflow }: LoadedProgram): void {
  if (!isRecord(snapshot) || typeof snapshot.state !== "string" || typeof snapshot.runId !== "string")
    throw argumentError("engine/invalid-argument", "snapshot", snapshot, "a snapshot that transition or initialTransition gave");
  const { version, identity, runId } = snapshot;
  if (version !== RUN_SNAPSHOT_VERSION) {
    const message = `A snapshot has version ${version}; this one reads ${RUN_SNAPSHOT_VERSION}`;
    throw new WorkflowError("run/version-unsupported", message, { details: { runId, version } });
  }
  if (identity === workflow.identity) return;
  const message = `The snapshot of run ${runId} is of another workflow than "${workflow.name}"`;
  throw new WorkflowError("run/version-unsupported", message, { details: { runId, identity, expected: workflow.identity } });
}

function readState({ runId, state }: RunSnapshot): Uint8Array {
  try {
    return readBase64(state);
  } catch (cause) {
    throw damagedError(runId, cause);
  }
}

function decodeState(snapshot: RunSnapshot): Checkpoint {
  const bytes = readState(snapshot);
  try {
    const checkpoint = decodeCheckpoint(bytes);
    if (isSound(checkpoint)) return checkpoint;
    throw new RangeError("a field is of another type");
  } catch (cause) {
    if (cause instanceof WorkflowError && cause.code === "run/version-unsupported") throw cause;
    throw damagedError(snapshot.runId, cause);
  }
}

/** Snapshots come from anywhere, so nothing in them is trusted. */
function isSound({ versions, seq, lastNow, resumeSeq, open, kernel }: Checkpoint): boolean {
  const numbers: unknown[] = [versions, seq, lastNow, resumeSeq, ...open.flatMap(({ kind, serial, action, due }) => [kind, serial, action, due])];
  return (kernel as unknown) instanceof Uint8Array && numbers.every((number) => typeof number === "number" && Number.isFinite(number));
}

function damagedError(runId: string, cause: unknown): WorkflowError {
  return new WorkflowError("kernel/bad-snapshot", `The state in the snapshot of run ${runId} is damaged`, { details: { runId }, cause });
}

function stepLimitError(runId: string, what: string, count: number, countMax: number, unit: string): WorkflowError {
  const message = `A step of run ${runId} ${what} ${count} ${unit}; the limit of one transition is ${countMax}`;
  return new WorkflowError("run/step-limit", message, { details: { runId, count, countMax } });
}
