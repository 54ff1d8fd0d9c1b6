// The reference model: what a statechart means, written to be read. It is a direct transcription of SCXML's algorithm
// (https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation) with this project's decisions: eventless transitions are completion
// transitions, forks make branches that see variables of their own, regions share them, failures look for failure transitions.
// It works on a definition and knows nothing of the kernel. Speed is no concern here.
//
// The words: a *token* stands on the innermost active state of each branch and region. A *step* answers one event; it is a
// series of *microsteps*. A microstep executes a set of transitions that were chosen beforehand: first all exits, then all
// transition actions, then all entries. Everything goes in document order, exits in the reverse of it.
import type { ActionDefinition, Definition, TransitionDefinition } from "../../src/model/definition.js";
import { domainOf, findByEvent, findCompletion, findFailure, permits, removeConflicts, tokensLeftBy, topOf } from "./choosing.js";
import type { Value } from "./expression.js";
import { BUILT_IN, Frame, commonFrame } from "./frame.js";
import type { Choice, Effect, Timer, Token } from "./token.js";
import { ROOT, Tree } from "./tree.js";
import { Failure, assign, valueOf } from "./values.js";

/** `failed`: a guard failed while transitions were chosen, and no failure transition was there. */
export type Answer = "taken" | "ignored" | "stale" | "failed" | "ended";

/** Microsteps of one step. Charts that count without end are not for this model. */
const MICROSTEP_COUNT_MAX = 10_000;

/** The run has ended in the middle of a step. */
class RunEnded extends Error {}

export class ReferenceRun {
  /** Effects of the last step. */
  effects: Effect[] = [];
  /** Milliseconds since 1970; set before each step. */
  now = 0;
  isEnded = false;
  readonly tree: Tree;
  private readonly root = new Frame();
  private tokens: Token[] = [];
  private timers: Timer[] = [];
  private nextSerial = 1;
  private microstepCount = 0;
  private isTaken = false;

  constructor(private readonly definition: Definition) {
    this.tree = new Tree(definition);
  }

  /** The active states in document order: where tokens stand, and the scopes around. */
  get states(): readonly string[] {
    const active = new Set(this.tokens.flatMap(({ state }) => this.tree.lineOf(state)));
    return [...active].sort((a, b) => a - b).map((state) => this.tree.state(state).id);
  }

  /** The variables outside of all branches. */
  get variables(): Readonly<Record<string, Value>> {
    return Object.fromEntries([...this.root.values].filter(([name]) => !BUILT_IN.has(name)));
  }

  // --- steps: one for each thing that may happen to a run -------------------------------------------------------------

  start(input: Readonly<Record<string, Value>> = {}): Answer {
    return this.step(() => {
      this.isTaken = true;
      for (const [name, value] of Object.entries(input)) this.root.values.set(name, value);
      for (const { name, initial } of this.definition.variables)
        if (initial !== undefined && !this.root.values.has(name)) this.root.values.set(name, initial as Value);
      const token = this.newToken(ROOT, this.root);
      this.attempt(token, () => this.passStart(token));
      this.enterAll();
      return true;
    });
  }

  send(event: string, payload: Value = null): Answer {
    return this.step(() => {
      const choices: Choice[] = [];
      const woken: Token[] = [];
      for (const token of this.inOrder()) {
        token.frame.values.set("event", payload);
        if (token.phase === "waiting" && token.awaited === event) woken.push(token);
        else this.choose(token, choices, () => findByEvent(this.tree, token, event));
      }
      this.microstep(choices, woken, payload);
      return choices.length + woken.length > 0;
    });
  }

  /** A task ends with a result, or with an error where `code` is given. */
  endTask(serial: number, result: Value, code?: string): Answer {
    const token = this.waiterFor(serial);
    return this.step(() => {
      if (token === undefined) return "stale";
      this.isTaken = true;
      if (code === undefined) this.microstep([], [token], result, serial);
      else this.fail(token, new Failure(code), serial);
      return true;
    });
  }

  fireTimer(serial: number): Answer {
    const token = this.waiterFor(serial);
    const timer = this.timers.find((candidate) => candidate.serial === serial);
    return this.step(() => {
      if (timer !== undefined) return this.followTimer(timer);
      if (token === undefined) return "stale";
      this.isTaken = true;
      if (token.serials[0] === serial) this.microstep([], [token], null, serial);
      else this.fail(token, new Failure("task/timed-out"), serial);
      return true;
    });
  }

  /** An `after` transition is due: its own token takes it; that of a scope, the first token inside. */
  private followTimer(timer: Timer): boolean {
    this.timers = this.timers.filter((other) => other !== timer);
    const token = timer.owner ?? (this.inOrder().find(({ state }) => this.tree.isWithin(timer.state, state)) as Token);
    const choices: Choice[] = [];
    this.choose(token, choices, () => (permits(token, timer.transition) ? timer.transition : undefined));
    this.microstep(choices, []);
    return choices.length > 0;
  }

  /** One step: what `begin` does, then completion transitions, set by set, until nothing moves. */
  private step(begin: () => boolean | "stale"): Answer {
    this.effects = [];
    this.microstepCount = 0;
    this.isTaken = false;
    if (this.isEnded) return "ended";
    try {
      const answer = begin();
      if (answer === true) this.runToCompletion();
      return answer === "stale" ? "stale" : answer ? "taken" : "ignored";
    } catch (error) {
      if (!(error instanceof RunEnded)) throw error;
      return this.isTaken ? "taken" : "failed";
    }
  }

  /** The eventless part of a step. A configuration that recurs, variables included, would recur for ever. */
  private runToCompletion(): void {
    const seen = new Set<string>();
    while (true) {
      const choices: Choice[] = [];
      for (const token of this.inOrder()) {
        if (token.phase === "failed") choices.push(rescueOf(token));
        if (token.phase === "complete") this.choose(token, choices, () => findCompletion(this.tree, token));
      }
      if (choices.length === 0) return;
      const configuration = this.describe();
      if (seen.has(configuration)) this.failRun({ code: "run/endless-loop" });
      seen.add(configuration);
      this.microstep(choices, []);
    }
  }

  // --- choosing -------------------------------------------------------------------------------------------------------

  /** Adds what the token takes, if anything. A guard that fails makes it take its failure transition. */
  private choose(token: Token, choices: Choice[], find: () => TransitionDefinition | readonly TransitionDefinition[] | undefined): void {
    let found: ReturnType<typeof find>;
    this.attempt(token, () => {
      found = find();
    });
    if (token.phase === "failed") choices.push(rescueOf(token));
    else if (found !== undefined) choices.push({ token, ways: [found].flat() });
  }

  // --- a microstep: exits, transition actions, entries ------------------------------------------------------------------

  /** `woken`: tokens that go on with their actions where they stand, since what they waited for has come. */
  private microstep(choices: readonly Choice[], woken: readonly Token[], result: Value = null, serial?: number): void {
    if (choices.length + woken.length === 0) return;
    this.isTaken = true;
    this.microstepCount += 1;
    if (this.microstepCount > MICROSTEP_COUNT_MAX) throw new Error("the reference model is asked for a step without end");
    const kept = removeConflicts(this.tree, this.tokens, choices);
    this.exitAll(kept);
    for (const choice of kept) this.setOut(choice);
    for (const token of woken) if (token.phase === "waiting") this.wake(token, result, serial);
    for (const token of this.inOrder()) if (token.phase === "acting" && !token.isEntering) this.perform(token);
    this.enterAll();
  }

  private exitAll(choices: readonly Choice[]): void {
    const failures = new Map<Token, Failure>();
    const left = new Set<number>();
    for (const choice of choices) {
      const isLeft = (state: number) => this.tree.isWithin(topOf(this.tree, choice), state);
      for (const { state } of tokensLeftBy(this.tree, this.tokens, choice))
        for (const at of this.tree.lineOf(state).filter(isLeft)) left.add(at);
    }
    const actors = choices.map(({ token }) => token);
    for (const state of [...left].sort((a, b) => b - a)) this.exit(state, actors, failures);
    for (const choice of choices) {
      const { token } = choice;
      const domain = domainOf(this.tree, choice);
      for (const other of tokensLeftBy(this.tree, this.tokens, choice)) if (other !== token) this.end(other);
      token.state = domain;
      const failure = failures.get(token);
      if (failure !== undefined) this.fail(token, failure);
    }
  }

  /** Leaves one state: what waits in it is canceled, its timers die, its exit actions run; forks inside are over. */
  private exit(state: number, actors: readonly Token[], failures: Map<Token, Failure>): void {
    this.effects.push({ kind: "exited", state });
    const inside = this.inOrder().filter((token) => this.tree.isWithin(state, token.state));
    const actor = inside.find((token) => actors.includes(token));
    for (const token of inside) if (token.state === state && (actor === undefined || actors.includes(token))) this.stopWaiting(token);
    this.killTimers(state, actor);
    const token = actor ?? (inside[0] as Token);
    try {
      if (actor !== undefined) this.mergeOutOf(state, actor);
      for (const action of this.tree.state(state).exit) this.act(token, action, state);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      failures.set(token, failure);
    }
  }

  private killTimers(state: number, actor: Token | undefined): void {
    const dies = (timer: Timer) => timer.state === state && (timer.owner === undefined || actor === undefined || timer.owner === actor);
    for (const { serial } of this.timers.filter(dies)) this.effects.push({ kind: "cancel", serial });
    this.timers = this.timers.filter((timer) => !dies(timer));
  }

  /** Sends a token that has left its states on its way. A fork's becomes one token per way, each with a frame of its own. */
  private setOut({ token, ways }: Choice): void {
    if (token.phase === "failed" && token.rescue !== ways[0]) return;
    const { state, frame } = token;
    ways.forEach((way, index) => {
      const mover = index + 1 === ways.length ? token : this.newToken(state, frame);
      if (ways.length > 1) mover.frame = new Frame(frame, way.source);
      this.effects.push({ kind: "taken", transition: this.definition.transitions.indexOf(way) });
      mover.way = way;
      mover.goal = way.target;
      mover.actions = way.actions;
      mover.isEntering = false;
      mover.phase = "acting";
    });
  }

  /** What a token waited for has come: its result is kept, and it has its further actions to do. */
  private wake(token: Token, result: Value, serial: number | undefined): void {
    const [action, ...rest] = token.actions as [ActionDefinition, ...ActionDefinition[]];
    this.stopWaiting(token, serial);
    token.actions = rest;
    token.phase = "acting";
    this.attempt(token, () => {
      if (action.kind === "call" && action.result !== undefined) assign(this.definition, token.frame, action.result, result);
      if (action.kind !== "wait") token.frame.values.set("result", result);
    });
  }

  /** All that acts in a state or is on its way to one goes on, whatever is first in the document first, until all have arrived. */
  private enterAll(): void {
    while (true) {
      const next = ({ phase, state, goal }: Token) => (phase === "acting" ? state : this.tree.childToward(state, goal));
      const busy = this.tokens.filter(({ phase }) => phase === "moving" || phase === "acting");
      const [token] = busy.sort((a, b) => next(a) - next(b));
      if (token === undefined) return;
      if (token.phase === "acting") this.perform(token);
      else this.attempt(token, () => this.enter(token, next(token)));
    }
  }

  private enter(token: Token, state: number): void {
    token.state = state;
    this.effects.push({ kind: "entered", state });
    switch (this.tree.kind(state)) {
      case "end":
        this.finishScope(token);
        return;
      case "join":
        this.arrive(token);
        return;
      case "choice":
      case "fork":
        token.phase = "complete";
        return;
      default:
        token.phase = "acting";
        token.actions = this.tree.state(state).entry;
        token.isEntering = true;
        this.setTimers(token);
        this.perform(token);
    }
  }

  private setTimers(token: Token): void {
    const owner = this.tree.childrenOf(token.state).length === 0 ? token : undefined;
    for (const transition of this.tree.transitionsOf(token.state)) {
      if (transition.trigger.kind !== "after") continue;
      const ms = valueOf(token.frame, transition.trigger.duration, "run/guard-failed") as number;
      const serial = this.nextSerial++;
      this.timers.push({ serial, state: token.state, owner, transition });
      this.effects.push({ kind: "timer", serial, due: this.now + ms });
    }
  }

  /** After the entry actions of a state: on toward the goal, into its regions, or past its start. */
  private descend(token: Token): void {
    const { state, goal } = token;
    token.phase = "moving";
    if (this.tree.kind(state) === "parallel") this.enterRegions(token);
    else if (goal === state) this.passStart(token);
  }

  private enterRegions(token: Token): void {
    const { state, goal, frame } = token;
    this.tree.childrenOf(state).forEach((region, index) => {
      const mover = index === 0 ? token : this.newToken(state, frame);
      mover.goal = this.tree.isWithin(region, goal) ? goal : region;
    });
  }

  /** The start of a scope is passed while the scope is entered. A state without one inside is complete. */
  private passStart(token: Token): void {
    const start = this.tree.startOf(token.state);
    if (start === undefined) {
      token.phase = "complete";
      return;
    }
    const way = this.tree.transitionsOf(start).find((transition) => permits(token, transition));
    if (way === undefined) throw new Failure("run/no-transition");
    this.effects.push({ kind: "taken", transition: this.definition.transitions.indexOf(way) });
    token.goal = way.target;
  }

  /** A token has come to the end of its scope: the scope is complete when no other is inside. */
  private finishScope(token: Token): void {
    const scope = this.tree.parent(token.state);
    this.mergeOutOf(scope, token);
    if (this.tokens.some((other) => other !== token && this.tree.isWithin(scope, other.state))) {
      this.end(token);
      return;
    }
    if (scope === ROOT) this.endRun("succeeded", this.variables);
    token.state = scope;
    token.phase = "complete";
    if (this.tree.kind(scope) === "region") this.finishRegions(token, this.tree.parent(scope));
  }

  private finishRegions(token: Token, parallel: number): void {
    const inside = this.tokens.filter(({ state }) => this.tree.isWithin(parallel, state));
    const isAtEnd = ({ state, phase }: Token) => phase === "complete" && this.tree.childrenOf(parallel).includes(state);
    if (!inside.every(isAtEnd)) return;
    for (const other of inside) if (other !== token) this.end(other);
    token.state = parallel;
  }

  /** At a join a branch waits until one has come by every way in; then they go on as one. */
  private arrive(token: Token): void {
    token.phase = "joining";
    const here = this.tokens.filter(({ phase, state }) => phase === "joining" && state === token.state);
    const arrived = this.tree.incomingOf(token.state).map((way) => here.find((other) => other.way === way));
    if (!arrived.every((other) => other !== undefined)) return;
    const frame = commonFrame(arrived.map((other) => other.frame));
    token.phase = "complete";
    for (const other of arrived) {
      while (other.frame !== frame) this.mergeFrame(other);
      if (other !== token) this.end(other);
    }
  }

  // --- actions ----------------------------------------------------------------------------------------------------------

  /** Does a token's actions one by one; at one that waits, the token stays behind. */
  private perform(token: Token): void {
    const place = token.isEntering ? token.state : (token.way as TransitionDefinition).source;
    this.attempt(token, () => {
      for (; token.actions.length > 0; token.actions = token.actions.slice(1)) {
        this.act(token, token.actions[0] as ActionDefinition, place);
        if (token.phase === "waiting") return;
      }
      token.phase = "moving";
      if (token.isEntering) this.descend(token);
    });
  }

  private act(token: Token, action: ActionDefinition, place: number): void {
    switch (action.kind) {
      case "log":
        this.effects.push({
          kind: "log",
          level: action.level,
          message: String(valueOf(token.frame, action.message, "run/action-failed")),
          state: place,
        });
        return;
      case "set":
        assign(this.definition, token.frame, action.variable, valueOf(token.frame, action.value, "run/action-failed"));
        return;
      case "abort":
        this.failRun({ code: "run/aborted", message: String(valueOf(token.frame, action.message, "run/action-failed")) });
        return;
      case "await":
        token.awaited = action.event;
        break;
      case "wait":
        token.serials = [this.setTimer(valueOf(token.frame, action.duration, "run/action-failed") as number)];
        break;
      case "call":
        this.call(token, action);
        break;
      default:
        throw new Error(`the reference knows no action ${action.kind}`);
    }
    token.phase = "waiting";
  }

  private call(token: Token, action: ActionDefinition & { kind: "call" }): void {
    const input = valueOf(token.frame, action.input, "run/action-failed");
    const serial = this.nextSerial++;
    this.effects.push({ kind: "task", serial, task: action.task, input });
    token.serials = action.timeoutMs === undefined ? [serial] : [serial, this.setTimer(action.timeoutMs)];
  }

  private setTimer(ms: number): number {
    const serial = this.nextSerial++;
    this.effects.push({ kind: "timer", serial, due: this.now + ms });
    return serial;
  }

  private waiterFor(serial: number): Token | undefined {
    return this.tokens.find((token) => token.serials.includes(serial));
  }

  /** Ends a token's wait; what it still waits for, but for `ended`, is canceled. */
  private stopWaiting(token: Token, ended?: number): void {
    for (const serial of token.serials) if (serial !== ended) this.effects.push({ kind: "cancel", serial });
    token.serials = [];
    token.awaited = undefined;
  }

  // --- failures and ends --------------------------------------------------------------------------------------------------

  private attempt(token: Token, act: () => void): void {
    try {
      act();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.fail(token, failure);
    }
  }

  /** The failure goes to the failure transition of the token's state or of the nearest scope; without one the run fails. */
  private fail(token: Token, failure: Failure, ended?: number): void {
    this.stopWaiting(token, ended);
    token.frame.values.set("error", { code: failure.code });
    token.phase = "failed";
    try {
      const rescue = findFailure(this.tree, token);
      if (rescue === undefined) this.failRun({ code: failure.code });
      else token.rescue = rescue;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.failRun({ code: error.code });
    }
  }

  private failRun(error: Value): void {
    this.endRun("failed", error);
  }

  private endRun(how: "succeeded" | "failed", value: Value): never {
    for (const token of this.tokens) this.stopWaiting(token);
    for (const { serial } of this.timers) this.effects.push({ kind: "cancel", serial });
    this.effects.push({ kind: "end", how, value });
    this.isEnded = true;
    this.tokens = [];
    this.timers = [];
    throw new RunEnded();
  }

  // --- tokens and their frames --------------------------------------------------------------------------------------------

  private newToken(state: number, frame: Frame): Token {
    const token: Token = { state, frame, phase: "moving", goal: state, actions: [], isEntering: true, serials: [], awaited: undefined };
    this.tokens.push(token);
    return token;
  }

  private inOrder(): readonly Token[] {
    return [...this.tokens].sort((a, b) => a.state - b.state);
  }

  private end(token: Token): void {
    this.stopWaiting(token);
    token.phase = "gone";
    this.tokens = this.tokens.filter((other) => other !== token);
  }

  /** A branch is a branch as long as it stands in the scope in which its fork stands. */
  private mergeOutOf(scope: number, token: Token): void {
    while (token.frame.parent !== undefined && this.tree.isWithin(scope, token.frame.fork)) this.mergeFrame(token);
  }

  private mergeFrame(token: Token): void {
    const conflict = token.frame.merge();
    token.frame = token.frame.parent as Frame;
    if (conflict !== undefined) throw new Failure("run/merge-conflict");
  }

  /** All that decides how a run goes on without further events. */
  private describe(): string {
    const frames = (token: Token) => token.frame.line().map(({ values }) => [...values]);
    return JSON.stringify(this.inOrder().map((token) => [token.state, token.phase, token.way?.place, frames(token)]));
  }
}

function rescueOf(token: Token): Choice {
  return { token, ways: [token.rescue as TransitionDefinition] };
}
