// Which task a step is about: counts the visits of tasks as a run's commands and answers name them, so that the same visit is found
// again in another run of the workflow. A visit is known by its task and by how many visits of that task began before it.
import type { StateDefinition } from "../model/definition.js";
import { EntryKind } from "../model/history.js";
import { CommandKind } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import type { LoadedProgram } from "./program-table.js";
import type { ReplayWatch } from "./replay.js";
import { type OpenCommand, OpenKind } from "./run-state.js";

export interface Visit {
  readonly task: string;
  /** Visits of the task that began before. */
  readonly round: number;
  readonly enteredSeq: number;
  /** Of the last answer to it. */
  answeredSeq: number;
  /** It failed last, and nothing has taken that yet. */
  hasFailed: boolean;
  timerCount: number;
}

/** What a visit asks for, by a name that is the same in every run. */
export interface VisitHooks {
  /** `name`: `c<item>.<attempt>` of a call or child, `t<n>` of its nth timer. */
  asked?(visit: Visit, name: string, open: OpenCommand): void;
  /** A task awaits its event. */
  awaits?(visit: Visit): void;
  /** `name` as in `asked`, or `e` where an event was taken (`id`: its number). */
  answered?(visit: Visit, name: string, kind: EntryKind, id: number, payload: Uint8Array | undefined, seq: number): void;
}

/** The name of a visit, or of what it asked for. */
export function keyOf({ task, round }: Visit, name = ""): string {
  return `${task}#${round}/${name}`;
}

interface Asked {
  readonly visit: Visit;
  readonly name: string;
}

export class VisitWatch implements ReplayWatch {
  readonly visits: Visit[] = [];
  /** Of START: a wire value. */
  startPayload: Uint8Array | undefined;
  readonly #program: LoadedProgram;
  readonly #hooks: VisitHooks;
  readonly #roundCounts = new Map<string, number>();
  readonly #byNumber = new Map<string, Visit>();
  readonly #asked = new Map<number, Asked>();
  /** By task: visits that await an event, in the order in which they began to. */
  readonly #awaiting = new Map<string, Visit[]>();
  /** The visit that the step in hand is about. */
  #current: Visit | undefined;
  #seq = 0;
  #event: { readonly id: number; readonly payload: Uint8Array | undefined } | undefined;

  constructor(program: LoadedProgram, hooks: VisitHooks) {
    this.#program = program;
    this.#hooks = hooks;
  }

  entry(kind: EntryKind, id: number, payload: Uint8Array | undefined, closed: OpenCommand | undefined, seq: number): void {
    this.#seq = seq;
    if (kind === EntryKind.START) this.startPayload = payload;
    this.#event = kind === EntryKind.EVENT ? { id, payload } : undefined;
    this.#current = undefined;
    const asked = closed === undefined ? undefined : this.#asked.get(closed.serial);
    if (asked === undefined) return;
    this.#asked.delete(id);
    const { visit, name } = asked;
    this.#current = visit;
    visit.answeredSeq = seq;
    if (kind === EntryKind.TASK_FAILED || (kind === EntryKind.TIMER && this.#isUnderWay(visit))) visit.hasFailed = true;
    this.#hooks.answered?.(visit, name, kind, id, payload, seq);
  }

  command(command: KernelCommand, open: OpenCommand | undefined): void {
    switch (command.kind) {
      case CommandKind.STATE_ENTERED:
        this.#enter(this.#stateOf(command.a));
        break;
      case CommandKind.STATE_EXITED:
        this.#exit(this.#stateOf(command.a));
        break;
      case CommandKind.ITEMS_STARTED:
        if (this.#current !== undefined) this.#byNumber.set(String(command.time), this.#current);
        break;
      case CommandKind.TRANSITION_TAKEN: {
        const transition = this.#definition.transitions[this.#program.workflow.program.transitionSources[command.a] ?? -1];
        if (this.#current !== undefined && transition?.isContinued !== true) this.#current.hasFailed = false;
        break;
      }
      case CommandKind.CANCEL_TASK:
      case CommandKind.CANCEL_TIMER:
      case CommandKind.CANCEL_WORKFLOW:
        this.#asked.delete(command.b);
        break;
      default:
        if (open !== undefined) this.#ask(open);
    }
  }

  get #definition(): LoadedProgram["workflow"]["program"]["definition"] {
    return this.#program.workflow.program.definition;
  }

  #stateOf(node: number): StateDefinition | undefined {
    return this.#definition.states[this.#program.workflow.program.nodeStates[node] ?? -1];
  }

  #enter(state: StateDefinition | undefined): void {
    if (state === undefined) return;
    const { id: task } = state;
    const round = this.#roundCounts.get(task) ?? 0;
    this.#roundCounts.set(task, round + 1);
    const visit: Visit = { task, round, enteredSeq: this.#seq, answeredSeq: Infinity, hasFailed: false, timerCount: 0 };
    this.visits.push(visit);
    this.#current = visit;
    if (state.task?.action.kind !== "await") return;
    const list = this.#awaiting.get(task) ?? [];
    this.#awaiting.set(task, list);
    list.push(visit);
    this.#hooks.awaits?.(visit);
  }

  #exit(state: StateDefinition | undefined): void {
    const [visit] = state === undefined ? [] : (this.#awaiting.get(state.id) ?? []);
    if (state === undefined || visit === undefined) return;
    this.#awaiting.get(state.id)?.shift();
    if (this.#event === undefined) return;
    visit.answeredSeq = this.#seq;
    this.#hooks.answered?.(visit, "e", EntryKind.EVENT, this.#event.id, this.#event.payload, this.#seq);
    this.#event = undefined;
  }

  #ask(open: OpenCommand): void {
    const isTimer = open.kind === OpenKind.TIMER;
    const visit = isTimer ? this.#current : (this.#byNumber.get(open.visit) ?? this.#current);
    // The time limit of the run is nobody's.
    if (visit === undefined) return;
    if (!isTimer) {
      this.#byNumber.set(open.visit, visit);
      this.#current = visit;
      if (open.item === 0 || open.attempt > 1) visit.hasFailed = false;
    }
    const name = isTimer ? `t${visit.timerCount++}` : `c${open.item}.${open.attempt}`;
    this.#asked.set(open.serial, { visit, name });
    this.#hooks.asked?.(visit, name, open);
  }

  /** A timer that fires while something of the visit is out is its time limit. */
  #isUnderWay(visit: Visit): boolean {
    for (const asked of this.#asked.values()) if (asked.visit === visit && asked.name.startsWith("c")) return true;
    return false;
  }
}
