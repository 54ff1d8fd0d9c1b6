// Names that nothing uses: events that no state waits for, variables and parameters that nothing reads or writes. And what
// actions and conditions read and write, for others who ask.
import { parseExpression } from "../expression/parser.js";
import type { ActionDefinition, ExpressionSource, ValueSource } from "../model/definition.js";
import type { Chart } from "./chart.js";
import type { AnalysisFindings } from "./finding.js";
import { listVariables } from "./paths.js";

/** Expressions of a value, in the order of the text. */
export function expressionsOf(value: ValueSource): readonly ExpressionSource[] {
  switch (value.kind) {
    case "expression":
      return [value.expression];
    case "template":
      return value.parts.flatMap((part) => (typeof part === "string" ? [] : [part]));
    case "map":
      return value.entries.flatMap((entry) => expressionsOf(entry.value));
    case "list":
      return value.elements.flatMap((element) => expressionsOf(element));
    case "literal":
      return [];
  }
}

/** Expressions that an action evaluates before it begins. */
export function expressionsOfAction(action: ActionDefinition): readonly ExpressionSource[] {
  switch (action.kind) {
    case "log":
    case "abort":
      return expressionsOf(action.message);
    case "set":
      return expressionsOf(action.value);
    case "wait":
      return expressionsOf(action.duration);
    case "call":
    case "workflow":
      return expressionsOf(action.input);
    case "await":
      return [];
  }
}

/** The variable that an action writes, or undefined. */
export function writtenBy(action: ActionDefinition): string | undefined {
  if (action.kind === "set") return action.variable;
  return action.kind === "call" || action.kind === "workflow" ? action.result : undefined;
}

/** Reads the variables of expressions, each text once. */
export class VariableReader {
  private readonly known = new Map<string, readonly string[]>();

  constructor(private readonly chart: Chart) {}

  variablesOf({ text }: ExpressionSource): readonly string[] {
    let names = this.known.get(text);
    if (names === undefined) {
      const { ast, findings } = parseExpression(text);
      names = findings.length > 0 ? [] : listVariables(ast, this.chart.isVariable);
      this.known.set(text, names);
    }
    return names;
  }
}

export function allActions(chart: Chart): readonly ActionDefinition[] {
  return [...chart.states.flatMap(({ entry, exit }) => [...entry, ...exit]), ...chart.transitions.flatMap(({ actions }) => actions)];
}

/** Every variable that some action writes. */
export function listWritten(chart: Chart): ReadonlySet<string> {
  return new Set(allActions(chart).flatMap((action) => writtenBy(action) ?? []));
}

function listRead(chart: Chart, reader: VariableReader): ReadonlySet<string> {
  const { transitions, definition } = chart;
  const expressions = [
    ...allActions(chart).flatMap(expressionsOfAction),
    ...transitions.flatMap(({ guard, trigger }) => [
      ...(guard === undefined ? [] : [guard]),
      ...(trigger.kind === "after" ? expressionsOf(trigger.duration) : []),
    ]),
    ...definition.invariants.map(({ expression }) => expression),
  ];
  return new Set(expressions.flatMap((expression) => reader.variablesOf(expression)));
}

/** Every variable that is read or written somewhere. */
export function listNames(chart: Chart, reader: VariableReader): ReadonlySet<string> {
  return new Set([...listRead(chart, reader), ...listWritten(chart)]);
}

/** Reports names that stand in the front matter for nothing, and events for which only unreachable states wait. */
export function checkNames(chart: Chart, findings: AnalysisFindings, reached: ReadonlySet<number>, reader: VariableReader): void {
  const { events, parameters, variables } = chart.definition;
  const isAwaitedBy = listWaiting(chart);
  for (const { name, isDeclared, place } of events) {
    const states = isAwaitedBy.get(name) ?? [];
    if (states.length === 0) {
      if (isDeclared) findings.add("warning", "certain", "analysis/unawaited-event", place, `No state waits for the event "${name}"`, []);
    } else if (!states.some((state) => reached.has(state))) {
      const ids = states.map((state) => chart.state(state).id);
      findings.add(
        "warning",
        "certain",
        "analysis/unawaited-event",
        place,
        `Only states that are never reached wait for "${name}": ${ids.join(", ")}`,
        ids,
      );
    }
  }
  const read = listRead(chart, reader);
  const written = listWritten(chart);
  for (const { name, place } of parameters)
    if (!read.has(name)) findings.add("info", "certain", "analysis/unused-variable", place, `Nothing reads the parameter "${name}"`, []);
  for (const { name, place } of variables)
    if (!read.has(name) && !written.has(name))
      findings.add("info", "certain", "analysis/unused-variable", place, `Nothing reads or writes the variable "${name}"`, []);
}

/** Per event: the states that wait for it, by a transition, an action or a deferral. Barred transitions do not count. */
function listWaiting(chart: Chart): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  const add = (event: string, state: number) => {
    const states = found.get(event);
    if (states === undefined) found.set(event, [state]);
    else states.push(state);
  };
  chart.states.forEach(({ entry, deferred = [] }, state) => {
    for (const action of entry) if (action.kind === "await") add(action.event, state);
    for (const event of deferred) add(event, state);
  });
  chart.transitions.forEach(({ trigger, actions, source }, index) => {
    if (trigger.kind === "event" && !chart.barred.has(index)) add(trigger.event, source);
    for (const action of actions) if (action.kind === "await") add(action.event, source);
  });
  return found;
}
