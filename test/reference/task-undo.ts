// What can be undone of a run of the reference model: the tasks that have succeeded and have an undo, the last one at the end.
import type { Branch } from "./branch.js";
import type { Value } from "./expression.js";

export interface Registration {
  readonly task: number;
  readonly branch: Branch;
  readonly result: Value;
  /** Later ones have greater. */
  readonly number: number;
}

export class UndoStack {
  private registrations: Registration[] = [];
  private count = 0;

  get isEmpty(): boolean {
    return this.registrations.length === 0;
  }

  add(task: number, branch: Branch, result: Value): Registration {
    this.count += 1;
    const registration = { task, branch, result, number: this.count };
    this.registrations.push(registration);
    return registration;
  }

  /** Takes the last one. */
  take(): Registration | undefined {
    return this.registrations.pop();
  }

  /** The task was only tried again. */
  forget(registration: Registration): void {
    if (this.registrations.at(-1) === registration) this.registrations.pop();
  }

  /** Takes those of which `isWanted` is true. */
  takeAll(isWanted: (task: number) => boolean): Registration[] {
    const taken = this.registrations.filter(({ task }) => isWanted(task));
    this.registrations = this.registrations.filter(({ task }) => !isWanted(task));
    return taken;
  }

  putBack(registrations: readonly Registration[]): void {
    this.registrations = inOrder([...this.registrations, ...registrations]);
  }
}

export function inOrder(registrations: readonly Registration[]): Registration[] {
  return [...registrations].sort((a, b) => a.number - b.number);
}
