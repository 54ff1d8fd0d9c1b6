// Which fork a join of N belongs to: the one whose branches, each on its own, lead to the most of the join's ways; of several the
// first in the document. When the join fires, the other branches of that fork are over.
import type { TransitionDefinition } from "../../src/model/definition.js";
import type { Tree } from "./tree.js";

/** The fork's index; undefined where no fork leads to the join by two branches that differ. */
export function forkOf(tree: Tree, join: number): number | undefined {
  let found: number | undefined;
  let most = 0;
  for (const [state, { kind }] of tree.definition.states.entries()) {
    const count = kind === "fork" ? countWays(tree, state, join) : 0;
    if (count > most) [found, most] = [state, count];
  }
  return found;
}

function countWays(tree: Tree, fork: number, join: number): number {
  const branches = tree.transitionsOf(fork).map((way) => waysInto(tree, way, fork, join));
  const led = branches.filter((ways) => ways.length > 0);
  const all = new Set(led.flat());
  return led.every((ways) => ways.length === all.size) ? 0 : all.size;
}

/** All transitions into the join that may follow on `first`: from the states that they lead to, those around and those inside. */
function waysInto(tree: Tree, first: TransitionDefinition, fork: number, join: number): readonly TransitionDefinition[] {
  const followed = new Set([first]);
  // A set that grows while it is walked is walked to its end.
  for (const { target } of followed) {
    const around = tree.lineOf(target).filter((state) => !tree.isWithin(state, fork));
    const active = [...tree.definition.states.keys()].filter((state) => around.some((scope) => tree.isWithin(scope, state)));
    for (const state of active) if (state !== join) for (const way of tree.transitionsOf(state)) followed.add(way);
  }
  return [...followed].filter(({ target }) => target === join);
}
