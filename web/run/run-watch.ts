// Follows the open run: takes its events in as they come, and shows what became of it once a frame.
import { effect, signal, type Signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import { forgetFrame, Inquiry, showInFrame } from "../app/frames.js";
import { toProblem } from "../app/problem.js";
import type { Engine, Run, RunEvent } from "../millrace.js";
import { connection } from "./connection.js";
import { History } from "./history.js";
import { type ItemCounts, ItemTally, SpokenProgress, visitCountMax } from "./item-counts.js";
import {
  activeStates,
  awaits,
  context,
  ending,
  history,
  isContextShown,
  itemsByVisit,
  itemsProgress,
  openProblem,
  openRunId,
  openWorkflow,
  spokenProgress,
  takenTransitions,
  transitionCounts,
  visitedStates,
} from "./open-run.js";
import { keepRecords } from "./run-list.js";
import { formatName } from "./run-marks.js";

/** Transitions older than this were not taken before the person's eyes. */
const FRESH_MS = 3_000;
/** Progress is not read out more often than this, ms. */
const SPOKEN_INTERVAL_MS = 3_000;

function clearOpenRun(): void {
  openWorkflow.value = undefined;
  openProblem.value = undefined;
  history.value = { lists: new History() };
  ending.value = undefined;
  activeStates.value = new Set();
  visitedStates.value = new Set();
  takenTransitions.value = [];
  transitionCounts.value = new Map();
  itemsProgress.value = new Map();
  itemsByVisit.clear();
  spokenProgress.value = "";
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
  #iterator: AsyncIterator<RunEvent> | undefined;
  readonly #history = new History();
  readonly #tally = new ItemTally();
  readonly #spoken = new SpokenProgress(SPOKEN_INTERVAL_MS);
  /** How many of each are active: a task of a graph may be under way several times. */
  readonly #active = new Map<string, number>();
  readonly #visited = new Set<string>();
  readonly #counts = new Map<number, number>();
  /** What has changed since it was shown last. */
  #taken: number[] = [];
  #changedVisits = new Set<string>();
  #hasMoved = false;
  #hasCounted = false;
  #ending: Extract<RunEvent, { type: "ended" }> | undefined;
  readonly #engine: Engine;
  readonly #runId: string;
  #run: Run | undefined;
  readonly #contextInquiry = new Inquiry(() => this.#readContext());
  readonly #awaitsInquiry = new Inquiry(() => this.#readAwaits());
  #stopContext: (() => void) | undefined;

  constructor(engine: Engine, runId: string) {
    this.#engine = engine;
    this.#runId = runId;
  }

  end(): void {
    this.#isOver = true;
    forgetFrame(this.#show);
    this.#contextInquiry.end();
    this.#awaitsInquiry.end();
    this.#stopContext?.();
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
      this.#stopContext = effect(() => {
        if (isContextShown.value) this.#contextInquiry.renew();
      });
      await this.#readEvents(run);
    } catch (error) {
      if (!this.#isOver) openProblem.value = toProblem(error);
    }
  }

  async #readEvents(run: Run): Promise<void> {
    const iterator = run.events()[Symbol.asyncIterator]();
    this.#iterator = iterator;
    for (let next = await iterator.next(); next.done !== true && !this.#isOver; next = await iterator.next()) {
      this.#take(next.value);
      showInFrame(this.#show);
    }
  }

  #take(event: RunEvent): void {
    const visit = this.#tally.take(event);
    if (visit !== undefined) this.#changedVisits.add(visit);
    this.#history.add(event, this.#tally.isCounted(event));
    if (event.type === "stateEntered") {
      this.#active.set(event.state, (this.#active.get(event.state) ?? 0) + 1);
      this.#visited.add(event.state);
      this.#hasMoved = true;
    } else if (event.type === "undoStarted") {
      this.#active.set(event.state, (this.#active.get(event.state) ?? 0) + 1);
      this.#visited.delete(event.state);
      this.#hasMoved = true;
    } else if (event.type === "stateExited" || event.type === "undoEnded") {
      this.#leave(event.state);
      this.#hasMoved = true;
    } else if (event.type === "transition") {
      this.#counts.set(event.index, (this.#counts.get(event.index) ?? 0) + 1);
      this.#hasCounted = true;
      if (Date.now() - event.time < FRESH_MS) this.#taken.push(event.index);
    } else if (event.type === "ended") {
      if (event.status !== "failed" && event.status !== "timedOut") this.#active.clear();
      this.#hasMoved = true;
      this.#ending = event;
    }
  }

  #leave(state: string): void {
    const count = this.#active.get(state) ?? 0;
    if (count > 1) this.#active.set(state, count - 1);
    else this.#active.delete(state);
  }

  readonly #show = (): void => {
    if (this.#isOver) return;
    history.value = { lists: this.#history };
    ending.value = this.#ending;
    if (this.#hasMoved) {
      if (!isSame(activeStates.peek(), this.#active)) activeStates.value = new Set(this.#active.keys());
      if (!isSame(visitedStates.peek(), this.#visited)) visitedStates.value = new Set(this.#visited);
      this.#hasMoved = false;
    }
    if (this.#hasCounted) transitionCounts.value = new Map(this.#counts);
    this.#hasCounted = false;
    if (this.#taken.length > 0) takenTransitions.value = [...new Set(this.#taken)];
    this.#taken = [];
    if (this.#changedVisits.size > 0) this.#showItems();
    this.#awaitsInquiry.renew();
    if (isContextShown.peek()) this.#contextInquiry.renew();
  };

  #showItems(): void {
    for (const visit of this.#changedVisits) {
      const counts = this.#tally.countsOf(visit);
      const shown = itemsByVisit.get(visit) as Signal<ItemCounts> | undefined;
      if (counts === undefined) itemsByVisit.delete(visit);
      else if (shown === undefined) itemsByVisit.set(visit, signal(counts));
      else shown.value = counts;
    }
    this.#changedVisits = new Set();
    for (const oldest of itemsByVisit.keys()) {
      if (itemsByVisit.size <= visitCountMax) break;
      itemsByVisit.delete(oldest);
    }
    itemsProgress.value = this.#tally.listNewest();
    const text = this.#spoken.say(itemsProgress.peek(), performance.now(), formatName);
    if (text !== undefined) spokenProgress.value = text;
  }

  async #readAwaits(): Promise<void> {
    try {
      const waits = await this.#run?.awaits();
      if (!this.#isOver && waits !== undefined && (waits.length > 0 || awaits.peek().length > 0)) awaits.value = waits;
    } catch {
      // A run that is gone says so where its events are read.
    }
  }

  async #readContext(): Promise<void> {
    try {
      const value = await this.#run?.context();
      if (!this.#isOver) context.value = value;
    } catch (error) {
      if (!this.#isOver && context.peek() === undefined) announce(`The context could not be read: ${toProblem(error).message}`, "bad");
    }
  }
}

/** In the same order too: the drawing follows the last. */
function isSame(shown: ReadonlySet<string>, next: { readonly size: number; keys(): IterableIterator<string> }): boolean {
  if (shown.size !== next.size) return false;
  const names = next.keys();
  for (const name of shown) if (name !== names.next().value) return false;
  return true;
}
