// Variables that are read before anything has written them: which variables are written on every way to a place, and which
// on some way. A run never takes a value back, so what was written once stays written; sets only grow along a way.
import type { ActionDefinition, ExpressionSource, TransitionDefinition } from "../model/definition.js";
import type { Chart } from "./chart.js";
import type { AnalysisFindings } from "./finding.js";
import { expressionsOf, expressionsOfAction, type VariableReader, writtenBy } from "./names.js";

/** States times variables beyond which nothing is said of variables. */
export const ASSIGNMENT_CELL_COUNT_MAX = 4_000_000;

/** Sets of variables as bits: written on every way, and on some way. */
interface Written {
  readonly must: bigint;
  readonly may: bigint;
}

const WAITING_ACTIONS: ReadonlySet<string> = new Set(["wait", "call", "workflow", "await"]);

/** Reports each variable once: where it is read first without a value. */
export function checkAssignments(chart: Chart, findings: AnalysisFindings, reader: VariableReader): void {
  const root = chart.startOf(-1);
  if (root === undefined) return;
  const assignments = new Assignments(chart, findings, reader);
  if (assignments.variableCount * chart.states.length <= ASSIGNMENT_CELL_COUNT_MAX) assignments.run(root);
}

class Assignments {
  private readonly bits = new Map<string, bigint>();
  private readonly start: Written;
  /** Per state: on entry, before its actions. */
  private readonly known: (Written | undefined)[];
  /** Per state: what it and the states inside of it write. */
  private readonly inner: bigint[];
  /** Per transition into a join. */
  private readonly arrived = new Map<number, Written>();
  private readonly pending: number[] = [];
  private readonly told = new Set<string>();

  constructor(
    private readonly chart: Chart,
    private readonly findings: AnalysisFindings,
    private readonly reader: VariableReader,
  ) {
    const { parameters, variables } = chart.definition;
    const implied = new Set(listActionPlaces(chart));
    let may = 0n;
    for (const { name, initial, place } of variables) {
      if (initial !== undefined) continue;
      const bit = this.addVariable(name);
      // Nobody declares it, so the input may give it as well.
      if (implied.has(place.start)) may |= bit;
    }
    for (const parameter of parameters)
      if (!parameter.isRequired && parameter.default === undefined) may |= this.addVariable(parameter.name);
    this.start = { must: 0n, may };
    this.known = chart.states.map(() => undefined);
    this.inner = chart.states.map((_, state) => this.writesOf(state));
    // A parent stands before its children.
    for (let state = chart.states.length - 1; state >= 0; state -= 1) {
      const { parent } = chart.state(state);
      if (parent !== -1) this.inner[parent] = (this.inner[parent] ?? 0n) | (this.inner[state] ?? 0n);
    }
  }

  get variableCount(): number {
    return this.bits.size;
  }

  run(root: number): void {
    if (this.bits.size === 0) return;
    this.enter(root, this.start);
    for (let state = this.pending.pop(); state !== undefined; state = this.pending.pop()) this.propagate(state);
    this.chart.states.forEach((_, state) => this.checkState(state));
  }

  private addVariable(name: string): bigint {
    const bit = 1n << BigInt(this.bits.size);
    this.bits.set(name, bit);
    return bit;
  }

  private bitOf(action: ActionDefinition): bigint {
    return this.bits.get(writtenBy(action) ?? "") ?? 0n;
  }

  private enter(state: number, { must, may }: Written): void {
    const before = this.known[state];
    const next = before === undefined ? { must, may } : { must: before.must & must, may: before.may | may };
    if (before !== undefined && before.must === next.must && before.may === next.may) return;
    this.known[state] = next;
    this.pending.push(state);
  }

  /** After some actions; `early`: before the first one that waits, when an event may already take the run away. */
  private perform(actions: readonly ActionDefinition[], from: Written): { readonly early: Written; readonly done: Written } {
    let { must, may } = from;
    let early: bigint | undefined;
    for (const action of actions) {
      if (early === undefined && WAITING_ACTIONS.has(action.kind)) early = must;
      must |= this.bitOf(action);
      may |= this.bitOf(action);
    }
    return { early: { must: early ?? must, may }, done: { must, may } };
  }

  private propagate(state: number): void {
    const { chart } = this;
    const from = this.known[state] as Written;
    const { kind, entry } = chart.state(state);
    const { early, done } = this.perform(entry, from);
    if (kind === "parallel") {
      // The regions share the variables and may go on in any order.
      const may = done.may | (this.inner[state] ?? 0n);
      for (const region of chart.childrenOf(state)) this.enter(region, { must: done.must, may });
    }
    const start = chart.startOf(state);
    if (start !== undefined) this.enter(start, done);
    if (kind === "end") this.finish(state, from);
    const isScope = chart.childrenOf(state).length > 0;
    for (const index of chart.leaving(state)) {
      const transition = chart.transition(index);
      if (isScope && !isEarly(transition)) continue;
      const may = isScope ? this.mayWithin(state) | early.may : early.may;
      this.follow(index, isEarly(transition) ? { must: isScope ? done.must : early.must, may } : done);
    }
  }

  private writesOf(state: number): bigint {
    const { entry, exit } = this.chart.state(state);
    const actions = [...entry, ...exit, ...this.chart.leaving(state).flatMap((index) => this.chart.transition(index).actions)];
    return actions.reduce((bits, action) => bits | this.bitOf(action), 0n);
  }

  /** What may be written while a scope is active. */
  private mayWithin(scope: number): bigint {
    return (this.known[scope]?.may ?? 0n) | (this.inner[scope] ?? 0n);
  }

  /** A scope has come to its end: the transitions of the composite that follow of themselves. */
  private finish(end: number, from: Written): void {
    const { chart } = this;
    let scope = chart.state(end).parent;
    let written = from;
    if (scope !== -1 && chart.state(scope).kind === "region") {
      scope = chart.state(scope).parent;
      const ends = chart.childrenOf(scope).map((region) => chart.childrenOf(region).filter((child) => chart.state(child).kind === "end"));
      for (const region of ends) {
        const known = region.flatMap((child) => this.known[child] ?? []);
        if (known.length === 0) return;
        written = {
          must: written.must | known.reduce((must, item) => must & item.must, known[0]?.must ?? 0n),
          may: known.reduce((may, item) => may | item.may, written.may),
        };
      }
    }
    if (scope === -1) return;
    for (const index of chart.leaving(scope)) if (!isEarly(chart.transition(index))) this.follow(index, written);
  }

  private follow(index: number, from: Written): void {
    const { chart } = this;
    const { source, target, actions, isInternal } = chart.transition(index);
    const exits = this.perform(chart.state(source).exit, from).done;
    let written = this.perform(actions, isInternal === true ? from : exits).done;
    // Scopes on the way to the target perform their entry actions.
    for (const scope of chart.ancestorsOf(target).reverse()) {
      if (chart.isWithin(source, scope)) continue;
      this.enter(scope, written);
      written = this.perform(chart.state(scope).entry, written).done;
    }
    if (chart.state(target).kind === "join") this.arrive(target, index, written);
    else if (isInternal !== true) this.enter(target, written);
  }

  /** Branches that a join merges bring all that they wrote; where some are enough, only what all of them wrote is sure. */
  private arrive(join: number, index: number, written: Written): void {
    this.arrived.set(index, written);
    const ways = this.chart.drawnInto(join);
    const known = ways.flatMap((way) => this.arrived.get(way) ?? []);
    const isWhole = (this.chart.state(join).joinCount ?? ways.length) === ways.length;
    if (isWhole && known.length < ways.length) return;
    const must = known.reduce((bits, item) => (isWhole ? bits | item.must : bits & item.must), known[0]?.must ?? 0n);
    this.known[join] = undefined;
    this.enter(join, { must, may: known.reduce((bits, item) => bits | item.may, 0n) });
  }

  // --- telling -------------------------------------------------------------------------------------------------------

  private checkState(state: number): void {
    const { chart } = this;
    const from = this.known[state];
    if (from === undefined) return;
    const { entry, exit } = chart.state(state);
    let { must, may } = from;
    for (const action of entry) {
      for (const expression of expressionsOfAction(action)) this.checkRead(expression, { must, may }, state);
      must |= this.bitOf(action);
      may |= this.bitOf(action);
    }
    const { early, done } = this.perform(entry, from);
    const isScope = chart.childrenOf(state).length > 0;
    const whole = isScope ? { must: done.must, may: this.mayWithin(state) | done.may } : done;
    for (const action of exit)
      for (const expression of expressionsOfAction(action)) this.checkRead(expression, { ...whole, must: early.must }, state);
    for (const index of chart.leaving(state)) {
      const transition = chart.transition(index);
      // What a composite that has ended knows is not kept: only its own early transitions are looked at.
      if (isScope && !isEarly(transition)) continue;
      const before = isEarly(transition) ? { must: isScope ? done.must : early.must, may: whole.may } : done;
      if (transition.trigger.kind === "after")
        for (const expression of expressionsOf(transition.trigger.duration)) this.checkRead(expression, from, state);
      if (transition.guard !== undefined) this.checkRead(transition.guard, before, state);
      let after = before;
      for (const action of transition.actions) {
        for (const expression of expressionsOfAction(action)) this.checkRead(expression, after, state);
        after = this.perform([action], after).done;
      }
    }
  }

  private checkRead(expression: ExpressionSource, { must, may }: Written, state: number): void {
    for (const name of this.reader.variablesOf(expression)) {
      const bit = this.bits.get(name);
      if (bit === undefined || (must & bit) !== 0n || this.told.has(name)) continue;
      this.told.add(name);
      const { id } = this.chart.state(state);
      if ((may & bit) === 0n) {
        const message = `"${name}" is read here, and nothing has written it before: the expression fails, unless the input gives a value`;
        this.findings.add("warning", "certain", "analysis/read-before-written", expression.place, message, [id]);
      } else {
        const message = `"${name}" may have no value here: not every way writes it before`;
        this.findings.add("info", "possible", "analysis/perhaps-unwritten", expression.place, message, [id]);
      }
    }
  }
}

/** May the transition be taken before the actions of its state are done? */
function isEarly({ trigger }: TransitionDefinition): boolean {
  return trigger.kind === "event" || trigger.kind === "after" || (trigger.kind === "outcome" && trigger.outcome === "failure");
}

function listActionPlaces(chart: Chart): readonly number[] {
  const actions = [
    ...chart.states.flatMap(({ entry, exit }) => [...entry, ...exit]),
    ...chart.transitions.flatMap((transition) => transition.actions),
  ];
  return actions.map(({ place }) => place.start);
}
