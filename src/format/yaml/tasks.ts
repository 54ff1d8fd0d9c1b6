// One task of a task graph as it is written: what it does, how, and what follows. Names of other tasks are resolved later, when all are known.
import type { TaskDefinition } from "../../model/definition.js";
import { isIdentifier } from "../names.js";
import type { SourceText } from "../source-text.js";
import { readAction } from "./actions.js";
import { type Declaration, readDeclarations } from "./declarations.js";
import { readItems, readRetry } from "./items.js";
import { type Keys, readJoin, readKeys, readText, readTexts, readWord, reportAt, valueOf } from "./keys.js";
import { type ExpressionSite, ITEM_NAMES } from "./names.js";
import { catchFailure, type DraftEntry, readCases, readNext, readOnError } from "./next.js";
import type { YamlMap, YamlNode, YamlScalar } from "./tree.js";
import { readUndo } from "./undo.js";
import type { ValueReader } from "./values.js";

/** Tasks of one workflow. */
export const TASK_COUNT_MAX = 50_000;

/** What `do` can say besides the names of tasks. */
export const COMMANDS = ["continue", "noop", "fail", "retry"] as const;
export type CommandName = (typeof COMMANDS)[number];

const TASK_KEYS = [
  "name", "description", "action", "workflow", "input", "event", "form", "deadline", "duration", "until", "message", "with", "with-items", "retry", "timeout", "delay", "join",
  "merge", "depends_on", "if", "next", "on_error", "switch", "cases", "default", "undo",
];

/** A task, with what leads out of it and into it still as names. */
export interface DraftTask {
  readonly name: string;
  readonly nameNode: { readonly start: number; readonly end: number };
  readonly description?: string;
  readonly task: TaskDefinition;
  readonly entries: readonly DraftEntry[];
  readonly dependencies: readonly YamlScalar[];
  /** For findings about the number of ways. */
  readonly joinNode?: YamlNode;
}

export function isCommand(name: string): name is CommandName {
  return (COMMANDS as readonly string[]).includes(name);
}

/** Names of tasks, which may be no command and stand once. What is wrong with them is reported. */
export function readTaskNames(node: YamlNode | undefined, source: SourceText): readonly Declaration[] {
  const declarations = readDeclarations(node, "tasks", source);
  const seen = new Set<string>();
  const over = declarations[TASK_COUNT_MAX];
  if (over !== undefined) reportAt(source, "parse/too-many-tasks", `There are ${declarations.length} tasks; the limit is ${TASK_COUNT_MAX}`, over.nameNode);
  return declarations.slice(0, TASK_COUNT_MAX).filter(({ name, nameNode }) => {
    if (isCommand(name)) reportAt(source, "parse/invalid-name", `"${name}" is what "do" can say by itself, so it cannot name a task`, nameNode);
    else if (!isIdentifier(name)) reportAt(source, "parse/invalid-name", `"${name}" cannot name a task: letters, digits and underscores`, nameNode);
    else if (seen.has(name)) reportAt(source, "parse/duplicate-name", `There are two tasks "${name}"`, nameNode);
    const isNew = !seen.has(name);
    seen.add(name);
    return isNew;
  });
}

/** Reads what is said of one task. */
export function readTask({ name, nameNode, body }: Declaration, reader: ValueReader): DraftTask {
  const { source } = reader;
  const what = `task "${name}"`;
  if (body !== undefined && body.kind !== "map" && !(body.kind === "scalar" && body.value === null))
    reportAt(source, "parse/invalid-value", `What ${what} does is a map: {action: …}`, body);
  const map: YamlMap = body?.kind === "map" ? body : { kind: "map", entries: [], start: nameNode.start, end: nameNode.end };
  const keys = readKeys(map, TASK_KEYS, what, source);
  const description = readText(valueOf(keys, "description"), '"description"', source);
  const joinNode = valueOf(keys, "join");
  const onError = valueOf(keys, "on_error");
  const handler = onError && readOnError(onError, what, reader);
  const dependencies = readTexts(valueOf(keys, "depends_on"), '"depends_on"', source);
  return {
    name,
    nameNode,
    task: readDefinition(keys, what, map, dependencies.length > 0, reader),
    entries: withHandler([...readCases(keys, what, reader), ...readNext(valueOf(keys, "next"), what, reader)], handler),
    dependencies,
    ...(description !== undefined && { description }),
    ...(joinNode !== undefined && { joinNode }),
  };
}

/** What takes a failure stands after the other entries. */
export function withHandler(entries: readonly DraftEntry[], handler: DraftEntry | undefined): readonly DraftEntry[] {
  const entry = handler && catchFailure(entries, handler);
  return entry === undefined ? entries : [...entries, entry];
}

/**
 * The failures of all tasks that take none themselves lead to the workflow's handler, except of those that the handler leads to: it
 * does not handle its own failures. Those of tasks in scopes (`scoped`) leave through their scopes. O(tasks + ways)
 */
export function handleFailures(tasks: readonly DraftTask[], scoped: ReadonlySet<string>, handler: DraftEntry): readonly DraftTask[] {
  const handling = followsOf(tasks, handler);
  return tasks.map((task) => (handling.has(task.name) || scoped.has(task.name) ? task : { ...task, entries: withHandler(task.entries, handler) }));
}

/** The names of the tasks that an entry leads to, and that these lead to. O(tasks + ways) */
export function followsOf(tasks: readonly DraftTask[], entry: DraftEntry): ReadonlySet<string> {
  const following = new Map<string, string[]>(tasks.map(({ name, entries }) => [name, entries.flatMap(({ targets }) => targets.map(({ value }) => String(value).trim()))]));
  for (const { name, dependencies } of tasks) for (const { value } of dependencies) following.get(String(value).trim())?.push(name);
  const handling = new Set<string>();
  const pending = entry.targets.map(({ value }) => String(value).trim());
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (handling.has(name)) continue;
    handling.add(name);
    for (const next of following.get(name) ?? []) pending.push(next);
  }
  return handling;
}

function readDefinition(keys: Keys, what: string, map: YamlMap, hasDependencies: boolean, reader: ValueReader): TaskDefinition {
  const plain: ExpressionSite = { place: what, names: [] };
  const itemsNode = valueOf(keys, "with") ?? valueOf(keys, "with-items");
  const both = keys.get("with-items");
  if (keys.has("with") && both !== undefined) reportAt(reader.source, "parse/conflicting-keys", `${what} has "with" and "with-items", which mean the same`, both.keyNode);
  const items = itemsNode && readItems(itemsNode, what, reader);
  const names = items?.lists.flatMap((list) => list.name ?? []) ?? [];
  const site: ExpressionSite = itemsNode === undefined ? plain : { ...plain, names: ITEM_NAMES, ...(names.length > 0 && { itemNames: names }) };
  const action = readAction(keys, { what, map, site }, reader);
  if (itemsNode !== undefined && (action.kind === "await" || action.kind === "fail"))
    reportAt(reader.source, "parse/conflicting-keys", `${what} cannot be done for each item: "${action.kind}" is done once`, itemsNode);
  const join = readJoin(valueOf(keys, "join"), reader.source) ?? (hasDependencies ? "all" : undefined);
  const mergeNode = valueOf(keys, "merge");
  const merge = readWord(mergeNode, ["error", "last"], '"merge"', reader.source);
  if (mergeNode !== undefined && join === undefined) reportAt(reader.source, "parse/conflicting-keys", `"merge" of ${what} belongs to a join`, mergeNode);
  const [retryNode, delay, timeout, condition, undoNode] = ["retry", "delay", "timeout", "if", "undo"].map((key) => valueOf(keys, key));
  const retry = retryNode && readRetry(retryNode, what, reader);
  const undo = undoNode && readUndo(undoNode, what, reader);
  const expression = condition && reader.readExpression(condition, { ...plain, place: `"if" of ${what}` });
  return {
    action,
    ...(join !== undefined && { join }),
    ...(merge !== undefined && { merge }),
    ...(items && { items }),
    ...(retry && { retry }),
    ...(delay && { delay: reader.readDuration(delay, { ...plain, place: `"delay" of ${what}` }) }),
    ...(timeout && { timeout: reader.readDuration(timeout, { ...plain, place: `"timeout" of ${what}` }, false) }),
    ...(expression && { condition: expression }),
    ...(undo && { undo }),
  };
}
