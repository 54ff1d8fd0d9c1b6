// The workflows that this engine has loaded, by identity and by name, with what the loop looks up in them.
import { WorkflowError } from "../model/errors.js";
import type { ActionDefinition, TaskAction } from "../model/definition.js";
import type { Place } from "../model/errors.js";
import type { Workflow } from "../model/engine.js";
import type { LoadedWorkflow, TasksPort } from "../model/ports.js";
import { type EventForms, findForms } from "./event-forms.js";
import { PROGRAMS_KEPT_MAX } from "./limits.js";

/** Not loaded in the kernel in hand. */
export const NO_PROGRAM = -1;

const BUILT_IN_NAMES: ReadonlySet<string> = new Set(["event", "result", "error"]);

/** One loaded workflow. */
export interface LoadedProgram {
  readonly workflow: LoadedWorkflow;
  readonly eventIndexes: ReadonlyMap<string, number>;
  /** Slots that the author did not declare: the event, result and error in hand. */
  readonly hiddenSlots: ReadonlySet<number>;
  /** What payloads of events have to fit; undefined where no task has a form. */
  readonly forms: EventForms | undefined;
  /** The kernel's name for it, or NO_PROGRAM. */
  kernelProgram: number;
  /** Open runs and replays that use it. */
  userCount: number;
}

export class ProgramTable {
  readonly #byIdentity = new Map<string, LoadedProgram>();
  readonly #byName = new Map<string, LoadedProgram>();

  /** The table's entry for `workflow`; the newest with a name is the one that the name means. */
  add(workflow: LoadedWorkflow): LoadedProgram {
    let program = this.#byIdentity.get(workflow.identity);
    if (program === undefined || program.workflow.name !== workflow.name) {
      const eventIndexes = new Map(workflow.program.eventNames.map((name, index) => [name, index]));
      program = { workflow, eventIndexes, hiddenSlots: findHiddenSlots(workflow), forms: findForms(workflow), kernelProgram: NO_PROGRAM, userCount: 0 };
    }
    this.#byIdentity.delete(workflow.identity);
    this.#byIdentity.set(workflow.identity, program);
    return program;
  }

  /** Makes the workflow's name mean it. */
  name(program: LoadedProgram): void {
    this.#byName.set(program.workflow.name, program);
  }

  get(identity: string): LoadedProgram | undefined {
    return this.#byIdentity.get(identity);
  }

  /** Is a workflow loaded that `find` would find? */
  has(nameOrIdentity: string): boolean {
    return this.#byName.has(nameOrIdentity) || this.#byIdentity.has(nameOrIdentity);
  }

  /** By name, else by identity. Throws `run/unknown-workflow`. */
  find(nameOrIdentity: string): LoadedProgram {
    const program = this.#byName.get(nameOrIdentity) ?? this.#byIdentity.get(nameOrIdentity);
    if (program === undefined) {
      throw new WorkflowError("run/unknown-workflow", `No workflow "${nameOrIdentity}" is loaded`, {
        details: { workflow: nameOrIdentity },
      });
    }
    return program;
  }

  values(): Iterable<LoadedProgram> {
    return this.#byIdentity.values();
  }

  /** Takes out what nobody uses, oldest first, as long as there are more than PROGRAMS_KEPT_MAX. */
  takeIdle(): readonly LoadedProgram[] {
    const idle: LoadedProgram[] = [];
    for (const program of this.#byIdentity.values()) {
      if (this.#byIdentity.size - idle.length <= PROGRAMS_KEPT_MAX) break;
      if (program.userCount === 0) idle.push(program);
    }
    for (const program of idle) {
      this.#byIdentity.delete(program.workflow.identity);
      if (this.#byName.get(program.workflow.name) === program) this.#byName.delete(program.workflow.name);
    }
    return idle;
  }
}

function findHiddenSlots({ program: { slotNames, definition } }: LoadedWorkflow): ReadonlySet<number> {
  const declared = new Set([...definition.parameters, ...definition.variables].map(({ name }) => name));
  const hidden = new Set<number>();
  slotNames.forEach((name, slot) => {
    if (BUILT_IN_NAMES.has(name) && !declared.has(name)) hidden.add(slot);
  });
  return hidden;
}

/** The error of a workflow that calls tasks which nobody registered, or undefined. */
export function findUnregisteredTasks(workflow: LoadedWorkflow, tasks: TasksPort): WorkflowError | undefined {
  const missing = new Map<string, Place>();
  for (const action of listActions(workflow)) {
    // Which task a computed name means is known when it is called.
    if (action.kind === "call" && action.task !== "" && !missing.has(action.task) && !tasks.has(action.task)) missing.set(action.task, action.place);
  }
  const [first] = missing;
  if (first === undefined) return undefined;
  const names = [...missing.keys()].map((name) => `"${name}"`).join(", ");
  const details = {
    workflow: workflow.name,
    tasks: [...missing].map(([name, place]) => ({ name, place })),
    registered: [...tasks.names()],
  };
  const message = `Workflow "${workflow.name}" calls ${missing.size === 1 ? "a task that is" : "tasks that are"} not registered: ${names}`;
  return new WorkflowError("task/unregistered", message, { details, place: first[1] });
}

function* listActions({ program: { definition } }: LoadedWorkflow): Iterable<ActionDefinition | TaskAction> {
  for (const state of definition.states) {
    yield* state.entry;
    yield* state.exit;
    if (state.task !== undefined) yield state.task.action;
    if (state.task?.undo !== undefined) yield state.task.undo.action;
  }
  for (const transition of definition.transitions) yield* transition.actions;
}

/** As callers see it. */
export function toWorkflow({ name, identity, program, findings }: LoadedWorkflow): Workflow {
  return { name, identity, definition: program.definition, findings };
}
