// Which task a step is about: counts the visits of tasks as a run's commands and answers name them, so that the same visit is found
// again in another run of the workflow. A visit is known by its task and by how many visits of that task began before it.
import type { StateDefinition } from "../model/definition.js";
import { EntryKind } from "../model/history.js";
import { CommandKind, SCOPE_LIMIT_FIRST } from "../model/kernel-words.js";
import type { KernelCommand } from "../model/ports.js";
import type { LoadedProgram } from "./program-table.js";
import type { ReplayWatch, WatchedEntry } from "./replay.js";
import { isUndo } from "./run-events.js";
import { type OpenCommand, OpenKind } from "./run-state.js";

/** Of a task; a scope has visits, too: it is entered when its time limit is set. What undoes a task is none. */
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
  /** Calls and children that have no answer yet. */
  openCount: number;
  /** Events that it has taken. */
  eventCount: number;
  /** What it has done has been undone, or begun to be. */
  isUndone: boolean;
}

/** What a visit asks for, by a name that is the same in every run. */
export interface VisitHooks {
  /** `name`: `c<item>.<attempt>` of a call or child, `t<n>` of its nth timer. */
  asked?(visit: Visit, name: string, open: OpenCommand): void;
  /** A task awaits an event: `name` is `e<n>`, its nth. */
  awaits?(visit: Visit, name: string): void;
  /** `name` as in `asked` and `awaits`; of an event `id` is its number. */
  answered?(visit: Visit, name: string, kind: EntryKind, id: number, payload: Uint8Array | undefined, seq: number): void;
}

/** The name of what a visit asked for, among all of the run. */
export function keyOf({ task, round }: Visit, name: string): string {
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
  /** By task: its visits that await an event, in the order in which they began. */
  readonly #awaiting = new Map<string, Visit[]>();
  /** The visit that the step in hand is about. */
  #current: Visit | undefined;
  /** The visit that has taken the event in hand, until it ends. */
  #taker: Visit | undefined;
  #seq = 0;
  readonly #stateIndexes: ReadonlyMap<string, number>;

  constructor(program: LoadedProgram, hooks: VisitHooks) {
    this.#program = program;
    this.#hooks = hooks;
    this.#stateIndexes = new Map(program.workflow.program.definition.states.map(({ id }, index) => [id, index]));
  }

  entry({ kind, id, payload, seq, closed, taker: node }: WatchedEntry): void {
    this.settle();
    this.#seq = seq;
    if (kind === EntryKind.START) this.startPayload = payload;
    this.#current = undefined;
    const taker = node < 0 ? undefined : this.#awaiting.get(this.#stateOf(node)?.id ?? "")?.shift();
    if (taker !== undefined) {
      this.#current = this.#taker = taker;
      taker.answeredSeq = seq;
      taker.hasFailed = false;
      const name = `e${taker.eventCount++}`;
      this.#hooks.answered?.(taker, name, kind, id, payload, seq);
    }
    const asked = closed === undefined ? undefined : this.#close(closed.serial);
    if (asked === undefined) return;
    const { visit, name } = asked;
    this.#current = visit;
    visit.answeredSeq = seq;
    if (kind === EntryKind.TASK_FAILED || (kind === EntryKind.TIMER && this.#isTooLate(visit))) visit.hasFailed = true;
    this.#hooks.answered?.(visit, name, kind, id, payload, seq);
  }

  /** The step has come to its end: a visit that took an event and has not ended is tried again, and awaits another. */
  settle(): void {
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker !== undefined) this.#await(taker);
  }

  command(command: KernelCommand, open: OpenCommand | undefined): void {
    switch (command.kind) {
      case CommandKind.STATE_ENTERED:
        if (isUndo(this.#program, command.a)) this.#undo(String(command.time));
        else this.#enter(this.#stateOf(command.a), String(command.b));
        break;
      case CommandKind.STATE_EXITED:
        if (this.#current !== undefined && this.#current.task === this.#stateOf(command.a)?.id) this.#forgetAwaiting(this.#current);
        break;
      case CommandKind.TRANSITION_TAKEN: {
        const transition = this.#definition.transitions[this.#program.workflow.program.transitionSources[command.a] ?? -1];
        if (this.#current !== undefined && transition !== undefined && transition.isContinued !== true && this.#isAround(transition.source, this.#current))
          this.#current.hasFailed = false;
        break;
      }
      case CommandKind.CANCEL_TASK:
      case CommandKind.CANCEL_TIMER:
      case CommandKind.CANCEL_WORKFLOW:
        this.#close(command.b);
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

  #enter(state: StateDefinition | undefined, number: string): void {
    if (state === undefined) return;
    const { id: task } = state;
    const round = this.#roundCounts.get(task) ?? 0;
    this.#roundCounts.set(task, round + 1);
    const visit: Visit = { task, round, enteredSeq: this.#seq, answeredSeq: Infinity, hasFailed: false, timerCount: 0, openCount: 0, eventCount: 0, isUndone: false };
    this.visits.push(visit);
    this.#byNumber.set(number, visit);
    this.#current = visit;
    if (state.task?.action.kind === "await") this.#await(visit);
  }

  /** A time limit is set as the first task of the scope begins, which stays in hand. */
  #enterScope({ action, serial }: OpenCommand): Visit | undefined {
    const current = this.#current;
    this.#enter(this.#stateOf(action - SCOPE_LIMIT_FIRST), `scope ${serial}`);
    const visit = this.#current;
    this.#current = current;
    return visit;
  }

  /** `number`: of the visit that is undone. */
  #undo(number: string): void {
    const visit = this.#byNumber.get(number);
    if (visit !== undefined) visit.isUndone = true;
    this.#current = undefined;
  }

  #await(visit: Visit): void {
    const list = this.#awaiting.get(visit.task) ?? [];
    this.#awaiting.set(visit.task, list);
    list.push(visit);
    this.#hooks.awaits?.(visit, `e${visit.eventCount}`);
  }

  /** It awaits nothing any more: it has ended. */
  #forgetAwaiting(visit: Visit): void {
    if (this.#taker === visit) this.#taker = undefined;
    const list = this.#awaiting.get(visit.task);
    const at = list?.indexOf(visit) ?? -1;
    if (at >= 0) list?.splice(at, 1);
  }

  #ask(open: OpenCommand): void {
    const isTimer = open.kind === OpenKind.TIMER;
    if (this.#program.workflow.program.actions[open.action]?.isUndo === true) return;
    const visit = !isTimer ? this.#byNumber.get(open.visit) : open.action >= SCOPE_LIMIT_FIRST ? this.#enterScope(open) : this.#findTimed(open.action);
    // The time limit of the run is nobody's.
    if (visit === undefined) return;
    if (!isTimer) {
      this.#current = visit;
      visit.openCount += 1;
      if (open.item === 0 || open.attempt > 1) visit.hasFailed = false;
    }
    const name = isTimer ? `t${visit.timerCount++}` : `c${open.item}.${open.attempt}`;
    this.#asked.set(open.serial, { visit, name });
    this.#hooks.asked?.(visit, name, open);
  }

  /** Answered or canceled. */
  #close(serial: number): Asked | undefined {
    const asked = this.#asked.get(serial);
    this.#asked.delete(serial);
    if (asked?.name.startsWith("c")) asked.visit.openCount -= 1;
    return asked;
  }

  /** Is the state the visit's task, or a scope around it? */
  #isAround(state: number, { task }: Visit): boolean {
    const { states } = this.#definition;
    for (let at = this.#stateIndexes.get(task) ?? -1; at >= 0; at = states[at]?.parent ?? -1) if (at === state) return true;
    return false;
  }

  /** Whose timer it is: of the visit in hand, or of the last of the task whose action it names. */
  #findTimed(action: number): Visit | undefined {
    const { actions, definition } = this.#program.workflow.program;
    const task = definition.states[actions[action]?.state ?? -1]?.id;
    if (this.visits.length === 0 || this.#current?.task === task) return this.#current;
    return this.visits.findLast((visit) => visit.task === task);
  }

  /** A timer that fires while something of the visit is out, or an event is awaited, is its time limit. It is no failure where the task says what comes then. */
  #isTooLate(visit: Visit): boolean {
    const state = this.#definition.states[this.#stateIndexes.get(visit.task) ?? -1];
    if (state?.kind === "composite") return true;
    const action = state?.task?.action;
    if (action?.kind === "await") return action.default === undefined && this.#awaiting.get(visit.task)?.includes(visit) === true;
    return visit.openCount > 0;
  }
}
