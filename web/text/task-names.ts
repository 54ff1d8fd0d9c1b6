// Which tasks a workflow calls, and which of them nobody registered.
import type { ActionDefinition, Definition } from "../millrace.js";
import { isTaskKnown } from "../run/simulated-tasks.js";

/** Names of the tasks that the workflow calls, in order of first use. */
export function listTasks(definition: Definition): readonly string[] {
  const names = new Set<string>();
  const collect = (actions: readonly ActionDefinition[]): void => {
    for (const action of actions) if (action.kind === "call") names.add(action.task);
  };
  for (const state of definition.states) {
    collect(state.entry);
    collect(state.exit);
    for (const action of [state.task?.action, state.task?.undo?.action]) if (action?.kind === "call" && action.task !== "") names.add(action.task);
  }
  for (const transition of definition.transitions) collect(transition.actions);
  return [...names];
}

/** Names of called tasks without a handler. */
export function listUnknownTasks(definition: Definition): readonly string[] {
  return listTasks(definition).filter((name) => !isTaskKnown(name));
}
