// The guarded loop as a programmer would write it for speed: a switch over plain variables for one run, over typed
// arrays for many.
import type { LoadOf, Subject } from "../subject.js";
import { ANSWER_EVENT_COUNT, COUNT_LIMIT, describeEnds, type Position } from "../machines.js";
import { openHandWrittenNested } from "./hand-written-nested.js";
import { openHandWrittenRegions } from "./hand-written-regions.js";

const STATE_NAMES = ["a", "b", "c"] as const;
/** Any other event is ignored. */
const EVENT_NEXT = 0;

/** The event codes that a caller would hold: read from memory, so that the compiler cannot know them. */
const events = new Uint8Array(1024).fill(EVENT_NEXT);

export function openHandWrittenLoop(load: LoadOf<"transition">): Subject {
  if (load.machine === "nested") return openHandWrittenNested(load.runCount, events);
  if (load.machine === "regions") return openHandWrittenRegions(load.runCount, events);
  return load.runCount === 1 ? openSingle() : openMany(load.runCount);
}

function openSingle(): Subject {
  let state = 0;
  let count = 0;
  const send = (event: number): void => {
    if (event !== EVENT_NEXT) return;
    switch (state) {
      case 0:
        if (count < COUNT_LIMIT) {
          count += 1;
          state = 1;
        } else count = 0;
        return;
      case 1:
        if (count < COUNT_LIMIT) {
          count += 1;
          state = 2;
        } else {
          count = 0;
          state = 0;
        }
        return;
      default:
        if (count < COUNT_LIMIT) count += 1;
        else count = 0;
        state = 0;
    }
  };
  const run = (eventCount: number): void => {
    for (let index = 0; index < eventCount; index += 1) send(events[index & 1023] ?? 0);
  };
  return {
    run,
    answer() {
      run(ANSWER_EVENT_COUNT);
      return describeEnds(() => readPosition(state, count), 1);
    },
  };
}

function openMany(runCount: number): Subject {
  const states = new Uint8Array(runCount);
  const counts = new Float64Array(runCount);
  const send = (run: number, event: number): void => {
    if (event !== EVENT_NEXT) return;
    const count = counts[run] ?? 0;
    const isBelow = count < COUNT_LIMIT;
    counts[run] = isBelow ? count + 1 : 0;
    switch (states[run]) {
      case 0:
        states[run] = isBelow ? 1 : 0;
        return;
      case 1:
        states[run] = isBelow ? 2 : 0;
        return;
      default:
        states[run] = 0;
    }
  };
  const run = (eventCount: number): void => {
    for (let index = 0, target = 0; index < eventCount; index += 1) {
      send(target, events[index & 1023] ?? 0);
      target = target + 1 === runCount ? 0 : target + 1;
    }
  };
  return {
    run,
    answer() {
      run(ANSWER_EVENT_COUNT * runCount);
      return describeEnds((index) => readPosition(states[index] ?? 0, counts[index] ?? 0), runCount);
    },
  };
}

function readPosition(state: number, count: number): Position {
  return { state: STATE_NAMES[state] ?? "", counters: { count } };
}
