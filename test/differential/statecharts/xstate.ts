// A definition as a machine of XState 5, for what both can say. Guards and actions run on the reference's evaluator. What differs by
// design is translated away here or left out by the generator; the table in statechart-xstate.test.ts lists it.
import { type Actor, type AnyStateMachine, assign, createActor, createMachine } from "xstate";
import type { ActionDefinition, Definition, StateDefinition, TransitionDefinition } from "../../../src/model/definition.js";
import { type Value, evaluate } from "../../reference/expression.js";
import { Frame } from "../../reference/frame.js";
import { ROOT, Tree } from "../../reference/tree.js";
import { valueOf } from "../../reference/values.js";
import type { Machine } from "./machine.js";

type Context = Readonly<Record<string, Value>>;
type Config = Readonly<Record<string, unknown>>;

/** Microsteps of one of XState's steps; charts that never rest are not given to it. */
const MICROSTEP_COUNT_MAX = 2_000;

/** The variable that keeps what was logged. */
const TRAIL = "trail of logs";

export class XStateMachine implements Machine {
  private readonly machine: AnyStateMachine;
  private running: Actor<AnyStateMachine> | undefined;
  private readonly clock = new ManualClock();
  private told = 0;

  constructor(private readonly definition: Definition) {
    const initial = Object.fromEntries(definition.variables.map(({ name, initial: value }) => [name, value as Value]));
    const options = { maxIterations: MICROSTEP_COUNT_MAX };
    const config = { id: "root", options, context: { ...initial, [TRAIL]: "" }, ...new Translator(definition).translateScope(ROOT) };
    this.machine = createMachine(config as never);
  }

  private get actor(): Actor<AnyStateMachine> {
    // Made when it is started and not before: making an actor takes its first step.
    this.running ??= createActor(this.machine, { clock: this.clock });
    return this.running;
  }

  start(now: number): void {
    this.clock.now = now;
    this.actor.start();
  }

  send(event: string, now: number): void {
    this.clock.now = now;
    this.actor.send({ type: event });
  }

  advance(now: number): void {
    this.clock.advance(now);
  }

  get isEnded(): boolean {
    return this.actor.getSnapshot().status === "done";
  }

  get variables(): Context {
    const { [TRAIL]: _, ...variables } = this.actor.getSnapshot().context as Context;
    return variables;
  }

  takeLogs(): readonly string[] {
    const lines = (this.actor.getSnapshot().context[TRAIL] as string).split("\n").slice(1);
    const fresh = lines.slice(this.told);
    this.told = lines.length;
    return fresh;
  }

  /** Active states in document order. XState stays in the final states of what is done; a token here does not. */
  get states(): readonly string[] {
    const { status, error } = this.actor.getSnapshot();
    if (status === "error") throw error;
    if (this.isEnded) return [];
    const { states } = this.definition;
    const active = new Set(flatten(this.actor.getSnapshot().value));
    const isShown = ({ id, kind, parent }: StateDefinition) =>
      active.has(id) && kind !== "end" && !(kind === "region" && this.isDone(parent, active));
    return states.filter(isShown).map(({ id }) => id);
  }

  private isDone(parallel: number, active: ReadonlySet<string>): boolean {
    const { states } = this.definition;
    const regions = states.flatMap(({ parent }, index) => (parent === parallel ? [index] : []));
    return regions.every((region) => states.some(({ id, kind, parent }) => kind === "end" && parent === region && active.has(id)));
  }
}

function flatten(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Object.entries(value as object).flatMap(([id, inner]) => [id, ...flatten(inner)]);
}

/** XState's clock, driven by hand: what is due first fires first. */
class ManualClock {
  now = 0;
  private nextId = 1;
  private readonly pending = new Map<number, { readonly due: number; readonly act: () => void }>();

  setTimeout(act: () => void, ms: number): number {
    this.pending.set(this.nextId, { due: this.now + ms, act });
    return this.nextId++;
  }

  clearTimeout(id: number): void {
    this.pending.delete(id);
  }

  advance(now: number): void {
    while (true) {
      const [first] = [...this.pending].filter(([, { due }]) => due <= now).sort(([a, x], [b, y]) => x.due - y.due || a - b);
      if (first === undefined) break;
      this.pending.delete(first[0]);
      this.now = first[1].due;
      first[1].act();
    }
    this.now = now;
  }
}

class Translator {
  private readonly tree: Tree;

  constructor(private readonly definition: Definition) {
    this.tree = new Tree(definition);
  }

  translateScope(scope: number): Config {
    const inner = this.tree.childrenOf(scope).filter((state) => this.tree.kind(state) !== "start");
    const states = Object.fromEntries(inner.map((state) => [this.tree.state(state).id, this.translateState(state)]));
    if (this.tree.kind(scope) === "parallel") return { type: "parallel", states };
    const [start] = this.tree.transitionsOf(this.tree.startOf(scope) as number);
    return { initial: this.tree.state((start as TransitionDefinition).target).id, states };
  }

  private translateState(state: number): Config {
    const { id, kind, entry, exit } = this.tree.state(state);
    if (kind === "end") return { id, type: "final" };
    const ways = this.tree.transitionsOf(state);
    const eventless = ways.filter(({ trigger }) => trigger.kind === "always").map((way) => this.translateWay(way));
    const isScope = this.tree.childrenOf(state).length > 0;
    return {
      id,
      entry: this.translateActions(entry),
      exit: this.translateActions(exit),
      on: this.group(ways, ({ trigger }) => (trigger.kind === "event" ? trigger.event : undefined)),
      after: this.group(ways, ({ trigger }) =>
        trigger.kind === "after" ? String((trigger.duration as { value: unknown }).value) : undefined,
      ),
      // An eventless transition out of a composite is taken when it has come to its end: XState's onDone.
      ...(isScope ? { onDone: eventless, ...this.translateScope(state) } : { always: eventless }),
    };
  }

  private group(
    ways: readonly TransitionDefinition[],
    nameOf: (way: TransitionDefinition) => string | undefined,
  ): Record<string, Config[]> {
    const groups: Record<string, Config[]> = {};
    for (const way of ways) {
      const name = nameOf(way);
      if (name !== undefined) groups[name] = [...(groups[name] ?? []), this.translateWay(way)];
    }
    return groups;
  }

  private translateWay({ target, guard, actions }: TransitionDefinition): Config {
    return {
      target: `#${this.tree.state(target).id}`,
      // Transitions here are external, as drawn; XState's are internal unless told.
      reenter: true,
      actions: this.translateActions(actions),
      ...(guard !== undefined && { guard: ({ context }: { context: Context }) => evaluate(guard.text, (name) => context[name]) === true }),
    };
  }

  private translateActions(actions: readonly ActionDefinition[]): unknown[] {
    return actions.map((action) => assign(({ context }: { context: Context }) => this.perform(action, context)));
  }

  private perform(action: ActionDefinition, context: Context): Context {
    const frame = new Frame();
    for (const [name, value] of Object.entries(context)) frame.values.set(name, value);
    if (action.kind === "set") return { ...context, [action.variable]: valueOf(frame, action.value, "") };
    if (action.kind === "log") return { ...context, [TRAIL]: `${context[TRAIL]}\n${valueOf(frame, action.message, "")}` };
    throw new Error(`XState is not asked for ${action.kind}`);
  }
}
