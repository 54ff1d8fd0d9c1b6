// Branches of a task graph: each sees the variables as they were where it began, and its own changes. Nothing
// in a branch is ever changed: a change makes a branch that follows on it.
import type { Value } from "./expression.js";
import { Failure } from "./values.js";

type Values = ReadonlyMap<string, Value>;

export class Branch {
  constructor(
    readonly values: Values,
    readonly parent?: Branch,
  ) {}

  /** A branch that follows on this one, and differs from it in these. */
  with(changes: readonly (readonly [string, Value])[]): Branch {
    return new Branch(new Map([...this.values, ...changes]), this);
  }

  /** This branch and those that it follows on, the nearest first. */
  line(): Branch[] {
    return this.parent === undefined ? [this] : [this, ...this.parent.line()];
  }
}

/** What one changed against their nearest common ancestor wins; where both changed a variable, the later where `isLast`, else it is a failure. */
export function mergeBranches(first: Branch, second: Branch, isLast: boolean): Branch {
  const line = second.line();
  const ancestor = first.line().find((branch) => line.includes(branch)) as Branch;
  const merged = new Map(ancestor.values);
  for (const name of new Set([...first.values.keys(), ...second.values.keys()])) {
    const [was, one, other] = [ancestor, first, second].map(({ values }) => values.get(name));
    const [isOne, isOther] = [!isSame(was, one), !isSame(was, other)];
    if (isOne && isOther && !isSame(one, other) && !isLast) throw new Failure("run/merge-conflict");
    const value = isOther ? other : one;
    if (value !== undefined) merged.set(name, value);
  }
  return new Branch(merged, ancestor);
}

function isSame(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
