// Turns jumps between numbered steps into the nested blocks and loops that WebAssembly has instead of jumps.
import { isFinal, jumpsOf, type NativeStep } from "./native-steps.js";

/** Stands around the steps from `from` up to `to`, without the latter. A jump to a block's end leaves it; a jump to a loop's begin goes round. */
export interface Nest {
  from: number;
  to: number;
  readonly isLoop: boolean;
}

/** Blocks and loops in the order in which they open: outer before inner. Undefined: a jump leads into a loop, which no compiler of ours writes. */
export function nestJumps(steps: readonly NativeStep[], indexOf: (address: number) => number): readonly Nest[] | undefined {
  const blocks = new Map<number, Nest>();
  const loops = new Map<number, Nest>();
  for (const step of steps) {
    for (const target of jumpsOf(step, indexOf)) {
      const { index } = step;
      if (target <= index) {
        const loop = loops.get(target);
        if (loop === undefined) loops.set(target, { from: target, to: index + 1, isLoop: true });
        else loop.to = Math.max(loop.to, index + 1);
      } else if (target !== index + 1 || isFinal(step)) {
        if (!blocks.has(target)) blocks.set(target, { from: index, to: target, isLoop: false });
      } else if (!blocks.has(target)) blocks.set(target, { from: index, to: target, isLoop: false });
    }
  }
  const nests = [...loops.values(), ...blocks.values()];
  while (widen(nests)) continue;
  if (nests.some((nest) => nest.isLoop && nests.some((other) => other.from < nest.from && other.to > nest.from && other.to < nest.to))) return undefined;
  return nests.sort((left, right) => left.from - right.from || right.to - left.to || Number(right.isLoop) - Number(left.isLoop));
}

/** Moves the edges of two that cross, so that one contains the other. False: none cross. */
function widen(nests: readonly Nest[]): boolean {
  let hasChanged = false;
  for (const outer of nests) {
    for (const inner of nests) {
      if (!(outer.from < inner.from && inner.from < outer.to && outer.to < inner.to)) continue;
      if (!inner.isLoop) {
        inner.from = outer.from;
        hasChanged = true;
      } else if (outer.isLoop) {
        outer.to = inner.to;
        hasChanged = true;
      }
    }
  }
  return hasChanged;
}
