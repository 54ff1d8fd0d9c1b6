// Adds to a parsed chart what is not written in the text: exit actions, internal transitions, deferred events, histories, joins of N. Each
// state and transition decides by its own name and the seed, so that a chart made smaller keeps what it has.
import type { ActionDefinition, Definition, StateDefinition, TransitionDefinition } from "../../../src/model/definition.js";
import { Random } from "./random.js";

export interface Decoration {
  readonly seed: number;
  readonly hasExits: boolean;
  readonly hasInternal: boolean;
  readonly hasDeferral: boolean;
  readonly hasHistory: boolean;
  readonly hasJoinCounts: boolean;
}

export const ALL_DECORATIONS: Omit<Decoration, "seed"> = {
  hasExits: true,
  hasInternal: true,
  hasDeferral: true,
  hasHistory: true,
  hasJoinCounts: true,
};

export function decorate(definition: Definition, decoration: Decoration): Definition {
  const instant = definition.states.flatMap(({ entry }) => entry).filter(({ kind }) => kind === "log" || kind === "set");
  const states = definition.states.map((state, index) => decorateState(definition, state, index, instant, decoration));
  const transitions = definition.transitions.map((transition) =>
    decoration.hasInternal ? makeInternal(states, transition, decoration.seed) : transition,
  );
  return { ...definition, states, transitions };
}

function randomFor(seed: number, name: string): Random {
  let hash = seed;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return new Random(hash >>> 0);
}

function decorateState(
  definition: Definition,
  state: StateDefinition,
  index: number,
  instant: readonly ActionDefinition[],
  { seed, hasExits, hasDeferral, hasHistory, hasJoinCounts }: Decoration,
): StateDefinition {
  const random = randomFor(seed, state.id);
  const isState = state.kind === "state" || state.kind === "composite" || state.kind === "parallel";
  const incoming = definition.transitions.filter(({ target }) => target === index).length;
  const [doesExit, doesDefer, remembers, isEarly] = [random.chance(0.3), random.chance(0.15), random.chance(0.3), random.chance(0.3)];
  return {
    ...state,
    ...(hasExits && isState && doesExit && instant.length > 0 && { exit: [random.pick(instant)] }),
    ...(hasDeferral && isState && doesDefer && { deferred: [random.pick(definition.events).name] }),
    ...(hasHistory && isState && state.kind !== "state" && remembers && { history: random.pick(["shallow", "deep"] as const) }),
    ...(hasJoinCounts && state.kind === "join" && isEarly && incoming > 1 && { joinCount: incoming - 1 }),
  };
}

function makeInternal(states: readonly StateDefinition[], transition: TransitionDefinition, seed: number): TransitionDefinition {
  const { source, target, trigger, label } = transition;
  const { id, kind } = states[source] as StateDefinition;
  const isState = kind === "state" || kind === "composite" || kind === "parallel";
  // A join keeps its ways: they are counted before.
  if (states[target]?.kind === "join") return transition;
  if (trigger.kind !== "event" || !isState || !randomFor(seed, id + label).chance(0.2)) return transition;
  return { ...transition, target: source, isInternal: true };
}
