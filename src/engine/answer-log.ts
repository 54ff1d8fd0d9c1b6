// What a log says of a task that failed, and of one whose time was up: told when it is known what the run does about it.
import type { LogPlace } from "../model/log.js";
import { EntryKind } from "../model/history.js";
import { CommandKind } from "../model/kernel-words.js";
import { taskOf } from "./asked-call.js";
import type { OpenRun } from "./open-run.js";
import { decodeError } from "./run-events.js";
import type { RunLogs } from "./run-logs.js";
import { type OpenCommand, OpenKind } from "./run-state.js";

/** The command that an entry of history has closed, and how. */
export interface Answered {
  readonly open: OpenCommand;
  /** EntryKind. */
  readonly kind: number;
  readonly payload: Uint8Array | undefined;
}

/** Can there be something to say of an entry of this kind? */
export function isTelling(kind: number): boolean {
  return kind === EntryKind.TASK_FAILED || kind === EntryKind.TIMER;
}

export class AnswerLog {
  readonly #logs: RunLogs;
  readonly #run: OpenRun;
  readonly #answered: Answered;
  /** The next attempt. */
  #again: OpenCommand | undefined;
  /** A timer of the task's own: the wait before the next attempt, unless it limits another call of the task. */
  #timer: OpenCommand | undefined;
  #hasOther = false;

  constructor(logs: RunLogs, run: OpenRun, answered: Answered) {
    this.#logs = logs;
    this.#run = run;
    this.#answered = answered;
  }

  /** A command of the same step. `kind`: CommandKind. */
  takeWork(kind: number, open: OpenCommand): void {
    const { kind: entry, open: answered } = this.#answered;
    if (entry === EntryKind.TASK_FAILED) {
      if (open.action !== answered.action || !this.#isGraph) return;
      if (kind === CommandKind.SET_TIMER) this.#timer = open;
      else if (kind === CommandKind.CALL_TASK && open.visit === answered.visit && open.item === answered.item) this.#again = open;
      else this.#hasOther = true;
    } else if (kind === CommandKind.CANCEL_TASK && open.kind === OpenKind.TASK) this.#tellTimeout(open);
  }

  end(): void {
    const { open, kind, payload } = this.#answered;
    if (kind !== EntryKind.TASK_FAILED || open.kind !== OpenKind.TASK) return;
    const place = this.#placeOf(open);
    const again = this.#again ?? (this.#hasOther ? undefined : this.#timer);
    const delayMs = again?.kind === OpenKind.TIMER ? Math.max(0, again.due - this.#run.lastNow) : 0;
    const after = delayMs > 0 ? ` in ${delayMs} ms` : "";
    const what = again === undefined ? "failed" : `failed and is tried again${after}`;
    // What the error says stands in a field, where an export can replace it.
    const { code, message } = decodeError(payload) ?? {};
    this.#logs.note(this.#run.runId, "warning", { code: again === undefined ? "task/failed" : "log/tried-again", message: `Task "${place.task}" ${what} (attempt ${open.attempt})`, place, fields: { error: { code, message } } });
  }

  /** A state diagram tries nothing again by itself. */
  get #isGraph(): boolean {
    return this.#run.program.workflow.program.definition.taskGraph !== undefined;
  }

  #tellTimeout(open: OpenCommand): void {
    const place = this.#placeOf(open);
    this.#logs.note(this.#run.runId, "warning", { code: "task/timed-out", message: `Task "${place.task}" was given up: its time was up (attempt ${open.attempt})`, place });
  }

  #placeOf(open: OpenCommand): LogPlace {
    const { visit, item, attempt } = open;
    return { task: taskOf(this.#run.program, open), visit, ...(item > 0 && { item: item - 1 }), attempt };
  }
}
