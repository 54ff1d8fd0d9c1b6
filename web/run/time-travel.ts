// Where in the past of the open run the page looks: a step of its history, as the engine gives it, with what changed in it. Without one the
// page shows the run as it is now.
import { computed, effect, signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { toProblem } from "../app/problem.js";
import type { Run, RunEvent, RunStep, Value } from "../millrace.js";
import { connection, readEngine } from "./connection.js";
import type { EventList, History } from "./history.js";
import { activeStates, awaitedEvents, context, history, listAwaited, openRecord, openRun, openRunId, openWorkflow, transitionCounts, visitedStates } from "./open-run.js";
import { keepRecords } from "./run-list.js";
import { writeValue } from "./context-tree.js";

/** The step that was chosen; undefined: now. */
export const chosenStep = signal<number | undefined>(undefined);
/** The run after it, and after the step before; it may lag behind the choice. */
const looked = signal<{ readonly step: RunStep; readonly before: RunStep | undefined } | undefined>(undefined);

/** The step on show; undefined: the run is shown as it is now. */
export const shownStep = computed(() => (chosenStep.value === undefined ? undefined : looked.value?.step));
/** Number of steps that there are. */
export const lastStep = computed(() => {
  const told = listTold(history.value);
  return Math.max(openRecord.value?.seq ?? 0, told.at(told.count - 1)?.seq ?? 0);
});
/** The first step that is still kept. */
export const firstStep = computed(() => {
  const first = listTold(history.value).at(0);
  return first?.type === "checkpoint" ? first.seq : 0;
});

function listTold({ lists }: { readonly lists: History }): EventList {
  return lists.listOf("all");
}

/** The event that a step began with; undefined where nothing is told of it. */
export function causeOf(step: number): RunEvent | undefined {
  const told = listTold(history.value);
  let [low, high] = [0, told.count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((told.at(middle)?.seq ?? 0) < step) low = middle + 1;
    else high = middle;
  }
  const event = told.at(low);
  return event?.seq === step ? event : undefined;
}

/** States that are active in what is shown. */
export const shownStates = computed<ReadonlySet<string>>(() => (shownStep.value === undefined ? activeStates.value : new Set(shownStep.value.states)));
export const shownContext = computed(() => (shownStep.value === undefined ? context.value : shownStep.value.context));

/** Events that the active states of what is shown have a use for. */
export const shownAwaited = computed<ReadonlySet<string>>(() => {
  const step = shownStep.value;
  const definition = openWorkflow.value?.definition;
  if (step === undefined || definition === undefined) return awaitedEvents.value;
  return step.awaits === undefined ? new Set() : listAwaited(definition, shownStates.value);
});

/** States and transitions that the run had come through. */
export const shownWay = computed<{ readonly states: ReadonlySet<string>; readonly transitions: ReadonlySet<number> }>(() => {
  const step = shownStep.value;
  if (step === undefined) return { states: visitedStates.value, transitions: new Set(transitionCounts.value.keys()) };
  const states = new Set<string>();
  const transitions = new Set<number>();
  const told = listTold(history.value);
  for (let index = 0; index < told.count; index += 1) {
    const event = told.at(index);
    if (event === undefined || event.seq > step.seq) break;
    if (event.type === "stateEntered") states.add(event.state);
    else if (event.type === "transition") transitions.add(event.index);
  }
  return { states, transitions };
});

/** Variables that the step on show gave another value. */
export const changedNames = computed<ReadonlySet<string>>(() => {
  const { step, before } = (chosenStep.value === undefined ? undefined : looked.value) ?? {};
  if (step === undefined || before === undefined) return new Set();
  return new Set(Object.keys(step.context).filter((name) => writeValue(step.context[name]) !== writeValue(before.context[name])));
});

/** Shows the run after a step; at the last one, and with undefined, as it is now. */
export function travelTo(step: number | undefined): void {
  chosenStep.value = step === undefined || step >= lastStep.peek() ? undefined : Math.max(firstStep.peek(), step);
}

/** What the run was given. */
export const startInput = computed<unknown>(() => {
  const first = listTold(history.value).at(0);
  return first?.type === "started" ? first.input : undefined;
});

/** Begins a run as the open one was after the step, with other input where it is given, and opens it. Returns what is wrong, or undefined. */
export async function forkAt(step: number, input: Value | undefined): Promise<string | undefined> {
  const engine = readEngine();
  const runId = openRunId.peek();
  if (!engine || runId === undefined) return "The engine is not running.";
  try {
    const run = await engine.fork(runId, step, input === undefined ? {} : { input });
    keepRecords([await run.record()]);
    openRun(run.id);
    announce(`A new run goes on from step ${step}`, "good");
    return undefined;
  } catch (error) {
    return toProblem(error).message;
  }
}

/** Reads the chosen steps; call once. While one is read only the last choice made meanwhile is kept. */
export function followTravel(): void {
  let isReading = false;
  let run: Run | undefined;
  const read = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    try {
      for (let seq = chosenStep.peek(); seq !== undefined && looked.peek()?.step.seq !== seq; seq = chosenStep.peek()) {
        const runId = openRunId.peek();
        if (run?.id !== runId) run = runId === undefined ? undefined : await readEngine()?.runs.get(runId);
        if (run === undefined) return;
        const before = seq > firstStep.peek() ? await run.at(seq - 1) : undefined;
        const step = await run.at(seq);
        if (openRunId.peek() === run.id) looked.value = { step, before };
      }
    } catch (error) {
      chosenStep.value = undefined;
      announce(`The step could not be read: ${toProblem(error).message}`, "bad");
    } finally {
      isReading = false;
    }
  };
  effect(() => {
    void openRunId.value;
    void connection.value;
    chosenStep.value = undefined;
    looked.value = undefined;
    run = undefined;
  });
  effect(() => {
    if (chosenStep.value !== undefined) void read();
  });
}
