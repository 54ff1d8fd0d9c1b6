// What undoes a task, as it is written: a call of its own, that sees the task's result.
import type { UndoDefinition } from "../../model/definition.js";
import { readAction } from "./actions.js";
import { readRetry } from "./items.js";
import { readKeys, readText, reportAt, valueOf } from "./keys.js";
import type { ExpressionSite } from "./names.js";
import type { YamlNode } from "./tree.js";
import type { ValueReader } from "./values.js";

const UNDO_KEYS = ["action", "workflow", "input", "retry", "timeout", "description"];
/** Actions that change nothing outside, or that nobody would wait for. */
const BUILT_IN: ReadonlySet<unknown> = new Set(["noop", "pass", "wait", "await", "fail"]);

/** Reads `undo` of a task; undefined (and reported) where it says not what is done. */
export function readUndo(node: YamlNode, task: string, reader: ValueReader): UndoDefinition | undefined {
  const { source } = reader;
  const what = `"undo" of ${task}`;
  if (node.kind !== "map") {
    reportAt(source, "parse/invalid-value", `${what} is a map: {action: …}`, node);
    return undefined;
  }
  const keys = readKeys(node, UNDO_KEYS, what, source);
  const action = valueOf(keys, "action");
  if (action === undefined && !keys.has("workflow")) {
    reportAt(source, "parse/missing-key", `${what} needs "action" or "workflow"`, node);
    return undefined;
  }
  if (action?.kind === "scalar" && BUILT_IN.has(action.value)) {
    reportAt(source, "parse/invalid-value", `${what} is done by a handler or a workflow, not by "${action.value}"`, action);
    return undefined;
  }
  const site: ExpressionSite = { place: what, names: ["result"] };
  const plain: ExpressionSite = { place: `"timeout" of ${what}`, names: [] };
  const [retryNode, timeout] = [valueOf(keys, "retry"), valueOf(keys, "timeout")];
  const retry = retryNode && readRetry(retryNode, what, reader);
  const description = readText(valueOf(keys, "description"), '"description"', source);
  return {
    action: readAction(keys, { what, map: node, site }, reader),
    ...(description !== undefined && { description }),
    ...(retry && { retry }),
    ...(timeout && { timeout: reader.readDuration(timeout, plain, false) }),
  };
}
