// Why XState may play a chart otherwise though the reference model and the kernel agree: one predicate for each reason, over what was
// decided at once in the step that differs. A difference that none of them explains is a bug of somebody.
import type { Definition, TransitionDefinition } from "../../../src/model/definition.js";
import type { EventlessSet } from "../../reference/statechart.js";

/** Where a chart is played otherwise, and what is behind it. */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** SCXML's rule, and what XState does. */
  readonly source: string;
  /** May the step with these sets of eventless transitions come out otherwise? */
  explains(definition: Definition, sets: readonly EventlessSet[]): boolean;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    name: "done among others",
    reason: "an eventless transition out of a composite is of one kind with all others here, and stands in one set with them",
    source:
      "SCXML (Algorithm, mainEventLoop): done.state.ID is an internal event, taken when no eventless transition is enabled any more; XState raises it likewise",
    explains: (definition, sets) => sets.some(({ chosen }) => chosen.length > 1 && chosen.some((way) => isCompletion(definition, way))),
  },
  {
    name: "tried again",
    reason: "a guarded eventless transition out of a composite that has come to its end is tried again when the run has moved",
    source:
      "UML 2.5.1, 14.2.3.8.3: a completion event is dispatched once, as done.state.ID in SCXML and onDone in XState; a state that is done stays done here (docs/decisions/0002)",
    explains: (definition, sets) => sets.some(({ chosen }) => chosen.some((way) => way.guard !== undefined && isCompletion(definition, way))),
  },
  {
    name: "rivals",
    reason: "of two eventless transitions of different regions that leave one state, the first one in document order is taken",
    source:
      "SCXML (Algorithm, removeConflictingTransitions) prefers the transition of the state that comes first in document order; XState 5 keeps active states in the order of their entry (macrostep, removeConflictingTransitions of its stateUtils)",
    explains: (_, sets) => sets.some(({ preempted }) => preempted.length > 0),
  },
];

/** Out of a state with states inside: XState's onDone. */
function isCompletion({ states }: Definition, { source }: TransitionDefinition): boolean {
  return states.some(({ parent }) => parent === source);
}
