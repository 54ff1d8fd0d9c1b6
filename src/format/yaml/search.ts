// What a workflow declares searchable, under `search` of a task graph or of front matter: names, each with an expression over the run's
// input or its output.
import { parseExpression } from "../../expression/parser.js";
import type { ExpressionSource, SearchDefinition } from "../../model/definition.js";
import type { Severity } from "../../model/errors.js";
import { isIdentifier } from "../names.js";
import type { SourceText } from "../source-text.js";
import { findNearest, reportAt } from "./keys.js";
import { listPaths } from "./names.js";
import type { YamlEntry, YamlNode } from "./tree.js";
import { ValueReader } from "./values.js";

/** Searchable values of one workflow. */
export const SEARCH_COUNT_MAX = 32;

/** What of a type stands in an expression is a name, too: the compiler knows them. */
const TYPE_NAMES: ReadonlySet<string> = new Set("bool bytes double google int list map null_type string type uint".split(" "));

export interface SearchNames {
  /** Names of the inputs; undefined: a run may be given anything. */
  readonly inputs: readonly string[] | undefined;
  /** Keys of the output, as far as the text tells. */
  readonly outputs: readonly string[] | undefined;
  /** Of a finding about a key that is none of them. */
  readonly severity: Severity;
}

/** Reads the declarations; what is wrong is reported. O(size) */
export function readSearch(node: YamlNode, source: SourceText, names: SearchNames): readonly SearchDefinition[] {
  if (node.kind !== "map") {
    reportAt(source, "parse/invalid-value", '"search" is a map of names to expressions: {customer: input.customer}', node);
    return [];
  }
  const { length } = node.entries;
  if (length > SEARCH_COUNT_MAX) reportAt(source, "parse/invalid-value", `${length} values are searchable; the limit is ${SEARCH_COUNT_MAX}`, node);
  return node.entries.slice(0, SEARCH_COUNT_MAX).flatMap((entry) => readEntry(entry, source, names) ?? []);
}

function readEntry({ key, keyNode, value }: YamlEntry, source: SourceText, names: SearchNames): SearchDefinition | undefined {
  if (!isIdentifier(key)) reportAt(source, "parse/invalid-name", `"${key}" cannot be a name: letters, digits and underscores`, keyNode);
  // A constant like 3 or true is no text, but an expression.
  const expression = new ValueReader(source).readExpression(value, { place: `the searchable value "${key}"`, names: [] });
  if (expression === undefined) return undefined;
  const from = findRoot(expression, value, source, { key, ...names });
  return from && { name: key, from, expression, place: source.place(keyNode.start, keyNode.end) };
}

/** What the expression reads: the one or the other. */
function findRoot(expression: ExpressionSource, node: YamlNode, source: SourceText, names: SearchNames & { readonly key: string }): SearchDefinition["from"] | undefined {
  const { text, place } = expression;
  const { ast, findings } = parseExpression(text);
  if (findings.length > 0) return undefined;
  const isExact = place.end - place.start === text.length;
  const roots = new Set<SearchDefinition["from"]>();
  let hasUnknown = false;
  for (const { path, node: part } of listPaths(ast)) {
    const at = isExact ? { start: place.start + part.start, end: place.start + part.end } : node;
    const [root, field] = path as [string, string | undefined];
    if (root !== "input" && root !== "output") {
      if (TYPE_NAMES.has(root)) continue;
      hasUnknown = true;
      reportAt(source, "parse/unknown-name", `There is no "${root}" in a searchable value${hintOf(root, names)}`, at);
      continue;
    }
    roots.add(root);
    const known = root === "input" ? names.inputs : names.outputs;
    if (field === undefined || known === undefined || known.includes(field)) continue;
    const near = findNearest(field, known);
    source.report(names.severity, "parse/unknown-name", `There is no ${root} "${field}"${near === undefined ? "" : `; is "${near}" meant?`}`, at.start, at.end);
  }
  const [from] = roots;
  if (roots.size === 1 || hasUnknown) return from;
  const what = roots.size === 0 ? "reads neither the input nor the output" : "reads input and output: one is known when a run starts, the other when it ends";
  reportAt(source, "parse/invalid-value", `The searchable value "${names.key}" ${what}`, node);
  return undefined;
}

function hintOf(name: string, { inputs = [], outputs = [] }: SearchNames): string {
  if (inputs.includes(name)) return `; is input.${name} meant?`;
  if (outputs.includes(name)) return `; is output.${name} meant?`;
  const near = findNearest(name, ["input", "output"]);
  return near === undefined ? ": it reads input.NAME or output.NAME" : `; is "${near}" meant?`;
}
