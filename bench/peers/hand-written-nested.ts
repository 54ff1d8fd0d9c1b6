// The loop through two composites over typed arrays: what a programmer makes of entries and bubbling when only the
// leaves have to be remembered.
import { ANSWER_EVENT_COUNT, COUNT_LIMIT, describeEnds } from "../machines.js";
import type { Subject } from "../subject.js";

const [A, B, C] = [0, 1, 2] as const;
const STATE_NAMES = ["a", "b", "c"] as const;

export function openHandWrittenNested(runCount: number, events: Uint8Array): Subject {
  const states = new Uint8Array(runCount);
  const counts = new Float64Array(runCount);
  const entries = new Float64Array(runCount).fill(2);
  const exits = new Float64Array(runCount);
  const send = (run: number, event: number): void => {
    if (event !== 0) return;
    const count = counts[run] ?? 0;
    const isBelow = count < COUNT_LIMIT;
    switch (states[run]) {
      case A:
        counts[run] = isBelow ? count + 1 : 0;
        states[run] = isBelow ? B : A;
        entries[run] = (entries[run] ?? 0) + 1;
        exits[run] = (exits[run] ?? 0) + 1;
        return;
      case B:
        states[run] = C;
        entries[run] = (entries[run] ?? 0) + 2;
        exits[run] = (exits[run] ?? 0) + 2;
        return;
      default:
        counts[run] = isBelow ? count + 1 : 0;
        states[run] = A;
        entries[run] = (entries[run] ?? 0) + 2;
        exits[run] = (exits[run] ?? 0) + 2;
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
      return describeEnds(
        (index) => ({
          state: STATE_NAMES[states[index] ?? 0] ?? "",
          counters: { count: counts[index] ?? 0, entered: entries[index] ?? 0, left: exits[index] ?? 0 },
        }),
        runCount,
      );
    },
  };
}
