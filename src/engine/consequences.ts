// What the kernel's commands mean for runs: work that the group will ask for, work that is given up, children that start
// and end, a run's end. Whatever other runs are to be told is collected, to be stepped into the same commit.
import type { RunEvent } from "../model/engine.js";
import type { WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import { CommandKind } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import { isEnded } from "../model/status.js";
import { AnswerLog, isTelling } from "./answer-log.js";
import type { ChildStarter } from "./child-starter.js";
import type { Core } from "./core.js";
import type { Group } from "./group.js";
import type { Arrival, OpenRun } from "./open-run.js";
import { encodeError, type Performer } from "./performer.js";
import { childRunId, decodeError, tellCommand } from "./run-events.js";
import { type OpenCommand, OpenKind } from "./run-state.js";

export class Consequences {
  readonly #core: Core;
  readonly #performer: Performer;
  readonly #children: ChildStarter;
  #followUps: Arrival[] = [];

  constructor(core: Core, performer: Performer, children: ChildStarter) {
    this.#core = core;
    this.#performer = performer;
    this.#children = children;
  }

  /** What the commands taken since the last call have other runs told. */
  takeFollowUps(): readonly Arrival[] {
    const followUps = this.#followUps;
    if (followUps.length > 0) this.#followUps = [];
    return followUps;
  }

  /** Takes the commands that one event of the run led to. `kind`: EntryKind of the event; `answered`: the command that it closed. */
  take(run: OpenRun, commands: readonly KernelCommand[], group: Group, kind: number, answered: OpenCommand | undefined, payload: Uint8Array | undefined): void {
    const log = answered === undefined || !isTelling(kind) ? undefined : new AnswerLog(this.#core.logs, run, { open: answered, kind, payload });
    for (const command of commands) {
      const open = run.note(command);
      if (log !== undefined && open !== undefined) log.takeWork(command.kind, open);
      if (run.taps !== undefined) tell(run, tellCommand(run.runId, run, command, open));
      if (open !== undefined) this.#takeWork(run, command.kind, open, group);
    }
    log?.end();
    if (run.ending === undefined) return;
    run.updatedAt = Math.max(run.updatedAt, run.lastNow);
    this.closeEnded(run, group);
  }

  /** Asks for all that is open, or ends the run where it has come to its end. */
  reissue(run: OpenRun, group: Group): void {
    const commands = { [OpenKind.TASK]: CommandKind.CALL_TASK, [OpenKind.TIMER]: CommandKind.SET_TIMER, [OpenKind.WORKFLOW]: CommandKind.START_WORKFLOW };
    if (run.ending !== undefined) this.closeEnded(run, group);
    // Nothing of it is in flight, and nothing new begins.
    if (run.isWindingDown && run.ending === undefined) {
      this.#followUps.push({ run, kind: EntryKind.CANCEL, id: 0, payload: undefined });
      return;
    }
    // An answer that is held was given: it is not asked for twice.
    for (const open of run.open?.values() ?? []) if (!open.isAnswered) this.#takeWork(run, commands[open.kind], open, group);
  }

  /** The run has come to its end: nothing of it stays open. */
  closeEnded(run: OpenRun, group: Group): void {
    run.isYielded = false;
    run.held = [];
    const { status, payload } = run.ending ?? {};
    // One that was canceled has an error where not all could be undone.
    if (status === "failed" || (status === "canceled" && payload !== undefined)) run.error ??= decodeError(payload);
    for (const open of [...(run.open?.values() ?? [])]) {
      run.close(open.serial);
      if (open.kind === OpenKind.TIMER) this.#performer.disarm(open);
      else if (open.kind === OpenKind.WORKFLOW) this.#cancelChild(run, open);
      else this.#abort(run, open, group);
    }
    this.reportEnd(run);
  }

  /** Tells the parent, once, when the run has come to its end. */
  reportEnd(run: OpenRun): void {
    if (run.reportedTo !== undefined || !isEnded(run.computeStatus())) return;
    const parent = this.#parentOf(run);
    // Where it is not taken up yet, it asks when it is.
    run.reportedTo = parent;
    if (parent !== undefined) this.#followUps.push({ ...this.#children.answer(parent, run.parentSerial, run.ending), cause: run });
  }

  /** Tells the parent that the run could not start. */
  reportRefusal(run: OpenRun, error: WorkflowError): void {
    const parent = this.#parentOf(run);
    if (parent !== undefined)
      this.#followUps.push({ run: parent, kind: EntryKind.TASK_FAILED, id: run.parentSerial, payload: encodeError(error) });
  }

  #parentOf(run: OpenRun): OpenRun | undefined {
    return run.parentRunId === undefined ? undefined : this.#core.runs.get(run.parentRunId);
  }

  #takeWork(run: OpenRun, kind: number, open: OpenCommand, group: Group): void {
    switch (kind) {
      case CommandKind.CALL_TASK:
        group.calls.push({ run, open });
        break;
      case CommandKind.SET_TIMER:
        group.timers.push({ run, open });
        break;
      case CommandKind.START_WORKFLOW: {
        const start = this.#children.start(run, open);
        if (start !== undefined) this.#followUps.push({ ...start, cause: run });
        break;
      }
      case CommandKind.CANCEL_TIMER:
        this.#performer.disarm(open);
        break;
      case CommandKind.CANCEL_TASK:
        this.#abort(run, open, group);
        break;
      case CommandKind.CANCEL_WORKFLOW:
        this.#cancelChild(run, open);
        break;
    }
  }

  #abort(run: OpenRun, open: OpenCommand, group: Group): void {
    const call = { runId: run.runId, serial: open.serial };
    if (open.isQueued) this.#performer.takeBack({ run, open });
    if (!this.#performer.isInFlight(call)) return;
    group.abortedCalls.push(call);
    (run.aborting ??= new Set()).add(open.serial);
  }

  /** The open runs that the run has started. */
  listChildren(run: OpenRun): readonly OpenRun[] {
    const children = [...(run.open?.values() ?? [])].map(({ kind, serial }) => (kind === OpenKind.WORKFLOW ? this.#core.runs.get(childRunId(run.runId, serial)) : undefined));
    return children.filter((child) => child !== undefined);
  }

  #cancelChild(run: OpenRun, open: OpenCommand): void {
    const child = this.#core.runs.get(childRunId(run.runId, open.serial));
    if (child === undefined) return;
    (run.aborting ??= new Set()).add(child.runId);
    this.#followUps.push({ run: child, kind: EntryKind.CANCEL, id: 0, payload: undefined, cause: run });
  }
}

/** Keeps an event for the run's listeners until the step is committed. */
export function tell(run: OpenRun, event: RunEvent | undefined): void {
  if (event !== undefined) (run.freshEvents ??= []).push(event);
}
