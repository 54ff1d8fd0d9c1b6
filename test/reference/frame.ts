// Frames: a run's variables, and between a fork and its join each branch's own view of them. A frame begins as a copy; when it is
// merged, what its branch changed is taken over, and a variable that was changed to something else meanwhile is a conflict.
import type { Value } from "./expression.js";

/** Variables that a run writes by itself; they never conflict. */
export const BUILT_IN: ReadonlySet<string> = new Set(["event", "result", "error"]);

export class Frame {
  readonly values: Map<string, Value>;
  private readonly before: ReadonlyMap<string, Value>;

  /** For a frame that has a parent: the fork state that made this branch. */
  constructor(
    readonly parent?: Frame,
    readonly fork = -1,
  ) {
    this.values = new Map(parent?.values);
    this.before = new Map(parent?.values);
  }

  /** This frame, its parent, and so on. */
  line(): Frame[] {
    return this.parent === undefined ? [this] : [this, ...this.parent.line()];
  }

  /** Takes this branch's changes over into its parent. Returns the name of a variable in conflict: then the rest is not taken over. */
  merge(): string | undefined {
    const parent = this.parent as Frame;
    for (const [name, value] of this.values) {
      const was = this.before.get(name);
      const current = parent.values.get(name);
      if (isSame(value, was)) continue;
      if (!BUILT_IN.has(name) && !isSame(current, was) && !isSame(current, value)) return name;
      parent.values.set(name, value);
    }
    return undefined;
  }
}

/** The innermost frame that all of them see through. */
export function commonFrame(frames: readonly Frame[]): Frame {
  const [first, ...others] = frames as [Frame, ...Frame[]];
  return first.line().find((frame) => others.every((other) => other.line().includes(frame))) as Frame;
}

function isSame(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
