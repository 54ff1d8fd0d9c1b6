// Plays one script on two machines and says where they part.
import type { Definition } from "../../../src/model/definition.js";
import { EndlessStep, type Machine } from "./machine.js";
import { type Moment, type Play, type Sight, isSame } from "./play.js";
import { type Stimulus, likelyEvent } from "./script.js";

/** `ours` says when time has to pass, and whether the chart never rests: then the play is over. */
export function compareMachines(
  definition: Definition,
  ours: Machine & { readonly nextDue: number | undefined },
  theirs: Machine,
  script: readonly Stimulus[],
): Play {
  const moments: Moment[] = [];
  let now = 1_700_000_000_000;
  const happen = (stimulus: string, act: (machine: Machine) => void): boolean => {
    act(ours);
    act(theirs);
    const moment = { stimulus, model: look(ours), other: look(theirs) };
    moments.push(moment);
    return isSame(moment.model, moment.other);
  };
  try {
    let isEqual = happen("start", (machine) => machine.start(now));
    for (const stimulus of script) {
      if (!isEqual || ours.isEnded) break;
      const { nextDue } = ours;
      if (stimulus.kind === "timer" && nextDue !== undefined) {
        now = Math.max(now, nextDue);
        isEqual = happen(`at ${now}`, (machine) => machine.advance(now));
        continue;
      }
      if (nextDue === undefined || nextDue > now + 1) now += 1;
      const event = (stimulus.kind === "send" ? stimulus.event : undefined) ?? likelyEvent(definition, ours.states, stimulus.pick);
      isEqual = happen(`event ${event}`, (machine) => machine.send(event, now));
    }
    return { moments, isEqual, ending: ours.isEnded ? "succeeded" : "open" };
  } catch (error) {
    if (!(error instanceof EndlessStep)) throw error;
    return { moments, isEqual: true, ending: "endless" };
  }
}

function look(machine: Machine): Sight {
  const answer = machine.isEnded ? "ended" : "goes on";
  return { answer, states: machine.states, variables: machine.variables, effects: machine.takeLogs(), canceled: [] };
}
