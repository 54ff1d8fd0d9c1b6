// The reference model of task graphs, written to be read: what the definition's words mean, and nothing of how the kernel does it.
// An *instance* is a task that has been started and has not ended. Work is done turn by turn, first come, first served: a turn starts
// an instance, or makes the next attempt of one. Speed is no concern here.
import type { Definition, TransitionDefinition } from "../../src/model/definition.js";
import { Branch, mergeBranches } from "./branch.js";
import type { Value } from "./expression.js";
import { Joins } from "./task-joins.js";
import { TaskShape } from "./task-shape.js";
import { type Items, type Names, compute, computeBool, computeDuration, computeItems } from "./task-values.js";
import { Failure } from "./values.js";

/** What the outside world sees of a step, in order. `item`: from 0, -1 where the task has none. */
export type TaskEffect =
  | { readonly kind: "call"; readonly serial: number; readonly task: string; readonly input: Value; readonly attempt: number; readonly item: number }
  | { readonly kind: "timer"; readonly serial: number; readonly due: number }
  | { readonly kind: "cancel"; readonly serial: number }
  | { readonly kind: "end"; readonly how: "succeeded" | "failed" | "canceled"; readonly value: Value };

/** Random graphs may grow without end; such a play is over. */
export class TooMuch extends Error {}

/** What the output sees where every branch came to a join that had fired is nowhere said; such a play is over, too. */
export class NotSaid extends Error {}

const TURN_COUNT_MAX = 400;

/** How a task or one of its items ended. */
interface End {
  readonly isSuccess: boolean;
  readonly result: Value;
  readonly error: Value;
}

interface ItemsUnderWay extends Items {
  next: number;
  readonly results: Value[];
  ended: number;
  failure: End | undefined;
}

interface Instance {
  readonly task: number;
  readonly split: number;
  branch: Branch;
  attempt: number;
  /** Calls that are out, with the number of their item. */
  calls: { readonly serial: number; readonly item: number }[];
  /** A delay, a wait or the time limit. */
  timers: { readonly serial: number; readonly of: "start" | "delay" | "wait" | "limit" }[];
  awaited: string | undefined;
  items: ItemsUnderWay | undefined;
  /** What failed in the task's own parts. */
  fault: End | undefined;
  /** It has ended, or was given up. */
  isOver: boolean;
}

/** The run has ended in the middle of a step. */
class RunEnded extends Error {}

export class ReferenceTaskRun {
  /** Effects of the last step. */
  effects: TaskEffect[] = [];
  /** Milliseconds since 1970; set before each step. */
  now = 0;
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
  /** The first failure that no entry took, where what is under way ends first. */
  private failure: Value | undefined;
  private nextSerial = 1;
  private nextSplit = 1;
  private turnCount = 0;

  constructor(
    private readonly definition: Definition,
    private readonly input: Value,
  ) {
    this.shape = new TaskShape(definition);
    this.joins = new Joins(this.shape);
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

  cancel(): string {
    return this.step(() => this.endRun("canceled", null));
  }

  private step(act: () => string): string {
    this.effects = [];
    let answer = "taken";
    try {
      answer = act();
      this.work();
    } catch (error) {
      if (error instanceof Failure) this.endQuietly("failed", { code: error.code });
      else if (!(error instanceof RunEnded)) throw error;
    }
    return answer;
  }

  private endQuietly(how: "failed", value: Value): void {
    try {
      this.endRun(how, value);
    } catch (error) {
      if (!(error instanceof RunEnded)) throw error;
    }
  }

  // --- turns ----------------------------------------------------------------------------------------------------------------

  /** Once the run is bound to fail nothing begins. */
  private enqueue(instance: Instance, turn: () => void): void {
    this.queue.push(() => {
      if (this.failure !== undefined) this.remove(instance);
      else if (!instance.isOver) turn();
    });
  }

  private work(): void {
    for (let turn = this.queue.shift(); turn !== undefined; turn = this.queue.shift()) {
      this.turnCount += 1;
      if (this.turnCount > TURN_COUNT_MAX) throw new TooMuch();
      turn();
    }
    if (this.instances.length === 0) this.finish();
  }

  private begin(task: number, branch: Branch, split: number): void {
    const instance: Instance = { task, branch, split, attempt: 1, calls: [], timers: [], awaited: undefined, items: undefined, fault: undefined, isOver: false };
    this.instances.push(instance);
    this.enqueue(instance, () => this.enter(instance));
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
    const { condition, delay } = this.shape.task(instance.task);
    const names = this.namesOf(instance);
    const isWanted = condition === undefined || this.own(instance, () => computeBool(names, condition.text));
    if (isWanted === false) {
      this.seen.add("passed over");
      this.endTask(instance, succeed(null));
      return;
    }
    if (isWanted === undefined) {
      this.endTask(instance, instance.fault as End);
      return;
    }
    if (delay === undefined) {
      this.attempt(instance);
      return;
    }
    const ms = this.own(instance, () => computeDuration(names, delay));
    if (ms === undefined) this.endTask(instance, instance.fault as End);
    else this.setTimer(instance, "start", ms);
  }

  private attempt(instance: Instance): void {
    const { items } = this.shape.task(instance.task);
    const names = this.namesOf(instance);
    instance.fault = undefined;
    instance.items = undefined;
    if (items === undefined) {
      const end = this.own(instance, () => this.act(instance, names));
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
    const { timeout } = this.shape.task(instance.task);
    if (timeout === undefined) return true;
    const limit = this.own(instance, () => computeDuration(this.namesOf(instance), timeout));
    if (limit !== undefined) this.setTimer(instance, "limit", limit);
    return !this.endEarly(instance, undefined);
  }

  /** How the attempt ends, where it does so at once. */
  private act(instance: Instance, names: Names): End | undefined {
    const { action } = this.shape.task(instance.task);
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

  /** Those that await an event, the one that has waited longest first. */
  private awaiting: Instance[] = [];

  private call(instance: Instance, task: string, input: Value, item: number): void {
    const serial = this.nextSerial++;
    instance.calls.push({ serial, item });
    this.effects.push({ kind: "call", serial, task, input, attempt: instance.attempt, item });
  }

  private setTimer(instance: Instance, of: Instance["timers"][number]["of"], ms: number): void {
    const serial = this.nextSerial++;
    instance.timers.push({ serial, of });
    this.effects.push({ kind: "timer", serial, due: this.now + ms });
  }

  /** What is out for an instance is given up. */
  private giveUp(instance: Instance): void {
    for (const { serial } of [...instance.calls, ...instance.timers]) this.effects.push({ kind: "cancel", serial });
    instance.calls = [];
    instance.timers = [];
    instance.awaited = undefined;
    this.awaiting = this.awaiting.filter((other) => other !== instance);
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
        else if (action.kind === "value") this.noteItem(items, item, succeed(compute(names, action.value)));
        else throw new Error(`the reference knows no items of ${action.kind}`);
      } catch (error) {
        this.noteItem(items, item, failureOf(error));
        if (definition?.onFailure === "abort") break;
      }
    }
    const isOver = items.ended === items.elements.length || (items.failure !== undefined && definition?.onFailure === "abort");
    if (!isOver && (instance.calls.length > 0 || items.failure === undefined)) return undefined;
    return items.failure ?? succeed(items.results as unknown as Value);
  }

  private noteItem(items: ItemsUnderWay, item: number, end: End): void {
    items.ended += 1;
    if (end.isSuccess) items.results[item] = end.result;
    else items.failure ??= end;
  }

  private endItem(instance: Instance, items: ItemsUnderWay, item: number, end: End): void {
    this.noteItem(items, item, end);
    const whole = this.askItems(instance, items);
    if (whole !== undefined) this.endAttempt(instance, whole);
  }

  // --- ends -----------------------------------------------------------------------------------------------------------------

  private endAttempt(instance: Instance, end: End): void {
    this.giveUp(instance);
    if (this.failure === undefined && this.isRetried(instance, end)) this.retry(instance);
    else this.endTask(instance, end);
  }

  private isRetried(instance: Instance, end: End): boolean {
    const { retry } = this.shape.task(instance.task);
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
    const { retry } = this.shape.task(instance.task);
    const names = this.namesOf(instance);
    const number = instance.attempt;
    const times = { constant: 1, linear: number, exponential: 2 ** (number - 1) }[retry?.backoff ?? "constant"];
    const most = retry?.delayMax === undefined ? Number.POSITIVE_INFINITY : computeDuration(names, retry.delayMax);
    const delay = retry?.delay === undefined ? 0 : Math.min(most, computeDuration(names, retry.delay) * times);
    instance.attempt += 1;
    if (delay > 0) this.setTimer(instance, "delay", delay);
    else this.enqueue(instance, () => this.attempt(instance));
  }

  private endTask(instance: Instance, end: End): void {
    const name = this.shape.name(instance.task);
    const names = this.namesAfter(instance, end);
    if (this.failure !== undefined) {
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
      this.retry(instance);
      return;
    }
    if (!isTaken && !end.isSuccess && this.isCaught(instance, names, end)) return;
    this.remove(instance);
    if (isTaken) return;
    if (end.isSuccess) this.endBranch(instance.branch);
    else this.failRun(end.error);
  }

  /** The innermost scope with an entry that matches the failure is given up, and its entries are followed. */
  private isCaught(instance: Instance, names: Names, end: End): boolean {
    const scopes = this.shape.around(instance.task);
    const taking = scopes.find((scope) => this.shape.entries(scope).some(([first]) => this.isTaken(first as TransitionDefinition, names, end)));
    if (taking === undefined) return false;
    this.seen.add(taking === scopes[0] ? "caught" : "caught further out");
    this.giveUpScope(taking, instance);
    this.followAll(instance, taking, names, end);
    this.remove(instance);
    return true;
  }

  /** All that is under way in a scope, but for what is ending there. */
  private giveUpScope(scope: number, but: Instance): void {
    const inside = this.instances.filter((other) => other !== but && this.shape.isIn(other.task, scope));
    if (inside.length > 0) this.seen.add("given up");
    for (const instance of inside) {
      this.giveUp(instance);
      this.remove(instance);
    }
    this.joins.giveUp(scope);
    if (this.joins.hasForgotten) this.seen.add("taken back");
  }

  /** Follows the entries of a task, or of a scope around it, that match. */
  private followAll(instance: Instance, source: number, names: Names, end: End): { isTaken: boolean; retried: Branch | undefined } {
    let isTaken = false;
    let retried: Branch | undefined;
    // By join: what several entries lead to it. It arrives there once.
    const once = new Map<number, Branch[]>();
    for (const entry of this.shape.entries(source)) {
      const [first] = entry as [TransitionDefinition];
      if (!this.isTaken(first, names, end)) continue;
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
    const ways = entry.filter(({ target, isCancel }) => target >= 0 && isCancel !== true);
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
    this.instances = this.instances.filter((other) => other !== instance);
  }

  /** What ended branches changed is what the output sees; where there is none, nobody asks whether they agree. */
  private endBranch(branch: Branch): void {
    if (this.definition.taskGraph?.output === undefined) return;
    this.ended = this.ended === undefined ? branch : mergeBranches(this.ended, branch, false);
  }

  private failRun(error: Value): void {
    if (this.definition.taskGraph?.onFailure === "abort") this.endRun("failed", error);
    this.failure ??= error;
  }

  /** Nothing is under way. */
  private finish(): void {
    if (this.failure !== undefined) this.endRun("failed", this.failure);
    if (this.joins.waiting.length > 0) throw new Failure("run/join-unreachable");
    const output = this.definition.taskGraph?.output;
    if (output !== undefined && this.ended === undefined) throw new NotSaid();
    this.endRun("succeeded", output === undefined ? null : compute(this.namesIn(this.ended as Branch), output));
  }

  private endRun(how: "succeeded" | "failed" | "canceled", value: Value): never {
    for (const instance of this.instances) this.giveUp(instance);
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

function succeed(result: Value): End {
  return { isSuccess: true, result, error: null };
}

function fail(error: Value): End {
  return { isSuccess: false, result: null, error };
}

function failureOf(error: unknown): End {
  if (error instanceof Failure) return fail({ code: error.code });
  throw error;
}
