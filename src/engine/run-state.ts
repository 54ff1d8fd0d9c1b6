// What the history and the kernel's commands say of one run: its open tasks, timers and children, whether it is paused,
// where fuel ran out. Live runs, recovery and replays all keep it through the same methods, so that visits, held entries
// and pauses come out the same each time. Knows nothing of stores, promises or time.
import { EntryKind } from "../model/history.js";
import { CommandKind, RunEnd, VISIT_SCALE } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import { OpenCommands } from "./open-commands.js";
import type { LoadedProgram } from "./program-table.js";

/** The run has no place in the kernel in hand. */
export const NO_HANDLE = -1;
/** The `id` of a START entry: which compiler and which semantics the run began with. */
export function packVersions(compilerVersion: number, semanticsVersion: number): number {
  return compilerVersion * 0x1_0000 + semanticsVersion;
}

export enum OpenKind {
  TASK = 1,
  TIMER = 2,
  WORKFLOW = 3,
}

/** A command that waits for its answer. */
export interface OpenCommand {
  readonly kind: OpenKind;
  readonly serial: number;
  /** Names the ask for ever: `seq.index`; in a task graph the number of the visit, which all attempts at it share. */
  readonly visit: string;
  /** From 1; 0: the task itself. */
  readonly item: number;
  /** From 1. */
  readonly attempt: number;
  /** Action index (tasks, workflows). */
  readonly action: number;
  /** ms since 1970 (timers). */
  readonly due: number;
  readonly input: Uint8Array | undefined;
  /** A task that waits for its turn to go out. */
  isQueued: boolean;
  /** Its answer is held until the run is resumed. */
  isAnswered: boolean;
  /** Answered or canceled: no longer among the run's open commands. */
  isClosed: boolean;
}

/** An arrival that is in history and waits for the run to be resumed. */
export interface HeldEntry {
  readonly kind: EntryKind;
  readonly id: number;
  readonly seed: number;
  readonly payload: Uint8Array | undefined;
}

export interface RunEnding {
  readonly status: "succeeded" | "failed" | "canceled";
  readonly payload: Uint8Array | undefined;
  /** What can be told of the output of a run that did not succeed. */
  readonly output?: Uint8Array | undefined;
}

const ENDINGS: Readonly<Record<number, RunEnding["status"]>> = {
  [RunEnd.SUCCEEDED]: "succeeded",
  [RunEnd.FAILED]: "failed",
  [RunEnd.CANCELED]: "canceled",
};

export class RunState {
  readonly program: LoadedProgram;
  /** The kernel's name for the run, or NO_HANDLE. */
  handle = NO_HANDLE;
  #seq = 0;
  #lastNow = 0;
  open: OpenCommands<OpenCommand> | undefined;
  /** Open tasks and children without an answer. */
  workCount = 0;
  isPaused = false;
  /** Paused for good: it is canceled as soon as nothing of it is in flight. */
  isWindingDown = false;
  /** It is canceled as soon as what can be undone is undone. */
  isCanceled = false;
  held: HeldEntry[] = [];
  /** The entry whose consequences are in hand. */
  causeSeq = 0;
  causeNow = 0;
  causeSeed = 0;
  /** Asks for work that the entry in hand has led to. */
  askCount = 0;
  resumeSeq = 0;
  /** Fuel ran out: the kernel waits for CONTINUE. */
  isYielded = false;
  /** How often fuel ran out since its last checkpoint. */
  yieldCount = 0;
  #continueCount = 0;
  #heldCount = 0;
  ending: RunEnding | undefined;

  constructor(program: LoadedProgram) {
    this.program = program;
  }

  /** Number of history entries. */
  get seq(): number {
    this.catchUp();
    return this.#seq;
  }

  set seq(count: number) {
    this.#seq = count;
  }

  /** `now` of the last entry: a run's clock never goes back. */
  get lastNow(): number {
    this.catchUp();
    return this.#lastNow;
  }

  set lastNow(now: number) {
    this.#lastNow = now;
  }

  /** CONTINUEs delivered since the last entry. */
  get continueCount(): number {
    this.catchUp();
    return this.#continueCount;
  }

  set continueCount(count: number) {
    this.#continueCount = count;
  }

  /** Held entries stepped since the last entry. */
  get heldCount(): number {
    this.catchUp();
    return this.#heldCount;
  }

  set heldCount(count: number) {
    this.#heldCount = count;
  }

  /** Takes what was stepped but is still kept elsewhere: before anything is said of the run's history. */
  protected catchUp(): void {}

  /** `count` events more are part of history; the last of them at `now`. */
  protected addEvents(count: number, now: number): void {
    this.#seq += count;
    if (now > this.#lastNow) this.#lastNow = now;
    this.#continueCount = 0;
    this.#heldCount = 0;
  }

  /** A new entry is part of history. */
  record(kind: EntryKind, id: number, now: number, isHeld: boolean, payload?: Uint8Array): void {
    this.seq += 1;
    this.lastNow = now;
    this.continueCount = 0;
    this.heldCount = 0;
    if (kind === EntryKind.PAUSE || kind === EntryKind.WIND_DOWN) this.isPaused = true;
    if (kind === EntryKind.WIND_DOWN) this.isWindingDown = true;
    // An error, or the list of one, is longer.
    if (kind === EntryKind.CANCEL) this.isCanceled = payload?.length === 1;
    if (kind === EntryKind.RESUME) {
      this.isPaused = false;
      this.resumeSeq = this.seq;
    }
    if (isHeld && kind !== EntryKind.EVENT) this.#answer(id);
  }

  /** From now on commands are consequences of the last entry. */
  beginEntry(seed: number): void {
    this.causeSeq = this.seq;
    this.causeNow = this.lastNow;
    this.causeSeed = seed;
    this.askCount = 0;
  }

  /** From now on commands are consequences of a held entry: they count as the RESUME's, at its time. */
  beginHeld(seed: number): void {
    this.heldCount += 1;
    if (this.causeSeq !== this.resumeSeq) this.askCount = 0;
    this.causeSeq = this.resumeSeq;
    this.causeNow = this.lastNow;
    this.causeSeed = seed;
  }

  /** The answer to an open command is stepped. Returns the command, or undefined when nobody waits for it. */
  close(serial: number): OpenCommand | undefined {
    const command = this.open?.get(serial);
    if (command === undefined || this.open === undefined) return undefined;
    this.open.delete(serial);
    if (this.open.size === 0) this.open = undefined;
    command.isClosed = true;
    if (command.kind !== OpenKind.TIMER && !command.isAnswered) this.workCount -= 1;
    return command;
  }

  /** Keeps what a command changes. Returns the open command that it opened or closed. */
  note(command: KernelCommand): OpenCommand | undefined {
    switch (command.kind) {
      case CommandKind.CALL_TASK:
        return this.#ask(OpenKind.TASK, command);
      case CommandKind.SET_TIMER:
        return this.#ask(OpenKind.TIMER, command);
      case CommandKind.START_WORKFLOW:
        return this.#ask(OpenKind.WORKFLOW, command);
      case CommandKind.CANCEL_TASK:
      case CommandKind.CANCEL_TIMER:
      case CommandKind.CANCEL_WORKFLOW:
        return this.close(command.b);
      case CommandKind.RUN_ENDED:
        this.ending = { status: ENDINGS[command.a] ?? "failed", payload: command.payload };
        this.isYielded = false;
        return undefined;
      case CommandKind.RUN_OUTPUT:
        if (this.ending !== undefined) this.ending = { ...this.ending, output: command.payload };
        return undefined;
      case CommandKind.CONTINUE:
        this.isYielded = true;
        this.yieldCount += 1;
        return undefined;
      default:
        return undefined;
    }
  }

  /** Takes back an open command as a checkpoint has it. */
  restoreOpen(command: OpenCommand): void {
    (this.open ??= new OpenCommands()).add(command);
    if (command.kind !== OpenKind.TIMER && !command.isAnswered) this.workCount += 1;
  }

  #ask(kind: OpenKind, { a, b, flags, time, payload }: KernelCommand): OpenCommand {
    // Of a task graph the kernel counts the attempts.
    const isCounted = kind !== OpenKind.TIMER && flags > 0;
    const number = this.askCount++;
    const visit = isCounted ? String(Math.floor(time / VISIT_SCALE)) : `${this.causeSeq}.${number}`;
    const item = isCounted ? time % VISIT_SCALE : 0;
    const attempt = isCounted ? flags : 1;
    const due = kind === OpenKind.TIMER ? time : 0;
    const command = { kind, serial: b, visit, item, attempt, action: a, due, input: payload, isQueued: false, isAnswered: false, isClosed: false };
    this.restoreOpen(command);
    return command;
  }

  #answer(serial: number): void {
    const command = this.open?.get(serial);
    if (command === undefined || command.isAnswered) return;
    command.isAnswered = true;
    if (command.kind !== OpenKind.TIMER) this.workCount -= 1;
  }
}
