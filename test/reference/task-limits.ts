// Time limits of scopes in the reference model: who is under way in which scope, with which branch it was entered, and its timer.
import type { Branch } from "./branch.js";
import type { TaskShape } from "./task-shape.js";

export interface Member {
  readonly task: number;
  readonly split: number;
  readonly branch: Branch;
}

/** A scope in which something is under way. */
interface Entered<M> {
  readonly scope: number;
  readonly branch: Branch;
  readonly split: number;
  readonly members: Set<M>;
  serial: number | undefined;
}

export class ScopeLimits<M extends Member> {
  private entered: Entered<M>[] = [];

  constructor(
    private readonly shape: TaskShape,
    /** A timer is not wanted any more. */
    private readonly cancel: (serial: number) => void,
  ) {}

  /** The member is under way in the scopes around it. */
  enter(member: M): void {
    for (const scope of this.shape.around(member.task)) {
      if (this.shape.limit(scope) === undefined) continue;
      const known = this.entered.find((other) => other.scope === scope);
      if (known === undefined) this.entered.push({ scope, branch: member.branch, split: member.split, members: new Set([member]), serial: undefined });
      else known.members.add(member);
    }
  }

  /** It is under way there no more: in those of which `isLeft` is true. */
  leave(member: M, isLeft: (scope: number) => boolean = () => true): void {
    for (const entered of this.entered) if (isLeft(entered.scope)) entered.members.delete(member);
    for (const { members, serial } of this.entered) if (members.size === 0 && serial !== undefined) this.cancel(serial);
    this.entered = this.entered.filter(({ members }) => members.size > 0);
  }

  /** The scopes around a task that have no timer yet, the innermost first. */
  unlimited(task: number): readonly Entered<M>[] {
    return this.shape.around(task).flatMap((scope) => this.entered.filter((entered) => entered.scope === scope && entered.serial === undefined));
  }

  /** The scope whose timer it is; it has none from now on. */
  take(serial: number): Entered<M> | undefined {
    const entered = this.entered.find((other) => other.serial === serial);
    if (entered !== undefined) entered.serial = undefined;
    return entered;
  }

  /** The run has ended. */
  clear(): void {
    for (const { serial } of this.entered) if (serial !== undefined) this.cancel(serial);
    this.entered = [];
  }
}
