// Started services and actors of the guarded loop that rest: the bytes of script heap that each of them keeps.
import { createActor } from "xstate";
import type { LoadOf, Subject } from "../subject.js";
import { startService } from "./robot-loop.js";
import { makeFlat } from "./xstate-loop.js";

/** Fewer than ours: an actor is ten times as large, and the figure is per actor. */
const PEER_COUNT = 20_000;

export function openXStateIdle(_load: LoadOf<"idle">): Subject {
  const machine = makeFlat();
  return openIdle(
    () => createActor(machine).start(),
    (actor) => {
      actor.send({ type: "next" });
      return String(actor.getSnapshot().value);
    },
  );
}

export function openRobotIdle(_load: LoadOf<"idle">): Subject {
  return openIdle(startService, (service) => {
    service.send("next");
    return String(service.machine.current);
  });
}

function openIdle<T>(start: () => T, step: (one: T) => string): Subject {
  const startMany = (count: number): T[] => Array.from({ length: count }, start);
  startMany(1_000);
  return {
    run(count) {
      startMany(count);
    },
    async gauge() {
      const before = await window.readHeapSize();
      const ones = startMany(PEER_COUNT);
      const after = await window.readHeapSize();
      step(ones[0] as T);
      return (after - before) / PEER_COUNT;
    },
    answer: () => step(start()),
  };
}
