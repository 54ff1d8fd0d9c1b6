// Steps a task graph by the calls of a recorded conductor: what a call asks for becomes an event of the kernel, what the kernel asks
// for is kept until a call fetches it. Which task begins, ends, is tried again or fails, what it is given and what the run returns is the
// kernel's word. Ours here are names: routes (the ways that led to a task), and what a held or canceled run is called, as an engine would.
import { CommandKind, EventKind, RunEnd, RunFault, SEMANTICS_VERSION, VISIT_SCALE } from "../../assembly/abi.js";
import { ProgramTable } from "../../src/engine/program-table.js";
import { Replay } from "../../src/engine/replay.js";
import { Retelling } from "../../src/engine/retelling.js";
import { type ForgetOptions, RunMemory } from "../../src/engine/run-memory.js";
import { packVersions, RunState } from "../../src/engine/run-state.js";
import type { StateDefinition } from "../../src/model/definition.js";
import { WorkflowError } from "../../src/model/errors.js";
import { EntryKind, type HistoryEntry } from "../../src/model/history.js";
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
  /** Listed by a rerun, and not begun. */
  isAskedAgain: boolean;
  /** It began together with the command "fail", and is done all the same. */
  isBesideFail: boolean;
  /** Its items are not told to begin. */
  isWhole: boolean;
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

/** A call that is refused, as the recording may have it. */
export class Refused extends Error {}

/** What a run that does tasks again is told at once. */
function retell(kernel: KernelPort, program: Program, entries: readonly HistoryEntry[], options: ForgetOptions): readonly HistoryEntry[] {
  const workflow = { identity: program.identity, name: "", source: "", program, findings: [], customs: [] };
  const versions = packVersions(program.compilerVersion, SEMANTICS_VERSION);
  const loaded = new ProgramTable().add(workflow);
  const memory = new RunMemory(loaded);
  const replay = new Replay(kernel, loaded, { runId: "before", watch: memory.watch });
  const story = entries.map((entry) => (entry.kind === EntryKind.START ? { ...entry, id: versions } : entry));
  for (const _slice of replay.play(story));
  replay.release();
  try {
    memory.forget(options);
  } catch (error) {
    throw error instanceof WorkflowError ? new Refused(error.message) : error;
  }
  const payload = memory.watch.startPayload as Uint8Array;
  const clock = { now: () => entries[0]?.now ?? 0, seed: () => 7 };
  const retelling = new Retelling(kernel, loaded, { runId: "again", versions, payload, memory, state: new RunState(loaded), clock });
  for (const _step of retelling.play());
  retelling.release();
  kernel.unloadProgram(loaded.kernelProgram);
  return retelling.entries;
}

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
  private names: RouteNames;
  private current: Visit | undefined;
  private timers: { readonly serial: number; readonly due: number; readonly visit: Visit }[] = [];
  private hold: "pause" | "cancel" | undefined;
  private isResuming = false;
  private wantsCancel = false;
  private isFailing = false;
  /** The run ended with what a task was to be given, which a conductor finds when the task is asked for. */
  private isUntold = false;
  /** What the run was told: for a run that does some of its tasks again. */
  private entries: HistoryEntry[] = [];
  /** The run takes over what another was told. */
  private isRetelling = false;
  /** The output failed, which a conductor finds when it is asked for. */
  private hasUntoldOutput = false;
  /** In the step in hand. */
  private entered: Visit[] = [];
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
    if (this.end?.how === RunEnd.FAILED && this.visits.length === 0) throw new Refused("the run has failed before any task");
  }

  fail(): void {
    this.deliver(EventKind.CANCEL, 0, { code: "operator/failed", message: "The run was failed from outside." });
  }

  /** Has the task begun? */
  knows(task: string): boolean {
    return this.visits.some(({ state }) => this.idOf(state) === task);
  }

  /** What a conductor finds in the output when it is asked for. */
  render(): void {
    if (this.hasUntoldOutput || this.isOutputPartial()) this.failures.push(undefined);
    this.hasUntoldOutput = false;
  }

  private isOutputPartial(): boolean {
    const { output } = this.program.definition.taskGraph ?? {};
    if (output?.kind !== "map" || this.end === undefined || this.end.how === RunEnd.SUCCEEDED || this.hasUntoldOutput) return false;
    return Object.keys(this.output ?? {}).length < output.entries.length;
  }

  /** Does tasks again as the engine does: in a run that is told what this one was told. What was listed stays listed. */
  rerun(tasks: readonly string[] | undefined, areItemsKept: boolean): void {
    if (this.end === undefined && !this.isFailing) throw new Refused("the run has not ended");
    const { entries } = this;
    const before = [...this.failures];
    const forked = retell(this.kernel, this.program, entries, { tasks: tasks && [...new Set(tasks)], areItemsKept });
    this.kernel.destroyRun(this.run);
    this.run = this.kernel.createRun(this.loaded);
    this.kernel.setTraced(this.run, true);
    Object.assign(this, { end: undefined, output: null, entries: [], isFailing: false, isUntold: false, hold: undefined, wantsCancel: false, current: undefined });
    this.names = new RouteNames(this.program);
    for (const list of [this.visits, this.timers]) list.length = 0;
    this.calls.clear();
    this.numbered.clear();
    this.isRetelling = true;
    for (const { kind, id, payload } of forked) this.tell(kind as number as EventKind, id, payload);
    this.isRetelling = false;
    this.isResuming = true;
    const listedAt = ({ state, route }: Visit) => this.listed.findLastIndex((visit) => visit.state === state && visit.route === route);
    const again = this.visits.filter((visit) => visit.calls.size > 0 && listedAt(visit) >= 0).sort((left, right) => listedAt(left) - listedAt(right));
    for (const visit of this.visits) visit.hasFailed = false;
    for (const visit of again) {
      if (this.stateOf(visit.state).task?.items !== undefined) continue;
      visit.isListed = true;
      visit.isAskedAgain = true;
      this.listed.push(visit);
    }
    this.failures.splice(0, Infinity, ...before.filter((failure) => !again.some(({ state }) => this.idOf(state) === failure)));
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
    if (this.hasUntoldOutput) return "succeeded";
    // Paused is paused until it is resumed.
    if (this.end?.how === RunEnd.SUCCEEDED && this.hold === "pause") return "paused";
    if (this.end !== undefined && !this.isUntold) return (RunEnd[this.end.how] ?? "?").toLowerCase();
    if (this.isFailing) return "failed";
    if (this.hold === "cancel") return "canceling";
    if (this.hold === "pause") return isBusy ? "pausing" : "paused";
    if (this.isResuming) return "resuming";
    const dormant = [...this.calls.values()].filter(({ status }) => DORMANT.includes(status)).map(({ visit }) => visit);
    const isAsking = [...this.calls.values()].some(({ visit, isRunning }) => !isRunning && !dormant.includes(visit));
    return dormant.length > 0 && !isBusy && !isAsking ? "paused" : "running";
  }

  sequence(): { readonly id: string; readonly route: number; readonly status: string | null }[] {
    return this.listed.map((visit) => ({ id: this.idOf(visit.state), route: visit.route, status: this.statusOf(visit) }));
  }

  errors(): readonly (string | undefined)[] {
    return this.isUntold || this.hasUntoldOutput ? [] : this.failures;
  }

  /** What is out and not begun, by task and route. */
  next(): Asked[] {
    this.isUntold = false;
    if (this.hold !== undefined || this.end !== undefined) return [];
    return this.visits
      .filter(({ isBesideFail }) => !this.isFailing || isBesideFail)
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
    const isAnswered = this.listed.some((visit) => this.idOf(visit.state) === task && visit.route === route && (visit.hasEnded || visit.isCanceled) && visit.calls.size === 0);
    if (event.status === "running" && event.item_id === undefined && this.beginWhole(task, route)) return;
    const call = this.find(task, route, event, isAnswered);
    if (call === undefined) return;
    const { status } = event;
    this.isResuming = false;
    if (!call.isRunning) this.begin(call);
    // What is being canceled does not pause any more.
    if (CANCELS.includes(call.status) && PAUSES.includes(event.status)) {
      if (DORMANT.includes(event.status)) this.update(task, route, { ...event, status: "canceled" });
      return;
    }
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

  /** A task with items that begins as a whole: its items begin as they end. */
  private beginWhole(task: string, route: number): boolean {
    const visit = this.visits.findLast((each) => this.idOf(each.state) === task && each.route === route && each.calls.size > 0);
    if (visit === undefined || this.stateOf(visit.state).task?.items === undefined) return false;
    if (!visit.isListed) this.listed.push(visit);
    visit.isListed = true;
    visit.isWhole = true;
    this.isResuming = false;
    return true;
  }

  private find(task: string, route: number, { status, item_id = -1 }: ActionEvent, isAnswered: boolean): Call | undefined {
    const calls = [...this.calls.values()].filter(({ visit, item }) => this.idOf(visit.state) === task && visit.route === route && item === item_id);
    const call = calls.find(({ isRunning }) => isRunning === (status !== "running")) ?? calls.find(({ visit }) => status === "running" || visit.isWhole);
    if (call === undefined && !(isAnswered && ENDS.includes(status))) throw new Untold(`${task} on route ${route} has no call that is ${status === "running" ? "to begin" : "under way"}`);
    return call;
  }

  private begin(call: Call): void {
    call.isRunning = true;
    call.visit.isAskedAgain = false;
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
    this.tell(kind, id, payload === undefined ? undefined : encodeValue(payload));
  }

  private tell(kind: EventKind, id: number, payload: Uint8Array | undefined): void {
    if (kind !== EventKind.CONTINUE)
      this.entries.push({ seq: this.entries.length + 1, kind: kind as number, isHeld: false, id, now: this.now, seed: 7, ...(payload && { payload }) });
    if (this.isRetelling && this.calls.has(id)) this.current = this.calls.get(id)?.visit;
    if (this.isRetelling) this.drop(id);
    this.kernel.add(this.run, kind, kind === EventKind.START ? 0 : id, this.now, 7, payload);
    const { commands } = this.kernel.step();
    this.entered = [];
    for (const command of commands) this.note(command);
    if (commands.some((command) => command.kind === CommandKind.CONTINUE)) this.deliver(EventKind.CONTINUE);
    for (let timer = this.takeTimer(); timer !== undefined && this.end === undefined; timer = this.takeTimer()) {
      this.now = timer.due;
      this.current = timer.visit;
      this.deliver(EventKind.TIMER, timer.serial);
    }
  }

  private takeTimer(): (typeof this.timers)[number] | undefined {
    return this.isRetelling ? undefined : this.timers.shift();
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
    const isFail = this.stateOf(this.current.state).task?.action.kind === "fail";
    if (this.isFailing || (!isFail && (!this.current.hasFailed || this.current.hasLed))) return;
    this.isFailing = true;
    // What waits at a join now will never begin.
    for (const node of this.kernel.activeNodes(this.run)) {
      const state = this.program.nodeStates[node] ?? -1;
      const isUnderWay = this.visits.some((visit) => visit.state === state && visit.calls.size > 0);
      if (this.program.definition.states[state]?.task?.join !== undefined && !isUnderWay) this.failures.push(this.idOf(state));
    }
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
      isAskedAgain: false,
      isWhole: false,
      isBesideFail: false,
      isCanceled: false,
      itemCount: 1,
      doneCount: 0,
    };
    this.visits.push(this.current);
    this.entered.push(this.current);
    if (this.stateOf(state).task?.action.kind !== "fail") return;
    this.failures.push("fail");
    for (const visit of this.entered) visit.isBesideFail = true;
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
    // Nothing acts when the output is computed.
    if (flags !== 0 && state === undefined && this.visits.length > 0 && this.program.definition.taskGraph?.output !== undefined) this.hasUntoldOutput = true;
    else if (!this.failures.includes(state)) this.failures.push(state);
  }

  private statusOf(visit: Visit): string | null {
    if (visit.isAskedAgain) return null;
    const { state, calls, isRetrying, hasFailed, hasEnded, isCanceled, isPausing } = visit;
    const isDone = visit.doneCount >= visit.itemCount;
    if (isRetrying) return "retrying";
    const isBusy = isUnderWay(calls);
    if (hasEnded) return hasFailed ? "failed" : "succeeded";
    // It would be tried again if its run were not being canceled.
    if (this.hold === "cancel" && hasFailed && this.stateOf(state).task?.retry !== undefined) return "retrying";
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
    const inbound = transitions.filter((way) => way.target === target && way.isRetry !== true);
    const ways = this.routes[route] ?? [];
    if (inbound.length < 2 || this.isInCycle(target) || ways.includes(transition)) return route;
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
