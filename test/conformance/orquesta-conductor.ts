// Steps a task graph by the calls of a recorded conductor: what a call asks for becomes an event of the kernel, what the kernel asks
// for is kept until a call fetches it. Which task begins, ends, is tried again or fails, what it is given and what the run returns is the
// kernel's word. Ours here are names: routes (the ways that led to a task), and what a held or canceled run is called, as an engine would.
import { CommandKind, EventKind, RunEnd, RunFault, VISIT_SCALE } from "../../assembly/abi.js";
import type { StateDefinition } from "../../src/model/definition.js";
import type { KernelCommand, KernelPort } from "../../src/model/ports.js";
import type { Program } from "../../src/model/program.js";
import { decodeValue, encodeValue } from "../../src/model/value.js";

/** Answers of actions that are failures to the kernel; only the first is told as an error. */
const FAILURES: readonly string[] = ["failed", "abandoned", "timeout"];
/** An action that says so of itself does nothing until it says otherwise; where all do, the run is paused. */
const DORMANT: readonly string[] = ["paused", "pending"];
/** An action that says so asks for its run to be canceled, once all that others do has ended. */
const PAUSES: readonly string[] = ["pausing", ...DORMANT];
const CANCELS: readonly string[] = ["canceling", "canceled"];
const ENDS: readonly string[] = ["succeeded", "canceled", ...FAILURES];

interface Call {
  readonly serial: number;
  readonly visit: Visit;
  readonly action: string;
  readonly input: unknown;
  /** From 0; -1: the task itself. */
  readonly item: number;
  isRunning: boolean;
  /** What it last said of itself. */
  status: string;
}

/** One time that a task is done. */
interface Visit {
  readonly state: number;
  readonly route: number;
  readonly calls: Map<number, Call>;
  /** Some of it has begun. */
  isListed: boolean;
  delaySeconds: number | undefined;
  isRetrying: boolean;
  hasFailed: boolean;
  hasEnded: boolean;
  hasLed: boolean;
  isPausing: boolean;
  isCanceled: boolean;
  /** Calls that its items make, and how many of them succeeded. */
  itemCount: number;
  doneCount: number;
}

export interface ActionEvent {
  readonly status: string;
  readonly result?: unknown;
  readonly item_id?: number;
}

export interface Asked {
  readonly id: string;
  readonly route: number;
  readonly delay: number | undefined;
  readonly actions: readonly { readonly action: string; readonly input: unknown; readonly item_id: number | undefined }[];
}

function isUnderWay(calls: ReadonlyMap<number, Call>): boolean {
  return [...calls.values()].some(({ isRunning, status }) => isRunning && !DORMANT.includes(status));
}

/** A call of the recording that means nothing to the kernel as it stands. */
export class Untold extends Error {}

export class Conductor {
  end: { readonly how: number; readonly value: unknown } | undefined;
  /** What the run gave, or what can be told of it. */
  output: unknown = null;
  /** Tasks that failed, and what the run failed with; `undefined`: no task's. */
  readonly failures: (string | undefined)[] = [];

  private readonly loaded: number;
  private run: number;
  private now = 1_700_000_000_000;
  private readonly visits: Visit[] = [];
  private readonly listed: Visit[] = [];
  private readonly calls = new Map<number, Call>();
  private readonly numbered = new Map<number, Visit>();
  private readonly names: RouteNames;
  private current: Visit | undefined;
  private timers: { readonly serial: number; readonly due: number; readonly visit: Visit }[] = [];
  private hold: "pause" | "cancel" | undefined;
  private isResuming = false;
  private wantsCancel = false;
  private isFailing = false;
  /** The run ended with what a task was to be given, which a conductor finds when the task is asked for. */
  private isUntold = false;
  hasStarted = false;

  constructor(
    private readonly kernel: KernelPort,
    private readonly program: Program,
  ) {
    this.names = new RouteNames(program);
    this.loaded = kernel.loadProgram(program);
    this.run = kernel.createRun(this.loaded);
    kernel.setTraced(this.run, true);
  }

  dispose(): void {
    this.kernel.destroyRun(this.run);
    this.kernel.unloadProgram(this.loaded);
  }

  start(inputs: Readonly<Record<string, unknown>>): void {
    this.hasStarted = true;
    this.deliver(EventKind.START, 0, inputs);
  }

  pause(): void {
    this.hold ??= "pause";
  }

  resume(): void {
    if (this.hold !== "pause" && this.status() !== "paused") throw new Untold("a run that is not paused is resumed");
    this.hold = undefined;
    this.isResuming = true;
  }

  /** What is under way ends first. */
  cancel(): void {
    this.hold = "cancel";
    this.settle();
  }

  status(): string {
    const isBusy = isUnderWay(this.calls);
    if (this.end !== undefined && !this.isUntold) return (RunEnd[this.end.how] ?? "?").toLowerCase();
    if (this.isFailing) return "failed";
    if (this.hold === "cancel") return "canceling";
    if (this.hold === "pause") return isBusy ? "pausing" : "paused";
    if (this.isResuming) return "resuming";
    const dormant = [...this.calls.values()].filter(({ status }) => DORMANT.includes(status)).map(({ visit }) => visit);
    const isAsking = [...this.calls.values()].some(({ visit, isRunning }) => !isRunning && !dormant.includes(visit));
    return dormant.length > 0 && !isBusy && !isAsking ? "paused" : "running";
  }

  sequence(): { readonly id: string; readonly route: number; readonly status: string }[] {
    return this.listed.map((visit) => ({ id: this.idOf(visit.state), route: visit.route, status: this.statusOf(visit) }));
  }

  errors(): readonly (string | undefined)[] {
    return this.isUntold ? [] : this.failures;
  }

  /** What is out and not begun, by task and route. */
  next(): Asked[] {
    this.isUntold = false;
    if (this.isFailing || this.hold !== undefined || this.end !== undefined) return [];
    return this.visits
      .filter(({ calls }) => [...calls.values()].some(({ isRunning }) => !isRunning))
      .map((visit) => ({
        id: this.idOf(visit.state),
        route: visit.route,
        delay: visit.delaySeconds,
        actions: [...visit.calls.values()]
          .filter(({ isRunning }) => !isRunning)
          .map(({ action, input, item }) => ({ action, input, item_id: item < 0 ? undefined : item })),
      }))
      .sort((left, right) => (left.id === right.id ? left.route - right.route : left.id < right.id ? -1 : 1));
  }

  update(task: string, route: number, event: ActionEvent): void {
    // The kernel would call a second answer stale.
    const isAnswered = this.listed.some((visit) => this.idOf(visit.state) === task && visit.route === route && visit.hasEnded && visit.calls.size === 0);
    const call = this.find(task, route, event, isAnswered);
    if (call === undefined) return;
    const { status } = event;
    this.isResuming = false;
    if (status === "running" && !call.isRunning) this.begin(call);
    if (status === "running" && ![...call.visit.calls.values()].some((other) => other !== call && PAUSES.includes(other.status))) call.visit.isPausing = false;
    call.status = status;
    if (CANCELS.includes(status)) this.wantsCancel = true;
    if (this.wantsCancel && this.hold === undefined) this.hold = "cancel";
    if (PAUSES.includes(status)) call.visit.isPausing = true;
    if (status === "canceled") call.visit.isCanceled = true;
    if (status === "succeeded") call.visit.doneCount++;
    if (ENDS.includes(status)) this.drop(call.serial);
    if (status !== "canceled" && ENDS.includes(status)) this.answer(call, event);
    this.settle();
  }

  private find(task: string, route: number, { status, item_id = -1 }: ActionEvent, isAnswered: boolean): Call | undefined {
    const calls = [...this.calls.values()].filter(({ visit, item }) => this.idOf(visit.state) === task && visit.route === route && item === item_id);
    const call = calls.find(({ isRunning }) => isRunning === (status !== "running")) ?? (status === "running" ? calls[0] : undefined);
    if (call === undefined && !(isAnswered && ENDS.includes(status))) throw new Untold(`${task} on route ${route} has no call that is ${status === "running" ? "to begin" : "under way"}`);
    return call;
  }

  private begin(call: Call): void {
    call.isRunning = true;
    call.visit.isRetrying = false;
    call.visit.delaySeconds = undefined;
    if (!call.visit.isListed) this.listed.push(call.visit);
    call.visit.isListed = true;
  }

  private drop(serial: number): void {
    this.calls.get(serial)?.visit.calls.delete(serial);
    this.calls.delete(serial);
  }

  /** A snapshot, and another run made from it. */
  move(): void {
    if (this.end !== undefined) return;
    const bytes = this.kernel.snapshot(this.run).slice();
    const run = this.kernel.restore(this.loaded, bytes);
    this.kernel.destroyRun(this.run);
    this.run = run;
    this.kernel.setTraced(run, true);
  }

  // --- to the kernel -----------------------------------------------------------------------------------------------------

  private answer(call: Call, { status, result }: ActionEvent): void {
    const isFailure = status !== "succeeded";
    this.current = call.visit;
    if (isFailure) {
      call.visit.hasFailed = true;
      const id = this.idOf(call.visit.state);
      if (status === "failed" && !this.failures.includes(id)) this.failures.push(id);
    }
    // What ends while a run is being canceled decides nothing any more.
    if (this.hold === "cancel") return;
    const error = { code: "task/failed", message: "Execution failed. See result for details.", ...(result !== undefined && { details: result }) };
    this.deliver(isFailure ? EventKind.TASK_FAILED : EventKind.TASK_SUCCEEDED, call.serial, isFailure ? error : (result ?? null));
  }

  /** A run that is to be canceled is, as soon as nothing is under way. Items that did not begin before another failed are given back. */
  private settle(): void {
    const active = [...this.calls.values()].filter(({ isRunning, status }) => isRunning && !DORMANT.includes(status));
    if (this.wantsCancel && active.every(({ status }) => status === "canceling")) this.hold = "cancel";
    if (this.hold === "cancel") {
      if (active.length === 0 && this.end === undefined) this.deliver(EventKind.CANCEL);
      return;
    }
    for (const { visit, serial } of [...this.calls.values()]) {
      if (!visit.hasFailed || isUnderWay(visit.calls) || !this.calls.has(serial)) continue;
      this.drop(serial);
      this.current = visit;
      this.deliver(EventKind.TASK_FAILED, serial, { code: "task/canceled", message: "It did not begin." });
    }
  }

  private deliver(kind: EventKind, id = 0, payload?: unknown): void {
    this.kernel.add(this.run, kind, id, this.now, 7, payload === undefined ? undefined : encodeValue(payload));
    const { commands } = this.kernel.step();
    for (const command of commands) this.note(command);
    if (commands.some((command) => command.kind === CommandKind.CONTINUE)) this.deliver(EventKind.CONTINUE);
    for (let timer = this.timers.shift(); timer !== undefined && this.end === undefined; timer = this.timers.shift()) {
      this.now = timer.due;
      this.current = timer.visit;
      this.deliver(EventKind.TIMER, timer.serial);
    }
  }

  // --- from the kernel ---------------------------------------------------------------------------------------------------

  private note(command: KernelCommand): void {
    switch (command.kind) {
      case CommandKind.STATE_ENTERED:
        this.enter(this.program.nodeStates[command.a] ?? -1);
        break;
      case CommandKind.TRANSITION_TAKEN:
        if (this.current !== undefined) this.current.hasLed = true;
        this.names.take(this.program.transitionSources[command.a] ?? -1, this.current?.route ?? 0);
        break;
      case CommandKind.STATE_EXITED:
        this.exit();
        break;
      case CommandKind.SET_TIMER: {
        const visit = this.current as Visit;
        visit.delaySeconds = (command.time - this.now) / 1000;
        visit.isRetrying = visit.isListed;
        if (visit.isRetrying) visit.hasFailed = false;
        this.timers.push({ serial: command.b, due: command.time, visit });
        break;
      }
      case CommandKind.ITEMS_STARTED:
        if (this.current !== undefined) this.current.itemCount = command.b;
        break;
      case CommandKind.CALL_TASK:
        this.ask(command);
        break;
      case CommandKind.CANCEL_TASK:
        this.drop(command.b);
        break;
      case CommandKind.CANCEL_TIMER:
        this.timers = this.timers.filter(({ serial }) => serial !== command.b);
        break;
      case CommandKind.RUN_OUTPUT:
        this.output = decodeValue(command.payload as Uint8Array);
        break;
      case CommandKind.RUN_ENDED:
        this.finish(command);
        break;
    }
  }

  /** A failure that leads nowhere is the run's, though what is under way ends first. */
  private exit(): void {
    if (this.current === undefined) return;
    this.current.hasEnded = true;
    if (this.current.hasFailed && !this.current.hasLed) this.isFailing = true;
  }

  private enter(state: number): void {
    this.current = {
      state,
      route: this.names.enter(state),
      calls: new Map(),
      isListed: false,
      delaySeconds: undefined,
      isRetrying: false,
      hasFailed: false,
      hasEnded: false,
      hasLed: false,
      isPausing: false,
      isCanceled: false,
      itemCount: 1,
      doneCount: 0,
    };
    this.visits.push(this.current);
    if (this.stateOf(state).task?.action.kind === "fail") this.failures.push("fail");
  }

  private ask({ a, b, flags, time, payload }: KernelCommand): void {
    const number = Math.floor(time / VISIT_SCALE);
    const visit = this.numbered.get(number) ?? (this.current as Visit);
    this.numbered.set(number, visit);
    if (flags > 1 && visit.isListed && visit.calls.size === 0) {
      visit.isRetrying = true;
      visit.hasFailed = false;
      visit.delaySeconds ??= 0;
    }
    const decoded = payload === undefined ? undefined : decodeValue(payload);
    const hasName = this.stateOf(visit.state).task?.action.kind === "call" && this.program.actions[a]?.name === "";
    const [action, input] = hasName ? (decoded as [string, unknown]) : [this.program.actions[a]?.name ?? "?", decoded];
    const call: Call = { serial: b, visit, action, input, item: (time % VISIT_SCALE) - 1, isRunning: false, status: "running" };
    visit.calls.set(b, call);
    this.calls.set(b, call);
  }

  private finish({ a, flags, payload }: KernelCommand): void {
    const value = payload === undefined ? undefined : decodeValue(payload);
    this.end = { how: a, value };
    if (a === RunEnd.SUCCEEDED) this.output = value;
    if (a !== RunEnd.FAILED) return;
    const { code, details } = value as { readonly code: string; readonly details?: { readonly state?: string } };
    if (flags === 0 && (code === "run/aborted" || !code.startsWith("run/"))) return;
    const state = flags === 0 && this.current !== undefined ? this.idOf(this.current.state) : details?.state;
    this.isUntold = state !== undefined && flags !== RunFault.JOIN_UNREACHABLE && flags !== RunFault.MERGE_CONFLICT && this.visits.some((visit) => this.idOf(visit.state) === state && !visit.isListed);
    if (!this.failures.includes(state)) this.failures.push(state);
  }

  private statusOf(visit: Visit): string {
    const { state, calls, isRetrying, hasFailed, hasEnded, isCanceled, isPausing } = visit;
    const isDone = visit.doneCount >= visit.itemCount;
    if (isRetrying) return "retrying";
    const isBusy = isUnderWay(calls);
    if (hasEnded) return hasFailed ? "failed" : "succeeded";
    const [call] = calls.values();
    if (this.stateOf(state).task?.items === undefined) {
      if (isCanceled || call === undefined) return isCanceled ? "canceled" : hasFailed ? "failed" : "succeeded";
      return call.status;
    }
    if (isDone) return "succeeded";
    if (this.end !== undefined || (this.hold === "cancel" && !isBusy)) return this.hold === "cancel" ? "canceled" : "failed";
    if (this.hold === "cancel") return "canceling";
    if (this.isResuming && !isBusy) return "paused";
    if (this.hold === "pause" || isPausing) return isBusy ? "pausing" : "paused";
    return "running";
  }

  private stateOf(state: number): StateDefinition {
    return this.program.definition.states[state] as StateDefinition;
  }

  private idOf(state: number): string {
    return this.stateOf(state).id;
  }
}

/** Routes are numbered as they appear: one more where a way leads to a task to which several lead, that joins none and is in no cycle. */
class RouteNames {
  private readonly routes: (readonly number[])[] = [[]];
  /** By state: the routes of ways that have been taken to it. */
  private readonly arrived = new Map<number, number[]>();

  constructor(private readonly program: Program) {}

  take(transition: number, route: number): void {
    const { transitions, states } = this.program.definition;
    const target = transitions[transition]?.target ?? -1;
    if (target < 0) return;
    const list = this.arrived.get(target) ?? [];
    this.arrived.set(target, list);
    const isJoin = states[target]?.task?.join !== undefined;
    list.push(isJoin ? route : this.follow(transition, target, route));
  }

  enter(state: number): number {
    const list = this.arrived.get(state) ?? [];
    if (this.program.definition.states[state]?.task?.join === undefined) return list.shift() ?? 0;
    // Of a join all ways on its route have come, or enough of them.
    const counts = new Map<number, number>();
    for (const route of list) counts.set(route, (counts.get(route) ?? 0) + 1);
    const [route] = [...counts].sort((left, right) => right[1] - left[1])[0] ?? [0];
    this.arrived.set(state, list.filter((other) => other !== route));
    return route;
  }

  private follow(transition: number, target: number, route: number): number {
    const { transitions } = this.program.definition;
    const sources = new Set(transitions.filter((way) => way.target === target && way.isRetry !== true).map(({ source }) => source));
    const ways = this.routes[route] ?? [];
    if (sources.size < 2 || this.isInCycle(target) || ways.includes(transition)) return route;
    this.routes.push([...ways, transition]);
    return this.routes.length - 1;
  }

  private isInCycle(state: number): boolean {
    const seen = new Set<number>();
    const waiting = [state];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const { source, target, isRetry } of this.program.definition.transitions) {
        if (source !== at || target < 0 || isRetry === true) continue;
        if (target === state) return true;
        if (!seen.has(target)) waiting.push(target);
        seen.add(target);
      }
    }
    return false;
  }
}
