// Turns jumps between numbered steps into the nested blocks and loops that WebAssembly has instead of jumps.
import { jumpsOf, type NativeStep } from "./native-steps.js";

/** Stands around the steps from `from` up to `to`, without the latter. A jump to a block's end leaves it; a jump to a loop's begin goes round. */
export interface Nest {
  from: number;
  to: number;
  readonly isLoop: boolean;
}

/** Blocks and loops in the order in which they open: outer before inner. Undefined: a jump leads into a loop, which no compiler of ours writes. */
export function nestJumps(steps: readonly NativeStep[], indexOf: (address: number) => number): readonly Nest[] | undefined {
  const blocks = new Map<number, Nest>();
  const loops: Nest[] = [];
  for (const step of steps) {
    for (const target of jumpsOf(step, indexOf)) {
      const { index } = step;
      if (target <= index) widenLoop(loops, target, index + 1);
      else if (!blocks.has(target)) blocks.set(target, { from: index, to: target, isLoop: false });
    }
  }
  const sorted = [...blocks.values()].sort((left, right) => left.to - right.to);
  for (const [at, block] of sorted.entries()) widenBlock(block, sorted, at, loops);
  if (loops.some((loop) => sorted.some(({ from, to }) => from < loop.from && to > loop.from && to < loop.to))) return undefined;
  return [...loops, ...sorted].sort((left, right) => left.from - right.from || right.to - left.to || Number(right.isLoop) - Number(left.isLoop));
}

/** The loop that begins at `from` reaches to `to` at least, and so does every one that it would end within. */
function widenLoop(loops: Nest[], from: number, to: number): void {
  const loop = loops.find((one) => one.from === from);
  if (loop === undefined) loops.push({ from, to, isLoop: true });
  else loop.to = Math.max(loop.to, to);
  for (const outer of loops) for (const inner of loops) if (outer.from < inner.from && inner.from < outer.to && outer.to < inner.to) outer.to = inner.to;
}

/** Moves a block's begin before all that it would end behind: the blocks sorted before it, and loops. */
function widenBlock(block: Nest, sorted: readonly Nest[], at: number, loops: readonly Nest[]): void {
  for (let before = -1; before !== block.from; ) {
    before = block.from;
    for (let index = at - 1; index >= 0; index -= 1) {
      const other = sorted[index] as Nest;
      if (other.to <= block.from) break;
      if (other.to < block.to && other.from < block.from) block.from = other.from;
    }
    for (const loop of loops) if (loop.from < block.from && block.from < loop.to && block.to > loop.to) block.from = loop.from;
  }
}
