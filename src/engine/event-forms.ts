// Which events of a workflow people answer by: the forms of the tasks that wait for them.
import type { FormField } from "../model/definition.js";
import type { LoadedWorkflow } from "../model/ports.js";

/** What a task that waits for an event asks for. */
export interface TaskForm {
  /** The task. */
  readonly state: number;
  readonly form: readonly FormField[];
}

/** Forms by event index, in the order of the tasks. */
export type EventForms = ReadonlyMap<number, readonly TaskForm[]>;

/** Undefined where no task of the workflow has a form. */
export function findForms({ program: { definition, eventNames } }: LoadedWorkflow): EventForms | undefined {
  const forms = new Map<number, TaskForm[]>();
  definition.states.forEach(({ task }, state) => {
    if (task?.action.kind !== "await" || task.action.form === undefined) return;
    const event = eventNames.indexOf(task.action.event);
    forms.set(event, [...(forms.get(event) ?? []), { state, form: task.action.form }]);
  });
  return forms.size === 0 ? undefined : forms;
}
