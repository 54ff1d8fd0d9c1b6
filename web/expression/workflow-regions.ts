// Where expressions stand in a workflow's text: those that the parser found last, moved along with what was typed since, and,
// for what no parser has read yet, what lies between brackets on the line of the cursor.
import { type Extension, StateEffect, StateField } from "@codemirror/state";
import type { Definition } from "../millrace.js";
import type { ExpressionEditorOptions } from "../millrace-editor.js";
import type { ExpressionRegion, RegionFinder } from "./expression-support.js";

/** Expressions of one text that are looked after. */
export const REGION_COUNT_MAX = 2_000;
/** Parts of a definition that are searched for them. */
const PART_COUNT_MAX = 200_000;

interface Parsed {
  readonly options: ExpressionEditorOptions;
  readonly regions: readonly ExpressionRegion[];
}

const NO_OPTIONS: ExpressionEditorOptions = {};
const parsedEffect = StateEffect.define<Parsed>();

const parsedField = StateField.define<Parsed>({
  create: () => ({ options: NO_OPTIONS, regions: [] }),
  update(value, transaction) {
    let next = value;
    if (transaction.docChanged) {
      const regions = value.regions.map(({ from, to, options }) => ({ from: transaction.changes.mapPos(from, -1), to: transaction.changes.mapPos(to, 1), options }));
      next = { options: value.options, regions: regions.filter(({ from, to }) => to >= from) };
    }
    for (const effect of transaction.effects) if (effect.is(parsedEffect)) next = effect.value;
    return next;
  },
});

type Declarations = NonNullable<ExpressionEditorOptions["variables"]>;

/** The variables that a definition's expressions see, as far as they are declared. */
export function readOptions(definition: Definition): ExpressionEditorOptions {
  const own: Record<string, Declarations[string]> = {};
  const described: Record<string, string> = {};
  const isGraph = definition.states.some(({ kind }) => kind === "task");
  const inputs = Object.fromEntries(definition.parameters.map(({ name, type }) => [name, type]));
  const variables = Object.fromEntries(definition.variables.map(({ name, type }) => [name, type]));
  for (const { name, description } of [...definition.parameters, ...definition.variables]) if (description !== undefined) described[isGraph ? `input.${name}` : name] = description;
  if (isGraph) {
    const tasks = definition.states.filter(({ kind }) => kind === "task").map(({ id }) => [id, { fields: { result: "any", status: "string" } }] as const);
    Object.assign(own, { input: { fields: inputs }, vars: { fields: variables }, tasks: { fields: Object.fromEntries(tasks) }, result: "any", error: "any", item: "any" });
  } else Object.assign(own, inputs, variables, { event: "any" });
  return { variables: own, documentation: described };
}

/** Every expression of the definition that stands in the text as it is. */
export function readRegions(definition: Definition, text: string, options: ExpressionEditorOptions): readonly ExpressionRegion[] {
  const found = new Map<number, ExpressionRegion>();
  // In the order of the text, as far as a definition keeps it: of a long one the beginning is looked after.
  const pending: unknown[] = [definition];
  for (let at = 0; at < pending.length && at < PART_COUNT_MAX && found.size < REGION_COUNT_MAX; at += 1) {
    const item = pending[at];
    if (typeof item !== "object" || item === null) continue;
    const { text: written, place } = item as { text?: unknown; place?: { start: number; end: number } };
    if (typeof written === "string" && place !== undefined) {
      const from = place.start + Math.max(0, text.slice(place.start, place.end).indexOf(written));
      const to = from + written.length;
      if (written !== "" && text.slice(from, to) === written) found.set(from, { from, to, options });
    } else if (pending.length < PART_COUNT_MAX) for (const part of Object.values(item)) pending.push(part);
  }
  return [...found.values()].sort((a, b) => a.from - b.from);
}

/** Tells the editor what the parser has found in the text that it shows. */
export function tellParsed(definition: Definition, text: string): StateEffect<unknown> {
  const options = readOptions(definition);
  return parsedEffect.of({ options, regions: readRegions(definition, text, options) });
}

// --- what no parser has read yet -------------------------------------------------------------------------------------

/** Where something on the line begins that is an expression up to the line's end, or to `close`. */
const OPENINGS: readonly { readonly open: RegExp; readonly close: string }[] = [
  { open: /\{\{/g, close: "}}" },
  { open: /\$\{(?!\{)/g, close: "}" },
  { open: /-->[^:[]*:[^[]*\[/g, close: "]" },
  { open: /^\s*(?:-\s+)?(?:if|when|switch)\s*:\s+(?=[^\s"'{[|>&*!#])/g, close: "" },
  { open: /\bset\s+\w+\s*=(?!=)\s*/g, close: "" },
];

function findEnd(text: string, from: number, close: string): number {
  if (close === "") return text.length;
  let depth = 0;
  let quote = "";
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== "") {
      if (character === "\\") at += 1;
      else if (character === quote) quote = "";
    } else if (depth === 0 && text.startsWith(close, at)) return at;
    else if (character === '"' || character === "'") quote = character;
    else if (character === "[" || character === "{" || character === "(") depth += 1;
    else if (character === "]" || character === "}" || character === ")") depth -= 1;
  }
  return text.length;
}

/** The expression around a column of a line, without the space around it; undefined where there seems to be none. */
export function guessRange(line: string, column: number): { readonly from: number; readonly to: number } | undefined {
  for (const { open, close } of OPENINGS) {
    for (const match of line.matchAll(open)) {
      const start = match.index + match[0].length;
      const end = findEnd(line, start, close);
      if (column < start || column > end) continue;
      const inner = line.slice(start, end);
      const from = Math.min(column, start + (inner.length - inner.trimStart().length));
      return { from, to: Math.max(column, start + inner.trimEnd().length) };
    }
  }
  return undefined;
}

/** The expressions of a workflow's text. */
export const workflowRegions: RegionFinder = {
  isWholeText: false,
  at(state, position) {
    const { regions, options } = state.field(parsedField);
    const known = regions.find(({ from, to }) => from <= position && position <= to);
    if (known !== undefined) return known;
    const line = state.doc.lineAt(position);
    const guess = line.length > 2_000 ? undefined : guessRange(line.text, position - line.from);
    return guess === undefined ? undefined : { from: line.from + guess.from, to: line.from + guess.to, options };
  },
  list: (state) => state.field(parsedField).regions,
};

/** What the editor needs so that `workflowRegions` knows its text. */
export const workflowRegionState: Extension = parsedField;
