// Which transitions are taken: the choices that tokens make, and which of them stand when they conflict.
import type { TransitionDefinition } from "../../src/model/definition.js";
import type { Choice, Token } from "./token.js";
import type { Tree } from "./tree.js";
import { Failure, evaluateIn } from "./values.js";

/** An event goes to the innermost state that takes it; within a state the first transition in the text wins. */
export function findByEvent(tree: Tree, token: Token, event: string): TransitionDefinition | undefined {
  return findOutward(tree, token, ({ trigger }) => trigger.kind === "event" && trigger.event === event);
}

/** The failure transition of the token's state or of the nearest scope around it. */
export function findFailure(tree: Tree, token: Token): TransitionDefinition | undefined {
  return findOutward(tree, token, ({ trigger }) => trigger.kind === "outcome" && trigger.outcome === "failure");
}

function findOutward(tree: Tree, token: Token, fits: (transition: TransitionDefinition) => boolean): TransitionDefinition | undefined {
  return tree
    .lineOf(token.state)
    .flatMap((state) => tree.transitionsOf(state))
    .find((transition) => fits(transition) && permits(token, transition));
}

/** Completion transitions belong to the state that is complete: they do not bubble. A fork goes all its ways. */
export function findCompletion(tree: Tree, token: Token): TransitionDefinition | readonly TransitionDefinition[] | undefined {
  const kind = tree.kind(token.state);
  const ways = tree.transitionsOf(token.state);
  if (kind === "fork") return ways;
  const isOpen = ({ trigger }: TransitionDefinition) =>
    trigger.kind === "always" || (trigger.kind === "outcome" && trigger.outcome === "success");
  const found = ways.find((transition) => isOpen(transition) && permits(token, transition));
  if (found === undefined && kind === "choice") throw new Failure("run/no-transition");
  return found;
}

/** Does the guard hold for what the token sees? */
export function permits({ frame }: Token, { guard }: TransitionDefinition): boolean {
  if (guard === undefined) return true;
  const value = evaluateIn(frame, guard.text, "run/guard-failed");
  if (typeof value !== "boolean") throw new Failure("run/guard-failed");
  return value;
}

/**
 * SCXML's removeConflictingTransitions: of two that leave the same state the inner one wins, else the one chosen first. An internal
 * transition leaves nothing; several tokens in a scope take it once.
 */
export function removeConflicts(tree: Tree, tokens: readonly Token[], choices: readonly Choice[]): readonly Choice[] {
  let kept: readonly Choice[] = [];
  for (const choice of choices) {
    if (isInternal(choice)) {
      const isShared = sourceOf(choice) !== choice.token.state && kept.some((other) => other.ways[0] === choice.ways[0]);
      if (!isShared) kept = [...kept, choice];
      continue;
    }
    const left = tokensLeftBy(tree, tokens, choice);
    const rivals = kept.filter((other) => tokensLeftBy(tree, tokens, other).some((token) => left.includes(token)));
    const isOuter = (other: Choice) => sourceOf(other) !== sourceOf(choice) && tree.isWithin(sourceOf(other), sourceOf(choice));
    if (rivals.every(isOuter)) kept = [...kept.filter((other) => !rivals.includes(other)), choice];
  }
  return kept;
}

/** The innermost state that stays active. The ways of a fork all have the same one. */
export function domainOf(tree: Tree, { ways }: Choice): number {
  return tree.domainOf(ways[0] as TransitionDefinition);
}

/** The state that a choice leaves as a whole: the child of its domain in which its token stands. */
export function topOf(tree: Tree, choice: Choice): number {
  return tree.childToward(domainOf(tree, choice), choice.token.state);
}

/** The tokens that stand in what a choice leaves: all but its own will end. */
export function tokensLeftBy(tree: Tree, tokens: readonly Token[], choice: Choice): readonly Token[] {
  if (isInternal(choice)) return [];
  const top = topOf(tree, choice);
  if (tree.childrenOf(top).length === 0) return [choice.token];
  return tokens.filter(({ state }) => tree.isWithin(top, state));
}

export function isInternal({ ways }: Choice): boolean {
  return (ways[0] as TransitionDefinition).isInternal === true;
}

function sourceOf({ ways }: Choice): number {
  return (ways[0] as TransitionDefinition).source;
}
