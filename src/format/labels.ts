// Reads a transition's label: what triggers it, what guards it, what it does. The order of the questions is fixed and is
// what authors rely on (docs/formats.md).
import { parseExpression } from "../expression/parser.js";
import type { ActionDefinition, ExpressionSource, LabelReading, TriggerDefinition } from "../model/definition.js";
import { expectAction, findExpression, isAction } from "./actions.js";
import { parseDuration } from "./durations.js";
import { isSpace, skipSpace } from "./mermaid/characters.js";
import { findIdentifierEnd, isIdentifier, isWordsOnly, splitWords } from "./names.js";
import { cutSegment, findQuoteEnd, isQuote, readExpression, type Reporter, type Segment } from "./values.js";

/** Names that the front matter declares. */
export interface DeclaredNames {
  readonly events: ReadonlySet<string>;
  /** Variables and parameters. */
  readonly variables: ReadonlySet<string>;
}

export interface LabelMeaning {
  readonly reading: LabelReading;
  readonly trigger: TriggerDefinition;
  readonly guard?: ExpressionSource;
  readonly actions: readonly ActionDefinition[];
}

const SUCCESS_WORDS: ReadonlySet<string> = new Set(["success", "succeeded", "successful", "valid"]);
const FAILURE_WORDS: ReadonlySet<string> = new Set(["fail", "failed", "failure", "error", "invalid"]);

const ALWAYS: TriggerDefinition = { kind: "always" };
const NO_ACTIONS: readonly ActionDefinition[] = [];
const PLAIN: LabelMeaning = { reading: "always", trigger: ALWAYS, actions: NO_ACTIONS };
const UNREADABLE: LabelMeaning = { reading: "unreadable", trigger: ALWAYS, actions: NO_ACTIONS };
const ON_SUCCESS: LabelMeaning = { reading: "outcome", trigger: { kind: "outcome", outcome: "success" }, actions: NO_ACTIONS };
const ON_FAILURE: LabelMeaning = { reading: "outcome", trigger: { kind: "outcome", outcome: "failure" }, actions: NO_ACTIONS };

/** Kinds of syntax trees that have an operator, a call or an index at the top. */
const GUARD_KINDS: ReadonlySet<string> = new Set(["binary", "logic", "unary", "conditional", "call", "index", "select", "has", "loop"]);

/** Reads a label (trimmed). What is wrong with it is reported, an unreadable one as an error. */
export function readLabel(label: Segment, names: DeclaredNames, reporter: Reporter): LabelMeaning {
  const { text } = label;
  if (text === "") return PLAIN;
  const lower = text.toLowerCase();
  if (lower === "always" || lower === "default") return PLAIN;
  const forced = findForcedEvent(label);
  if (forced !== undefined) return readEventLabel(forced, names, reporter, true) ?? readBareEvent(forced, reporter);
  if (text.startsWith("`") && text.length > 2 && text.indexOf("`", 1) === text.length - 1) {
    const { source } = readExpression(cutSegment(label, 1, text.length - 1), reporter);
    return { reading: "expression", trigger: ALWAYS, guard: source, actions: NO_ACTIONS };
  }
  const after = readAfter(label, names, reporter);
  if (after !== undefined) return after;
  if (text.startsWith("[") && findBracketEnd(text, 0) === text.length) {
    const { source } = readExpression(cutSegment(label, 1, text.length - 1), reporter);
    return { reading: "guard", trigger: ALWAYS, guard: source, actions: NO_ACTIONS };
  }
  return (
    readDeclared(label, names, reporter) ??
    readEventLabel(label, names, reporter, false) ??
    readOutcome(label, reporter) ??
    readRest(label, reporter)
  );
}

/** `event: name …`: the segment after the colon. */
function findForcedEvent(label: Segment): Segment | undefined {
  const { text } = label;
  if (text.slice(0, 5).toLowerCase() !== "event") return undefined;
  const colon = skipSpace(text, 5);
  return text.charCodeAt(colon) === 58 ? cutSegment(label, colon + 1) : undefined;
}

function readBareEvent(segment: Segment, reporter: Reporter): LabelMeaning {
  const { text, offset } = segment;
  if (text !== "" && !hasSpace(text)) return newEvent(text);
  reporter.report("error", "parse/unreadable-label", "A name without spaces follows event:", offset, offset + text.length);
  return UNREADABLE;
}

function hasSpace(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (isSpace(text.charCodeAt(at))) return true;
  return false;
}

function newEvent(event: string): LabelMeaning {
  return { reading: "event", trigger: { kind: "event", event }, actions: NO_ACTIONS };
}

/** `after 5s`, `after duration("5s")`, ``after `expression` ``, `after variable`. */
function readAfter(label: Segment, names: DeclaredNames, reporter: Reporter): LabelMeaning | undefined {
  const { text } = label;
  if (text.slice(0, 5).toLowerCase() !== "after" || !isSpace(text.charCodeAt(5))) return undefined;
  const rest = cutSegment(label, 5);
  const ms = parseDuration(rest.text);
  if (ms !== undefined) {
    const place = reporter.place(rest.offset, rest.offset + rest.text.length);
    return { reading: "after", trigger: { kind: "after", duration: { kind: "literal", value: ms, place } }, actions: NO_ACTIONS };
  }
  const expression = names.variables.has(rest.text) ? rest : findExpression(rest);
  if (expression === undefined) return undefined;
  const { source } = readExpression(expression, reporter);
  return { reading: "after", trigger: { kind: "after", duration: { kind: "expression", expression: source } }, actions: NO_ACTIONS };
}

/** All of the label is one declared name. */
function readDeclared(label: Segment, names: DeclaredNames, reporter: Reporter): LabelMeaning | undefined {
  const { text, offset } = label;
  const isEvent = names.events.has(text);
  const isVariable = names.variables.has(text);
  if (isEvent && isVariable) {
    reporter.report(
      "error",
      "parse/ambiguous-label",
      `"${text}" is declared as an event and as a variable; write event: ${text} or \`${text}\``,
      offset,
      offset + text.length,
    );
  }
  if (isEvent) return newEvent(text);
  if (!isVariable) return undefined;
  return { reading: "guard", trigger: ALWAYS, guard: readExpression(label, reporter).source, actions: NO_ACTIONS };
}

/** `event [guard]`, `event [guard] / action`, `event / action`. */
function readEventLabel(label: Segment, names: DeclaredNames, reporter: Reporter, isForced: boolean): LabelMeaning | undefined {
  const { text } = label;
  const nameEnd = findEventEnd(text, names, isForced);
  const next = skipSpace(text, nameEnd);
  if (nameEnd === 0 || next === nameEnd) return undefined;
  const event = text.slice(0, nameEnd);
  let slash = next;
  let guard: Segment | undefined;
  if (text.charCodeAt(next) === 91) {
    const close = findBracketEnd(text, next);
    if (close === -1) return undefined;
    guard = cutSegment(label, next + 1, close - 1);
    slash = skipSpace(text, close);
    if (slash < text.length && (slash === close || !isSlash(text, slash))) return undefined;
  } else if (!isSlash(text, next)) {
    return undefined;
  }
  const action = slash < text.length ? cutSegment(label, slash + 1) : undefined;
  if (guard === undefined && !isForced && action !== undefined && !isAction(action.text)) return undefined;
  warnOfOutcome(label, event, names, reporter);
  const actions = action === undefined ? NO_ACTIONS : readActions(action, reporter);
  const trigger: TriggerDefinition = { kind: "event", event };
  if (guard === undefined) return { reading: "event", trigger, actions };
  return { reading: "event-guard", trigger, guard: readExpression(guard, reporter).source, actions };
}

/** A slash with white space behind it (or nothing). */
export function isSlash(text: string, at: number): boolean {
  return text.charCodeAt(at) === 47 && (at + 1 === text.length || isSpace(text.charCodeAt(at + 1)));
}

/** End of the event's name at the start of a text: one word that can be an identifier or is declared; 0 for none. */
export function findEventEnd(text: string, names: DeclaredNames, isForced: boolean): number {
  let end = 0;
  while (end < text.length && !isSpace(text.charCodeAt(end))) end += 1;
  const word = text.slice(0, end);
  return isForced || isIdentifier(word) || names.events.has(word) ? end : 0;
}

/** `success [x > 1]` waits for an event of that name, which is seldom meant. */
function warnOfOutcome(label: Segment, event: string, names: DeclaredNames, reporter: Reporter): void {
  const lower = event.toLowerCase();
  if (names.events.has(event) || !(SUCCESS_WORDS.has(lower) || FAILURE_WORDS.has(lower) || lower === "always" || lower === "default"))
    return;
  const message = `"${event}" with a guard or an action is read as an event of that name; declare it in the front matter if that is meant`;
  reporter.report("warning", "parse/doubtful-event", message, label.offset, label.offset + event.length);
}

function readActions(action: Segment, reporter: Reporter): readonly ActionDefinition[] {
  const { text, offset } = action;
  const read = expectAction(action, reporter, () => reporter.report("error", "parse/unknown-action", `"${text}" is no action`, offset, offset + text.length));
  return read === undefined ? NO_ACTIONS : [read];
}

/** Words, among them one that tells how the state's last action ended. */
function readOutcome(label: Segment, reporter: Reporter): LabelMeaning | undefined {
  const { text, offset } = label;
  if (!isWordsOnly(text)) return undefined;
  const words = splitWords(text);
  const isSuccess = words.some((word) => SUCCESS_WORDS.has(word));
  const isFailure = words.some((word) => FAILURE_WORDS.has(word));
  if (isSuccess && isFailure) {
    reporter.report(
      "error",
      "parse/ambiguous-label",
      `"${text}" names success and failure; write one of them`,
      offset,
      offset + text.length,
    );
    return UNREADABLE;
  }
  return isSuccess ? ON_SUCCESS : isFailure ? ON_FAILURE : undefined;
}

/** An expression with an operator, call or index; else one identifier: an event; else nothing that can be read. */
function readRest(label: Segment, reporter: Reporter): LabelMeaning {
  const { text, offset } = label;
  if (isIdentifier(text)) return newEvent(text);
  const message = `The label "${shorten(text)}" cannot be read as an event, a guard, an outcome or a time`;
  if (isWordsOnly(text)) {
    reporter.report(
      "error",
      "parse/unreadable-label",
      `${message}; an event is one word, text for the drawing belongs in a note`,
      offset,
      offset + text.length,
    );
    return UNREADABLE;
  }
  const { ast, findings } = parseExpression(text);
  if (findings.some(({ severity }) => severity === "error") || !GUARD_KINDS.has(ast.kind)) {
    const first = findings.find(({ severity }) => severity === "error");
    const detail = first === undefined ? "" : ` (as an expression: ${first.message})`;
    reporter.report("error", "parse/unreadable-label", message + detail, offset, offset + text.length);
    return UNREADABLE;
  }
  if (isDashedName(text)) {
    reporter.report(
      "error",
      "parse/ambiguous-label",
      `"${text}" reads as a subtraction; write event: ${text}, or spaces around the minus`,
      offset,
      offset + text.length,
    );
    return UNREADABLE;
  }
  const source = { text, place: reporter.place(offset, offset + text.length) };
  return { reading: "guard", trigger: ALWAYS, guard: source, actions: NO_ACTIONS };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Identifiers joined by dashes and nothing else: `order-placed`. */
function isDashedName(text: string): boolean {
  if (!text.includes("-")) return false;
  for (let at = 0; ; ) {
    const end = findIdentifierEnd(text, at);
    if (end === at) return false;
    if (end === text.length) return true;
    if (text.charCodeAt(end) !== 45) return false;
    at = end + 1;
  }
}

/** Past the bracket that closes the one at `at`, quotes and brackets inside passed over; -1 when it is not closed. */
export function findBracketEnd(text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (isQuote(code)) {
      const close = findQuoteEnd(text, end);
      if (close === -1) return -1;
      end = close - 1;
    } else if (code === 91 || code === 40 || code === 123) {
      depth += 1;
    } else if (code === 93 || code === 41 || code === 125) {
      depth -= 1;
      if (depth === 0) return code === 93 ? end + 1 : -1;
    }
  }
  return -1;
}
