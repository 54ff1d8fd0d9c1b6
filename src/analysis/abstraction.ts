// A workflow made ready for exploration: the same states and transitions, over values of which many are not known. Whatever
// reads something unknown gives the unknown again; a guard that reads it asks, and both answers are explored. Times are
// forgotten, so timers may fire in any order; messages and the inputs of tasks are left out.
import { type Ast, walk } from "../expression/ast.js";
import { parseExpression } from "../expression/parser.js";
import type {
  ActionDefinition,
  Definition,
  ExpressionSource,
  TransitionDefinition,
  TypeName,
  ValueSource,
  VariableDefinition,
} from "../model/definition.js";
import type { Place } from "../model/errors.js";
import { Chart } from "./chart.js";
import { expressionsOf, listNames, listWritten, VariableReader } from "./names.js";
import { findUnknown, rewrite } from "./unknown.js";

/** Stands for a value that is not known. No text of a workflow is likely to be it. */
export const UNKNOWN = "\u2047";
/** The function that a guard asks: the number of the guard, and the values that it reads. */
export const DECIDE = "explore.decide";

/** A guard that may have to be asked. */
export interface AbstractGuard {
  readonly text: string;
  /** Where what is known of its values may decide it: a condition without arithmetic, whose kind of number makes no difference. */
  readonly ast: Ast | undefined;
  /** The variables whose values it is asked with. */
  readonly names: readonly string[];
}

export interface Abstraction {
  readonly definition: Definition;
  /** By the number that DECIDE is given. */
  readonly guards: readonly AbstractGuard[];
  /** What a run starts with: everything that has no first value is unknown. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Is all that guards and invariants read known in every configuration? Then no guard asks. */
  readonly isKnown: boolean;
}

const CONVERSIONS: ReadonlySet<TypeName> = new Set<TypeName>(["int", "uint", "double", "timestamp", "duration"]);
const NOWHERE: Place = { start: 0, end: 0, line: 1, column: 1 };
/** Any duration does: time is not counted. */
const SOON: ValueSource = { kind: "literal", value: 1, place: NOWHERE };

/** The name under which invariants see the active states. */
export const STATES = "states";

/** @param input - values to start with that are known; all others are not */
export function makeAbstract(definition: Definition, input: Readonly<Record<string, unknown>>): Abstraction {
  return new Abstractor(definition, input).make();
}

/**
 * The same with the invariants as guards of transitions that nothing takes, behind all others: so that the kernel has them. They
 * leave a state that nothing enters, for an event that nobody sends, behind all others too.
 */
export function withInvariants({ definition }: Abstraction, original: Definition): Definition {
  if (original.invariants.length === 0) return definition;
  const source = definition.states.length;
  const name = `${DECIDE} invariants`;
  return {
    ...definition,
    events: [...definition.events, { name, isDeclared: false, place: NOWHERE }],
    states: [
      ...definition.states,
      { id: name, kind: "state", parent: -1, descriptions: [], notes: [], classes: [], entry: [], exit: [], place: NOWHERE },
    ],
    transitions: [
      ...definition.transitions,
      ...original.invariants.map(
        ({ expression }): TransitionDefinition => ({
          source,
          target: source,
          trigger: { kind: "event", event: name },
          guard: expression,
          actions: [],
          label: "",
          reading: "event-guard",
          place: NOWHERE,
        }),
      ),
    ],
  };
}

class Abstractor {
  private readonly chart: Chart;
  private readonly reader: VariableReader;
  private readonly guards: AbstractGuard[] = [];
  private readonly types = new Map<string, TypeName>();
  private readonly isUnknown: (name: string) => boolean;
  private doesAsk = false;

  constructor(
    private readonly definition: Definition,
    private readonly input: Readonly<Record<string, unknown>>,
  ) {
    this.chart = new Chart(definition);
    this.reader = new VariableReader(this.chart);
    for (const { name, type } of [...definition.parameters, ...definition.variables]) this.types.set(name, type);
    const given = new Set([...Object.keys(input), ...definition.variables.flatMap(({ name, initial }) => (initial === undefined ? [] : [name]))]);
    this.isUnknown = findUnknown(this.chart, this.reader, (name) => given.has(name));
  }

  make(): Abstraction {
    const { definition } = this;
    const known = new Map(definition.variables.map((variable) => [variable.name, variable]));
    const names = [...new Set([...this.types.keys(), ...listNames(this.chart, this.reader)])].filter((name) => name !== "now");
    const variables = names.map((name): VariableDefinition => {
      const initial = known.get(name)?.initial;
      if (!this.isUnknown(name)) return { name, type: this.types.get(name) ?? "any", place: NOWHERE, ...(initial !== undefined && { initial }) };
      const value = this.types.get(name) === "int" && Number.isSafeInteger(initial) ? BigInt(initial as number) : initial;
      return { name, type: "any", place: NOWHERE, ...(initial !== undefined && { initial: value }) };
    });
    const start = names.flatMap((name) => {
      if (Object.hasOwn(this.input, name)) return [[name, this.input[name]] as const];
      return known.get(name)?.initial === undefined ? [[name, UNKNOWN] as const] : [];
    });
    const states = definition.states.map((state) => ({ ...state, entry: this.makeActions(state.entry), exit: this.makeActions(state.exit) }));
    const transitions = definition.transitions.map((transition) => this.makeTransition(transition));
    return {
      definition: {
        ...definition,
        parameters: [],
        variables,
        invariants: [],
        states,
        transitions,
      },
      guards: this.guards,
      input: Object.fromEntries(start),
      isKnown: !this.doesAsk && definition.invariants.every(({ expression }) => this.isDecided(expression)),
    };
  }

  /** Does an invariant read nothing but what is known, and the active states? */
  private isDecided(expression: ExpressionSource): boolean {
    if (rewrite(expression) === undefined) return false;
    const isOwn = this.types.has(STATES) || listWritten(this.chart).has(STATES) || Object.hasOwn(this.input, STATES);
    return this.reader.variablesOf(expression).every((name) => (name === STATES && !isOwn) || !this.isUnknown(name));
  }

  private makeTransition(transition: TransitionDefinition): TransitionDefinition {
    const { guard, trigger } = transition;
    return {
      ...transition,
      actions: this.makeActions(transition.actions),
      trigger: trigger.kind === "after" ? { kind: "after", duration: SOON } : trigger,
      ...(guard !== undefined && { guard: this.makeGuard(guard) }),
    };
  }

  private makeGuard(guard: ExpressionSource): ExpressionSource {
    const names = this.reader.variablesOf(guard);
    const text = rewrite(guard);
    const number = this.guards.push({ text: guard.text, ast: readPlain(guard), names: names.filter((name) => name !== "now") }) - 1;
    if (text !== undefined && !names.some(this.isUnknown)) return { ...guard, text };
    this.doesAsk = true;
    const values = names.filter((name) => name !== "now").join(", ");
    const ask = `${DECIDE}(${number}, [${values}])`;
    return { ...guard, text: text === undefined ? ask : `${testUnknown(names)} ? ${ask} : (${text})` };
  }

  private makeActions(actions: readonly ActionDefinition[]): readonly ActionDefinition[] {
    return actions.flatMap((action): readonly ActionDefinition[] => {
      const { place } = action;
      switch (action.kind) {
        case "log":
          return [];
        case "set":
          return [{ ...action, value: this.makeValue(action.variable, action.value) }];
        case "wait":
          return [{ kind: "wait", duration: SOON, place }];
        case "abort":
          return [{ ...action, message: { kind: "literal", value: "aborted", place } }];
        case "await":
          return [action];
        default: {
          const { timeoutMs: _, ...rest } = action;
          return [{ ...rest, input: { kind: "map", entries: [], place } }];
        }
      }
    });
  }

  private makeValue(variable: string, value: ValueSource): ValueSource {
    const expressions = expressionsOf(value);
    const names = [...new Set(expressions.flatMap((expression) => this.reader.variablesOf(expression)))];
    if (value.kind === "literal" || (expressions.length === 0 && value.kind === "template")) return value;
    const place = value.kind === "expression" ? value.expression.place : value.place;
    const text = value.kind === "expression" ? rewrite(value.expression) : undefined;
    // A text or map with something in it is compared too seldom to be worth following.
    if (text === undefined) return { kind: "literal", value: UNKNOWN, place };
    // What is known has its declared type, which the kernel sees to.
    if (!this.isUnknown(variable)) return { kind: "expression", expression: { text, place } };
    const type = this.types.get(variable);
    const exact =
      type !== undefined && CONVERSIONS.has(type)
        ? `cel.bind(exact, dyn(${text}), exact == null ? dyn(null) : dyn(${type}(exact)))`
        : `dyn(${text})`;
    const whole = !names.some(this.isUnknown) ? exact : `${testUnknown(names)} ? dyn("${UNKNOWN}") : ${exact}`;
    return { kind: "expression", expression: { text: whole, place } };
  }
}

/** The condition, where no arithmetic and no call is in it. */
function readPlain({ text }: ExpressionSource): Ast | undefined {
  const { ast, findings } = parseExpression(text);
  let isPlain = findings.length === 0;
  walk(ast, (node) => {
    if (node.kind === "call" || (node.kind === "binary" && ["+", "-", "*", "/", "%"].includes(node.operator))) isPlain = false;
  });
  return isPlain ? ast : undefined;
}

/** Is one of these variables unknown? The time always is. */
function testUnknown(names: readonly string[]): string {
  return names.includes("now") ? "true" : `(${names.map((name) => `${name} == "${UNKNOWN}"`).join(" || ")})`;
}
