// The open run's events as the page keeps them: a list for each topic, made as they come, each with an end. Knows nothing of how a line looks.
import type { RunEvent } from "../millrace.js";

/** `story`: what a person wants to know; `all`: every event. */
export type Topic = "story" | "states" | "tasks" | "logs" | "all";

/** Events that a list keeps; older ones are dropped from the page, the engine has them still. */
export const eventCountMax = 20_000;
/** So many are dropped in one go, so that a list that is full does not move with each event. */
const droppedCount = 5_000;

/** Under which topics an event of a type is told, besides `all`. */
const TOPICS_BY_TYPE: Readonly<Record<RunEvent["type"], readonly Topic[]>> = {
  started: ["story", "states"],
  event: ["story", "states"],
  stateEntered: ["states"],
  stateExited: ["states"],
  undoStarted: ["story", "states"],
  undoEnded: ["states"],
  transition: ["story"],
  variableSet: [],
  log: ["story", "logs"],
  itemsStarted: ["story", "tasks"],
  taskStarted: ["story", "tasks"],
  taskSucceeded: ["story", "tasks"],
  taskFailed: ["story", "tasks"],
  taskCanceled: ["story", "tasks"],
  timerSet: ["story"],
  timerFired: ["story", "states"],
  timerCanceled: [],
  childStarted: ["story", "tasks"],
  checkpoint: ["story", "states"],
  paused: ["story", "states"],
  resumed: ["story", "states"],
  ended: ["story", "states", "tasks", "logs"],
};

/** Events in order, the newest `eventCountMax` at most. */
export class EventList<Item = RunEvent> {
  #events: Item[] = [];
  #first = 0;

  get count(): number {
    return this.#events.length;
  }

  /** How many came before the first that is kept. */
  get first(): number {
    return this.#first;
  }

  at(index: number): Item | undefined {
    return this.#events[index];
  }

  add(event: Item): void {
    if (this.#events.length === eventCountMax) {
      this.#events = this.#events.slice(droppedCount);
      this.#first += droppedCount;
    }
    this.#events.push(event);
  }
}

/** What is known of a run's history, by topic. */
export class History {
  readonly #lists: Readonly<Record<Topic, EventList>> = {
    story: new EventList(),
    states: new EventList(),
    tasks: new EventList(),
    logs: new EventList(),
    all: new EventList(),
  };
  #startTime: number | undefined;

  /** Of the first event, ms since 1970; 0 before. */
  get startTime(): number {
    return this.#startTime ?? 0;
  }

  listOf(topic: Topic): EventList {
    return this.#lists[topic];
  }

  /** Takes an event in. `isCounted`: it is told by a number in another line, save under `all`. */
  add(event: RunEvent, isCounted: boolean): void {
    this.#startTime ??= event.time;
    this.#lists.all.add(event);
    if (isCounted) return;
    for (const topic of TOPICS_BY_TYPE[event.type]) this.#lists[topic].add(event);
  }
}
