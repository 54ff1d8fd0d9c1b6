// The run that is open in the run panel: its events as they happen, the states that are active, its context and its
// result. All of it is read from the engine, so it is the same after a reload.
import { computed, effect, signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { toProblem } from "../app/problem.js";
import type { Definition, Engine, ErrorRecord, Run, RunAwait, RunEvent, Workflow } from "../millrace.js";
import { connection, readEngine } from "./connection.js";
import { isEnded, keepRecords, recordOf } from "./run-list.js";

const FLUSH_DELAY_MS = 30;
/** Transitions older than this were not taken before the person's eyes. */
const FRESH_MS = 3_000;
/** Older events are dropped from the page's memory; the engine keeps them. */
export const eventCountMax = 20_000;

/** The run chosen in the list or in the address. */
export const openRunId = signal<string | undefined>(undefined);
export const openWorkflow = signal<(Workflow & { readonly source: string }) | undefined>(undefined);
export const openProblem = signal<ErrorRecord | undefined>(undefined);
export const events = signal<readonly RunEvent[]>([]);
export const activeStates = signal<ReadonlySet<string>>(new Set());
export const visitedStates = signal<ReadonlySet<string>>(new Set());
/** Transitions taken since the last look, newest last; a new array each time. */
export const takenTransitions = signal<readonly number[]>([]);
/** How often each transition was taken. */
export const transitionCounts = signal<ReadonlyMap<number, number>>(new Map());
/** By task: how many of the items of its newest visit have ended. */
export const itemsProgress = signal<ReadonlyMap<string, { readonly done: number; readonly total: number }>>(new Map());
/** What the run waits for, as the engine tells it. */
export const awaits = signal<readonly RunAwait[]>([]);
export const context = signal<Readonly<Record<string, unknown>> | undefined>(undefined);

export const openRecord = computed(() => (openRunId.value === undefined ? undefined : recordOf(openRunId.value)));
export const openStatus = computed(() => openRecord.value?.status);

/** The event with which the run ended. */
export const ending = computed(() => {
  const last = events.value.at(-1);
  return last?.type === "ended" ? last : undefined;
});

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

function clearOpenRun(): void {
  openWorkflow.value = undefined;
  openProblem.value = undefined;
  events.value = [];
  activeStates.value = new Set();
  visitedStates.value = new Set();
  takenTransitions.value = [];
  transitionCounts.value = new Map();
  itemsProgress.value = new Map();
  awaits.value = [];
  context.value = undefined;
}

/** Follows the open run; call once. */
export function followOpenRun(): void {
  effect(() => {
    const runId = openRunId.value;
    const state = connection.value;
    clearOpenRun();
    if (runId === undefined || state.kind !== "ready") return;
    const watch = new RunWatch(state.engine, runId);
    void watch.begin();
    return () => watch.end();
  });
}

/** Watches one run until it ends or another one is opened. */
class RunWatch {
  #isOver = false;
  #pending: RunEvent[] = [];
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #iterator: AsyncIterator<RunEvent> | undefined;
  /** How many of each are active: a task of a graph may be under way several times. */
  readonly #active = new Map<string, number>();
  /** By visit: the state, and how many of its items have ended. */
  readonly #items = new Map<string, { readonly state: string; readonly total: number; done: number }>();
  readonly #visited = new Set<string>();
  readonly #counts = new Map<number, number>();
  readonly #engine: Engine;
  readonly #runId: string;
  #run: Run | undefined;
  #readCount = 0;
  #shownCount = 0;

  constructor(engine: Engine, runId: string) {
    this.#engine = engine;
    this.#runId = runId;
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#flushTimer);
    void this.#iterator?.return?.()?.catch?.(() => undefined);
  }

  async begin(): Promise<void> {
    try {
      const run = await this.#engine.runs.get(this.#runId);
      if (this.#isOver) return;
      this.#run = run;
      const [workflow, record] = await Promise.all([run.workflow(), run.record()]);
      if (this.#isOver) return;
      keepRecords([record]);
      openWorkflow.value = workflow;
      await this.#readEvents(run);
    } catch (error) {
      if (!this.#isOver) openProblem.value = toProblem(error);
    }
  }

  async #readEvents(run: Run): Promise<void> {
    const iterator = run.events()[Symbol.asyncIterator]();
    this.#iterator = iterator;
    for (let next = await iterator.next(); next.done !== true && !this.#isOver; next = await iterator.next()) {
      this.#pending.push(next.value);
      this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_DELAY_MS);
    }
    if (!this.#isOver && this.#pending.length > 0) this.#flush();
    if (!this.#isOver) await this.#readContext();
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#isOver) return;
    const fresh = this.#pending.splice(0);
    const taken: number[] = [];
    for (const event of fresh) this.#apply(event, taken);
    const all = [...events.peek(), ...fresh];
    events.value = all.length > eventCountMax ? all.slice(-eventCountMax) : all;
    activeStates.value = new Set(this.#active.keys());
    if (this.#items.size > 0) itemsProgress.value = new Map([...this.#items.values()].map((items) => [items.state, { ...items }]));
    visitedStates.value = new Set(this.#visited);
    if (fresh.some((event) => event.type === "transition")) transitionCounts.value = new Map(this.#counts);
    if (taken.length > 0) takenTransitions.value = taken;
    void this.#readContext();
  }

  #apply(event: RunEvent, taken: number[]): void {
    if (event.type === "stateEntered") {
      this.#active.set(event.state, (this.#active.get(event.state) ?? 0) + 1);
      this.#visited.add(event.state);
    } else if (event.type === "undoStarted") {
      this.#active.set(event.state, (this.#active.get(event.state) ?? 0) + 1);
      this.#visited.delete(event.state);
    } else if (event.type === "stateExited" || event.type === "undoEnded") this.#leave(event.state);
    else if (event.type === "itemsStarted") this.#items.set(event.visit, { state: event.state, total: event.count, done: 0 });
    else if (event.type === "taskSucceeded" || event.type === "taskFailed") this.#countItem(event.visit, event.item);
    else if (event.type === "transition") {
      this.#counts.set(event.index, (this.#counts.get(event.index) ?? 0) + 1);
      if (Date.now() - event.time < FRESH_MS) taken.push(event.index);
    } else if (event.type === "ended" && event.status !== "failed" && event.status !== "timedOut") this.#active.clear();
  }

  #leave(state: string): void {
    const count = this.#active.get(state) ?? 0;
    if (count > 1) this.#active.set(state, count - 1);
    else this.#active.delete(state);
  }

  #countItem(visit: string, item: number | undefined): void {
    const items = item === undefined ? undefined : this.#items.get(visit);
    if (items !== undefined) items.done += 1;
  }

  async #readContext(): Promise<void> {
    if (!this.#run) return;
    const number = ++this.#readCount;
    try {
      const [value, waits] = await Promise.all([this.#run.context(), this.#run.awaits()]);
      // What was asked for later is newer, and may be here already.
      if (this.#isOver || number < this.#shownCount) return;
      this.#shownCount = number;
      context.value = value;
      if (waits.length > 0 || awaits.peek().length > 0) awaits.value = waits;
    } catch (error) {
      if (!this.#isOver && context.peek() === undefined) announce(`The context could not be read: ${toProblem(error).message}`, "bad");
    }
  }
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
