// The run that is open in the run panel: what is known of it, and what can be done with it. What is known comes from the engine (run-watch.ts),
// so it is the same after a reload.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { toProblem } from "../app/problem.js";
import type { Definition, Engine, ErrorRecord, RunAwait, RunEvent, Workflow } from "../millrace.js";
import { readEngine } from "./connection.js";
import { History } from "./history.js";
import type { ItemCounts } from "./item-counts.js";
import { isEnded, keepRecords, recordOf } from "./run-list.js";

/** The run chosen in the list or in the address. */
export const openRunId = signal<string | undefined>(undefined);
export const openWorkflow = signal<(Workflow & { readonly source: string }) | undefined>(undefined);
export const openProblem = signal<ErrorRecord | undefined>(undefined);
/** The run's events; a new object each time that there are more. */
export const history = signal<{ readonly lists: History }>({ lists: new History() });
/** The event with which the run ended. */
export const ending = signal<Extract<RunEvent, { type: "ended" }> | undefined>(undefined);
export const activeStates = signal<ReadonlySet<string>>(new Set());
export const visitedStates = signal<ReadonlySet<string>>(new Set());
/** Transitions taken since the last look, newest last; a new array each time. */
export const takenTransitions = signal<readonly number[]>([]);
/** How often each transition was taken. */
export const transitionCounts = signal<ReadonlyMap<number, number>>(new Map());
/** By task: how far the items of its newest visit are. */
export const itemsProgress = signal<ReadonlyMap<string, ItemCounts>>(new Map());
/** By visit of a task with items: how far they are. */
export const itemsByVisit = new Map<string, ReadonlySignal<ItemCounts>>();
/** How far items are, in words, now and then. */
export const spokenProgress = signal("");
/** What the run waits for, as the engine tells it. */
export const awaits = signal<readonly RunAwait[]>([]);
export const context = signal<Readonly<Record<string, unknown>> | undefined>(undefined);
/** Is the context on show? It may be large, and is read only then. */
export const isContextShown = signal(false);

export const openRecord = computed(() => (openRunId.value === undefined ? undefined : recordOf(openRunId.value)));
export const openStatus = computed(() => openRecord.value?.status);

/** The waits that a person is to answer: those of tasks, and those that say something. The others have buttons. */
export const questions = computed<readonly RunAwait[]>(() => {
  const status = openStatus.value;
  if (status !== undefined && isEnded(status)) return [];
  const isGraph = openWorkflow.value?.definition.taskGraph !== undefined;
  return awaits.value.filter(({ message }) => isGraph || message !== undefined);
});

/** Names of the events that an active state, or one around it, has a use for. */
export const awaitedEvents = computed<ReadonlySet<string>>(() => {
  const definition = openWorkflow.value?.definition;
  const status = openStatus.value;
  if (!definition || (status !== undefined && isEnded(status))) return new Set();
  return listAwaited(definition, activeStates.value);
});

/** Which events would the active states take? */
export function listAwaited(definition: Definition, active: ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set<string>();
  const isActive = definition.states.map((state) => active.has(state.id));
  definition.states.forEach((_, index) => {
    if (!isActive[index]) return;
    for (let at = definition.states[index]?.parent ?? -1; at >= 0 && !isActive[at]; at = definition.states[at]?.parent ?? -1)
      isActive[at] = true;
  });
  for (const { source, trigger } of definition.transitions) if (isActive[source] && trigger.kind === "event") names.add(trigger.event);
  definition.states.forEach((state, index) => {
    if (isActive[index]) for (const action of state.entry) if (action.kind === "await") names.add(action.event);
    if (isActive[index] && state.task?.action.kind === "await") names.add(state.task.action.event);
  });
  return names;
}

/** Opens a run; undefined closes the one on show. */
export function openRun(runId: string | undefined): void {
  openRunId.value = runId;
}

/** Pauses, resumes or cancels the open run. */
export async function controlRun(action: "pause" | "resume" | "cancel"): Promise<void> {
  const engine = readEngine();
  const runId = openRunId.peek();
  if (!engine || runId === undefined) return;
  try {
    const status = await engine[action](runId);
    announce(`Run ${status}`, action === "cancel" ? "neutral" : "good");
    keepRecords([await (await engine.runs.get(runId)).record()]);
  } catch (error) {
    announce(toProblem(error).message, "bad");
  }
}

/** Does again what failed the open run, or what it had not done, in a new run that is then open. */
export async function rerunOpen(): Promise<void> {
  const engine = readEngine();
  const runId = openRunId.peek();
  if (!engine || runId === undefined) return;
  try {
    const run = await engine.rerun(runId);
    keepRecords([await run.record()]);
    openRun(run.id);
    announce("A new run goes on from where this one came to", "good");
  } catch (error) {
    announce(toProblem(error).message, "bad");
  }
}

const SEND_WORDS = {
  taken: "taken",
  ignored: "ignored: no active state awaits it",
  held: "held until the run is resumed",
  ended: "not taken: the run has ended",
  unknown: "not known to this run",
  failed: "taken, and it failed the run",
  deferred: "kept until no active state defers it",
  refused: "refused: the run keeps as many deferred events as it may",
} as const;

/** Sends an event to the open run and says what became of it. */
export async function sendEvent(name: string, payload: unknown): Promise<void> {
  const problem = await answerEvent(name, payload);
  if (problem?.code === "run/invalid-payload") announce(problem.message, "bad");
}

/** The same; what does not fit the form of the task that waits is not said but returned. */
export async function answerEvent(name: string, payload: unknown): Promise<ErrorRecord | undefined> {
  const engine = readEngine();
  const runId = openRunId.peek();
  if (!engine || runId === undefined) return undefined;
  try {
    const { status } = await engine.send(runId, name, payload as Parameters<Engine["send"]>[2]);
    announce(`“${name}” ${SEND_WORDS[status]}`, ["taken", "held", "deferred"].includes(status) ? "good" : "bad");
    return undefined;
  } catch (error) {
    const problem = toProblem(error);
    if (problem.code !== "run/invalid-payload") announce(problem.message, "bad");
    return problem;
  }
}
