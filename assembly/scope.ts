// The tree of states, asked questions: nodes are numbered in preorder, so a scope is a range of numbers.
import { nodeRecord } from "./program";

@inline
export function parentOf(program: usize, node: u32): u32 {
  return load<u32>(nodeRecord(program, node), 4);
}

/** The last descendant of `node`, or itself. */
@inline
export function lastOf(program: usize, node: u32): u32 {
  return load<u32>(nodeRecord(program, node), 8);
}

/** Is `node` the scope itself or inside it? */
@inline
export function isWithin(program: usize, scope: u32, node: u32): bool {
  return node >= scope && node <= lastOf(program, scope);
}

/** The ancestor-or-self of `node` that stands directly in `scope`. `node` is inside `scope`. */
export function childToward(program: usize, scope: u32, node: u32): u32 {
  let parent = parentOf(program, node);
  while (parent != scope) {
    node = parent;
    parent = parentOf(program, node);
  }
  return node;
}
