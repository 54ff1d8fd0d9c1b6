// How the reading of a transition's label is shown: one glyph, one colour and one name each.
import type { VNode } from "preact";
import type { LabelReading, TransitionDefinition } from "../millrace.js";
import { isFailureTransition } from "./drawing.js";

export interface Reading {
  readonly name: string;
  readonly tone: "event" | "guard" | "after" | "success" | "failure" | "always" | "unreadable";
  readonly explanation: string;
}

const READINGS: Readonly<Record<LabelReading, Reading>> = {
  always: { name: "always", tone: "always", explanation: "taken as soon as the state is done" },
  expression: { name: "expression", tone: "guard", explanation: "taken when the expression is true" },
  guard: { name: "guard", tone: "guard", explanation: "taken when the guard is true" },
  after: { name: "after", tone: "after", explanation: "taken when the time is up" },
  event: { name: "event", tone: "event", explanation: "taken when the event is sent" },
  "event-guard": { name: "event and guard", tone: "event", explanation: "taken when the event is sent and the guard is true" },
  outcome: { name: "success", tone: "success", explanation: "taken when the state's last action succeeds" },
  unreadable: { name: "unreadable", tone: "unreadable", explanation: "the label could not be read" },
};
const FAILURE: Reading = { name: "failure", tone: "failure", explanation: "taken when the state's last action fails" };

/** What to show for a transition. */
export function readingOf(transition: TransitionDefinition): Reading {
  return isFailureTransition(transition) ? FAILURE : READINGS[transition.reading];
}

/** Everything the legend lists, in its order. */
export const LEGEND: readonly Reading[] = [READINGS.event, READINGS.guard, READINGS.after, READINGS.outcome, FAILURE, READINGS.always];

const GLYPHS: Readonly<Record<Reading["tone"], string>> = {
  event: "M5.6 0.6L1.4 5.8h2.8L3.6 9.4l4.8-5.6H5.4z",
  guard: "M3.4 1H1.4v8h2M6.6 1h2v8h-2",
  after: "M5 0.9a4.1 4.1 0 1 1 0 8.2 4.1 4.1 0 0 1 0-8.2M5 2.7V5.2l1.7 1",
  success: "M1.3 5.4l2.5 2.5L8.7 2.2",
  failure: "M2 2l6 6M8 2l-6 6",
  always: "M1 5h7.5M5.7 2.2L8.5 5 5.7 7.8",
  unreadable: "M3 3.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.6-.9 1.2M5 8.6v.1",
};

/** The glyph of a reading, 10 units square, drawn in the colour of its tone. */
export function Glyph({ tone, x = 0, y = 0 }: { tone: Reading["tone"]; x?: number; y?: number }): VNode {
  return <path class={`glyph glyph-${tone}`} d={GLYPHS[tone]} transform={`translate(${x} ${y})`} />;
}
