// Reads a task graph in the YAML language: what stands at the top, then the tasks, then the names that expressions use.
import type { Definition, TaskGraphParts } from "../../model/definition.js";
import type { SourceText } from "../source-text.js";
import { readParameters, readVariables } from "./declarations.js";
import { buildGraph } from "./graph.js";
import { type Keys, readKeys, readText, readWord, reportAt, valueOf } from "./keys.js";
import { readOnError } from "./next.js";
import { type DraftScope, handleScopes, readScopes } from "./scopes.js";
import { readSearch } from "./search.js";
import { type DraftTask, handleFailures, readTask, readTaskNames } from "./tasks.js";
import { readYaml, type YamlMap } from "./tree.js";
import { ValueReader } from "./values.js";

const TOP_KEYS = ["millrace", "name", "description", "input", "vars", "output", "search", "on_failure", "on_error", "timeout", "tasks", "scopes"];
/** The version of the language: what `millrace:` says. */
const LANGUAGE_VERSION = 1;

/** What a text looks like without reading it as YAML. */
export type YamlDialect = "millrace" | "orquesta";

const PASSED_LINE = /^[ \t]*(?:#|\r?$|%|---[ \t]*(?:#|\r?$))/;
const FIRST_LINE = /^(?:["']?[A-Za-z_][\w.-]*["']?[ \t]*:(?:\s|$)|\{)/;
const MILLRACE_KEY = /^["']?millrace["']?[ \t]*:/m;
const VERSION_KEY = /^["']?version["']?[ \t]*:/m;
const TASKS_KEY = /^["']?tasks["']?[ \t]*:/m;
const FLOW_KEY = /^\{\s*["']?millrace["']?\s*:/m;

/**
 * Is the text a YAML map with `millrace:`, or with `version:` and `tasks:`, at the top? Undefined where it is something else. O(size)
 * @param fallback - the dialect of a map without `millrace:`, whatever else it has
 */
export function findYamlDialect(text: string, fallback?: "orquesta"): YamlDialect | undefined {
  if (!isMapStart(text)) return undefined;
  if (MILLRACE_KEY.test(text) || FLOW_KEY.test(text)) return "millrace";
  return VERSION_KEY.test(text) && TASKS_KEY.test(text) ? "orquesta" : fallback;
}

/** Is the text a YAML map with `tasks:` at the top, whatever else it has? O(size) */
export function hasTasks(text: string): boolean {
  return isMapStart(text) && TASKS_KEY.test(text);
}

/** Is the first line that is no comment, directive or mark the key of a map, or a brace? */
function isMapStart(text: string): boolean {
  for (let at = text.startsWith("\ufeff") ? 1 : 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end === -1 ? text.length : end);
    if (!PASSED_LINE.test(line)) return FIRST_LINE.test(line);
    if (end === -1) return false;
    at = end + 1;
  }
  return false;
}

/** Reads the whole text; what is wrong is reported. */
export function readTaskGraph(source: SourceText, fallbackName: string): Definition {
  const root = readYaml(source, { start: 0, end: source.text.length }, "parse/yaml");
  if (root?.kind === "map") return readTop(root, source, fallbackName);
  if (root !== undefined) reportAt(source, "parse/yaml", "A task graph is a map: millrace: 1, tasks: …", root);
  return emptyGraph(fallbackName);
}

function emptyGraph(name: string): Definition {
  const taskGraph = { onFailure: "abort" } as const;
  return { format: "yaml", name, parameters: [], variables: [], events: [], states: [], transitions: [], invariants: [], direction: "TB", styles: {}, taskGraph };
}

function readTop(root: YamlMap, source: SourceText, fallbackName: string): Definition {
  const keys = readKeys(root, TOP_KEYS, "the workflow", source);
  const version = keys.get("millrace")?.value;
  if (version === undefined || version.kind !== "scalar" || version.value !== LANGUAGE_VERSION)
    reportAt(source, "parse/invalid-value", `"millrace" is the version of the language: ${LANGUAGE_VERSION}`, version ?? root);
  const reader = new ValueReader(source);
  const name = readText(valueOf(keys, "name"), '"name"', source) || fallbackName;
  const description = readText(valueOf(keys, "description"), '"description"', source);
  const parameters = readParameters(valueOf(keys, "input"), source);
  const variables = readVariables(valueOf(keys, "vars"), reader);
  const { tasks, scopes } = readTasks(keys, root, reader);
  const taskGraph = readParts(keys, reader);
  const definition = buildGraph({ name, parameters, variables, tasks, scopes, taskGraph, ...(description !== undefined && { description }) }, source);
  const searchNode = valueOf(keys, "search");
  const outputs = outputKeys(taskGraph);
  const search = searchNode && readSearch(searchNode, source, { inputs: parameters.map((parameter) => parameter.name), outputs, severity: "error" });
  reader.uses.check({
    inputs: new Set(parameters.map((parameter) => parameter.name)),
    variables: new Set(definition.variables.map((variable) => variable.name)),
    tasks: new Set(tasks.map((task) => task.name)),
  });
  return search === undefined || search.length === 0 ? definition : { ...definition, search };
}

/** The keys of what a run returns; undefined where the text does not tell. */
function outputKeys({ output }: TaskGraphParts): readonly string[] | undefined {
  if (output?.kind === "map") return output.entries.map(({ key }) => key);
  const constant = output?.kind === "literal" ? output.value : undefined;
  return typeof constant === "object" && constant !== null && !Array.isArray(constant) ? Object.keys(constant) : undefined;
}

function readTasks(keys: Keys, root: YamlMap, reader: ValueReader): { tasks: readonly DraftTask[]; scopes: readonly DraftScope[] } {
  const node = valueOf(keys, "tasks");
  const declarations = readTaskNames(node, reader.source);
  if (declarations.length === 0 && (node === undefined || node.kind !== "scalar"))
    reportAt(reader.source, "parse/missing-key", 'A task graph needs "tasks", and at least one of them', keys.get("tasks")?.keyNode ?? { start: root.start, end: root.start });
  const tasks = declarations.map((declaration) => readTask(declaration, reader));
  const onError = valueOf(keys, "on_error");
  const handler = onError && readOnError(onError, "the workflow", reader);
  const scopes = readScopes(valueOf(keys, "scopes"), reader);
  if (handler === undefined) return { tasks, scopes };
  const scoped = new Set(scopes.flatMap((scope) => scope.tasks.map(({ value }) => String(value).trim())));
  return { tasks: handleFailures(tasks, scoped, handler), scopes: handleScopes(scopes, tasks, handler) };
}

function readParts(keys: Keys, reader: ValueReader): TaskGraphParts {
  const output = valueOf(keys, "output");
  const timeout = valueOf(keys, "timeout");
  return {
    onFailure: readWord(valueOf(keys, "on_failure"), ["abort", "finish"], '"on_failure"', reader.source) ?? "abort",
    ...(output && { output: reader.readValue(output, { place: "output", names: [] }) }),
    ...(timeout && { timeout: reader.readDuration(timeout, { place: '"timeout" of the workflow', names: [], isBeforeTasks: true }, false) }),
  };
}
