// Suite `mermaid-labels`: how transition labels and action texts of Markdown workflows are read elsewhere. Entries that are
// marked as a peer's defect are skipped; where our own order reads a text otherwise, the list of expected failures says why.
import { readAction } from "../../src/format/actions.js";
import { readLabel } from "../../src/format/labels.js";
import { SourceText } from "../../src/format/source-text.js";
import type { ActionDefinition, ValueSource } from "../../src/model/definition.js";
import type { Finding } from "../../src/model/errors.js";
import type { CaseResult, Suite } from "./suite.js";

interface LabelCase {
  readonly label: string | null;
  readonly conditionType: "always" | "on_success" | "on_failure" | "custom";
  readonly expression?: string;
  readonly peerDefect?: string;
}

interface ActionCase {
  readonly text: string;
  readonly type: string | null;
  readonly peerDefect?: string;
  readonly [key: string]: unknown;
}

export const mermaidLabelsSuite: Suite = {
  name: "mermaid-labels",
  files: ["mermaid/action-and-label-cases.json"],
  run(cases) {
    const { transitionLabels, actions } = cases as {
      readonly transitionLabels: readonly LabelCase[];
      readonly actions: readonly ActionCase[];
    };
    return [...transitionLabels.map(runLabel), ...actions.map(runAction)];
  },
};

function judge(name: string, peerDefect: string | undefined, expected: unknown, actual: unknown): CaseResult {
  if (peerDefect !== undefined) return { name, status: "skipped", detail: `not to be imitated: ${peerDefect}` };
  const wanted = JSON.stringify(expected);
  const got = JSON.stringify(actual);
  return wanted === got ? { name, status: "passed" } : { name, status: "failed", detail: `expected ${wanted}\ngot      ${got}` };
}

function runLabel({ label, conditionType, expression, peerDefect }: LabelCase): CaseResult {
  const text = label ?? "";
  const source = new SourceText(text);
  const { reading, trigger, guard } = readLabel({ text, offset: 0 }, { events: new Set(), variables: new Set() }, source);
  const type =
    trigger.kind === "outcome" ? `on_${trigger.outcome}` : trigger.kind === "always" && guard === undefined ? "always" : "custom";
  const actual =
    reading === "unreadable" ? { unreadable: source.findings()[0]?.message } : { conditionType: type, expression: guard?.text };
  return judge(`label ${label ?? "(none)"}`, peerDefect, { conditionType, expression }, actual);
}

function runAction({ text, peerDefect, note, stored, contains, ...wanted }: ActionCase): CaseResult {
  const source = new SourceText(text);
  const action = readAction({ text, offset: 0 }, source);
  const name = `action ${text.trim() === "" ? JSON.stringify(text) : text}`;
  const errors = source.findings().filter(({ severity }) => severity === "error");
  if (wanted.type === "error") {
    const isFound = errors.some(({ message }) => message.includes(String(contains)));
    return judge(
      name,
      peerDefect,
      `an error about ${JSON.stringify(contains)}`,
      isFound ? `an error about ${JSON.stringify(contains)}` : describe(action, errors),
    );
  }
  return judge(name, peerDefect, sortKeys(wanted), sortKeys(describe(action, errors)));
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== "text" && inner !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

/** Our action in the words of the recorded ones. */
function describe(action: ActionDefinition | undefined, errors: readonly Finding[]): unknown {
  if (errors.length > 0) return { type: "error", messages: errors.map(({ message }) => message) };
  if (action === undefined) return { type: null };
  switch (action.kind) {
    case "call":
      return action.task === "shell" ? describeShell(action) : describePrompt(action);
    case "await":
      return { type: "wait", user: true, message: action.message };
    case "wait":
      return { type: "wait", ms: textOf(action.duration, false), message: action.message };
    case "log":
      return { type: "log", level: action.level, message: textOf(action.message) };
    case "set":
      return { type: "set_variable", name: action.variable, value: textOf(action.value) };
    case "workflow":
      return {
        type: "sub_workflow",
        name: action.workflow,
        inputs: entriesOf(action.input),
        resultVariable: action.result,
        timeoutMs: action.timeoutMs,
      };
    case "abort":
      return { type: "abort", message: textOf(action.message) };
  }
}

function describePrompt({ input, result, timeoutMs }: ActionDefinition & { kind: "call" }): object {
  const values = input.kind === "map" ? new Map(input.entries.map(({ key, value }) => [key, value])) : new Map<string, ValueSource>();
  const name = values.get("name");
  const args = values.get("arguments");
  return { type: "prompt", name: name && textOf(name), args: args && entriesOf(args), resultVariable: result, timeoutMs };
}

function describeShell({ input, result, timeoutMs }: ActionDefinition & { kind: "call" }): object {
  const { command, workingDir, env } = entriesOf(input) as Record<string, unknown>;
  return { type: "shell", command, workingDir, env, resultVariable: result, timeoutMs };
}

function entriesOf(value: ValueSource): unknown {
  return value.kind === "map" ? Object.fromEntries(value.entries.map(({ key, value: inner }) => [key, textOf(inner)])) : undefined;
}

/** The author's text of a value. An expression that filled its quotes is shown as it was written. */
function textOf(value: ValueSource, isQuoted = true): unknown {
  switch (value.kind) {
    case "literal":
      return value.value;
    case "expression":
      return isQuoted && /^[a-z_]\w*$/i.test(value.expression.text) ? `\${${value.expression.text}}` : value.expression.text;
    case "template":
      return value.parts.map((part) => (typeof part === "string" ? part : `\${${part.text}}`)).join("");
    case "map":
      return entriesOf(value);
  }
}
