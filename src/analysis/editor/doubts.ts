// What compiles and is hardly meant: comparisons that always come out the same, and names and fields that the example of a
// context, or a declared type, does not have. Says only what is certain, or as info what the example speaks against.
import { type Ast, boundNames, childrenOf, walk } from "../../expression/ast.js";
import { suggestName } from "../../expression/checker/call-finding.js";
import { isNumericKind, Kind, type Type } from "../../expression/checker/type.js";
import { printExpression } from "../../expression/print.js";
import type { Severity } from "../../model/errors.js";
import { type Declared, solve } from "../condition.js";
import { ANYTHING, domainOfType } from "../domain.js";
import { evaluatePart } from "../partial.js";
import { fieldsOf, isPlainName } from "./describe.js";
import type { EditorScope } from "./editor-scope.js";
import type { TypedSource } from "./typed-source.js";

/** Text that would mend a finding. */
export interface Suggestion {
  readonly text: string;
  /** What it replaces: UTF-16 offsets, the end not included. */
  readonly start: number;
  readonly end: number;
}

export type EditorCode = "editor/always-same" | "editor/same-operands" | "editor/never-equal" | "editor/unknown-field" | "editor/unknown-name" | "editor/unused-name";

export interface Doubt {
  readonly severity: Severity;
  readonly code: EditorCode;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly suggestion?: Suggestion;
}

/** Parts of one expression that are evaluated, or compared as texts, to see whether they always come out the same. */
export const DOUBT_PART_COUNT_MAX = 200;
/** Terms of a condition, and its UTF-16 units, up to which its cases are gone through: they double with each term. */
const DOMAIN_TERM_COUNT_MAX = 8;
const DOMAIN_SIZE_MAX = 400;
/** UTF-16 units of a part beyond which it is not looked at. */
const PART_SIZE_MAX = 2_000;

/** Doubts in no order. `isWrong`: the expression has errors, so nothing is said of its value. Linear in the size of the text, within the limits above. */
export function findDoubts(typed: TypedSource, scope: EditorScope, isWrong: boolean): readonly Doubt[] {
  const finder = new DoubtFinder(typed, scope);
  walk(typed.ast, (node) => finder.visit(node));
  if (!isWrong) finder.findConstants(typed.ast);
  return finder.doubts;
}

class DoubtFinder {
  readonly doubts: Doubt[] = [];
  private partCount = 0;
  private readonly typed: TypedSource;
  private readonly scope: EditorScope;

  constructor(typed: TypedSource, scope: EditorScope) {
    this.typed = typed;
    this.scope = scope;
  }

  visit(node: Ast): void {
    if (node.kind === "identifier") this.checkName(node);
    else if (node.kind === "select" || node.kind === "has") this.checkField(node);
    else if (node.kind === "binary" && (node.operator === "==" || node.operator === "!=")) this.checkEquality(node);
    else if (node.kind === "bind") this.checkUse(node, node.variable, node.body);
  }

  private add(severity: Severity, code: EditorCode, message: string, { start, end }: { start: number; end: number }, suggestion?: Suggestion): void {
    this.doubts.push({ severity, code, message, start, end, ...(suggestion !== undefined && { suggestion }) });
  }

  /** A name that is not in the sample, where nothing else declares variables. */
  private checkName(node: Ast & { kind: "identifier" }): void {
    const { scope, typed } = this;
    const { name } = node;
    if (!scope.isOpen || scope.variableNames.length === 0 || scope.typeOf(name) !== undefined || name === "now" || name.startsWith("@")) return;
    for (let local = typed.types.localsAt(node); local !== undefined; local = local.outer) if (local.name === name) return;
    if (scope.functions.hasNamespace(name) || TYPE_NAMES.has(name)) return;
    const near = suggestName(name, scope.variableNames);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    const suggestion = near === undefined ? undefined : { text: near, start: node.start, end: node.end };
    this.add(near === undefined ? "info" : "warning", "editor/unknown-name", `The sample has no variable "${name}"${hint}`, node, suggestion);
  }

  /** A field that the declared type, or the sample, does not have, though it might come. */
  private checkField(node: Ast & { kind: "select" | "has" }): void {
    const operand = this.typed.types.typeOf(node.operand);
    const fields = operand === undefined ? undefined : fieldsOf(operand);
    if (operand === undefined || fields === undefined || operand.rest === undefined || operand.rest.kind !== Kind.DYN || fields.has(node.field)) return;
    const isAsked = node.kind === "has" || node.isOptional;
    const near = suggestName(node.field, [...fields.keys()].filter(isPlainName));
    if (isAsked && near === undefined) return;
    const start = node.kind === "select" ? node.fieldStart : node.operand.end + 1;
    const end = node.kind === "select" ? node.end : node.end - 1;
    const suggestion = near === undefined || node.kind === "has" ? undefined : { text: near, start, end };
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    this.add(near === undefined ? "info" : "warning", "editor/unknown-field", `No field "${node.field}" is known here${hint}`, { start, end }, suggestion);
  }

  private checkEquality({ left, right, operator, start, end }: Ast & { kind: "binary" }): void {
    if (!this.mayLookAt(start, end)) return;
    const result = operator === "==" ? "false" : "true";
    const { types } = this.typed;
    const [a, b] = [types.typeOf(left), types.typeOf(right)];
    if (a !== undefined && b !== undefined && areApart(a, b) && !this.isSampled(left) && !this.isSampled(right))
      this.add("warning", "editor/never-equal", `A ${a.name} never equals a ${b.name}: this is always ${result}`, { start, end });
    else if (left.kind !== "literal" && printExpression(left) === printExpression(right))
      this.add("warning", "editor/same-operands", "Both sides of the comparison are the same", { start, end });
  }

  /** Does what is known of its type come from the sample? */
  private isSampled(node: Ast): boolean {
    if (this.scope.variableNames.length === 0) return false;
    let isSampled = false;
    walk(node, (part) => {
      if (part.kind === "identifier" && (this.scope.isSampled(part.name) || this.typed.types.localsAt(part) !== undefined)) isSampled = true;
    });
    return isSampled;
  }

  private checkUse({ start, end }: Ast, name: string, body: Ast): void {
    if (name.startsWith("@") || !this.mayLookAt(start, end)) return;
    let isUsed = false;
    walk(body, (node) => {
      if (node.kind === "identifier" && node.name === name) isUsed = true;
      if (boundNames(node).includes(name)) isUsed = true;
    });
    if (!isUsed) this.add("info", "editor/unused-name", `The name "${name}" is bound and never used`, { start, end });
  }

  /** Finds the outermost conditions that always come out the same. */
  findConstants(root: Ast): void {
    if (root.kind === "invalid") return;
    if (!this.checkConstant(root) && !this.checkDomains(root)) this.findWithin(root);
  }

  private findWithin(root: Ast): void {
    const pending: Ast[] = [root];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const isCondition = node !== root && isConditional(node);
      if (isCondition && this.checkConstant(node)) continue;
      pending.push(...childrenOf(node));
    }
  }

  /** Says so where the value does not depend on any variable. */
  private checkConstant(node: Ast): boolean {
    if (!isConditional(node) || !this.mayLookAt(node.start, node.end)) return false;
    const part = evaluatePart(node, { valueOf: () => undefined });
    if (part.kind !== "known" || !("bool" in part.value)) return false;
    this.add("warning", "editor/always-same", `This is always ${part.value.bool}`, node);
    return true;
  }

  /** Says so where no values of the variables make it true, or false. */
  private checkDomains(root: Ast): boolean {
    if (root.kind !== "logic" || root.terms.length > DOMAIN_TERM_COUNT_MAX || root.end - root.start > DOMAIN_SIZE_MAX) return false;
    const { scope } = this;
    const declared: Declared = {
      domainOf: (name) => (scope.plainTypeOf(name) === undefined ? ANYTHING : domainOfType(scope.plainTypeOf(name) as string)),
      isInteger: (name) => scope.plainTypeOf(name) === "int" || scope.plainTypeOf(name) === "uint",
    };
    const never = solve(root, true, declared).length === 0 ? "true" : solve(root, false, declared).length === 0 ? "false" : undefined;
    if (never !== undefined) this.add("warning", "editor/always-same", `No values of the variables make this ${never}`, root);
    return never !== undefined;
  }

  private mayLookAt(start: number, end: number): boolean {
    this.partCount += 1;
    return this.partCount <= DOUBT_PART_COUNT_MAX && end - start <= PART_SIZE_MAX;
  }
}

const TYPE_NAMES: ReadonlySet<string> = new Set(["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "optional_type", "google", "net", "cel"]);

function isConditional(node: Ast): boolean {
  if (node.kind === "logic" || node.kind === "has") return true;
  if (node.kind === "unary") return node.operator === "!";
  return node.kind === "binary" && !["+", "-", "*", "/", "%"].includes(node.operator);
}

/** Have the types no value in common, null aside? */
function areApart(left: Type, right: Type): boolean {
  const [a, b] = [groupOf(left), groupOf(right)];
  return a !== undefined && b !== undefined && a !== b && !left.isNullable && !right.isNullable;
}

function groupOf({ kind }: Type): string | undefined {
  if (isNumericKind(kind)) return "number";
  if (kind === Kind.MAP || kind === Kind.OBJECT) return "map";
  return kind >= Kind.BOOL && kind <= Kind.LIST ? Kind[kind] : undefined;
}
