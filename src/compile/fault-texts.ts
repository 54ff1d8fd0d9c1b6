// What the variable `error` says of a failure within a run: texts laid into the program for every place from which a failure
// transition can be taken, since the kernel has no words of its own.
import { ExpressionError, FAULT_CAUSE_FIRST, FAULT_TEXT_COUNT } from "../../assembly/abi.js";
import type { Definition } from "../model/definition.js";
import type { Place } from "../model/errors.js";
import { causeOf, FAULT_CODES } from "../model/fault-codes.js";
import { encodeValue } from "../model/value.js";

/** Pairs of a MAP as wire values, one after the other; undefined: nothing to say. */
export type FaultText = Uint8Array | undefined;

/** Per state: has it a failure transition, or a scope around it? */
export function findCovered(definition: Definition): Uint8Array {
  const covered = new Uint8Array(definition.states.length);
  for (const { trigger, source } of definition.transitions) if (trigger.kind === "outcome" && trigger.outcome === "failure") covered[source] = 1;
  // A parent stands before its children.
  definition.states.forEach(({ parent }, state) => {
    if (parent !== -1 && covered[parent] === 1) covered[state] = 1;
  });
  return covered;
}

/** The texts of ProgramHeader.FAULT_TEXTS: codes by RunFault, then causes by ExpressionError. */
export function listFaultTexts(): FaultText[] {
  const texts = new Array<FaultText>(FAULT_TEXT_COUNT).fill(undefined);
  for (const [fault, code] of Object.entries(FAULT_CODES)) texts[Number(fault)] = encodePairs({ code });
  for (let error = 1; ExpressionError[error] !== undefined; error += 1) texts[FAULT_CAUSE_FIRST + error] = encodePairs({ cause: causeOf(error) });
  return texts;
}

/** What is said of a failing expression. `purpose`: what it is there for. */
export function describeExpression(purpose: "guard" | "action" | "duration", text: string, state: string, place: Place): FaultText {
  const expression = text === "" ? "" : ` "${text}"`;
  const message =
    purpose === "guard"
      ? `The guard${expression} in state "${state}" failed`
      : purpose === "duration"
        ? `The duration${expression} in state "${state}" failed`
        : `An action in state "${state}" failed`;
  return encodePairs({ message, place: bare(place) });
}

/** What is said where a state itself is at fault: a choice without a way, a join whose branches disagree, a value of another type. */
export function describeState({ id, kind, place }: Definition["states"][number]): FaultText {
  const message =
    kind === "choice" || kind === "start" || kind === "fork" || kind === "history"
      ? `No transition out of "${id}" is permitted`
      : kind === "join" || kind === "end"
        ? `Branches that meet in "${id}" changed one variable to different values`
        : `A variable was given a value in state "${id}" that its type cannot hold`;
  return encodePairs({ message, place: bare(place) });
}

function bare({ start, end, line, column }: Place): Record<string, number> {
  return { start, end, line, column };
}

function encodePairs(pairs: Readonly<Record<string, unknown>>): Uint8Array {
  // A MAP of less than 128 pairs, without its tag and its count.
  return encodeValue(pairs).subarray(2);
}
