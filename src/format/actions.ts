// Reads the text of one action: `log`, `set`, `wait`, `call`, `run workflow`, `prompt`, `await`, `abort` and `shell`, and
// the longer wordings that other Markdown workflows use. A text that is no action gives `undefined` and no finding.
import type { ActionDefinition, LogLevelName, ValueSource } from "../model/definition.js";
import { cutArguments, type RawArguments, readArgumentMap, readResultName, readTimeout } from "./arguments.js";
import { parseDuration, parseWordedDuration } from "./durations.js";
import { isSpace, skipSpace } from "./mermaid/characters.js";
import { findIdentifierEnd, isVariableName } from "./names.js";
import {
  cutSegment,
  findQuoteEnd,
  isQuote,
  isQuoted,
  readExpression,
  readName,
  readQuoted,
  readValue,
  type Reporter,
  type Segment,
} from "./values.js";

/** The event that "wait for user" waits for. */
export const CONTINUE_EVENT = "continue";
/** Characters in one action. */
export const ACTION_SIZE_MAX = 10_000;

/** Task names that actions of their own kind call. */
export const PROMPT_TASK = "prompt";
export const SHELL_TASK = "shell";

type Reader = (rest: Segment, whole: Segment, reporter: Reporter) => ActionDefinition | undefined;

const LEVELS: ReadonlyMap<string, LogLevelName> = new Map([
  ["debug", "debug"],
  ["info", "info"],
  ["warning", "warning"],
  ["warn", "warning"],
  ["error", "error"],
]);

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["execute", readExecute],
  ["prompt", readPrompt],
  ["wait", readWait],
  ["await", readAwait],
  ["log", readLog],
  ["set", readSet],
  ["run", readRun],
  ["delegate", readDelegate],
  ["call", readCall],
  ["abort", readAbort],
  ["shell", readShell],
]);

/** Reads one action. What is wrong within something that is clearly an action is reported. */
export function readAction(segment: Segment, reporter: Reporter): ActionDefinition | undefined {
  const whole = cutSegment(segment, 0);
  const { text } = whole;
  if (text.length > ACTION_SIZE_MAX) return undefined;
  if (isWaitForUser(text)) return { kind: "await", event: CONTINUE_EVENT, message: text, place: placeOf(whole, reporter) };
  const wordEnd = findIdentifierEnd(text, 0);
  const reader = READERS.get(text.slice(0, wordEnd).toLowerCase());
  if (reader === undefined || (wordEnd < text.length && !isSpace(text.charCodeAt(wordEnd)))) return undefined;
  return reader(cutSegment(whole, wordEnd), whole, reporter);
}

/** As `readAction`; `refuse` is called for what is no action, and of which nothing was said. */
export function expectAction(segment: Segment, reporter: Reporter, refuse: () => void): ActionDefinition | undefined {
  let hasFindings = false;
  const action = readAction(segment, {
    place: (start, end) => reporter.place(start, end),
    report: (severity, code, message, start, end) => {
      hasFindings = true;
      reporter.report(severity, code, message, start, end);
    },
  });
  if (action === undefined && !hasFindings) refuse();
  return action;
}

/** Is this text an action, whether or not all is right in it? */
export function isAction(text: string): boolean {
  let hasFindings = false;
  const silent: Reporter = { place: () => NOWHERE, report: () => (hasFindings = true) };
  return readAction({ text, offset: 0 }, silent) !== undefined || hasFindings;
}

const NOWHERE = { start: 0, end: 0, line: 1, column: 1 } as const;

function placeOf({ text, offset }: Segment, reporter: Reporter) {
  return reporter.place(offset, offset + text.length);
}

function isWaitForUser(text: string): boolean {
  const lower = text.toLowerCase();
  const at = lower.indexOf("wait for user");
  if (at === -1 || text.includes('"')) return false;
  return at === 0 || isSpace(text.charCodeAt(at - 1));
}

/** A word at the start of the text, and what follows it. */
function takeWord(segment: Segment, word: string): Segment | undefined {
  const { text } = segment;
  if (text.slice(0, word.length).toLowerCase() !== word) return undefined;
  return text.length === word.length || isSpace(text.charCodeAt(word.length)) ? cutSegment(segment, word.length) : undefined;
}

/** A text in quotes at the start, and what follows it after white space. */
function takeQuoted(segment: Segment): { quoted: Segment; rest: Segment } | undefined {
  const { text } = segment;
  if (!isQuote(text.charCodeAt(0))) return undefined;
  const end = findQuoteEnd(text, 0);
  if (end === -1 || (end < text.length && !isSpace(text.charCodeAt(end)))) return undefined;
  return { quoted: cutSegment(segment, 0, end), rest: cutSegment(segment, end) };
}

function readExecute(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const inner = takeWord(rest, "prompt");
  return inner === undefined || inner.text === "" ? undefined : readPrompt(inner, whole, reporter);
}

/** `prompt`, `prompt "name" with k=v result x`: task `prompt` with `{name, arguments}`. */
function readPrompt(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const place = placeOf(whole, reporter);
  if (rest.text === "") return { kind: "call", task: PROMPT_TASK, input: { kind: "map", entries: [], place }, place };
  const taken = takeQuoted(rest);
  const raw = taken && cutArguments(taken.rest);
  if (taken === undefined || raw === undefined) return undefined;
  const entries = [
    { key: "name", value: readQuoted(taken.quoted, reporter) },
    { key: "arguments", value: readArgumentMap(raw, taken.rest, reporter) },
  ];
  return { kind: "call", task: PROMPT_TASK, input: { kind: "map", entries, place }, place, ...readEnding(raw, false, reporter) };
}

/** `result` and `timeoutMs`, where they are given. */
function readEnding(raw: RawArguments, isSeconds: boolean, reporter: Reporter): { result?: string; timeoutMs?: number } {
  const result = readResultName(raw, reporter);
  const timeoutMs = readTimeout(raw, isSeconds, reporter);
  return { ...(result !== undefined && { result }), ...(timeoutMs !== undefined && { timeoutMs }) };
}

/** `wait 5s`, `wait 5 seconds then go on`, ``wait `expression` ``, `wait duration("5s")`. */
function readWait(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const place = placeOf(whole, reporter);
  const durationPlace = placeOf(rest, reporter);
  const ms = parseDuration(rest.text);
  if (ms !== undefined) return { kind: "wait", duration: { kind: "literal", value: ms, place: durationPlace }, place };
  const worded = parseWordedDuration(rest.text);
  if (worded !== undefined) {
    const duration: ValueSource = { kind: "literal", value: worded.ms, place: durationPlace };
    return { kind: "wait", duration, place, ...(worded.rest !== "" && { message: worded.rest }) };
  }
  const expression = findExpression(rest);
  if (expression === undefined) return undefined;
  return { kind: "wait", duration: { kind: "expression", expression: readExpression(expression, reporter).source }, place };
}

/** An expression in backticks, or a call of `duration`. */
export function findExpression(segment: Segment): Segment | undefined {
  const { text } = segment;
  if (text.length > 2 && text.startsWith("`") && text.indexOf("`", 1) === text.length - 1) return cutSegment(segment, 1, text.length - 1);
  return text.startsWith("duration(") && text.endsWith(")") ? segment : undefined;
}

/** `await event "message"`. */
function readAwait(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  let end = 0;
  while (end < rest.text.length && !isSpace(rest.text.charCodeAt(end))) end += 1;
  const event = rest.text.slice(0, end);
  const message = cutSegment(rest, end).text;
  if (event === "" || isQuote(event.charCodeAt(0)) || (message !== "" && !isQuoted(message))) return undefined;
  return { kind: "await", event, place: placeOf(whole, reporter), ...(message !== "" && { message: readName(message) }) };
}

/** `log "text"`, `log error "text"`. */
function readLog(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const wordEnd = findIdentifierEnd(rest.text, 0);
  const level = wordEnd === 0 ? "info" : LEVELS.get(rest.text.slice(0, wordEnd).toLowerCase());
  const message = cutSegment(rest, wordEnd);
  if (level === undefined || !isQuoted(message.text)) return undefined;
  return { kind: "log", level, message: readQuoted(message, reporter), place: placeOf(whole, reporter) };
}

/** `set x = value`. */
function readSet(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const { text } = rest;
  const nameEnd = findIdentifierEnd(text, 0);
  const equals = skipSpace(text, nameEnd);
  const variable = text.slice(0, nameEnd);
  if (nameEnd === 0 || text.charCodeAt(equals) !== 61 || text.charCodeAt(equals + 1) === 61) return undefined;
  if (!isVariableName(variable)) {
    reporter.report("error", "parse/invalid-action", `"${variable}" cannot be the name of a variable`, rest.offset, rest.offset + nameEnd);
    return undefined;
  }
  return { kind: "set", variable, value: readValue(cutSegment(rest, equals + 1), reporter), place: placeOf(whole, reporter) };
}

function readRun(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const inner = takeWord(rest, "workflow");
  return inner && readWorkflow(inner, whole, reporter);
}

function readDelegate(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const inner = takeWord(rest, "to");
  return inner && readWorkflow(inner, whole, reporter);
}

/** `"name" with k=v result x timeout 5s`. */
function readWorkflow(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const taken = takeQuoted(rest);
  const raw = taken && cutArguments(taken.rest);
  if (taken === undefined || raw === undefined) return undefined;
  const workflow = readName(taken.quoted.text);
  const input = readArgumentMap(raw, taken.rest, reporter);
  return { kind: "workflow", workflow, input, place: placeOf(whole, reporter), ...readEnding(raw, false, reporter) };
}

/** `call task with k=expression, … result x timeout 5s`. The task's name may have dots and dashes, or stand in quotes. */
function readCall(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const quoted = takeQuoted(rest);
  const nameEnd = quoted === undefined ? findTaskEnd(rest.text) : 0;
  const task = quoted === undefined ? rest.text.slice(0, nameEnd) : readName(quoted.quoted.text);
  const after = quoted === undefined ? cutSegment(rest, nameEnd) : quoted.rest;
  if (task === "" || (nameEnd > 0 && nameEnd < rest.text.length && !isSpace(rest.text.charCodeAt(nameEnd)))) return undefined;
  const raw = cutArguments(after);
  if (raw === undefined) {
    const shape = `call ${task} with name=expression, other=expression result variable`;
    reporter.report(
      "error",
      "parse/invalid-action",
      `The arguments of "${task}" cannot be read; write: ${shape}`,
      after.offset,
      after.offset + after.text.length,
    );
    return undefined;
  }
  const input = readArgumentMap(raw, after, reporter);
  return { kind: "call", task, input, place: placeOf(whole, reporter), ...readEnding(raw, false, reporter) };
}

function findTaskEnd(text: string): number {
  let end = findIdentifierEnd(text, 0);
  while (end > 0 && (text[end] === "-" || text[end] === ".")) {
    const next = findIdentifierEnd(text, end + 1);
    if (next === end + 1) break;
    end = next;
  }
  return end;
}

/** `abort "message"`, `abort with message "message"`. */
function readAbort(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const inner = takeWord(rest, "with message") ?? rest;
  if (!isQuoted(inner.text)) return undefined;
  return { kind: "abort", message: readQuoted(inner, reporter), place: placeOf(whole, reporter) };
}

/** `shell "command" with timeout=30 working_dir="…" env={…} result="x"`: task `shell` with `{command, workingDir?, env?}`. */
function readShell(rest: Segment, whole: Segment, reporter: Reporter): ActionDefinition | undefined {
  const taken = takeQuoted(rest);
  if (taken === undefined) return undefined;
  const raw = cutArguments(taken.rest);
  if (raw === undefined || (taken.rest.text !== "" && takeWord(taken.rest, "with") === undefined)) return undefined;
  const fail = (message: string, { text, offset }: Segment) =>
    reporter.report("error", "parse/invalid-action", message, offset, offset + text.length);
  if (readName(taken.quoted.text).trim() === "") fail("Shell command cannot be empty", taken.quoted);
  const entries: { key: string; value: ValueSource }[] = [{ key: "command", value: readQuoted(taken.quoted, reporter) }];
  for (const { key, keyOffset, value } of raw.list) {
    if (key === "working_dir") {
      if (!isQuoted(value.text) || readName(value.text).trim() === "") fail("Working directory cannot be empty", value);
      else entries.push({ key: "workingDir", value: readQuoted(value, reporter) });
    } else if (key === "env") {
      const problem = checkEnvironment(value.text);
      if (problem === undefined)
        entries.push({ key: "env", value: { kind: "literal", value: JSON.parse(value.text), place: placeOf(value, reporter) } });
      else fail(problem, value);
    } else {
      fail(`Unknown shell action parameter "${key}"`, { text: key, offset: keyOffset });
    }
  }
  const place = placeOf(whole, reporter);
  reporter.report(
    "warning",
    "parse/shell-unavailable",
    'Shell commands run only where the embedder registers a task "shell"',
    whole.offset,
    whole.offset + whole.text.length,
  );
  return { kind: "call", task: SHELL_TASK, input: { kind: "map", entries, place }, place, ...readEnding(raw, true, reporter) };
}

function checkEnvironment(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "Invalid environment variables JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "Environment variables are a JSON object";
  return Object.values(value).every((entry) => typeof entry === "string") ? undefined : "Values of environment variables must be strings";
}
