// What may stand at a cursor: variables, fields, functions, methods and macros that fit there. The text is mostly not whole
// yet, so a name is put where the cursor is and the rest is read as far as it goes.
import type { Ast } from "../../expression/ast.js";
import { Token } from "../../expression/lexer.js";
import { DYN, type Type } from "../../expression/checker/type.js";
import { EXPRESSION_SIZE_MAX } from "../../expression/parser.js";
import { offerMembers, offerNamespace } from "./completion-members.js";
import { type Completion, Offers } from "./completion-offers.js";
import { offerValues } from "./completion-values.js";
import { checkOffset, checkSource, type EditorScope, type ExpressionEditorOptions, openScope } from "./editor-scope.js";
import { LOOP_TEXTS, OPTIONAL_MACRO_TEXTS } from "./function-texts.js";
import { endsValue, isWord, type PlacedToken, readTokens } from "./tokens.js";
import { findNode, pathTo, readTyped } from "./typed-source.js";
import { readPath } from "../paths.js";

/** A name that nobody has. */
const MARK = "cursor__here";

/**
 * What may stand at `offset` (UTF-16 units; beyond the text: its nearest end), the best first: names that begin as the word
 * at the cursor, then those that hold it; of these local names, variables and fields before functions. Empty within
 * strings, numbers, comments, and where a new name is given. At most COMPLETION_COUNT_MAX. Linear in the size of the text.
 * @throws WorkflowError `expression/invalid-call` for arguments of other types, `expression/invalid-declaration`
 */
export function completeExpression(source: string, offset: number, options?: ExpressionEditorOptions): readonly Completion[] {
  const scope = openScope(options);
  const at = checkOffset(offset, checkSource(source));
  if (source.length > EXPRESSION_SIZE_MAX - MARK.length) return [];
  const place = findPlace(source, at);
  return place === undefined ? [] : collect(source, place, scope);
}

/** Where something may be put: the word at the cursor, and what stands before it. */
interface Place {
  readonly start: number;
  readonly end: number;
  /** From the word's beginning to the cursor. */
  readonly typed: string;
  readonly previous: PlacedToken | undefined;
  readonly isMember: boolean;
  /** Does an opening bracket follow the word? */
  readonly isCalled: boolean;
}

function findPlace(source: string, at: number): Place | undefined {
  const tokens = readTokens(source);
  const index = tokens.findIndex((token) => token.end >= at && token.start < at);
  const under = tokens[index];
  const word = under !== undefined && (isWord(under) || isOpenName(under, at)) ? under : undefined;
  if (under !== undefined && word === undefined && isClosedTo(source, under, at)) return undefined;
  const before = tokens.filter((token) => token.token !== Token.END && token.end <= (word?.start ?? at));
  const previous = before.at(-1);
  const isMember = previous?.token === Token.DOT || (previous?.token === Token.QUESTION && before.at(-2)?.token === Token.DOT);
  const start = word?.start ?? at;
  const end = word?.end ?? at;
  const next = tokens.find((token) => token.start >= end && token.token !== Token.END);
  const typed = source.slice(start, at).replace(/^`/, "");
  return { start, end, typed, previous, isMember, isCalled: next?.token === Token.LEFT_PAREN && next.start === end };
}

/** A name in backticks that the cursor stands in. */
function isOpenName(token: PlacedToken, at: number): boolean {
  return token.token === Token.ESCAPED_IDENTIFIER && token.start < at;
}

/** Nothing is completed within a literal or a comment, and not at its end where that is no boundary. */
function isClosedTo(source: string, { token, start, end }: PlacedToken, at: number): boolean {
  if (token === Token.END) return at > start;
  const isText = token === Token.STRING || token === Token.BYTES;
  if (isText) return at < end || !/(["'])$/.test(source.slice(start + 1, end));
  return token === Token.INT || token === Token.UINT || token === Token.DOUBLE;
}

function collect(source: string, place: Place, scope: EditorScope): readonly Completion[] {
  const offers = new Offers(place.typed, place.start, place.end, place.isCalled);
  if (!place.isMember && place.previous !== undefined && endsValue(place.previous)) {
    offers.addKeyword("in", "in ");
    return offers.inOrder();
  }
  const text = `${source.slice(0, place.start)}${MARK}${source.slice(place.end)}`;
  const { ast, types } = readTyped(text, scope);
  const marked = findNode(ast, isMarked);
  if (marked !== undefined && isNewName(ast, marked)) return [];
  if (place.isMember) addMembers(offers, marked, scope, types.typeOf.bind(types));
  else offerValues(offers, scope, marked === undefined ? undefined : types.localsAt(marked));
  return offers.inOrder();
}

function isMarked(node: Ast): boolean {
  switch (node.kind) {
    case "identifier":
    case "call":
      return node.name === MARK;
    case "select":
    case "has":
      return node.field === MARK;
    case "loop":
      return node.variable === MARK || node.secondVariable === MARK;
    case "bind":
    case "optMap":
      return node.variable === MARK;
    default:
      return false;
  }
}

/** Does the cursor stand where a macro gives a name to its elements? */
function isNewName(ast: Ast, marked: Ast): boolean {
  if (marked.kind === "loop" || marked.kind === "bind" || marked.kind === "optMap") return true;
  const parent = pathTo(ast, marked).at(-2);
  if (marked.kind !== "identifier" || parent?.kind !== "call" || parent.args[0] !== marked || parent.target === undefined) return false;
  if (parent.target.kind === "identifier" && parent.target.name === "cel" && parent.name === "bind") return true;
  return Object.hasOwn(LOOP_TEXTS, parent.name) || Object.hasOwn(OPTIONAL_MACRO_TEXTS, parent.name);
}

function addMembers(offers: Offers, marked: Ast | undefined, scope: EditorScope, typeOf: (node: Ast) => Type | undefined): void {
  if (marked?.kind === "has") {
    offerMembers(offers, marked.operand, typeOf(marked.operand) ?? DYN, scope, true);
    return;
  }
  const operand = marked?.kind === "select" ? marked.operand : marked?.kind === "call" ? marked.target : undefined;
  if (operand === undefined) {
    if (marked?.kind === "identifier") offerValues(offers, scope, undefined);
    return;
  }
  const path = readPath(operand);
  const name = path === undefined || path.isRooted ? undefined : [path.name, ...path.steps].join(".");
  if (name !== undefined && offerNamespace(offers, name, scope)) return;
  const isOptional = marked?.kind === "select" && marked.isOptional;
  offerMembers(offers, operand, typeOf(operand) ?? DYN, scope, isOptional);
}
