// What stands under a cursor: its type, its signature or path, and what is said of it.
import type { Ast, CallNode } from "../../expression/ast.js";
import { Token } from "../../expression/lexer.js";
import { DYN, type Type } from "../../expression/checker/type.js";
import { readPath } from "../paths.js";
import { documentFunction, fieldsOf, showSignature, showType, signaturesFor } from "./describe.js";
import { checkOffset, checkSource, type EditorScope, type ExpressionEditorOptions, openScope } from "./editor-scope.js";
import { FUNCTION_TEXTS, GLOBAL_MACRO_TEXTS, KEYWORD_TEXTS, LOOP_TEXTS, type MacroText, NAMESPACE_TEXTS, NOW_TEXT, OPTIONAL_MACRO_TEXTS } from "./function-texts.js";
import { isWord, type PlacedToken, readTokens } from "./tokens.js";
import { findNode, readTyped, type TypedSource } from "./typed-source.js";

export type HoverKind = "variable" | "field" | "constant" | "function" | "method" | "macro" | "keyword" | "literal" | "namespace";

export interface Hover {
  /** UTF-16 offsets of what is described, the end not included. */
  readonly start: number;
  readonly end: number;
  readonly kind: HoverKind;
  readonly name: string;
  /** In CEL's notation: of a value its type, of a call that of its result; `dyn` where nothing is known. */
  readonly type: string;
  /** Ways to call a function or macro that fit its receiver and number of arguments; empty for anything else. */
  readonly signatures: readonly string[];
  /** `order.items`, where it is a variable or a field that is reached by names alone. */
  readonly path?: string;
  /** May be empty. */
  readonly documentation: string;
}

/**
 * What stands at `offset` (UTF-16 units), the character behind it or else before it; undefined where nothing is to say:
 * space, comments, operators. Linear in the size of the text.
 * @throws WorkflowError `expression/invalid-call` for arguments of other types, `expression/invalid-declaration`
 */
export function hoverExpression(source: string, offset: number, options?: ExpressionEditorOptions): Hover | undefined {
  const scope = openScope(options);
  const at = checkOffset(offset, checkSource(source));
  const tokens = readTokens(source);
  const index = findTokenAt(tokens, at);
  const token = tokens[index];
  if (token === undefined) return undefined;
  const typed = readTyped(source, scope);
  if (isWord(token) || token.token === Token.ESCAPED_IDENTIFIER) return hoverName(tokens, index, typed, scope);
  return isLiteral(token) ? hoverLiteral(token, typed) : undefined;
}

function findTokenAt(tokens: readonly PlacedToken[], at: number): number {
  const inside = tokens.findIndex(({ start, end }) => start <= at && at < end);
  if (inside >= 0 && isNamed(tokens[inside] as PlacedToken)) return inside;
  return tokens.findIndex((token) => token.end === at && isNamed(token));
}

function isNamed(token: PlacedToken): boolean {
  return isWord(token) || isLiteral(token) || token.token === Token.ESCAPED_IDENTIFIER;
}

function isLiteral({ token }: PlacedToken): boolean {
  return token >= Token.INT && token <= Token.BYTES;
}

function hoverLiteral({ start, end }: PlacedToken, { ast, types, source }: TypedSource): Hover | undefined {
  const node = findNode(ast, (candidate) => candidate.kind === "literal" && candidate.end === end);
  if (node === undefined) return undefined;
  return { start, end, kind: "literal", name: source.slice(start, end), type: showType(types.typeOf(node) ?? DYN), signatures: [], documentation: "" };
}

function hoverName(tokens: readonly PlacedToken[], index: number, typed: TypedSource, scope: EditorScope): Hover | undefined {
  const token = tokens[index] as PlacedToken;
  const { start, end, name } = token;
  if (token.token !== Token.IDENTIFIER && token.token !== Token.ESCAPED_IDENTIFIER) return hoverKeyword(token, typed);
  const node = findNode(typed.ast, (candidate) => isNamedAt(candidate, start));
  if (node?.kind === "identifier") return hoverIdentifier(node, token, typed, scope);
  if (node?.kind === "select") return hoverField(node, token, typed, scope);
  if (node?.kind === "call") return hoverCall(node, token, typed, scope);
  const macro = tokens[index + 1]?.token === Token.LEFT_PAREN ? findMacro(name, tokens[index - 2]?.name) : undefined;
  if (macro !== undefined) return hoverMacro(macro, token, typed);
  const bound = typeOfBound(typed, token);
  if (bound !== undefined) return { start, end, kind: "variable", name, type: showType(bound), signatures: [], documentation: "" };
  return hoverPresence(token, typed) ?? hoverNamespace(token, scope);
}

function isNamedAt(node: Ast, start: number): boolean {
  if (node.kind === "identifier") return node.end - node.name.length === start;
  if (node.kind === "select") return node.fieldStart === start;
  return node.kind === "call" && node.nameStart === start;
}

function hoverKeyword({ start, end }: PlacedToken, { source }: TypedSource): Hover {
  const name = source.slice(start, end);
  const type = name === "null" ? "null" : "bool";
  return { start, end, kind: "keyword", name, type, signatures: [], documentation: KEYWORD_TEXTS[name] ?? "" };
}

function hoverIdentifier(node: Ast & { kind: "identifier" }, { start, end, name }: PlacedToken, { types }: TypedSource, scope: EditorScope): Hover {
  const type = showType(types.typeOf(node) ?? DYN);
  if (isLocal(types.localsAt(node), node)) return { start, end, kind: "variable", name, type, signatures: [], documentation: "" };
  const namespace = scope.typeOf(name) === undefined && scope.functions.hasNamespace(name) ? hoverNamespace({ start, end, name }, scope) : undefined;
  if (namespace !== undefined) return namespace;
  const kind = scope.constantNames.includes(name) ? "constant" : "variable";
  const isNow = name === "now" && scope.typeOf(name) === undefined;
  const documentation = scope.documentationOf(name) || (isNow ? NOW_TEXT : "");
  return { start, end, kind, name, type: isNow ? "timestamp" : type, signatures: [], path: name, documentation };
}

function isLocal(locals: ReturnType<TypedSource["types"]["localsAt"]>, node: { readonly name: string; readonly isRooted: boolean }): boolean {
  for (let local = locals; local !== undefined && !node.isRooted; local = local.outer) if (local.name === node.name) return true;
  return false;
}

function hoverField(node: Ast & { kind: "select" }, { start, end, name }: PlacedToken, { types }: TypedSource, scope: EditorScope): Hover {
  const path = readPath(node);
  const text = path === undefined ? undefined : [path.name, ...path.steps].join(".");
  const type = showType(types.typeOf(node) ?? DYN);
  const documentation = text === undefined ? "" : scope.documentationOf(text);
  return { start, end, kind: "field", name, type, signatures: [], ...(text !== undefined && { path: text }), documentation };
}

function hoverCall(node: CallNode, { start, end, name }: PlacedToken, { types }: TypedSource, scope: EditorScope): Hover {
  const { full, receiver } = resolveCallee(node, types.typeOf.bind(types), scope);
  const count = node.args.length + (receiver === undefined ? 0 : 1);
  const all = signaturesFor(scope, full, receiver);
  const fitting = all.filter(({ params }) => params.length === count);
  const signatures = (fitting.length > 0 ? fitting : all).map((signature) => showSignature(full, signature));
  const kind = receiver === undefined ? "function" : "method";
  return { start, end, kind, name: full, type: showType(types.typeOf(node) ?? DYN), signatures, documentation: documentFunction(scope, full) };
}

/** The full name of what is called, and the type of its receiver where it is a method. */
export function resolveCallee(
  { name, target }: CallNode,
  typeOf: (node: Ast) => Type | undefined,
  scope: EditorScope,
): { readonly full: string; readonly receiver: Type | undefined } {
  if (target === undefined) return { full: scope.container !== "" && scope.functions.has(`${scope.container}.${name}`) ? `${scope.container}.${name}` : name, receiver: undefined };
  const path = readPath(target);
  const full = path === undefined || path.isRooted ? "" : [path.name, ...path.steps, name].join(".");
  if (path !== undefined && scope.typeOf(path.name) === undefined && scope.functions.has(full)) return { full, receiver: undefined };
  return { full: name, receiver: typeOf(target) ?? DYN };
}

/** The macro of this name; `before`: the name that stands before its dot. */
export function findMacro(name: string, before: string | undefined): MacroText | undefined {
  const full = before === "cel" ? `cel.${name}` : name;
  for (const texts of [GLOBAL_MACRO_TEXTS, LOOP_TEXTS, OPTIONAL_MACRO_TEXTS]) if (Object.hasOwn(texts, full)) return texts[full];
  return undefined;
}

function hoverMacro({ signature, text }: MacroText, { start, end, name }: PlacedToken, { ast, types }: TypedSource): Hover {
  const node = findNode(ast, ({ kind, start: from, end: to }) => (kind === "has" || kind === "loop" || kind === "bind" || kind === "optMap") && from <= start && end <= to);
  const type = node === undefined ? DYN : (types.typeOf(node) ?? DYN);
  return { start, end, kind: "macro", name, type: showType(type), signatures: [signature], documentation: text };
}

/** The type of a name where a macro gives it. */
function typeOfBound({ ast, types }: TypedSource, { start, name }: PlacedToken): Type | undefined {
  const node = findNode(ast, (candidate) => {
    if (candidate.kind === "loop") return candidate.range.end <= start && start < candidate.body.start && (candidate.variable === name || candidate.secondVariable === name);
    if (candidate.kind === "optMap") return candidate.operand.end <= start && start < candidate.body.start && candidate.variable === name;
    return candidate.kind === "bind" && candidate.start <= start && start < candidate.value.start && candidate.variable === name;
  });
  if (node?.kind !== "loop" && node?.kind !== "optMap" && node?.kind !== "bind") return undefined;
  for (let local = types.localsAt(node.body); local !== undefined; local = local.outer) if (local.name === name) return local.type;
  return undefined;
}

/** The field that has() asks for. */
function hoverPresence({ start, end, name }: PlacedToken, { ast, types }: TypedSource): Hover | undefined {
  const node = findNode(ast, (candidate) => candidate.kind === "has" && candidate.field === name && candidate.operand.end <= start && end <= candidate.end);
  if (node?.kind !== "has") return undefined;
  const operand = types.typeOf(node.operand) ?? DYN;
  const type = fieldsOf(operand)?.get(name) ?? DYN;
  const path = readPath(node.operand);
  return { start, end, kind: "field", name, type: showType(type), signatures: [], ...(path !== undefined && { path: [path.name, ...path.steps, name].join(".") }), documentation: "" };
}

function hoverNamespace({ start, end, name }: Pick<PlacedToken, "start" | "end" | "name">, scope: EditorScope): Hover | undefined {
  if (!scope.functions.hasNamespace(name) && name !== "cel") return undefined;
  const documentation = NAMESPACE_TEXTS[name] ?? FUNCTION_TEXTS[name] ?? "";
  return { start, end, kind: "namespace", name, type: "namespace", signatures: [], documentation };
}
