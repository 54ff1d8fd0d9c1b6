// Which names the expressions of a task graph may use, and where. Uses are collected while the text is read and judged at the end,
// when all tasks and all published variables are known.
import type { Ast } from "../../expression/ast.js";
import { boundNames, childrenOf } from "../../expression/ast.js";
import type { FormatFindingCode, SourceText } from "../source-text.js";
import { findNearest } from "./keys.js";

/** Where an expression stands: what it may name besides `input`, `vars`, `tasks` and `workflow`. */
export interface ExpressionSite {
  /** In words, for messages. */
  readonly place: string;
  /** `result`, `item` and so on. */
  readonly names: readonly string[];
  /** The lists of a with-items task by name: fields of `item`. */
  readonly itemNames?: readonly string[];
  /** A reference to a secret may stand here, and nothing else than the reference. */
  readonly hasSecrets?: boolean;
  /** The variables are not there yet. */
  readonly isBeforeTasks?: boolean;
}

/** What `when`, `publish` and a retry's `when` may name. */
export const OUTCOME_NAMES = ["result", "error", "succeeded", "failed", "completed", "attempt"] as const;
export const ITEM_NAMES = ["item", "index"] as const;

const LOCAL_NAMES: ReadonlySet<string> = new Set([...OUTCOME_NAMES, ...ITEM_NAMES]);
const WORKFLOW_FIELDS = ["id", "name"];
const TASK_FIELDS = ["result", "status"];

/** One use of a name: `root`, or `root.field`, or `root.field.inner`. */
interface Use {
  readonly site: ExpressionSite;
  readonly path: readonly string[];
  /** It is more than a name: a secret must be used as it is. */
  readonly isWhole: boolean;
  readonly start: number;
  readonly end: number;
}

export interface KnownNames {
  readonly inputs: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
  readonly tasks: ReadonlySet<string>;
}

export class NameUses {
  private readonly uses: Use[] = [];

  constructor(private readonly source: SourceText) {}

  /**
   * Notes the names of an expression.
   * @param locate - the place in the author's text of a range of the expression's text
   */
  collect(root: Ast, site: ExpressionSite, locate: (start: number, end: number) => { start: number; end: number }): void {
    for (const { path, node } of listPaths(root)) this.uses.push({ site, path, isWhole: node === root, ...locate(node.start, node.end) });
  }

  /** Reports every use of a name that is not there. */
  check(known: KnownNames): void {
    for (const use of this.uses) this.checkUse(use, known);
  }

  private report(code: FormatFindingCode, message: string, { start, end }: Use): void {
    this.source.report("error", code, message, start, end);
  }

  private checkUse(use: Use, known: KnownNames): void {
    const { site, path } = use;
    const [root, field] = path as [string, string | undefined];
    if (LOCAL_NAMES.has(root)) {
      if (!site.names.includes(root)) this.report("parse/unknown-name", `There is no "${root}" in ${site.place}${hintOf(root, known)}`, use);
      else if (root === "item" && site.itemNames !== undefined) this.checkField(use, field, site.itemNames, "list");
      return;
    }
    switch (root) {
      case "input":
        return this.checkField(use, field, known.inputs, "input");
      case "vars":
        return this.checkField(use, field, known.variables, "variable");
      case "tasks":
        if (site.isBeforeTasks === true) return this.report("parse/unknown-name", `No task has begun in ${site.place}`, use);
        return this.checkTask(use, field, path[2], known.tasks);
      case "workflow":
        return this.checkField(use, field, WORKFLOW_FIELDS, "field of the workflow");
      case "secrets":
        return this.checkSecret(use);
    }
    const hint = hintOf(root, known);
    // Another name may be a constant of the embedder: the compiler knows them.
    if (hint !== "") this.report("parse/unknown-name", `There is no "${root}"${hint}`, use);
  }

  private checkField(use: Use, field: string | undefined, names: Iterable<string>, what: string): void {
    if (field === undefined) return;
    const all = new Set(names);
    if (all.has(field)) return;
    const near = findNearest(field, all);
    this.report("parse/unknown-name", `There is no ${what} "${field}"${near === undefined ? "" : `; is "${near}" meant?`}`, use);
  }

  private checkTask(use: Use, name: string | undefined, field: string | undefined, tasks: ReadonlySet<string>): void {
    if (name !== undefined && !tasks.has(name)) {
      const near = findNearest(name, tasks);
      this.report("parse/unknown-task", `There is no task "${name}"${near === undefined ? "" : `; is "${near}" meant?`}`, use);
    } else if (field === undefined || !TASK_FIELDS.includes(field)) {
      this.report("parse/unknown-name", `Of a task there is ${TASK_FIELDS.map((each) => `tasks.NAME.${each}`).join(" and ")}`, use);
    }
  }

  private checkSecret(use: Use): void {
    const { site, path, isWhole } = use;
    if (site.hasSecrets !== true) this.report("parse/invalid-secret", `A secret stands in the input of a task, not in ${site.place}`, use);
    else if (!isWhole || path.length !== 2) this.report("parse/invalid-secret", "A secret is passed on as it is: {{ secrets.NAME }}", use);
  }
}

function hintOf(name: string, { inputs, variables, tasks }: KnownNames): string {
  if (inputs.has(name)) return `; is input.${name} meant?`;
  if (variables.has(name)) return `; is vars.${name} meant?`;
  return tasks.has(name) ? `; is tasks.${name}.result meant?` : "";
}

/** The names that an expression reads from outside, each with up to two of the fields that it takes of it. */
export function listPaths(root: Ast): readonly { readonly path: readonly string[]; readonly node: Ast }[] {
  const found: { readonly path: readonly string[]; readonly node: Ast }[] = [];
  const pending: { node: Ast; bound: readonly string[] }[] = [{ node: root, bound: [] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, bound } = next;
    const path = readPath(node);
    if (path !== undefined) {
      const [name] = path;
      if (name !== undefined && !bound.includes(name)) found.push({ path, node });
      continue;
    }
    const inner = [...bound, ...boundNames(node)];
    childrenOf(node).forEach((child, index) => pending.push({ node: child, bound: index === 0 ? bound : inner }));
  }
  return found;
}

/** The names of `a`, `a.b`, `a["b"]` and so on, at most three; undefined for any other expression. */
function readPath(node: Ast): string[] | undefined {
  const path: string[] = [];
  let at = node;
  for (;;) {
    if (at.kind === "identifier") return [at.name, ...path].slice(0, 3);
    if (at.kind === "select" || at.kind === "has") path.unshift(at.field);
    else if (at.kind === "index" && at.index.kind === "literal" && typeof at.index.value === "string") path.unshift(at.index.value);
    else return undefined;
    at = at.operand;
  }
}
