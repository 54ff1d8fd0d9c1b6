// The reference model: what a statechart means, written to be read. It is a direct transcription of SCXML's algorithm
// (https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation) with this project's decisions: eventless transitions are completion
// transitions, forks make branches that see variables of their own, regions share them, failures look for failure transitions.
// It works on a definition and knows nothing of the kernel. Speed is no concern here.
//
// The words: a *token* stands on the innermost active state of each branch and region. A *step* answers one event; it is a
// series of *microsteps*. A microstep executes a set of transitions that were chosen beforehand: first all exits, then all
// transition actions, then all entries. Everything goes in document order, exits in the reverse of it.
import type { ActionDefinition, TransitionDefinition } from "../../src/model/definition.js";
import { domainOf, findByEvent, findCompletion, isInternal, permits, removeConflicts, tokensLeftBy, topOf } from "./choosing.js";
import type { Value } from "./expression.js";
import { forkOf } from "./forks.js";
import { BUILT_IN, Frame, commonFrame } from "./frame.js";
import type { Choice, Leaf, Timer, Token } from "./token.js";
import { RunEnded, TokenRun } from "./token-run.js";
import { ROOT } from "./tree.js";
import { Failure, assign } from "./values.js";

/** `failed`: a guard failed while transitions were chosen, and no failure transition was there. */
export type Answer = "taken" | "ignored" | "deferred" | "stale" | "failed" | "ended";

/** Microsteps of one step, and tokens of one run. Charts that count or fork without end are not for this model. */
const MICROSTEP_COUNT_MAX = 10_000;
const TOKEN_COUNT_MAX = 64;

/** The model is asked for more than it is made for. */
export class TooMuch extends Error {}

/** For those who compare: what was decided at once. */
export interface EventlessSet {
  readonly chosen: readonly TransitionDefinition[];
  readonly preempted: readonly TransitionDefinition[];
}

export class ReferenceRun extends TokenRun {
  /** Events that an active state deferred. */
  private deferred: { readonly event: string; readonly payload: Value }[] = [];
  /** Per scope: where tokens stood in it when it was left. */
  private readonly memory = new Map<number, readonly Leaf[]>();
  private microstepCount = 0;
  private isTaken = false;
  /** The sets of eventless transitions of the last step: what was chosen, and what gave way to another of them. */
  readonly eventlessSets: EventlessSet[] = [];

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
      if (this.offer(event, payload)) return true;
      if (!this.isDeferred(event)) return false;
      this.deferred.push({ event, payload });
      return "deferred";
    });
  }

  /** Offers an event to all active states; false when none takes it. */
  private offer(event: string, payload: Value): boolean {
    const choices: Choice[] = [];
    const woken: Token[] = [];
    for (const token of this.tokens) token.frame.values.set("event", payload);
    for (const token of this.inOrder()) {
      if (token.phase === "waiting" && token.awaited === event) woken.push(token);
      else this.choose(token, choices, () => findByEvent(this.tree, token, event));
    }
    this.microstep(choices, woken, payload);
    return choices.length + woken.length > 0;
  }

  private isDeferred(event: string): boolean {
    const active = new Set(this.tokens.flatMap(({ state }) => this.tree.lineOf(state)));
    return [...active].some((state) => this.tree.state(state).deferred?.includes(event));
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
  private step(begin: () => boolean | "stale" | "deferred"): Answer {
    this.effects = [];
    this.eventlessSets.length = 0;
    this.microstepCount = 0;
    this.isTaken = false;
    if (this.isEnded) return "ended";
    try {
      const answer = begin();
      if (typeof answer === "string") return answer;
      if (answer) this.runToCompletion();
      while (answer && this.offerDeferred()) this.runToCompletion();
      return answer ? "taken" : "ignored";
    } catch (error) {
      if (!(error instanceof RunEnded)) throw error;
      return this.isTaken ? "taken" : "failed";
    }
  }

  /** The eventless part of a step. A configuration that recurs, variables included, would recur for ever. */
  private runToCompletion(): void {
    const seen = new Set<string>();
    while (true) {
      this.completeScopes();
      const choices: Choice[] = [];
      for (const token of this.inOrder()) {
        if (token.phase === "failed") choices.push(rescueOf(token));
        if (token.phase === "complete") this.choose(token, choices, () => findCompletion(this.tree, token));
      }
      if (choices.length === 0) return;
      const configuration = this.describe();
      if (seen.has(configuration)) this.failRun({ code: "run/endless-loop" });
      seen.add(configuration);
      const kept = removeConflicts(this.tree, this.tokens, choices);
      const waysOf = (some: readonly Choice[]) => some.flatMap(({ ways }) => ways);
      this.eventlessSets.push({ chosen: waysOf(choices), preempted: waysOf(choices.filter((choice) => !kept.includes(choice))) });
      this.microstep(choices, []);
    }
  }

  /** Offers again what no active state defers any more, one event after the other, until one is taken. */
  private offerDeferred(): boolean {
    while (true) {
      const next = this.deferred.find(({ event }) => !this.isDeferred(event));
      if (next === undefined) return false;
      this.deferred = this.deferred.filter((other) => other !== next);
      if (this.offer(next.event, next.payload)) return true;
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
    if (this.microstepCount > MICROSTEP_COUNT_MAX || this.tokens.length > TOKEN_COUNT_MAX) throw new TooMuch();
    const kept = removeConflicts(this.tree, this.tokens, choices);
    const stopped = this.exitAll(kept.filter((choice) => !isInternal(choice)));
    for (const choice of kept) {
      if (isInternal(choice)) this.actInside(choice);
      else if (!stopped.has(choice)) for (const mover of this.setOut(choice)) this.perform(mover);
    }
    for (const token of woken) if (token.phase === "waiting") this.wake(token, result, serial);
    this.enterAll();
  }

  /** An internal transition: its actions alone. */
  private actInside({ token, ways }: Choice): void {
    for (const way of ways) {
      this.effects.push({ kind: "taken", transition: this.definition.transitions.indexOf(way) });
      this.attempt(token, () => {
        for (const action of way.actions) this.act(token, action, way.source);
      });
    }
  }

  /** Leaves all states that the choices leave. Returns the choices that go no further, since an exit action failed. */
  private exitAll(choices: readonly Choice[]): ReadonlySet<Choice> {
    const leaving: { readonly state: number; readonly choice: Choice }[] = [];
    for (const choice of [...choices].reverse()) {
      const isLeft = (state: number) => this.tree.isWithin(topOf(this.tree, choice), state);
      const left = new Set(tokensLeftBy(this.tree, this.tokens, choice).flatMap(({ state }) => this.tree.lineOf(state).filter(isLeft)));
      for (const state of left) leaving.push({ state, choice });
    }
    for (const { state } of leaving) this.remember(state);
    const failures = new Map<Choice, Failure>();
    for (const { state, choice } of leaving.sort((a, b) => b.state - a.state)) {
      try {
        this.exit(state, choice.token);
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        failures.set(choice, failure);
      }
    }
    for (const choice of choices) {
      const { token } = choice;
      const domain = domainOf(this.tree, choice);
      for (const other of tokensLeftBy(this.tree, this.tokens, choice)) if (other !== token) this.end(other);
      token.state = domain;
    }
    for (const [{ token }, failure] of failures) this.fail(token, failure);
    return new Set(failures.keys());
  }

  /** What a history needs: where the tokens in the scope stand, or where they are going. */
  private remember(scope: number): void {
    const inside = this.inOrder().filter(({ state }) => this.tree.isWithin(scope, state));
    const leaves = inside.map((token) => ({
      state: !token.isEntering && (token.phase === "waiting" || token.phase === "acting") ? token.goal : token.state,
      way: token.way,
    }));
    this.memory.set(
      scope,
      leaves.filter(({ state }) => state !== scope),
    );
  }

  /** Leaves one state: what waits in it is canceled, its timers die, forks inside are over, its exit actions run. */
  private exit(state: number, actor: Token): void {
    this.effects.push({ kind: "exited", state });
    const isScope = this.tree.childrenOf(state).length > 0;
    const inside = isScope ? this.inOrder().filter((token) => this.tree.isWithin(state, token.state)) : [];
    const standing = this.inOrder().filter((token) => token.state === state);
    const token = isScope
      ? (inside.find((other) => other === actor) ?? inside[0])
      : (standing.find((other) => other === actor) ?? standing[0]);
    for (const other of standing) if (isScope || other === token) this.stopWaiting(other);
    this.killTimers(state, isScope ? undefined : token);
    if (isScope && token === actor) this.mergeOutOf(state, actor);
    for (const action of this.tree.state(state).exit) this.act(token as Token, action, state);
  }

  /** Sends a token that has left its states on its way. A fork's becomes one token per way, each with a frame of its own. */
  private setOut({ token, ways }: Choice): readonly Token[] {
    const { state, frame } = token;
    return ways.map((way, index) => {
      const mover = index + 1 === ways.length ? token : this.newToken(state, frame);
      if (ways.length > 1) mover.frame = new Frame(frame, way.source);
      this.effects.push({ kind: "taken", transition: this.definition.transitions.indexOf(way) });
      mover.way = way;
      mover.goal = way.target;
      mover.resume = undefined;
      mover.actions = way.actions;
      mover.isEntering = false;
      mover.phase = "acting";
      return mover;
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
    if (this.tree.kind(state) !== "history") this.effects.push({ kind: "entered", state });
    switch (this.tree.kind(state)) {
      case "end":
        token.phase = "ended";
        return;
      case "join":
        token.phase = "joining";
        return;
      case "history":
        this.enterHistory(token);
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

  /** After the entry actions of a state: on toward the goal, into its regions, to what it remembers, or past its start. */
  private descend(token: Token): void {
    const { state, goal } = token;
    const { history } = state === ROOT ? {} : this.tree.state(state);
    token.phase = "moving";
    if (goal === state && history !== undefined) this.resume(token, state, history === "deep");
    if (this.tree.kind(state) === "parallel") this.enterRegions(token);
    else if (token.resume !== undefined) this.enterRemembered(token);
    else if (goal === state) this.passStart(token);
  }

  private enterRegions(token: Token): void {
    const { state, goal, frame, resume } = token;
    this.tree.childrenOf(state).forEach((region, index) => {
      const mover = index === 0 ? token : this.newToken(state, frame);
      mover.goal = this.tree.isWithin(region, goal) ? goal : region;
      mover.resume = resume;
    });
  }

  // --- history ----------------------------------------------------------------------------------------------------------

  private resume(token: Token, scope: number, isDeep: boolean): void {
    const leaves = this.memory.get(scope) ?? [];
    if (leaves.length > 0) token.resume = { leaves, isDeep };
  }

  /** A history is passed: to what its scope remembers, else by its own transition, else to the scope's start. */
  private enterHistory(token: Token): void {
    const history = token.state;
    const scope = this.tree.parent(history);
    const [way] = this.tree.transitionsOf(history);
    token.state = scope;
    token.goal = scope;
    this.resume(token, scope, this.tree.state(history).history === "deep");
    if (token.resume !== undefined || way === undefined) this.descend(token);
    else this.follow(token, way);
  }

  private follow(token: Token, way: TransitionDefinition): void {
    this.effects.push({ kind: "taken", transition: this.definition.transitions.indexOf(way) });
    token.phase = "moving";
    token.goal = way.target;
  }

  /** Into the children in which tokens stood; where these were several, as branches again. */
  private enterRemembered(token: Token): void {
    const { state, frame, resume } = token;
    const { leaves, isDeep } = resume as NonNullable<typeof resume>;
    const inside = leaves.filter((leaf) => this.tree.isWithin(state, leaf.state));
    token.resume = undefined;
    if (inside.length === 0 || inside.some((leaf) => leaf.state === state)) {
      this.passStart(token);
      return;
    }
    const childOf = (leaf: Leaf) => this.tree.childToward(state, leaf.state);
    const firsts = inside.filter(
      (leaf, at) => childOf(leaf) === leaf.state || inside.findIndex((other) => childOf(other) === childOf(leaf)) === at,
    );
    firsts.forEach((leaf, index) => {
      const child = childOf(leaf);
      const mover = index === 0 ? token : this.newToken(state, frame);
      if (firsts.length > 1) mover.frame = new Frame(frame, child);
      mover.goal = isDeep ? leaf.state : child;
      mover.resume = isDeep && leaf.state !== child ? resume : undefined;
      if (leaf.way !== undefined) mover.way = leaf.way;
    });
  }

  // --- starts and ends of scopes, joins -----------------------------------------------------------------------------------

  /** The start of a scope is passed while the scope is entered. A state without one inside is complete. */
  private passStart(token: Token): void {
    const start = this.tree.startOf(token.state);
    if (start === undefined) {
      token.phase = "complete";
      return;
    }
    const way = this.tree.transitionsOf(start).find((transition) => permits(token, transition));
    if (way === undefined) throw new Failure("run/no-transition");
    this.follow(token, way);
  }

  /** After all entries of a microstep: joins that have what they wait for, scopes and parallel states that are complete. */
  private completeScopes(): void {
    for (const token of this.inOrder()) {
      if (token.phase === "joining") this.attempt(token, () => this.join(token));
      if (token.phase === "ended") this.attempt(token, () => this.finishScope(token));
    }
    for (const token of this.inOrder()) {
      const isDone = token.phase === "complete" && this.tree.kind(token.state) === "region";
      if (isDone) this.finishRegions(token, this.tree.parent(token.state));
    }
    // The last token of a run is on no branch.
    const [last] = this.tokens;
    if (this.tokens.length === 1 && last !== undefined) this.attempt(last, () => this.mergeOutOf(ROOT, last));
  }

  /** A token is at the end of its scope: the scope is complete when no other is inside. */
  private finishScope(token: Token): void {
    const scope = this.tree.parent(token.state);
    const isLast = !this.tokens.some((other) => other !== token && this.tree.isWithin(scope, other.state));
    this.mergeOutOf(scope, token);
    if (!isLast) {
      this.end(token);
      return;
    }
    if (scope === ROOT) this.endRun("succeeded", this.variables);
    token.state = scope;
    token.phase = "complete";
  }

  private finishRegions(token: Token, parallel: number): void {
    const inside = this.tokens.filter(({ state }) => this.tree.isWithin(parallel, state));
    const isAtEnd = ({ state, phase }: Token) => phase === "complete" && this.tree.childrenOf(parallel).includes(state);
    if (!inside.every(isAtEnd)) return;
    for (const other of inside) if (other !== token) this.end(other);
    token.state = parallel;
  }

  /** A join waits until branches have come by enough of its ways; then they go on as one, and the other branches of their fork end. */
  private join(token: Token): void {
    const { state } = token;
    const ways = this.tree.incomingOf(state);
    const here = this.tokens.filter((other) => other.phase === "joining" && other.state === state);
    const arrived = ways.map((way) => here.find((other) => other.way === way)).filter((other) => other !== undefined);
    const enough = this.tree.state(state).joinCount ?? ways.length;
    if (arrived.length < enough) return;
    const fork = enough < ways.length ? forkOf(this.tree, state) : undefined;
    const branch = token.frame.line().find((other) => other.fork === fork);
    const frame = branch?.parent ?? commonFrame(arrived.map((other) => other.frame));
    token.phase = "complete";
    this.attempt(token, () => {
      try {
        for (const other of arrived) while (other.frame !== frame) this.mergeFrame(other);
      } finally {
        token.frame = frame;
      }
    });
    for (const other of arrived) if (other !== token) this.end(other);
    if (fork !== undefined) this.endBranches(fork, frame, token);
  }

  /** Ends every token but one that is on a branch which `fork` made of the frame `parent`. */
  private endBranches(fork: number, parent: Frame, except: Token): void {
    const scope = this.tree.parent(fork);
    const isOnFork = ({ frame }: Token) => frame.line().some((other) => other.fork === fork && other.parent === parent);
    for (const token of [...this.inOrder()].reverse()) {
      if (token === except || !isOnFork(token)) continue;
      const isInside = token.state !== scope && this.tree.isWithin(scope, token.state);
      this.leaveAlone(token, isInside ? this.tree.childToward(scope, token.state) : token.state);
      this.end(token);
    }
  }

  /** A token that ends by itself leaves its states up to `top`; what fails on the way is lost with it. */
  private leaveAlone(token: Token, top: number): void {
    for (const state of this.tree.lineOf(token.state).filter((at) => this.tree.isWithin(top, at))) {
      try {
        this.exit(state, token);
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
      }
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

  /** All that decides how a run goes on without further events. */
  private describe(): string {
    const frames = (token: Token) => token.frame.line().map(({ values }) => [...values]);
    return JSON.stringify(this.inOrder().map((token) => [token.state, token.phase, token.way?.place, frames(token)]));
  }
}

function rescueOf(token: Token): Choice {
  return { token, ways: [token.rescue as TransitionDefinition] };
}
