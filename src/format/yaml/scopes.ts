// Scopes of a task graph as they are written: named groups of tasks, one within another, and what takes the failures of each. Names of
// tasks are resolved later, when all are known.
import type { ValueSource } from "../../model/definition.js";
import { isIdentifier } from "../names.js";
import type { SourceText } from "../source-text.js";
import { type Declaration, readDeclarations } from "./declarations.js";
import { readKeys, readText, readTexts, reportAt, valueOf } from "./keys.js";
import { catchFailure, type DraftEntry, readCatch } from "./next.js";
import { type DraftTask, followsOf, isCommand } from "./tasks.js";
import type { YamlMap, YamlNode, YamlScalar } from "./tree.js";
import type { ValueReader } from "./values.js";

/** Scopes of one workflow. */
export const SCOPE_COUNT_MAX = 1_000;
/** Scopes within each other. */
export const SCOPE_DEPTH_MAX = 16;

const SCOPE_KEYS = ["name", "description", "tasks", "scopes", "catch", "timeout"];
/** What `undo` of an entry can say besides the names of scopes. */
export const ALL_SCOPES = "all";

/** A scope, with the tasks that stand directly in it and with what leads out of it still as names. */
export interface DraftScope {
  readonly name: string;
  readonly nameNode: { readonly start: number; readonly end: number };
  readonly description?: string;
  /** Index of the scope around it among all of them, or -1. Outer scopes stand before inner ones. */
  readonly parent: number;
  readonly tasks: readonly YamlScalar[];
  readonly entries: readonly DraftEntry[];
  readonly timeout?: ValueSource;
}

/** Reads `scopes` of the workflow; what is wrong is reported. */
export function readScopes(node: YamlNode | undefined, reader: ValueReader): readonly DraftScope[] {
  const scopes: DraftScope[] = [];
  new ScopeReader(reader, scopes).read(node, -1, 1);
  return scopes;
}

class ScopeReader {
  private readonly source: SourceText;

  constructor(
    private readonly reader: ValueReader,
    private readonly scopes: DraftScope[],
  ) {
    this.source = reader.source;
  }

  read(node: YamlNode | undefined, parent: number, depth: number): void {
    const declarations = readDeclarations(node, "scopes", this.source);
    const [first] = declarations;
    if (first !== undefined && depth > SCOPE_DEPTH_MAX) {
      reportAt(this.source, "parse/nesting-limit", `Scopes stand more than ${SCOPE_DEPTH_MAX} deep within each other`, first.nameNode);
      return;
    }
    for (const declaration of declarations) {
      if (this.scopes.length === SCOPE_COUNT_MAX) {
        reportAt(this.source, "parse/too-many-tasks", `There are more than ${SCOPE_COUNT_MAX} scopes`, declaration.nameNode);
        return;
      }
      this.readScope(declaration, parent, depth);
    }
  }

  private readScope({ name, nameNode, body }: Declaration, parent: number, depth: number): void {
    const { source, reader } = this;
    const what = `scope "${name}"`;
    if (isCommand(name)) reportAt(source, "parse/invalid-name", `"${name}" is what "do" can say by itself, so it cannot name a scope`, nameNode);
    else if (name === ALL_SCOPES) reportAt(source, "parse/invalid-name", `"${name}" is what "undo" can say by itself, so it cannot name a scope`, nameNode);
    else if (!isIdentifier(name)) reportAt(source, "parse/invalid-name", `"${name}" cannot name a scope: letters, digits and underscores`, nameNode);
    else if (this.scopes.some((other) => other.name === name)) reportAt(source, "parse/duplicate-name", `There are two scopes "${name}"`, nameNode);
    if (body !== undefined && body.kind !== "map") reportAt(source, "parse/invalid-value", `What ${what} holds is a map: {tasks: [ … ]}`, body);
    const map: YamlMap = body?.kind === "map" ? body : { kind: "map", entries: [], start: nameNode.start, end: nameNode.end };
    const keys = readKeys(map, SCOPE_KEYS, what, source);
    const description = readText(valueOf(keys, "description"), '"description"', source);
    const tasks = readTexts(valueOf(keys, "tasks"), `"tasks" of ${what}`, source);
    const inner = valueOf(keys, "scopes");
    if (tasks.length === 0 && inner === undefined) reportAt(source, "parse/missing-key", `${what} holds no tasks`, nameNode);
    const entries = readCatch(valueOf(keys, "catch"), what, reader);
    const timeoutNode = valueOf(keys, "timeout");
    const timeout = timeoutNode && reader.readDuration(timeoutNode, { place: `"timeout" of ${what}`, names: [] }, false);
    const index = this.scopes.push({ name, nameNode, parent, tasks, entries, ...(description !== undefined && { description }), ...(timeout && { timeout }) }) - 1;
    this.read(inner, index, depth + 1);
  }
}

/**
 * The workflow's handler takes the failures that leave the outermost scopes, except of those that hold a task that it leads to.
 * O(tasks + ways)
 */
export function handleScopes(scopes: readonly DraftScope[], tasks: readonly DraftTask[], handler: DraftEntry): readonly DraftScope[] {
  const handling = followsOf(tasks, handler);
  const holds = scopes.map(({ tasks: names }) => names.some(({ value }) => handling.has(String(value).trim())));
  for (let index = scopes.length - 1; index >= 0; index -= 1) {
    const { parent } = scopes[index] as DraftScope;
    if (parent >= 0 && holds[index] === true) holds[parent] = true;
  }
  return scopes.map((scope, index) => {
    const entry = scope.parent >= 0 || holds[index] === true ? undefined : catchFailure(scope.entries, handler);
    return entry === undefined ? scope : { ...scope, entries: [...scope.entries, entry] };
  });
}
