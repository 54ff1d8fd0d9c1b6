// Plays a plan: tabs of a simulated browser on a simulated disk, what users do in them, what goes wrong, and what must hold at every instant.
import { joinEngine } from "../../../src/create-engine.js";
import { createLibrary } from "../../../src/library/library.js";
import type { Engine, SendResult, TaskContext } from "../../../src/model/engine.js";
import { WorkflowError } from "../../../src/model/errors.js";
import type { LibraryPort, LoadedWorkflow, StorePort } from "../../../src/model/ports.js";
import { isEnded } from "../../../src/model/status.js";
import type { GroupWrite } from "../../../src/store/disk.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { createTabs } from "../../../src/tabs/shared-tabs.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { type Fate, SimulatedDevice, type SimulatedDisk } from "../../../src/testing/simulated-disk.js";
import { makeRandom, SimulatedBrowser, type SimulatedTab } from "../../../src/testing/simulated-tabs.js";
import { FaultSource } from "./fault-source.js";
import { checkPlaces, judge, Ledger, readSeq } from "./judge.js";
import { KernelPool } from "./kernel-pool.js";
import { type Faults, makePlan, type Plan, type Step } from "./plan.js";
import { SOURCES } from "./workflows.js";

/** After the last fault everything has to be over within this time, ms. */
const END_MS_MAX = 600_000;
/** After the last fault, until runs are brought to their ends, ms. */
const CALM_MS = 6_000;
const ROUND_MS = 1_000;
/** After all runs have ended, until the last question is answered, ms. */
const ANSWER_MS_MAX = 10_000;

/** How often what was met. */
export type Counts = Record<"kills" | "freezes" | "failures" | "heirs" | "clocks" | "doubles" | "fills" | "unreadable", number>;

/** Breaks the engine's world on purpose: a proof that what is broken is found. */
export interface Sabotage {
  /** The disk forgets this group and tells that it keeps it. */
  readonly forgets?: { readonly journal: number; readonly group: number };
}

/** What did not hold, and the faults that were met until then. */
export class Violation extends Error {
  readonly faults: Faults;

  constructor(message: string, faults: Faults) {
    super(message);
    this.faults = faults;
  }
}

interface OpenTab {
  readonly engine: Engine;
  readonly tab: SimulatedTab;
  readonly disk: SimulatedDisk;
  /** What was asked in it and is not answered. */
  readonly asked: Set<string>;
  isFrozen: boolean;
}

const kernels = new KernelPool();
const loaded = new Map<string, LoadedWorkflow>();
const library = createLibrary();
/** Hashing takes real time, which a simulation has not: every source is loaded once before. */
const quickLibrary: LibraryPort = {
  load: async (source, name, zones) => loaded.get(source) ?? library.load(source, name, zones),
  versionOf: async () => undefined,
};

/** Plays what a seed stands for. Throws a `Violation` where something does not hold. */
export function playSeed(seed: number): Promise<Counts> {
  return playPlan(makePlan(seed));
}

/** Throws a `Violation` where something does not hold. */
export async function playPlan(plan: Plan, sabotage: Sabotage = {}): Promise<Counts> {
  for (const source of SOURCES) if (!loaded.has(source)) loaded.set(source, await library.load(source));
  return new Stage(plan, sabotage).play();
}

class Stage {
  readonly #plan: Plan;
  readonly #sabotage: Sabotage;
  readonly #faults: FaultSource;
  readonly #clock: SimulatedClock;
  readonly #browser: SimulatedBrowser;
  readonly #device = new SimulatedDevice();
  readonly #ledger = new Ledger();
  readonly #counts: Counts = { kills: 0, freezes: 0, failures: 0, heirs: 0, clocks: 0, doubles: 0, fills: 0, unreadable: 0 };
  /** By the plan's numbers; a fresh one's number is the browser's. */
  readonly #tabs = new Map<number, OpenTab>();
  /** Those whose engine was closed; their pages live on. */
  readonly #closed: OpenTab[] = [];
  readonly #delays = new Map<number, number>();
  #freeSize: number | undefined;
  #errorMsMax = 0;
  #questionCount = 0;

  constructor(plan: Plan, sabotage: Sabotage) {
    const { seed, faults } = plan;
    this.#plan = plan;
    this.#sabotage = sabotage;
    this.#faults = new FaultSource(seed, faults);
    this.#clock = new SimulatedClock(Date.UTC(2026, 0, 1), seed, { isQuick: true });
    this.#browser = new SimulatedBrowser(this.#clock, makeRandom(seed), {
      delay: (from, to) => this.#faults.messageDelay(from.number, to.number),
      copies: (from, to) => this.#faults.copies(from.number, to.number),
      robbedDelay: (tab) => this.#faults.robbedDelay(tab.number),
    });
  }

  async play(): Promise<Counts> {
    try {
      for (const step of this.#plan.steps) {
        await this.#do(step);
        await this.#clock.advance(step.ms);
        this.#ledger.check();
      }
      await this.#calm();
      await this.#finish();
      await this.#checkAnswers();
      this.#ledger.check();
      const runIds = await judge(this.#device, this.#ledger);
      await this.#replay(runIds);
      const takeovers = [...this.#device.journals.values()].map(({ rows }) => [...rows.values()].filter((row) => (row as { isTakeover: boolean }).isTakeover).length);
      this.#counts.heirs = takeovers.filter((count) => count > 1).length;
      return this.#counts;
    } catch (error) {
      throw new Violation(error instanceof Error ? error.message : String(error), this.#plan.faults ?? this.#faults.met);
    }
  }

  // --- what happens -----------------------------------------------------------------------------------------------

  async #do(step: Step): Promise<void> {
    switch (step.kind) {
      case "open":
        return this.#open(step.tab, step.isStrict);
      case "set":
        this.#counts.clocks += 1;
        this.#errorMsMax = Math.max(this.#errorMsMax, step.errorMs);
        this.#browser.clockErrorMs = step.errorMs;
        return;
      case "double":
        if (this.#browser.grantTwice(`millrace:s:${step.journal}`)) this.#counts.doubles += 1;
        return;
      case "fill":
        this.#counts.fills += 1;
        this.#freeSize = step.freeSize;
        return;
      case "slow":
        this.#delays.set(step.journal, step.delayMs);
        return;
      case "rest":
        return;
    }
    const one = this.#tabs.get(step.tab);
    if (one !== undefined) this.#doIn(one, step);
  }

  #doIn(one: OpenTab, step: Extract<Step, { readonly tab: number }>): void {
    const { engine, tab } = one;
    switch (step.kind) {
      case "kill":
        this.#counts.kills += 1;
        return this.#kill(step.tab);
      case "close":
        return this.#close(step.tab, one);
      case "freeze":
        this.#counts.freezes += 1;
        one.isFrozen = true;
        return tab.freeze();
      case "thaw":
        one.isFrozen = false;
        return tab.thaw();
    }
    // A user does nothing in a frozen tab.
    if (one.isFrozen || !("run" in step)) return;
    const runId = `run-${step.run}`;
    if (step.kind === "start") {
      for (const rival of [one, ...(step.rivals ?? []).map((number) => this.#tabs.get(number))]) {
        if (rival?.isFrozen !== false) continue;
        this.#ask(rival, step, rival.engine.start(step.workflow, {}, { runId }), (run) => {
          this.#ledger.noteStarted(runId);
          this.#ask(rival, `the result of ${runId}`, run.result);
        });
      }
    } else if (step.kind === "cancel") {
      this.#ledger.unwanted.add(runId);
      this.#ask(one, step, engine.cancel(runId, { tasks: step.tasks }), (status) => {
        if (status === "canceled" || status === "canceling") this.#ledger.canceled.add(runId);
      });
    } else if (step.kind === "fork") {
      this.#ledger.forkOf.set(runId, `run-${step.of}`);
      this.#ask(one, step, engine.fork(`run-${step.of}`, step.seq, { runId }), () => this.#ledger.noteStarted(runId));
    } else if (step.kind === "pause") this.#ask(one, step, engine.pause(runId));
    else if (step.kind === "resume") this.#ask(one, step, engine.resume(runId));
    else this.#send(one, runId);
  }

  #send(one: OpenTab, runId: string): void {
    this.#ledger.noteSent(runId);
    const onError = (error: unknown): void => {
      if (error instanceof WorkflowError && error.details?.isPassed === false) this.#ledger.noteSent(runId, -1);
    };
    const onAnswer = ({ status }: SendResult): void => {
      if (status === "taken") this.#ledger.noteTaken(runId);
    };
    this.#ask(one, `send ${runId}`, one.engine.send(runId, "go"), onAnswer, onError);
  }

  /** Whoever asks is answered, one way or the other. */
  #ask<T>(one: OpenTab, what: string | Step, asked: Promise<T>, onAnswer: (answer: T) => void = ignore, onError: (error: unknown) => void = ignore): void {
    const question = `${typeof what === "string" ? what : JSON.stringify(what)} (${this.#questionCount++})`;
    one.asked.add(question);
    const settle = (): void => void one.asked.delete(question);
    asked.finally(settle).then(onAnswer, onError);
  }

  async #open(number: number, isStrict: boolean): Promise<void> {
    await kernels.fill();
    const tab = this.#browser.openTab(makeRandom(this.#plan.seed * 1_000 + number));
    const disk = this.#connect(tab);
    const clock = tab.clock();
    const opening = joinEngine({
      kernelFactory: kernels.factory,
      clock,
      libraryPort: quickLibrary,
      tasks: { work: (input: { readonly n: number }, context) => this.#work(tab, input, context) },
      // Every run is to be there in the end: a full disk must not free what has ended.
      storePort: this.#watch(createJournalStore(disk, "s", { clock, archiveRunsMin: 2, mayMakeRoom: false })),
      tabsPort: createTabs("s", tab),
      durability: isStrict ? "strict" : "relaxed",
    });
    let engine: Engine | undefined;
    let error: unknown;
    opening.then(
      (opened) => (engine = opened),
      (why: unknown) => (error = why),
    );
    for (let ms = 0; engine === undefined && error === undefined && ms < 20_000; ms += 5) await this.#clock.advance(5);
    if (engine === undefined) {
      // A disk that fails while an engine is opened is told to whoever opens it.
      if (!(error instanceof WorkflowError && error.code.startsWith("store/"))) this.#ledger.broken.push(`An engine did not open: ${String(error)}`);
      tab.kill();
      disk.kill();
      return;
    }
    for (const source of SOURCES) await engine.load(source);
    this.#tabs.set(number, { engine, tab, disk, asked: new Set(), isFrozen: false });
  }

  #connect(tab: SimulatedTab): SimulatedDisk {
    const faults = {
      delay: (journal?: number) => Math.max(this.#faults.diskDelay(tab.number), journal === undefined ? 0 : (this.#delays.get(journal) ?? 0)),
      fate: (write: GroupWrite, journal: number) => this.#fate(tab, write, journal),
      isUnreadable: () => {
        const isUnreadable = this.#faults.unreadable(tab.number);
        if (isUnreadable) this.#counts.unreadable += 1;
        return isUnreadable;
      },
    };
    return this.#device.connect(this.#clock, faults, (callback) => tab.whenAwake(callback));
  }

  #fate(tab: SimulatedTab, write: GroupWrite, journal: number): Fate {
    const { forgets } = this.#sabotage;
    if (forgets?.journal === journal && forgets.group === write.number) return "forgotten";
    const fate = this.#faults.fate(tab.number);
    if (fate !== "done") this.#counts.failures += 1;
    if (fate !== "done" || this.#freeSize === undefined) return fate;
    const size = sizeOf(write);
    if (size > this.#freeSize) return "full";
    this.#freeSize -= size;
    return "done";
  }

  #kill(number: number): void {
    const one = this.#tabs.get(number);
    this.#tabs.delete(number);
    one?.tab.kill();
    one?.disk.kill();
  }

  /** Its page lives on, so that whatever it forgets to give up stays kept. */
  #close(number: number, one: OpenTab): void {
    this.#tabs.delete(number);
    this.#closed.push(one);
    if (one.isFrozen) one.tab.thaw();
    one.engine.close().catch((error: unknown) => this.#ledger.broken.push(`An engine did not close: ${String(error)}`));
  }

  // --- what is watched --------------------------------------------------------------------------------------------

  /** Notes what commits acknowledge, and what an heir found recorded. */
  #watch(store: StorePort): StorePort {
    const commit = store.commit.bind(store);
    const takeOver = store.takeOver.bind(store);
    store.takeOver = async (journal = 0) => {
      const epoch = await takeOver(journal);
      for (const { runId, seq } of store.openRuns(journal)) this.#ledger.noteRecorded(runId, seq);
      return epoch;
    };
    store.commit = async (changes, durability) => {
      await commit(changes, durability);
      for (const { record, entries } of changes) {
        this.#ledger.noteRecorded(record.runId, record.seq);
        if (entries[0]?.seq === 1) this.#ledger.noteBegun(record.runId);
      }
    };
    return store;
  }

  /** A handler: its answer follows from its key. */
  async #work(tab: SimulatedTab, input: { readonly n: number }, { idempotencyKey, attempt, signal }: TaskContext): Promise<unknown> {
    const [runId = ""] = idempotencyKey.split("/");
    // A commit of two journals may fail in one of them: what stands in the other was acknowledged to nobody, and is there.
    if (!this.#ledger.isRecorded(idempotencyKey)) this.#ledger.noteRecorded(runId, await readSeq(this.#device, runId));
    const number = this.#ledger.noteCall(idempotencyKey, JSON.stringify(input));
    await new Promise<void>((resolve) => tab.schedule(1 + ((input.n * 37 + attempt) % 400), resolve));
    if (signal.aborted) throw new Error("aborted");
    if ((input.n + attempt + number) % 4 === 0 && attempt < 3) throw Object.assign(new Error("again"), { code: "test/again" });
    return { n: input.n * 2 };
  }

  // --- the end ----------------------------------------------------------------------------------------------------

  /** No fault any more: the disk has room, the clock is where it was at the latest. */
  async #calm(): Promise<void> {
    this.#faults.isCalm = true;
    this.#freeSize = undefined;
    this.#delays.clear();
    this.#browser.clockErrorMs = this.#errorMsMax;
    for (const one of this.#tabs.values()) {
      if (one.isFrozen) one.tab.thaw();
      one.isFrozen = false;
    }
    if (this.#tabs.size === 0) await this.#open(-1, false);
    await this.#clock.advance(CALM_MS);
    await checkPlaces(this.#device);
  }

  /** Brings every run to its end, whatever it waits for. */
  async #finish(): Promise<void> {
    const [one] = this.#tabs.values();
    if (one === undefined) throw new Error("no tab is left");
    for (let ms = 0; ; ms += ROUND_MS) {
      const { records } = await this.#wait(one.engine.runs.query({ limit: 1_000 }));
      const open = records.filter((record) => !isEnded(record.status));
      if (open.length === 0) return;
      if (ms >= END_MS_MAX) throw new Error(`Runs did not end: ${JSON.stringify(open)}`);
      for (const { runId, status, parentRunId } of open) {
        if (status === "paused") one.engine.resume(runId).catch(ignore);
        if (parentRunId === undefined) this.#send(one, runId);
      }
      await this.#clock.advance(ROUND_MS);
    }
  }

  /** All runs have ended: nothing is left to wait for but drivers that are not there. */
  async #checkAnswers(): Promise<void> {
    for (let ms = 0; ; ms += ROUND_MS) {
      const [question] = [...this.#tabs.values(), ...this.#closed].flatMap(({ asked }) => [...asked]);
      if (question === undefined) return;
      if (ms >= ANSWER_MS_MAX) throw new Error(`nobody ever answered: ${question}`);
      await this.#clock.advance(ROUND_MS);
    }
  }

  /** A fresh engine on the same disk tells of every run what its history says. */
  async #replay(runIds: readonly string[]): Promise<void> {
    for (const number of [...this.#tabs.keys()]) this.#kill(number);
    await this.#open(-2, false);
    const one = this.#tabs.get(-2);
    for (const runId of runIds) {
      if (one === undefined) throw new Error("no tab is left");
      const run = await this.#wait(one.engine.runs.get(runId));
      await this.#wait(run.result.catch((error: unknown) => {
        if (!this.#ledger.mayBeCanceled(runId)) throw error;
      }));
      await this.#wait(run.context());
    }
  }

  async #wait<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    promise.then(
      () => (isDone = true),
      () => (isDone = true),
    );
    await this.#clock.settle();
    for (let ms = 0; !isDone && ms < END_MS_MAX; ms += 20) await this.#clock.advance(20);
    if (!isDone) throw new Error("It is waited for in vain");
    return promise;
  }
}

/** Bytes that a group takes on a disk. */
function sizeOf({ row, puts }: GroupWrite): number {
  return puts.reduce((size, { value }) => size + value.bytes.length, row.bytes.length);
}

function ignore(): void {}
