// Parallel regions over typed arrays: one byte a region, one loop an event.
import { ANSWER_EVENT_COUNT, REGION_COUNT, describeEnds } from "../machines.js";
import type { Subject } from "../subject.js";

export function openHandWrittenRegions(runCount: number, events: Uint8Array): Subject {
  const states = new Uint8Array(runCount * REGION_COUNT);
  const counts = new Float64Array(runCount);
  const send = (run: number, event: number): void => {
    const first = run * REGION_COUNT;
    for (let region = first; region < first + REGION_COUNT; region += 1) {
      if (event !== 0) continue;
      states[region] = states[region] === 0 ? 1 : 0;
      counts[run] = (counts[run] ?? 0) + 1;
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
      return describeEnds((index) => {
        const own = states.subarray(index * REGION_COUNT, (index + 1) * REGION_COUNT);
        const names = [...own].map((state, region) => `${state === 0 ? "off" : "on"}${region}`);
        return { state: names.join(" "), counters: { count: counts[index] ?? 0 } };
      }, runCount);
    },
  };
}
