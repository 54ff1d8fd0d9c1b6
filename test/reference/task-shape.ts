// The shape of a task graph as the reference model asks for it.
import type { Definition, TaskDefinition, TransitionDefinition, ValueSource } from "../../src/model/definition.js";

export class TaskShape {
  constructor(readonly definition: Definition) {}

  task(task: number): TaskDefinition {
    return this.definition.states[task]?.task as TaskDefinition;
  }

  name(task: number): string {
    return this.definition.states[task]?.id as string;
  }

  /** Those to which no transition leads, retries and what leads back from a scope around them apart. */
  starts(): readonly number[] {
    const isEntered = (task: number) => this.into(task).some(({ source }) => !this.isIn(task, source));
    return [...this.definition.states.keys()].filter((task) => !this.isScope(task) && !isEntered(task));
  }

  private into(task: number): readonly TransitionDefinition[] {
    return this.definition.transitions.filter((way) => way.target === task && isPlain(way));
  }

  /** How long something in a scope may be under way. */
  limit(scope: number): ValueSource | undefined {
    return this.definition.states[scope]?.timeout;
  }

  isScope(state: number): boolean {
    return this.definition.states[state]?.task === undefined;
  }

  /** The scopes around a task or a scope, the innermost first. */
  around(state: number): readonly number[] {
    const parent = this.definition.states[state]?.parent ?? -1;
    return parent < 0 ? [] : [parent, ...this.around(parent)];
  }

  /** What stands in a scope, at any depth. */
  isIn(state: number, scope: number): boolean {
    return this.around(state).includes(scope);
  }

  /** The tasks that lead here, in the order of their first transition. */
  sources(task: number): readonly number[] {
    return [...new Set(this.into(task).map(({ source }) => source))];
  }

  /** The entries under the task's `next`, each a list of transitions. */
  entries(task: number): readonly (readonly TransitionDefinition[])[] {
    const own = this.definition.transitions.filter(({ source }) => source === task);
    const numbers = [...new Set(own.map(({ next }) => next))];
    return numbers.map((number) => own.filter(({ next }) => next === number));
  }

  /** Does a way lead from the task back to it? */
  isCyclic(task: number): boolean {
    const reached = new Set(this.targets(task));
    // A set that grows while it is walked is walked to its end.
    for (const other of reached) for (const target of this.targets(other)) reached.add(target);
    return reached.has(task);
  }

  /** A failure leads to the scope around. */
  private targets(task: number): readonly number[] {
    const own = this.definition.transitions.filter((way) => way.source === task && isPlain(way));
    return [...own.map(({ target }) => target).filter((target) => target >= 0), ...this.around(task).slice(0, 1)];
  }

  /** Do several entries of `source` lead to this join, outside of cycles? */
  isRepeated(source: number, task: number): boolean {
    return this.task(task).join !== undefined && !this.isCyclic(task) && this.into(task).filter((way) => way.source === source).length > 1;
  }

  /** Does each arrival begin a split of its own? */
  isSplit(task: number): boolean {
    return this.task(task).join === undefined && this.into(task).length > 1 && !this.isCyclic(task);
  }
}

/** Does the transition start another task? */
export function isPlain({ isRetry, isCancel, isUndo }: TransitionDefinition): boolean {
  return isRetry !== true && isCancel !== true && isUndo !== true;
}
