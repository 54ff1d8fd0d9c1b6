// What a run was told, kept for another run of its workflow: answers of tasks, events and timers by the visits that they belong to.
// Visits that are to be done again, and what came of them, are left out.
import type { Definition } from "../model/definition.js";
import { WorkflowError } from "../model/errors.js";
import { EntryKind } from "../model/history.js";
import type { LoadedProgram } from "./program-table.js";
import { keyOf, type Visit, VisitWatch } from "./visits.js";

/** An answer or an event, and when it came. */
export interface Told {
  readonly kind: EntryKind;
  /** Of an event: its number. */
  readonly id: number;
  readonly payload: Uint8Array | undefined;
  readonly seq: number;
}

export interface ForgetOptions {
  /** Tasks whose last visit is done again; absent: those whose failure failed the run. */
  readonly tasks?: readonly string[] | undefined;
  /** Items of such a task that have succeeded keep their results. */
  readonly areItemsKept: boolean;
}

/** Filled by a traced replay of the run, as its `watch`. */
export class RunMemory {
  readonly watch: VisitWatch;
  readonly #definition: Definition;
  readonly #told = new Map<string, { readonly visit: Visit; readonly name: string; readonly told: Told }>();
  /** Results of items, whatever the attempt. */
  readonly #items = new Map<string, Told>();

  constructor(program: LoadedProgram) {
    this.#definition = program.workflow.program.definition;
    this.watch = new VisitWatch(program, {
      answered: (visit, name, kind, id, payload, seq) => this.#told.set(keyOf(visit, name), { visit, name, told: { kind, id, payload, seq } }),
    });
  }

  /**
   * Leaves out what is to be done again, and what began after it on ways that lead from it.
   * Throws `run/unknown-task` where a task has not begun in the run.
   */
  forget({ tasks, areItemsKept }: ForgetOptions): void {
    const { visits } = this.watch;
    const chosen = tasks === undefined ? visits.filter(({ hasFailed }) => hasFailed) : tasks.map((task) => this.#lastVisitOf(task));
    // What was undone is there no more.
    const again = [...chosen, ...visits.filter(({ isUndone }) => isUndone)];
    const reachFrom = searchWays(this.#definition);
    const reached = new Map([...again, ...again.flatMap((visit) => this.#scopesAround(visit))].map((visit) => [visit, reachFrom(visit.task)]));
    const isForgotten = (visit: Visit): boolean => {
      for (const [from, tasksAfter] of reached) if (from === visit || (visit.enteredSeq >= from.answeredSeq && tasksAfter.has(visit.task))) return true;
      return false;
    };
    for (const [key, { visit, name, told }] of this.#told) {
      if (!isForgotten(visit)) continue;
      this.#told.delete(key);
      const item = itemOf(name);
      if (areItemsKept && reached.has(visit) && !visit.isUndone && item !== undefined && told.kind === EntryKind.TASK_SUCCEEDED) this.#items.set(keyOf(visit, item), told);
    }
  }

  /** What the visit was told then, or undefined. */
  recall(visit: Visit, name: string): Told | undefined {
    const item = itemOf(name);
    return this.#told.get(keyOf(visit, name))?.told ?? (item === undefined ? undefined : this.#items.get(keyOf(visit, item)));
  }

  /** The scopes that the visit stood in, as far as they have time limits: these run anew with it. */
  #scopesAround({ task, enteredSeq }: Visit): readonly Visit[] {
    const { states } = this.#definition;
    const around: Visit[] = [];
    for (let at = states.find(({ id }) => id === task)?.parent ?? -1; at >= 0; at = states[at]?.parent ?? -1) {
      const scope = this.watch.visits.findLast((visit) => visit.task === states[at]?.id && visit.enteredSeq <= enteredSeq);
      if (scope !== undefined) around.push(scope);
    }
    return around;
  }

  #lastVisitOf(task: string): Visit {
    const visit = this.watch.visits.findLast((each) => each.task === task);
    if (visit !== undefined) return visit;
    throw new WorkflowError("run/unknown-task", `No task "${task}" has begun in the run`, { details: { task } });
  }
}

/** Which item a call is about; undefined where it is about none. */
function itemOf(name: string): string | undefined {
  return /^c([1-9]\d*)\./.exec(name)?.[1];
}

/** Says which tasks and scopes ways lead to from a task: the task itself only where one leads back. Each task is searched from once. */
function searchWays({ states, transitions }: Definition): (task: string) => ReadonlySet<string> {
  // A failure leads to the scopes around the task.
  const nexts = states.map(({ parent }) => (parent < 0 ? [] : [parent]));
  for (const { source, target, isRetry, isCancel, isUndo } of transitions)
    if (isRetry !== true && isCancel !== true && isUndo !== true) nexts[source]?.push(target);
  const found = new Map<string, ReadonlySet<string>>();
  return (task) => {
    const known = found.get(task);
    if (known !== undefined) return known;
    const reached = new Set<number>();
    const pending = [states.findIndex(({ id }) => id === task)];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      for (const next of nexts[at] ?? []) {
        if (!reached.has(next)) pending.push(next);
        reached.add(next);
      }
    }
    const names = new Set([...reached].flatMap((index) => states[index]?.id ?? []));
    found.set(task, names);
    return names;
  };
}
