// All that can be said against an expression: what compiling it would say, and what an editor knows besides.
import { type Ast, walk } from "../../expression/ast.js";
import { suggestName } from "../../expression/checker/call-finding.js";
import { emitExpression, type ExpressionScope } from "../../expression/emitter.js";
import { FindingList } from "../../expression/finding-list.js";
import { NameList } from "../../expression/numbering.js";
import { EXPRESSION_SIZE_MAX, parseInto } from "../../expression/parser.js";
import { type Finding, locate } from "../../model/errors.js";
import { findDoubts, type Suggestion } from "./doubts.js";
import { checkSource, type EditorScope, type ExpressionEditorOptions, openScope } from "./editor-scope.js";
import { readTyped } from "./typed-source.js";

/** A finding of the compiler (`expression/…`), or one that only an editor gives (`editor/…`). */
export interface ExpressionDiagnostic extends Finding {
  /** Where a name is nearly right. */
  readonly suggestion?: Suggestion;
}

/** Diagnostics of one expression. */
export const DIAGNOSTIC_COUNT_MAX = 100;

/** What is wrong with the text as a whole; nothing else is said then. */
const WHOLE_CODES: ReadonlySet<string> = new Set(["expression/too-large", "expression/too-deep", "expression/empty"]);

/**
 * Everything that is wrong with an expression or looks wrong, in the order of the text; at most DIAGNOSTIC_COUNT_MAX. An error
 * is what does not compile; a warning compiles and is hardly meant; infos say what an example of a context does not have.
 * `editor/…` codes: docs/editor.md. Linear in the size of the text.
 * @throws WorkflowError `expression/invalid-call` for arguments of other types, `expression/invalid-declaration`
 */
export function diagnoseExpression(source: string, options?: ExpressionEditorOptions): readonly ExpressionDiagnostic[] {
  const scope = openScope(options);
  checkSource(source);
  const list = new FindingList();
  const ast = parseInto(source, list);
  const parsed = list.take(source);
  if (parsed.some(({ code }) => WHOLE_CODES.has(code))) return parsed.filter(({ code }) => WHOLE_CODES.has(code));
  const emitted = emitExpression(ast, createEmitScope(scope), { text: source }).findings;
  const told = [...parsed, ...emitted].map((finding) => withSuggestion(finding, ast, scope));
  const isWrong = told.some(({ severity }) => severity === "error");
  const doubts = source.length > EXPRESSION_SIZE_MAX ? [] : findDoubts(readTyped(source, scope), scope, isWrong);
  const added = doubts.map(({ severity, code, message, start, end, suggestion }) => {
    const diagnostic = { severity, code, message, place: locate(source, start, end) };
    return suggestion === undefined ? diagnostic : { ...diagnostic, suggestion };
  });
  const all = [...told, ...added].sort((a, b) => a.place.start - b.place.start || a.place.end - b.place.end);
  return all.slice(0, DIAGNOSTIC_COUNT_MAX);
}

function createEmitScope(scope: EditorScope): ExpressionScope {
  const slots = new NameList();
  return {
    slotOf: (name) => slots.indexOf(name),
    typeOf: (name) => scope.plainTypeOf(name),
    isDeclared: (name) => scope.isVariableDeclared(name),
    declarationOf: (name) => (scope.isVariableDeclared(name) ? scope.declarationOf(name) : undefined),
    functions: scope.functions,
    customs: scope.customs,
    isOpen: scope.isOpen,
    isStrict: scope.isStrict,
    container: scope.container,
    hasPaths: scope.hasPaths,
  };
}

const HINT = /; did you mean "([^"]+)"\?$/;

function withSuggestion(finding: Finding, ast: Ast, scope: EditorScope): ExpressionDiagnostic {
  const { start, end } = finding.place;
  if (finding.code === "expression/undeclared-variable") {
    const name = /variable "([^"]+)"/.exec(finding.message)?.[1] ?? "";
    const near = suggestName(name, [...scope.variableNames, ...scope.constantNames]);
    if (near === undefined) return finding;
    return { ...finding, message: `${finding.message}; did you mean "${near}"?`, suggestion: { text: near, start, end } };
  }
  const hint = HINT.exec(finding.message)?.[1];
  if (hint === undefined) return finding;
  if (finding.code !== "expression/no-such-field") return { ...finding, suggestion: { text: hint, start, end } };
  const from = findFieldStart(ast, start, end);
  return from === undefined || !/^\w+$/.test(hint) ? finding : { ...finding, suggestion: { text: hint, start: from, end } };
}

/** Where the field's name begins in the selection that stands there. */
function findFieldStart(ast: Ast, start: number, end: number): number | undefined {
  let found: number | undefined;
  walk(ast, (node) => {
    if (node.kind === "select" && node.start === start && node.end === end) found = node.fieldStart;
  });
  return found;
}
