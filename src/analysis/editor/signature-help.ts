// The ways to call what the cursor is within the brackets of, and which argument it stands in.
import type { Ast } from "../../expression/ast.js";
import { Token } from "../../expression/lexer.js";
import { DYN } from "../../expression/checker/type.js";
import { documentFunction, showSignature, signaturesFor } from "./describe.js";
import { checkOffset, checkSource, type EditorScope, type ExpressionEditorOptions, openScope } from "./editor-scope.js";
import type { MacroText } from "./function-texts.js";
import { findMacro, resolveCallee } from "./hover.js";
import { type PlacedToken, readTokens } from "./tokens.js";
import { findNode, readTyped } from "./typed-source.js";

export interface CallSignature {
  /** `string.substring(int, int) -> string`; of a macro `all(x, predicate) bool`. */
  readonly label: string;
  /** Where its parameters stand in `label`, UTF-16 offsets; a method's receiver is none of them. */
  readonly parameters: readonly { readonly start: number; readonly end: number }[];
}

export interface SignatureHelp {
  readonly name: string;
  /** Those that take the receiver, as far as its type is known; at least one. */
  readonly signatures: readonly CallSignature[];
  /** Index of the first that has room for the argument at the cursor. */
  readonly activeSignature: number;
  /** Index of the argument that the cursor is in, from 0. */
  readonly activeParameter: number;
  readonly documentation: string;
  /** Where the function's name stands, UTF-16 offsets. */
  readonly start: number;
  readonly end: number;
}

interface OpenCall {
  readonly name: PlacedToken;
  readonly before: PlacedToken | undefined;
  readonly commaCount: number;
}

/**
 * Help for the innermost call whose brackets hold `offset` (UTF-16 units); undefined where there is none, or nobody knows
 * the function. Linear in the size of the text.
 * @throws WorkflowError `expression/invalid-call` for arguments of other types, `expression/invalid-declaration`
 */
export function findSignature(source: string, offset: number, options?: ExpressionEditorOptions): SignatureHelp | undefined {
  const scope = openScope(options);
  const at = checkOffset(offset, checkSource(source));
  const call = findOpenCall(source, at);
  if (call === undefined) return undefined;
  const { ast, types } = readTyped(source, scope);
  const node = findNode(ast, (candidate) => candidate.kind === "call" && candidate.nameStart === call.name.start);
  const macro = findMacro(call.name.name, call.before?.name);
  const known = node?.kind === "call" ? describeCall(node, types.typeOf.bind(types), scope) : undefined;
  if (macro !== undefined && (known === undefined || known.signatures.length === 0)) return finish(call, [readMacro(macro)], macro.text);
  return known === undefined || known.signatures.length === 0 ? undefined : finish(call, known.signatures, known.documentation);
}

/** The call whose brackets are open at the offset. */
function findOpenCall(source: string, at: number): OpenCall | undefined {
  const open: { call: PlacedToken | undefined; before: PlacedToken | undefined; commaCount: number }[] = [];
  const tokens = readTokens(source).filter(({ token }) => token !== Token.END);
  tokens.forEach((token, index) => {
    if (token.end > at) return;
    if (token.token === Token.LEFT_PAREN) {
      const previous = tokens[index - 1];
      const isCall = previous?.token === Token.IDENTIFIER;
      const before = tokens[index - 2]?.token === Token.DOT ? tokens[index - 3] : undefined;
      open.push({ call: isCall ? previous : undefined, before, commaCount: 0 });
    } else if (token.token === Token.LEFT_BRACKET || token.token === Token.LEFT_BRACE) open.push({ call: undefined, before: undefined, commaCount: 0 });
    else if (token.token === Token.RIGHT_PAREN || token.token === Token.RIGHT_BRACKET || token.token === Token.RIGHT_BRACE) open.pop();
    else if (token.token === Token.COMMA) {
      const innermost = open.at(-1);
      if (innermost !== undefined) innermost.commaCount += 1;
    }
  });
  const innermost = open.findLast(({ call }) => call !== undefined);
  return innermost?.call === undefined ? undefined : { name: innermost.call, before: innermost.before, commaCount: innermost.commaCount };
}

function describeCall(node: Ast & { kind: "call" }, typeOf: (node: Ast) => ReturnType<EditorScope["typeOf"]>, scope: EditorScope) {
  const { full, receiver } = resolveCallee(node, typeOf, scope);
  const fitting = signaturesFor(scope, full, receiver);
  const all = fitting.length > 0 || receiver === undefined ? fitting : signaturesFor(scope, full, DYN);
  const isVariadic = receiver === undefined && all.length === 0 && scope.functions.has(full) && scope.functions.signaturesOf(full).length === 0;
  const labels = isVariadic ? [`${full}(number, …) -> number`] : all.map((signature) => showSignature(full, signature));
  return { signatures: labels.map(readParameters), documentation: documentFunction(scope, full) };
}

function readMacro({ signature }: MacroText): CallSignature {
  return readParameters(signature);
}

/** Finds the parameters in the text of a signature: what stands between commas of its outermost brackets. */
function readParameters(label: string): CallSignature {
  const end = label.includes(" -> ") ? label.lastIndexOf(")", label.lastIndexOf(" -> ")) : label.lastIndexOf(")");
  let depth = 0;
  let open = end;
  for (; open >= 0; open -= 1) {
    const character = label.charAt(open);
    if (character === ")") depth += 1;
    else if (character === "(" && --depth === 0) break;
  }
  const parameters: { start: number; end: number }[] = [];
  let from = open + 1;
  for (let at = from; at <= end; at += 1) {
    const character = label.charAt(at);
    if (character === "(") depth += 1;
    else if ((character === "," || at === end) && depth === 0) {
      const start = from + (label.slice(from, at).length - label.slice(from, at).trimStart().length);
      if (at > start) parameters.push({ start, end: at });
      from = at + 1;
    } else if (character === ")") depth -= 1;
  }
  return { label, parameters };
}

function finish({ name, commaCount }: OpenCall, signatures: readonly CallSignature[], documentation: string): SignatureHelp {
  const index = signatures.findIndex(({ label, parameters }) => parameters.length > commaCount || label.includes("…"));
  return { name: name.name, signatures, activeSignature: Math.max(0, index), activeParameter: commaCount, documentation, start: name.start, end: name.end };
}
