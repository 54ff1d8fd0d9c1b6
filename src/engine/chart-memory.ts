// What a run of a state diagram was told, for another run that is to go the same way as far as it can: events in their order, answers by who asked
// for them, and as which of its asks. Asks are known by names that another text of the workflow may have too.
import { EntryKind } from "../model/history.js";
import { CommandKind } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import { taskOf } from "./asked-call.js";
import type { LoadedProgram } from "./program-table.js";
import type { ReplayWatch, WatchedEntry } from "./replay.js";
import { isAnswer } from "./retold-entries.js";
import { type OpenCommand, OpenKind } from "./run-state.js";

/** One thing that the other run was told. */
export interface ToldStep {
  readonly kind: EntryKind;
  /** Of an event its name, of an answer the name of the ask. */
  readonly about: string;
  readonly payload: Uint8Array | undefined;
}

/** Names the asks of a run as they come. */
export class AskNames {
  readonly #program: LoadedProgram;
  readonly #counts = new Map<string, number>();

  constructor(program: LoadedProgram) {
    this.#program = program;
  }

  /** A name for the ask: who asks for what, and the how manieth time. */
  name(open: OpenCommand): string {
    const place = open.kind === OpenKind.TIMER ? this.#nameTimer(open.action) : this.#nameCall(open);
    const count = this.#counts.get(place) ?? 0;
    this.#counts.set(place, count + 1);
    return `${place}#${count}`;
  }

  #nameCall(open: OpenCommand): string {
    return JSON.stringify([open.kind, this.#stateOf(open.action), taskOf(this.#program, open)]);
  }

  /** A timer names a transition or an action, and does not say which: both have to be the same. */
  #nameTimer(number: number): string {
    const { definition, transitionSources, actions } = this.#program.workflow.program;
    const { states, transitions } = definition;
    const index = transitionSources[number] ?? -1;
    const transition = transitions[index];
    const alike = transitions.slice(0, Math.max(0, index)).filter((each) => each.source === transition?.source && each.target === transition.target).length;
    const way = transition === undefined ? "" : [states[transition.source]?.id, states[transition.target]?.id, alike];
    return JSON.stringify([OpenKind.TIMER, way, this.#stateOf(number), actions[number]?.name ?? ""]);
  }

  #stateOf(action: number): string {
    const { definition, actions } = this.#program.workflow.program;
    return definition.states[actions[action]?.state ?? -1]?.id ?? "";
  }
}

export function isAsking({ kind }: KernelCommand): boolean {
  return kind === CommandKind.CALL_TASK || kind === CommandKind.SET_TIMER || kind === CommandKind.START_WORKFLOW;
}

/** Filled by a replay of the run, as its `watch`. */
export class ChartMemory implements ReplayWatch {
  /** In order. */
  readonly steps: ToldStep[] = [];
  /** Of START: a wire value. */
  startPayload: Uint8Array | undefined;
  readonly #program: LoadedProgram;
  readonly #names: AskNames;
  readonly #open = new Map<number, string>();

  constructor(program: LoadedProgram) {
    this.#program = program;
    this.#names = new AskNames(program);
  }

  entry({ kind, id, payload, closed }: WatchedEntry): void {
    if (kind === EntryKind.START) this.startPayload = payload;
    else if (kind === EntryKind.EVENT) this.steps.push({ kind, about: this.#program.workflow.program.eventNames[id] ?? "", payload });
    else if (isAnswer(kind) && closed !== undefined) {
      const about = this.#open.get(closed.serial);
      this.#open.delete(closed.serial);
      if (about !== undefined) this.steps.push({ kind, about, payload });
    }
  }

  command(command: KernelCommand, open: OpenCommand | undefined): void {
    if (open !== undefined && isAsking(command)) this.#open.set(open.serial, this.#names.name(open));
  }
}
