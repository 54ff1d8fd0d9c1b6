// What happens to a run, as a random script.
import type { Definition } from "../../../src/model/definition.js";
import type { Random } from "./random.js";

/**
 * `pick` chooses among what there is at that time: the events that an active state names (`event` undefined), the timers or the
 * tasks that are outstanding (without any: an event), the serials of those that have ended.
 */
export type Stimulus =
  | { readonly kind: "send"; readonly event: string | undefined; readonly pick: number }
  | { readonly kind: "timer"; readonly pick: number }
  | { readonly kind: "task"; readonly pick: number; readonly isSuccess: boolean; readonly result: number }
  | { readonly kind: "stale"; readonly pick: number; readonly isTimer: boolean };

export function generateScript(random: Random, events: readonly string[], length: number): Stimulus[] {
  return Array.from({ length }, (): Stimulus => {
    const pick = random.below(1000);
    const roll = random.below(100);
    if (roll < 60) return { kind: "send", event: roll < 15 ? random.pick(events) : undefined, pick };
    if (roll < 78) return { kind: "timer", pick };
    if (roll < 97) return { kind: "task", pick, isSuccess: random.chance(0.6), result: random.below(5) };
    return { kind: "stale", pick, isTimer: random.chance(0.5) };
  });
}

/** An event that a transition of an active state waits for, where there is one. */
export function likelyEvent({ events, states, transitions }: Definition, active: readonly string[], pick: number): string {
  const awaited = transitions.flatMap(({ source, trigger }) =>
    trigger.kind === "event" && active.includes(states[source]?.id ?? "") ? [trigger.event] : [],
  );
  const names = awaited.length > 0 ? awaited : events.map(({ name }) => name);
  return names[pick % names.length] as string;
}
