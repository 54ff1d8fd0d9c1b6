// Short ways for the tests of this folder to read task graphs.
import { parseWorkflow } from "../../../../src/doors/format.js";
import type { Definition } from "../../../../src/doors/format.js";
import type { TaskDefinition, ValueSource } from "../../../../src/model/definition.js";

/** A text in the YAML language with these lines below `millrace: 1`. */
export function yaml(...lines: string[]): string {
  return ["millrace: 1", ...lines, ""].join("\n");
}

/** The definition of a text that has no findings. */
export function readWell(...lines: string[]): Definition {
  const { definition, findings } = parseWorkflow(yaml(...lines));
  if (findings.length > 0) throw new Error(findings.map(({ message, place }) => `${message}\n${place.snippet}`).join("\n"));
  return definition;
}

/** `severity? code: what the place covers` of each finding; errors without their severity. */
export function findingsOf(text: string): string[] {
  return parseWorkflow(text).findings.map(({ severity, code, place }) => `${severity === "error" ? "" : `${severity} `}${code}: ${text.slice(place.start, place.end)}`);
}

export function messagesOf(...lines: string[]): string[] {
  return parseWorkflow(yaml(...lines)).findings.map(({ message }) => message);
}

export function taskOf({ states }: Definition, id: string): TaskDefinition {
  const task = states.find((state) => state.id === id)?.task;
  if (task === undefined) throw new Error(`no task ${id}`);
  return task;
}

/** `source>target#next trigger [guard] {published}`, with `retry` for a retry, `cancel` for a scope that is given up and `undo` for one that is undone (`undo -`: all). */
export function waysOf({ states, transitions }: Definition): string[] {
  return transitions.map(({ source, target, trigger, guard, actions, next, isRetry, isCancel, isUndo }) => {
    const how = isRetry === true ? "retry " : isCancel === true ? "cancel " : isUndo === true ? "undo " : "";
    const to = `${how}${target === -1 ? "-" : states[target]?.id}`;
    const when = trigger.kind === "outcome" ? trigger.outcome : trigger.kind;
    const published = actions.map((action) => (action.kind === "set" ? action.variable : action.kind));
    return `${states[source]?.id}>${to}#${next} ${when}${guard === undefined ? "" : ` [${guard.text}]`}${published.length === 0 ? "" : ` {${published.join(",")}}`}`;
  });
}

/** A value without places: `=x` is an expression, `~[…]` a template, anything else a constant. */
export function show(value: ValueSource | undefined): unknown {
  switch (value?.kind) {
    case "expression":
      return `=${value.expression.text}`;
    case "template":
      return ["~", ...value.parts.map((part) => (typeof part === "string" ? part : `=${part.text}`))];
    case "map":
      return Object.fromEntries(value.entries.map((entry) => [entry.key, show(entry.value)]));
    case "list":
      return value.elements.map(show);
    case "literal":
      return value.value;
    case undefined:
      return undefined;
  }
}
