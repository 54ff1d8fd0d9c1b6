// What guards can be proved to do: never hold, never be false, leave nothing to the transition after them, leave a choice
// without a way. Transitions that are never taken are barred in the chart, for whoever looks at it next.
import type { Ast } from "../expression/ast.js";
import { parseExpression } from "../expression/parser.js";
import type { TransitionDefinition } from "../model/definition.js";
import type { Chart } from "./chart.js";
import { ANY_CASE, type Case, type Declared, domainIn, solve, solveBoth } from "./condition.js";
import { toConstant } from "./constant.js";
import { ANYTHING, type Domain, domainOfType, domainOfValue, NOTHING, pickValue, unite } from "./domain.js";
import type { AnalysisFindings } from "./finding.js";
import { sourceOf } from "./part.js";
import { evaluatePart, type PartialScope } from "./partial.js";
import { parsePath } from "./paths.js";

/** A guard with the cases of its outcomes. */
interface Condition {
  readonly ast: Ast | undefined;
  readonly holds: readonly Case[];
  readonly fails: readonly Case[];
}

/** Transitions before one that its guard is held against. */
export const OVERLAP_RIVAL_COUNT_MAX = 16;

const ALWAYS: Condition = { ast: undefined, holds: ANY_CASE, fails: [] };

/** Looks at every guard. `written`: variables that actions write. */
export function checkGuards(chart: Chart, findings: AnalysisFindings, written: ReadonlySet<string>): void {
  new GuardCheck(chart, findings, written).run();
}

class GuardCheck {
  private readonly declared: Declared;
  private readonly conditions = new Map<number, Condition>();

  constructor(
    private readonly chart: Chart,
    private readonly findings: AnalysisFindings,
    written: ReadonlySet<string>,
  ) {
    this.declared = readDeclarations(chart, written);
  }

  run(): void {
    const { chart } = this;
    chart.transitions.forEach((transition, index) => {
      if (transition.guard !== undefined) this.checkAlone(transition, index);
    });
    chart.states.forEach(({ kind, id, place }, state) => {
      for (const group of groupRivals(chart, state)) this.checkGroup(group);
      const ways = chart.leaving(state);
      if (kind !== "choice" || ways.length === 0 || ways.some((index) => chart.transition(index).guard === undefined)) return;
      const example = this.findExample(
        this.intersectAll(ways.map((index) => this.conditionOf(index).fails)),
        ways.map((index) => [index, false]),
      );
      if (example !== undefined)
        this.findings.add(
          "warning",
          "possible",
          "analysis/choice-no-match",
          place,
          `No way out of choice "${id}" is open where ${describe(example)}`,
          [id],
          example,
        );
    });
  }

  private conditionOf(index: number): Condition {
    let condition = this.conditions.get(index);
    if (condition === undefined) {
      condition = this.readCondition(this.chart.transition(index));
      this.conditions.set(index, condition);
    }
    return condition;
  }

  private readCondition({ guard }: TransitionDefinition): Condition {
    if (guard === undefined) return ALWAYS;
    const parsed = parseExpression(guard.text);
    if (parsed.findings.length > 0) return { ast: undefined, holds: ANY_CASE, fails: ANY_CASE };
    const ast = sourceOf(evaluatePart(parsed.ast, { valueOf: () => undefined, isVariable: this.chart.isVariable }));
    return { ast, holds: solve(ast, true, this.declared), fails: solve(ast, false, this.declared) };
  }

  private checkAlone(transition: TransitionDefinition, index: number): void {
    const { holds, fails } = this.conditionOf(index);
    const { guard, source, target } = transition;
    if (guard === undefined) return;
    const states = [this.chart.state(source).id, this.chart.state(target).id];
    if (holds.length === 0) {
      this.chart.barred.add(index);
      this.findings.add("warning", "certain", "analysis/guard-never", guard.place, `The guard ${shorten(guard.text)} never holds`, states);
    } else if (fails.length === 0) {
      this.findings.add("info", "certain", "analysis/guard-always", guard.place, `The guard ${shorten(guard.text)} is never false`, states);
    }
  }

  /** Transitions that compete, in the order in which they are tried. */
  private checkGroup(group: readonly number[]): void {
    let left: readonly Case[] = ANY_CASE;
    const before: number[] = [];
    for (const index of group) {
      const { holds, fails } = this.conditionOf(index);
      if (!this.chart.barred.has(index)) {
        if (solveBoth(left, holds, this.declared).length === 0) this.reportShadowed(index, before);
        else this.checkOverlap(index, before);
        before.push(index);
      }
      left = solveBoth(left, fails, this.declared);
    }
  }

  private reportShadowed(index: number, before: readonly number[]): void {
    const { chart } = this;
    const { source, target, place } = chart.transition(index);
    const { id, kind } = chart.state(source);
    chart.barred.add(index);
    // The format itself refuses these.
    if ((kind === "choice" || kind === "start") && before.some((other) => chart.transition(other).guard === undefined)) return;
    const first = before.find((other) => chart.transition(other).guard === undefined) ?? before.at(-1) ?? index;
    const message = `The transition to "${chart.state(target).id}" is never taken: those before it, at last the one to "${chart.state(chart.transition(first).target).id}", leave it nothing`;
    this.findings.add("warning", "certain", "analysis/shadowed", place, message, [id, chart.state(target).id]);
  }

  /** Two guards that hold together where neither is the other's narrower form. Choices are read as cascades. */
  private checkOverlap(index: number, before: readonly number[]): void {
    const { chart } = this;
    const { guard, source, target } = chart.transition(index);
    if (guard === undefined || chart.state(source).kind === "choice") return;
    const { holds, fails } = this.conditionOf(index);
    for (const other of before.slice(-OVERLAP_RIVAL_COUNT_MAX)) {
      const rival = this.conditionOf(other);
      if (chart.transition(other).guard === undefined) continue;
      const isNarrower =
        solveBoth(rival.holds, fails, this.declared).length === 0 || solveBoth(holds, rival.fails, this.declared).length === 0;
      if (isNarrower) continue;
      const example = this.findExample(solveBoth(holds, rival.holds, this.declared), [
        [index, true],
        [other, true],
      ]);
      if (example === undefined) continue;
      const first = chart.state(chart.transition(other).target).id;
      const message = `Two guards hold where ${describe(example)}; the way to "${first}" is taken, since it stands first`;
      this.findings.add(
        "info",
        "possible",
        "analysis/guards-overlap",
        guard.place,
        message,
        [chart.state(source).id, chart.state(target).id, first],
        example,
      );
      return;
    }
  }

  private intersectAll(lists: readonly (readonly Case[])[]): readonly Case[] {
    return lists.reduce((left, right) => solveBoth(left, right, this.declared));
  }

  /** Values under which the guards come out as wanted: tried by evaluation, so an example is certain. */
  private findExample(cases: readonly Case[], wanted: readonly (readonly [number, boolean])[]): Record<string, unknown> | undefined {
    for (const item of cases) {
      if (item.opaque.size > 0 || item.relations.size > 0) continue;
      const example = this.pickExample(item);
      if (example === undefined) continue;
      const scope: PartialScope = { ...createScope(example), isVariable: this.chart.isVariable };
      const isRight = wanted.every(([index, value]) => {
        const { ast } = this.conditionOf(index);
        const part = ast === undefined ? undefined : evaluatePart(ast, scope);
        return part?.kind === "known" && "bool" in part.value && part.value.bool === value;
      });
      if (isRight) return example;
    }
    return undefined;
  }

  private pickExample(item: Case): Record<string, unknown> | undefined {
    const example: Record<string, unknown> = {};
    for (const path of item.domains.keys()) {
      const picked = pickValue(domainIn(item, path, this.declared));
      if (picked === undefined) return undefined;
      example[path] = picked.value;
    }
    return example;
  }
}

/** Transitions of one state that are tried one after the other for the same reason. */
function groupRivals(chart: Chart, state: number): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  // A fork takes all of its ways.
  if (chart.state(state).kind === "fork") return [];
  for (const index of chart.leaving(state)) {
    const { trigger } = chart.transition(index);
    if (trigger.kind === "after") continue;
    // After a failure only failure transitions are tried; otherwise those of success and those without a label alike.
    const key =
      trigger.kind === "event"
        ? `event ${trigger.event}`
        : trigger.kind === "outcome" && trigger.outcome === "failure"
          ? "failure"
          : "done";
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return [...groups.values()];
}

/** What the definition says of variables: types, and the choices of parameters that nothing writes. */
function readDeclarations(chart: Chart, written: ReadonlySet<string>): Declared {
  const domains = new Map<string, Domain>();
  const integers = new Set<string>();
  const { parameters, variables } = chart.definition;
  for (const { name, type } of [...parameters, ...variables]) {
    domains.set(name, domainOfType(type));
    if (type === "int" || type === "uint") integers.add(name);
  }
  for (const { name, choices, default: value } of parameters) {
    if (choices === undefined || written.has(name)) continue;
    const sets = [...choices, ...(value === undefined ? [] : [value])].map(domainOfValue);
    if (sets.every((set) => set !== undefined)) domains.set(name, sets.reduce(unite, NOTHING));
  }
  return { domainOf: (name) => domains.get(name) ?? ANYTHING, isInteger: (name) => integers.has(name) };
}

/** Variables with the values of an example, nested as its paths say. */
function createScope(example: Readonly<Record<string, unknown>>): PartialScope {
  const root: Record<string, unknown> = {};
  for (const [text, value] of Object.entries(example)) {
    const { name, steps } = parsePath(text);
    const keys = [name, ...steps];
    const last = keys.pop() as string;
    let at = root;
    for (const key of keys) {
      if (typeof at[key] !== "object" || at[key] === null) at[key] = {};
      at = at[key] as Record<string, unknown>;
    }
    at[last] = value;
  }
  return { valueOf: (name) => (Object.hasOwn(root, name) ? toConstant(root[name]) : undefined) };
}

function describe(example: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(example).map(([path, value]) => `${path} is ${JSON.stringify(value)}`);
  return parts.length === 0 ? "nothing is given" : parts.join(" and ");
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
