// The reference model of task graphs, written to be read: what the definition's words mean, and nothing of how the kernel does it.
// An *instance* is a task that has been started and has not ended. Work is done turn by turn, first come, first served: a turn starts
// an instance, or makes the next attempt of one. Speed is no concern here.
import type { Definition, TaskDefinition, TransitionDefinition, ValueSource } from "../../src/model/definition.js";
import { Branch, mergeBranches } from "./branch.js";
import type { Value } from "./expression.js";
import {
  Asking, type End, type Ending, fail, failureOf, type Instance, type ItemsUnderWay, noteItem, NotSaid, RunEnded, succeed, TooMuch, type Wait,
} from "./task-instance.js";
import { Joins } from "./task-joins.js";
import { ScopeLimits } from "./task-limits.js";
import { isPlain, TaskShape } from "./task-shape.js";
import { inOrder, type Registration, UndoStack } from "./task-undo.js";
import { type Names, compute, computeBool, computeDuration, computeItems, computeRetryDelay } from "./task-values.js";
import { Failure } from "./values.js";

const TURN_COUNT_MAX = 400;

export class ReferenceTaskRun extends Asking {
  isEnded = false;
  /** What the graph did, for those who count. */
  readonly seen = new Set<string>();
  private readonly shape: TaskShape;
  private readonly joins: Joins;
  private readonly queue: (() => void)[] = [];
  private instances: Instance[] = [];
  private ended: Branch | undefined;
  /** How each task ended last, whichever branch it was on. */
  private ends: { readonly [key: string]: Value } = {};
  /** What the run ends with, where something ends or is undone first. */
  private ending: Ending | undefined;
  private readonly undos = new UndoStack();
  private readonly limits: ScopeLimits<Instance>;
  private nextSplit = 1;
  private turnCount = 0;

  constructor(
    private readonly definition: Definition,
    private readonly input: Value,
  ) {
    super();
    this.shape = new TaskShape(definition);
    this.joins = new Joins(this.shape);
    this.limits = new ScopeLimits(this.shape, (serial) => this.effects.push({ kind: "cancel", serial }));
  }

  /** The tasks under way, and the joins that wait. */
  get active(): readonly string[] {
    return [...this.instances.map(({ task }) => task), ...(this.isEnded ? [] : this.joins.waiting)].map((task) => this.shape.name(task));
  }

  // --- what may happen to a run -------------------------------------------------------------------------------------------

  start(): string {
    return this.step(() => {
      const root = new Branch(new Map(this.definition.variables.map(({ name, initial }) => [name, initial as Value])));
      for (const task of this.shape.starts()) this.begin(task, root, 0);
      return "taken";
    });
  }

  answer(serial: number, isSuccess: boolean, value: Value): string {
    return this.step(() => {
      const instance = this.instances.find(({ calls }) => calls.some((call) => call.serial === serial));
      const call = instance?.calls.find((other) => other.serial === serial);
      if (instance === undefined || call === undefined) return "stale";
      instance.calls = instance.calls.filter((other) => other !== call);
      const end = isSuccess ? succeed(value) : fail(value);
      if (instance.items === undefined) this.endAttempt(instance, end);
      else this.endItem(instance, instance.items, call.item, end);
      return "taken";
    });
  }

  fireTimer(serial: number): string {
    return this.step(() => {
      const late = this.limits.take(serial);
      if (late !== undefined) {
        this.endScope(late);
        return "taken";
      }
      const instance = this.instances.find(({ timers }) => timers.some((timer) => timer.serial === serial));
      const timer = instance?.timers.find((other) => other.serial === serial);
      if (instance === undefined || timer === undefined) return "stale";
      instance.timers = instance.timers.filter((other) => other !== timer);
      if (timer.of === "limit") this.endAttempt(instance, fail({ code: "task/timed-out" }));
      else if (timer.of === "wait") this.endAttempt(instance, succeed(null));
      else this.enqueue(instance, () => this.attempt(instance));
      return "taken";
    });
  }

  send(event: string, payload: Value): string {
    return this.step(() => {
      const instance = this.awaiting.find(({ awaited }) => awaited === event);
      if (instance === undefined) return "ignored";
      this.awaiting = this.awaiting.filter((other) => other !== instance);
      instance.awaited = undefined;
      this.endAttempt(instance, succeed(payload));
      return "taken";
    });
  }

  /** `isUndone`: what can be undone is undone first. */
  cancel(isUndone = false): string {
    return this.step(() => {
      if (isUndone) this.undoAndEnd({ how: "canceled", value: null });
      else this.endRun("canceled", null);
      return "taken";
    });
  }

  private step(act: () => string): string {
    this.effects = [];
    let answer = "taken";
    try {
      this.catchFault(() => {
        answer = act();
      });
      for (let isQuiet = false; !isQuiet; ) isQuiet = this.catchFault(() => this.work());
    } catch (error) {
      if (!(error instanceof RunEnded)) throw error;
    }
    return answer;
  }

  /** A fault fails the run, or, where something is undone first, binds it to fail. True: there was none. */
  private catchFault(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.undoAndEnd({ how: "failed", value: { code: error.code } });
      return false;
    }
  }

  // --- turns ----------------------------------------------------------------------------------------------------------------

  /** Once the run is bound to fail nothing begins. */
  private enqueue(instance: Instance, turn: () => void): void {
    this.queue.push(() => {
      if (instance.isOver) return;
      if (this.ending !== undefined && instance.undo === undefined) this.remove(instance);
      else turn();
    });
  }

  private work(): void {
    for (let turn = this.queue.shift(); turn !== undefined; turn = this.queue.shift()) {
      this.turnCount += 1;
      if (this.turnCount > TURN_COUNT_MAX) throw new TooMuch();
      turn();
    }
    if (this.instances.length > 0) return;
    this.finish();
    this.work();
  }

  private create(task: number, branch: Branch, split: number, more: Pick<Instance, "undo" | "wait"> = {}): Instance {
    const instance: Instance = { task, branch, split, attempt: 1, calls: [], timers: [], awaited: undefined, items: undefined, fault: undefined, isOver: false, ...more };
    this.instances.push(instance);
    if (instance.undo === undefined) this.limits.enter(instance);
    return instance;
  }

  private begin(task: number, branch: Branch, split: number): void {
    const instance = this.create(task, branch, split);
    this.enqueue(instance, () => this.enter(instance));
  }

  /** What an instance does: a task, or what undoes it. */
  private workOf({ task, undo }: Instance): TaskDefinition {
    const definition = this.shape.task(task);
    return undo === undefined ? definition : (definition.undo as TaskDefinition);
  }

  /** What fails in a task's own parts is a failure of the task. */
  private own<T>(instance: Instance, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      instance.fault = failureOf(error);
      return undefined;
    }
  }

  private enter(instance: Instance): void {
    const { condition, delay } = this.workOf(instance);
    const names = this.namesOf(instance);
    if (!this.limitScopes(instance, names)) return;
    const isWanted = condition === undefined || this.own(instance, () => computeBool(names, condition.text));
    if (isWanted === false) this.seen.add("passed over");
    if (isWanted !== true) return this.endTask(instance, isWanted === false ? succeed(null) : (instance.fault as End), true);
    if (delay === undefined) return this.attempt(instance);
    const ms = this.own(instance, () => computeDuration(names, delay));
    if (ms === undefined) this.endTask(instance, instance.fault as End);
    else this.setTimer(instance, "start", ms);
  }

  /** False where a limit cannot be told, and the task has failed. */
  private limitScopes(instance: Instance, names: Names): boolean {
    if (instance.undo !== undefined) return true;
    for (const entered of this.limits.unlimited(instance.task)) {
      const ms = this.own(instance, () => computeDuration(names, this.shape.limit(entered.scope) as ValueSource));
      if (ms === undefined) {
        this.endTask(instance, instance.fault as End);
        return false;
      }
      entered.serial = this.nextSerial++;
      this.effects.push({ kind: "timer", serial: entered.serial, due: this.now + ms });
    }
    return true;
  }

  private attempt(instance: Instance): void {
    const { items } = this.workOf(instance);
    const names = this.namesOf(instance);
    instance.fault = undefined;
    instance.items = undefined;
    if (items === undefined) {
      const { undo } = instance;
      const end = this.own(instance, () => this.act(instance, undo === undefined ? names : { ...names, result: undo.of.result }));
      if (!this.endEarly(instance, end)) this.limitTime(instance);
      return;
    }
    this.seen.add("items");
    this.own(instance, () => {
      instance.items = { ...computeItems(names, items), next: 0, results: [], ended: 0, failure: undefined };
    });
    if (this.endEarly(instance, undefined) || !this.limitTime(instance)) return;
    this.endEarly(instance, this.askItems(instance, instance.items as unknown as ItemsUnderWay));
  }

  private endEarly(instance: Instance, end: End | undefined): boolean {
    const early = instance.fault ?? end;
    if (early !== undefined) this.endAttempt(instance, early);
    return early !== undefined;
  }

  /** False where the limit cannot be told, and the attempt has failed. */
  private limitTime(instance: Instance): boolean {
    const { timeout } = this.workOf(instance);
    if (timeout === undefined) return true;
    const limit = this.own(instance, () => computeDuration(this.namesOf(instance), timeout));
    if (limit !== undefined) this.setTimer(instance, "limit", limit);
    return !this.endEarly(instance, undefined);
  }

  /** How the attempt ends, where it does so at once. */
  private act(instance: Instance, names: Names): End | undefined {
    const { action } = this.workOf(instance);
    switch (action.kind) {
      case "call":
        this.call(instance, action.task, compute(names, action.input), -1);
        return undefined;
      case "await":
        instance.awaited = action.event;
        this.awaiting.push(instance);
        return undefined;
      case "wait":
        this.setTimer(instance, "wait", computeDuration(names, action.duration));
        return undefined;
      case "value":
        return succeed(compute(names, action.value));
      case "fail":
        return fail({ code: "run/aborted", message: compute(names, action.message) });
      default:
        throw new Error(`the reference knows no action ${action.kind}`);
    }
  }

  // --- items ----------------------------------------------------------------------------------------------------------------

  private askItems(instance: Instance, items: ItemsUnderWay): End | undefined {
    const { action, items: definition } = this.shape.task(instance.task);
    while (items.next < items.elements.length && instance.calls.length < items.concurrency) {
      if (items.failure !== undefined && definition?.onFailure !== "continue") break;
      const item = items.next++;
      const names = { ...this.namesOf(instance), item: items.elements[item] as Value, index: item };
      try {
        if (action.kind === "call") this.call(instance, action.task, compute(names, action.input), item);
        else if (action.kind === "value") noteItem(items, item, succeed(compute(names, action.value)));
        else throw new Error(`the reference knows no items of ${action.kind}`);
      } catch (error) {
        noteItem(items, item, failureOf(error));
        if (definition?.onFailure === "abort") break;
      }
    }
    const isOver = items.ended === items.elements.length || (items.failure !== undefined && definition?.onFailure === "abort");
    if (!isOver && (instance.calls.length > 0 || items.failure === undefined)) return undefined;
    return items.failure ?? succeed(items.results as unknown as Value);
  }

  private endItem(instance: Instance, items: ItemsUnderWay, item: number, end: End): void {
    noteItem(items, item, end);
    const whole = this.askItems(instance, items);
    if (whole !== undefined) this.endAttempt(instance, whole);
  }

  // --- ends -----------------------------------------------------------------------------------------------------------------

  private endAttempt(instance: Instance, end: End): void {
    this.giveUp(instance);
    if ((this.ending === undefined || instance.undo !== undefined) && this.isRetried(instance, end)) this.retry(instance);
    else this.endTask(instance, end);
  }

  private isRetried(instance: Instance, end: End): boolean {
    const { retry } = this.workOf(instance);
    if (retry === undefined) return false;
    if (retry.when === undefined && end.isSuccess) return false;
    const names = this.namesOf(instance);
    if (instance.attempt > (compute(names, retry.count) as number)) return false;
    // A condition that fails counts as no.
    const { when } = retry;
    return when === undefined || this.own(instance, () => computeBool(this.namesAfter(instance, end), when.text)) === true;
  }

  private retry(instance: Instance): void {
    this.seen.add("retry");
    const { retry } = this.workOf(instance);
    const delay = computeRetryDelay(this.namesOf(instance), retry, instance.attempt);
    instance.attempt += 1;
    if (delay > 0) this.setTimer(instance, "delay", delay);
    else this.enqueue(instance, () => this.attempt(instance));
  }

  private endTask(instance: Instance, end: End, isPassedOver = false): void {
    if (instance.undo !== undefined) {
      this.endUndo(instance, instance.undo, end);
      return;
    }
    const isUndoable = end.isSuccess && !isPassedOver && this.shape.task(instance.task).undo !== undefined;
    const registration = isUndoable ? this.undos.add(instance.task, instance.branch, end.result) : undefined;
    const name = this.shape.name(instance.task);
    const names = this.namesAfter(instance, end);
    if (this.ending !== undefined) {
      this.remove(instance);
      return;
    }
    const known = this.ends[name] as { readonly [key: string]: Value } | undefined;
    const status = end.isSuccess ? "succeeded" : "failed";
    this.ends = { ...this.ends, [name]: end.isSuccess ? { result: end.result, status } : { ...known, status } };
    const { isTaken, retried } = this.followAll(instance, instance.task, names, end);
    if (retried !== undefined) {
      this.seen.add("retry by an entry");
      instance.branch = retried;
      this.limits.enter(instance);
      if (registration !== undefined) this.undos.forget(registration);
      this.retry(instance);
      return;
    }
    if (!isTaken && !end.isSuccess) this.offerFailure(instance, this.shape.around(instance.task), end);
    else if (!isTaken) this.endBranch(instance.branch);
    this.remove(instance);
  }

  /** The first of the scopes with an entry that matches the failure is given up, and its entries are followed. Without one it is the run's. */
  private offerFailure(instance: Instance, scopes: readonly number[], end: End): void {
    const names = this.namesAfter(instance, end);
    const taking = scopes.find((scope) => this.shape.entries(scope).some(([first]) => this.isTaken(first as TransitionDefinition, names, end)));
    if (taking === undefined) {
      this.failRun(instance, end.error);
      return;
    }
    this.seen.add(taking === scopes[0] ? "caught" : "caught further out");
    this.giveUpScope(taking, instance);
    this.followAll(instance, taking, names, end);
  }

  /** The time of a scope is over: it fails by itself. */
  private endScope({ scope, branch, split }: { readonly scope: number; readonly branch: Branch; readonly split: number }): void {
    this.seen.add("scope too late");
    if (this.ending !== undefined) {
      this.giveUpScope(scope, undefined);
      return;
    }
    const instance = this.create(scope, branch, split);
    this.offerFailure(instance, [scope, ...this.shape.around(scope)], fail({ code: "task/timed-out" }));
    this.remove(instance);
  }

  /** All that is under way in a scope, but for what is ending there. */
  private giveUpScope(scope: number, but: Instance | undefined): void {
    const inside = this.instances.filter((other) => other !== but && other.undo === undefined && this.shape.isIn(other.task, scope));
    if (inside.length > 0) this.seen.add("given up");
    for (const instance of inside) this.giveUpInstance(instance);
    if (but !== undefined && this.shape.isIn(but.task, scope)) this.limits.leave(but, (other) => other === scope || this.shape.isIn(other, scope));
    this.joins.giveUp(scope);
    if (this.joins.hasForgotten) this.seen.add("taken back");
  }

  private giveUpInstance(instance: Instance): void {
    const { wait } = instance;
    this.giveUp(instance);
    this.remove(instance);
    if (wait === undefined) return;
    this.seen.add("waited in vain");
    this.undos.putBack(wait.pending);
    for (const { undo } of this.instances) if (undo?.waiter === instance) undo.waiter = undefined;
  }

  // --- undoing ----------------------------------------------------------------------------------------------------------------

  private startUndo(of: Registration, waiter: Instance | undefined): void {
    this.seen.add("undone");
    const instance = this.create(of.task, of.branch, 0, { undo: { of, waiter } });
    this.enqueue(instance, () => this.enter(instance));
  }

  private endUndo(instance: Instance, { waiter }: NonNullable<Instance["undo"]>, { isSuccess }: End): void {
    this.remove(instance);
    if (!isSuccess) this.seen.add("not undone");
    const wait = waiter?.wait;
    if (waiter === undefined || wait === undefined) return;
    if (!isSuccess) wait.hasFailed = true;
    wait.underWay -= 1;
    if (wait.underWay > 0) return;
    const next = wait.pending.pop();
    if (next === undefined) this.endWait(waiter, wait);
    else {
      wait.underWay = 1;
      this.startUndo(next, waiter);
    }
  }

  private endWait(waiter: Instance, { entry, hasFailed }: Wait): void {
    const [first] = entry as [TransitionDefinition];
    if (this.ending === undefined && !hasFailed) this.leadOn(waiter, entry);
    else if (this.ending === undefined) {
      this.seen.add("run/undo-failed");
      const end = fail({ code: "run/undo-failed" });
      const { isTaken } = this.followAll(waiter, waiter.task, this.namesAfter(waiter, end), end, (first.next ?? 0) + 1);
      if (!isTaken) this.offerFailure(waiter, this.shape.around(waiter.task), end);
    }
    this.remove(waiter);
  }

  private leadOn(waiter: Instance, entry: readonly TransitionDefinition[]): void {
    const ways = entry.filter((way) => way.target >= 0 && isPlain(way));
    if (ways.length === 0) this.endBranch(waiter.branch);
    for (const { source, target } of ways) this.arrive(target, source, waiter, waiter.branch);
  }

  /** Has the entry wait where there is something to undo. */
  private awaitUndo(instance: Instance, entry: readonly TransitionDefinition[], branch: Branch): boolean {
    const scopes = entry.filter(({ isUndo }) => isUndo === true).map(({ target }) => target);
    const isWanted = (task: number) => scopes.some((scope) => scope < 0 || this.shape.isIn(task, scope));
    const adopted = this.instances.flatMap(({ undo }) => (undo !== undefined && undo.waiter === undefined && isWanted(undo.of.task) ? [undo] : []));
    const pending = inOrder(this.undos.takeAll(isWanted));
    if (adopted.length === 0 && pending.length === 0) return false;
    this.seen.add("waited");
    const wait: Wait = { entry, pending, underWay: adopted.length, hasFailed: false };
    const waiter = this.create(entry[0]?.source as number, branch, instance.split, { wait });
    waiter.attempt = instance.attempt;
    for (const undo of adopted) undo.waiter = waiter;
    if (adopted.length > 0) return true;
    wait.underWay = 1;
    this.startUndo(wait.pending.pop() as Registration, waiter);
    return true;
  }

  /** The run ends once what can be undone is undone. What undoes goes on, all else is given up. */
  private undoAndEnd(ending: Ending): void {
    const hasUndos = !this.undos.isEmpty || this.instances.some(({ undo, wait }) => undo !== undefined || (wait?.pending.length ?? 0) > 0);
    if (!hasUndos) this.endRun(ending.how, ending.value);
    this.seen.add("undone before the end");
    this.ending = ending;
    for (const instance of this.instances) if (instance.undo === undefined) this.giveUpInstance(instance);
  }

  // --- what follows -----------------------------------------------------------------------------------------------------------

  /** Follows the entries of a task, or of a scope around it, that match; those before `firstEntry` are left out. */
  private followAll(instance: Instance, source: number, names: Names, end: End, firstEntry = 0): { isTaken: boolean; retried: Branch | undefined } {
    let isTaken = false;
    let retried: Branch | undefined;
    // By join: what several entries lead to it. It arrives there once.
    const once = new Map<number, Branch[]>();
    for (const entry of this.shape.entries(source)) {
      const [first] = entry as [TransitionDefinition];
      if ((first.next ?? 0) < firstEntry || !this.isTaken(first, names, end)) continue;
      if (first.isRetry === true) {
        const most = this.shape.task(instance.task).retry?.count;
        const isPermitted = instance.attempt <= (most === undefined ? 3 : (compute(names, most) as number));
        // What it publishes is computed in any case: it matches.
        const branch = this.publish(instance, first, names);
        if (isPermitted) retried ??= branch;
        continue;
      }
      isTaken = true;
      this.follow(instance, entry, names, once);
    }
    for (const [target, branches] of once) {
      const isLast = this.shape.task(target).merge === "last";
      this.arrive(target, source, instance, branches.reduce((first, second) => mergeBranches(first, second, isLast)));
    }
    return { isTaken, retried };
  }

  private isTaken({ trigger, guard }: TransitionDefinition, names: Names, end: End): boolean {
    if (trigger.kind === "outcome" && (trigger.outcome === "success") !== end.isSuccess) return false;
    return guard === undefined || computeBool(names, guard.text);
  }

  /** Publishes once, then goes to each target. */
  private follow(instance: Instance, entry: readonly TransitionDefinition[], names: Names, once: Map<number, Branch[]>): void {
    const branch = this.publish(instance, entry[0] as TransitionDefinition, names);
    for (const { target, isCancel } of entry) if (isCancel === true) this.giveUpScope(target, instance);
    const ways = entry.filter((way) => way.target >= 0 && isPlain(way));
    if (this.awaitUndo(instance, entry, branch)) return;
    if (ways.length === 0) this.endBranch(branch);
    for (const { source, target } of ways) {
      const known = once.get(target);
      if (!this.shape.isRepeated(source, target)) this.arrive(target, source, instance, branch);
      else once.set(target, [...(known ?? []), branch]);
    }
  }

  /** The entry's own branch; a later value sees the earlier ones. */
  private publish(instance: Instance, { actions }: TransitionDefinition, names: Names): Branch {
    let { branch } = instance;
    for (const action of actions) {
      if (action.kind !== "set") throw new Error(`an entry does not ${action.kind}`);
      const value = compute({ ...names, ...this.namesIn(branch) }, action.value);
      branch = branch.with([[action.variable, value]]);
    }
    return branch;
  }

  private arrive(task: number, source: number, { split }: Instance, branch: Branch): void {
    if (this.shape.task(task).join !== undefined) {
      const joined = this.joins.arrive(task, split, source, branch);
      if (joined !== undefined) this.begin(task, joined, split);
    } else this.begin(task, branch, this.shape.isSplit(task) ? this.nextSplit++ : split);
  }

  private remove(instance: Instance): void {
    instance.isOver = true;
    this.limits.leave(instance);
    this.instances = this.instances.filter((other) => other !== instance);
  }

  /** What ended branches changed is what the output sees; where there is none, nobody asks whether they agree. */
  private endBranch(branch: Branch): void {
    if (this.definition.taskGraph?.output === undefined) return;
    this.ended = this.ended === undefined ? branch : mergeBranches(this.ended, branch, false);
  }

  /** `instance` is ending. */
  private failRun(instance: Instance, error: Value): void {
    const ending: Ending = { how: "failed", value: error };
    this.remove(instance);
    if (this.definition.taskGraph?.onFailure === "abort") this.undoAndEnd(ending);
    else this.ending ??= ending;
  }

  /** Nothing is under way. */
  private finish(): void {
    const last = this.ending === undefined ? undefined : this.undos.take();
    if (last !== undefined) {
      this.startUndo(last, undefined);
      return;
    }
    if (this.ending !== undefined) this.endRun(this.ending.how, this.ending.value);
    if (this.joins.waiting.length > 0) throw new Failure("run/join-unreachable");
    const output = this.definition.taskGraph?.output;
    if (output !== undefined && this.ended === undefined) throw new NotSaid();
    this.endRun("succeeded", output === undefined ? null : compute(this.namesIn(this.ended as Branch), output));
  }

  private endRun(how: "succeeded" | "failed" | "canceled", value: Value): never {
    for (const instance of this.instances) this.giveUp(instance);
    this.limits.clear();
    this.effects.push({ kind: "end", how, value });
    this.isEnded = true;
    this.instances = [];
    throw new RunEnded();
  }

  // --- names ----------------------------------------------------------------------------------------------------------------

  private namesIn(branch: Branch): Names {
    const workflow = { name: this.definition.name };
    return { input: this.input, workflow, vars: Object.fromEntries(branch.values), tasks: this.ends };
  }

  private namesOf({ branch }: Instance): Names {
    return this.namesIn(branch);
  }

  private namesAfter(instance: Instance, { isSuccess, result, error }: End): Names {
    const { attempt } = instance;
    return { ...this.namesOf(instance), result, error, succeeded: isSuccess, failed: !isSuccess, completed: true, attempt };
  }
}
