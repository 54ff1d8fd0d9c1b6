// What a state does, in the notation of UML's compartments: `entry / action`, `exit / action`, `event [guard] / action` (an internal
// transition) and `event / defer`. Read from items under `## Actions` and from description lines of the diagram.
import type { ActionDefinition, ExpressionSource } from "../model/definition.js";
import { expectAction, isAction } from "./actions.js";
import { type DeclaredNames, findBracketEnd, findEventEnd, isSlash } from "./labels.js";
import { skipSpace } from "./mermaid/characters.js";
import { cutSegment, readExpression, type Reporter, type Segment } from "./values.js";

export type Behaviour =
  | { readonly kind: "entry" | "exit"; readonly action: ActionDefinition | undefined }
  | { readonly kind: "internal"; readonly event: string; readonly guard?: ExpressionSource; readonly action: ActionDefinition | undefined }
  | { readonly kind: "defer"; readonly event: string };

/** The parts of a text that has the form of a behaviour. */
interface Parts {
  readonly word: string;
  readonly guard: Segment | undefined;
  readonly action: Segment;
}

/** A word, a guard in brackets or none, a slash between spaces, and something behind it. */
function cutBehaviour(segment: Segment, names: DeclaredNames): Parts | undefined {
  const { text } = segment;
  const wordEnd = findEventEnd(text, names, false);
  const next = skipSpace(text, wordEnd);
  if (wordEnd === 0 || next === wordEnd) return undefined;
  const hasGuard = text.charCodeAt(next) === 91;
  const guardEnd = hasGuard ? findBracketEnd(text, next) : next;
  if (guardEnd === -1) return undefined;
  const slash = skipSpace(text, guardEnd);
  if ((hasGuard && slash === guardEnd) || !isSlash(text, slash)) return undefined;
  const action = cutSegment(segment, slash + 1);
  if (action.text === "") return undefined;
  return { word: text.slice(0, wordEnd), guard: hasGuard ? cutSegment(segment, next + 1, guardEnd - 1) : undefined, action };
}

/** Does all of a description line say what the state does? Else it is text for the drawing. */
export function isBehaviour(segment: Segment, names: DeclaredNames): boolean {
  const parts = cutBehaviour(segment, names);
  if (parts === undefined || (parts.guard !== undefined && isEdge(parts.word))) return false;
  return isDefer(parts) || isAction(parts.action.text);
}

/** Reads a behaviour; undefined where the text has another form. What is wrong in one is reported. */
export function readBehaviour(segment: Segment, names: DeclaredNames, reporter: Reporter): Behaviour | undefined {
  const parts = cutBehaviour(segment, names);
  if (parts === undefined) return undefined;
  const { word, guard } = parts;
  const kind = word.toLowerCase();
  if (isDefer(parts) && !isEdge(word)) return { kind: "defer", event: word };
  const action = readPart(parts.action, reporter);
  if (kind === "entry" || kind === "exit") {
    if (guard !== undefined) reportAt(reporter, "parse/invalid-action", `An ${kind} action has no guard; a choice in front of the state has`, guard);
    if (kind === "exit") refuseWaiting(action, "An exit action", reporter);
    return { kind, action };
  }
  refuseWaiting(action, "The action of an internal transition", reporter);
  return { kind: "internal", event: word, action, ...(guard !== undefined && { guard: readExpression(guard, reporter).source }) };
}

function isEdge(word: string): boolean {
  const lower = word.toLowerCase();
  return lower === "entry" || lower === "exit";
}

function isDefer({ guard, action }: Parts): boolean {
  return guard === undefined && action.text.toLowerCase() === "defer";
}

function readPart(segment: Segment, reporter: Reporter): ActionDefinition | undefined {
  return expectAction(segment, reporter, () => reportAt(reporter, "parse/unknown-action", `"${segment.text.slice(0, 60)}" is no action`, segment));
}

const IMMEDIATE: ReadonlySet<ActionDefinition["kind"]> = new Set(["log", "set", "abort"]);

/** A state that is being left, or that goes on as it is, cannot wait. */
function refuseWaiting(action: ActionDefinition | undefined, what: string, reporter: Reporter): void {
  if (action === undefined || IMMEDIATE.has(action.kind)) return;
  const { start, end } = action.place;
  const message = `${what} cannot take time, and this one does; put it on a transition (A --> B : event / …) or among the entry actions of a state`;
  reporter.report("error", "parse/waiting-action", message, start, end);
}

function reportAt(reporter: Reporter, code: `parse/${string}`, message: string, { text, offset }: Segment): void {
  reporter.report("error", code, message, offset, offset + text.length);
}
