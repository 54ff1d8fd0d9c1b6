// The lower half of the reference model: what a single token does. It performs actions, waits, fails, ends, and is on branches of
// forks. Which transitions are taken and in which order states are left and entered stands in statechart.ts.
import type { ActionDefinition, Definition } from "../../src/model/definition.js";
import { findFailure } from "./choosing.js";
import type { Value } from "./expression.js";
import { Frame } from "./frame.js";
import type { Effect, Timer, Token } from "./token.js";
import { Tree } from "./tree.js";
import { Failure, assign, valueOf } from "./values.js";

/** The run has ended in the middle of a step. */
export class RunEnded extends Error {}

export class TokenRun {
  /** Effects of the last step. */
  effects: Effect[] = [];
  /** Milliseconds since 1970; set before each step. */
  now = 0;
  isEnded = false;
  readonly tree: Tree;
  protected readonly root = new Frame();
  protected tokens: Token[] = [];
  protected timers: Timer[] = [];
  private nextSerial = 1;

  constructor(protected readonly definition: Definition) {
    this.tree = new Tree(definition);
  }

  // --- actions ----------------------------------------------------------------------------------------------------------

  protected act(token: Token, action: ActionDefinition, place: number): void {
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

  protected waiterFor(serial: number): Token | undefined {
    return this.tokens.find((token) => token.serials.includes(serial));
  }

  /** Ends a token's wait; what it still waits for, but for `ended`, is canceled. */
  protected stopWaiting(token: Token, ended?: number): void {
    for (const serial of token.serials) if (serial !== ended) this.effects.push({ kind: "cancel", serial });
    token.serials = [];
    token.awaited = undefined;
  }

  // --- timers of `after` transitions ----------------------------------------------------------------------------------------

  protected setTimers(token: Token): void {
    const owner = this.tree.childrenOf(token.state).length === 0 ? token : undefined;
    for (const transition of this.tree.transitionsOf(token.state)) {
      if (transition.trigger.kind !== "after") continue;
      const ms = valueOf(token.frame, transition.trigger.duration, "run/guard-failed") as number;
      const serial = this.nextSerial++;
      this.timers.push({ serial, state: token.state, owner, transition });
      this.effects.push({ kind: "timer", serial, due: this.now + ms });
    }
  }

  protected killTimers(state: number, owner: Token | undefined): void {
    const dies = (timer: Timer) => timer.state === state && timer.owner === owner;
    for (const { serial } of this.timers.filter(dies)) this.effects.push({ kind: "cancel", serial });
    this.timers = this.timers.filter((timer) => !dies(timer));
  }

  // --- failures and ends --------------------------------------------------------------------------------------------------

  protected attempt(token: Token, act: () => void): void {
    try {
      act();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.fail(token, failure);
    }
  }

  /** The failure goes to the failure transition of the token's state or of the nearest scope; without one the run fails. */
  protected fail(token: Token, failure: Failure, ended?: number): void {
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

  protected failRun(error: Value): void {
    this.endRun("failed", error);
  }

  protected endRun(how: "succeeded" | "failed", value: Value): never {
    for (const token of this.tokens) this.stopWaiting(token);
    for (const { serial } of this.timers) this.effects.push({ kind: "cancel", serial });
    this.effects.push({ kind: "end", how, value });
    this.isEnded = true;
    this.tokens = [];
    this.timers = [];
    throw new RunEnded();
  }

  // --- tokens and their frames --------------------------------------------------------------------------------------------

  protected newToken(state: number, frame: Frame): Token {
    const token: Token = {
      state,
      frame,
      phase: "moving",
      goal: state,
      resume: undefined,
      actions: [],
      isEntering: true,
      serials: [],
      awaited: undefined,
    };
    this.tokens.push(token);
    return token;
  }

  private wayOf({ way }: Token): number {
    return way === undefined ? -1 : this.tree.definition.transitions.indexOf(way);
  }

  /** Do two tokens stand in one state, elsewhere than at a join? Then document order says nothing of which comes first. */
  get hasSharedState(): boolean {
    const resting = this.tokens.filter(({ phase }) => phase !== "joining").map(({ state }) => state);
    return new Set(resting).size < resting.length;
  }

  protected inOrder(): readonly Token[] {
    // Of those that meet at a join, by the order of their ways.
    return [...this.tokens].sort((a, b) => a.state - b.state || (a.phase === "joining" && b.phase === "joining" ? this.wayOf(a) - this.wayOf(b) : 0));
  }

  protected end(token: Token): void {
    this.stopWaiting(token);
    token.phase = "gone";
    this.tokens = this.tokens.filter((other) => other !== token);
  }

  /** A branch is a branch as long as it stands in the scope in which its fork stands. */
  protected mergeOutOf(scope: number, token: Token): void {
    while (token.frame.parent !== undefined && this.tree.isWithin(scope, token.frame.fork)) this.mergeFrame(token);
  }

  protected mergeFrame(token: Token): void {
    const conflict = token.frame.merge();
    token.frame = token.frame.parent as Frame;
    if (conflict !== undefined) throw new Failure("run/merge-conflict");
  }
}
