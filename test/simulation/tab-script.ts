// One seed's script: tabs of a simulated browser, what users do in them, what goes wrong, and what must hold at every instant and in the end.
import { joinEngine } from "../../src/create-engine.js";
import { createKernelFactory } from "../../src/kernel/kernel-factory.js";
import { createLibrary } from "../../src/library/library.js";
import type { Engine, TaskContext } from "../../src/model/engine.js";
import { WorkflowError } from "../../src/model/errors.js";
import { EntryKind, type HistoryEntry } from "../../src/model/history.js";
import type { LibraryPort, LoadedWorkflow, StorePort } from "../../src/model/ports.js";
import { isEnded } from "../../src/model/status.js";
import { createJournalStore } from "../../src/store/journal-store.js";
import { createTabs } from "../../src/tabs/shared-tabs.js";
import { SimulatedClock } from "../../src/testing/simulated-clock.js";
import { type Fate, SimulatedDevice, type SimulatedDisk } from "../../src/testing/simulated-disk.js";
import { makeRandom, SimulatedBrowser, type SimulatedTab } from "../../src/testing/simulated-tabs.js";
import { markdown } from "../unit/engine/harness.js";

const CHART = markdown(
  `[*] --> Fetch
Fetch --> Wait: success
Fetch --> Fetch: failed
Wait --> Count: go
Wait --> Wait: after 5s
Count --> Wait: [n < 3]
Count --> Store: [n >= 3]
Store --> [*]: success
Store --> Store: failed`,
  { name: "chart", head: "events: [go]\nvariables:\n  n: { type: number, initial: 0 }\n  a: any\n  b: any", actions: "- Fetch: call work with n=1 result a\n- Count: set n = n + 1\n- Store: call work with n=n result b" },
);
const GRAPH = `millrace: 1
name: graph
tasks:
  each:
    with: {items: "{{ [1, 2, 3, 4, 5] }}", concurrency: 2}
    action: work
    input: {n: "{{ item }}"}
    retry: {count: 9, delay: 1s}
    next: [left, right]
  left: {action: wait, duration: 3s, next: meet}
  right: {workflow: child, next: meet}
  meet: {join: all, action: work, input: {n: 7}, retry: 9}
output: {all: "{{ tasks.each.result }}"}
`;
const CHILD = markdown("[*] --> A\nA --> B: success\nA --> A: failed\nB --> [*]: after 2s", { name: "child", actions: "- A: call work with n=5" });

/** The workflows of a script, children first. */
export const MIXED = [CHILD, CHART, GRAPH];

const TAB_COUNT_MAX = 3;
const RUN_COUNT = 4;
const STEP_COUNT = 30;
/** After the last fault everything has to be over within this time, ms. */
const END_MS_MAX = 600_000;

export interface ScriptCounts {
  kills: number;
  freezes: number;
  failures: number;
  heirs: number;
}

interface SimulatedEngine {
  readonly engine: Engine;
  readonly tab: SimulatedTab;
  readonly disk: SimulatedDisk;
  isFrozen: boolean;
}

const kernelFactory = createKernelFactory();
const loaded = new Map<string, LoadedWorkflow>();
const library = createLibrary();

/** Hashing takes real time, which a simulation has not: every source is loaded once before. */
const quickLibrary: LibraryPort = {
  load: async (source, name, zones) => loaded.get(source) ?? library.load(source, name, zones),
  versionOf: async () => undefined,
};

/** Plays a seed. Throws where something does not hold. */
export async function playScript(seed: number, sources: readonly string[]): Promise<ScriptCounts> {
  for (const source of sources) if (!loaded.has(source)) loaded.set(source, await library.load(source));
  return new Script(seed, sources).play();
}

class Script {
  readonly #random: () => number;
  readonly #clock: SimulatedClock;
  readonly #browser: SimulatedBrowser;
  readonly #device = new SimulatedDevice();
  readonly #sources: readonly string[];
  readonly #counts: ScriptCounts = { kills: 0, freezes: 0, failures: 0, heirs: 0 };
  /** Per run the last entry that a commit acknowledged, to whomever. */
  readonly #recorded = new Map<string, number>();
  /** Events that the sender was told were taken, per run. */
  readonly #acknowledged = new Map<string, number>();
  /** Per key the input that it was called with. */
  readonly #inputs = new Map<string, string>();
  readonly #started = new Set<string>();
  readonly #broken: string[] = [];
  #tabs: SimulatedEngine[] = [];
  #isCalm = false;
  #runCount = 0;

  constructor(seed: number, sources: readonly string[]) {
    this.#random = makeRandom(seed);
    this.#clock = new SimulatedClock(Date.UTC(2026, 0, 1), seed);
    this.#sources = sources;
    this.#browser = new SimulatedBrowser(this.#clock, this.#random, {
      delay: () => (this.#chance(0.1) ? Math.floor(this.#random() * 200) : 1),
      copies: () => (this.#isCalm ? 1 : this.#chance(0.05) ? 0 : this.#chance(0.05) ? 2 : 1),
    });
  }

  async play(): Promise<ScriptCounts> {
    await this.#open();
    for (let step = 0; step < STEP_COUNT; step += 1) {
      await this.#step();
      this.#check();
    }
    await this.#calm();
    await this.#finish();
    this.#check();
    await this.#judge();
    return this.#counts;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }

  // --- what happens -----------------------------------------------------------------------------------------------

  async #step(): Promise<void> {
    const dice = this.#random();
    const awake = this.#tabs.filter(({ isFrozen }) => !isFrozen);
    const tab = this.#pick(awake);
    if (awake.length === 0 || (dice < 0.08 && this.#tabs.length < TAB_COUNT_MAX)) await this.#open();
    else if (dice < 0.16) this.#kill(this.#pick(this.#tabs));
    else if (dice < 0.22) this.#freeze(tab);
    else if (dice < 0.3) this.#thaw(this.#pick(this.#tabs.filter(({ isFrozen }) => isFrozen)));
    else if (dice < 0.5 && this.#runCount < RUN_COUNT) this.#start(tab);
    else if (dice < 0.7) this.#send(tab);
    else if (dice < 0.75) this.#control(tab);
    await this.#clock.advance(this.#pick([1, 20, 300, 1_500, 4_000]) ?? 1);
  }

  async #open(): Promise<void> {
    const tab = this.#browser.openTab();
    const clock = tab.clock();
    const faults = { delay: () => (this.#chance(0.1) ? Math.floor(this.#random() * 50) : 1), fate: (): Fate => this.#fate() };
    // Every run is to be there in the end: a full disk must not free what has ended.
    const disk = this.#device.connect(this.#clock, faults, (callback) => tab.whenAwake(callback));
    const opening = joinEngine({
      kernelFactory,
      clock,
      libraryPort: quickLibrary,
      tasks: { work: (input: { readonly n: number }, context) => this.#work(tab, input, context) },
      storePort: this.#watch(createJournalStore(disk, "s", { clock, archiveRunsMin: 2, mayMakeRoom: false })),
      tabsPort: createTabs("s", tab),
      durability: this.#chance(0.3) ? "strict" : "relaxed",
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
      if (!(error instanceof WorkflowError && error.code.startsWith("store/"))) this.#broken.push(`An engine did not open: ${String(error)}`);
      tab.kill();
      disk.kill();
      return;
    }
    for (const source of this.#sources) await engine.load(source);
    this.#tabs.push({ engine, tab, disk, isFrozen: false });
  }

  #fate(): Fate {
    if (this.#isCalm || !this.#chance(0.03)) return "done";
    this.#counts.failures += 1;
    return this.#pick<Fate>(["aborted", "full", "lost"]) ?? "aborted";
  }

  #kill(one: SimulatedEngine | undefined): void {
    if (one === undefined) return;
    this.#counts.kills += 1;
    this.#tabs = this.#tabs.filter((other) => other !== one);
    one.tab.kill();
    one.disk.kill();
  }

  #freeze(one: SimulatedEngine | undefined): void {
    if (one === undefined) return;
    this.#counts.freezes += 1;
    one.isFrozen = true;
    one.tab.freeze();
  }

  #thaw(one: SimulatedEngine | undefined): void {
    if (one === undefined) return;
    one.isFrozen = false;
    one.tab.thaw();
  }

  #start(one: SimulatedEngine | undefined): void {
    if (one === undefined) return;
    const runId = `run-${this.#runCount++}`;
    one.engine.start(this.#pick(["chart", "graph"]) ?? "chart", {}, { runId }).then(() => this.#started.add(runId), ignore);
  }

  #send(one: SimulatedEngine | undefined): void {
    const runId = this.#pick([...this.#started]);
    if (one === undefined || runId === undefined) return;
    one.engine.send(runId, "go").then(({ status }) => {
      if (status === "taken") this.#acknowledged.set(runId, (this.#acknowledged.get(runId) ?? 0) + 1);
    }, ignore);
  }

  #control(one: SimulatedEngine | undefined): void {
    const runId = this.#pick([...this.#started]);
    if (one === undefined || runId === undefined) return;
    if (this.#chance(0.5)) one.engine.pause(runId).catch(ignore);
    else one.engine.resume(runId).catch(ignore);
  }

  // --- what is watched --------------------------------------------------------------------------------------------

  /** Notes what commits acknowledge, and what an heir found recorded. */
  #watch(store: StorePort): StorePort {
    const commit = store.commit.bind(store);
    const takeOver = store.takeOver.bind(store);
    store.takeOver = async (journal = 0) => {
      const epoch = await takeOver(journal);
      for (const { runId, seq } of store.openRuns(journal)) this.#recorded.set(runId, Math.max(this.#recorded.get(runId) ?? 0, seq));
      return epoch;
    };
    store.commit = async (changes, durability) => {
      await commit(changes, durability);
      for (const { record } of changes) this.#recorded.set(record.runId, Math.max(this.#recorded.get(record.runId) ?? 0, record.seq));
    };
    return store;
  }

  /** A handler: its answer follows from its key. */
  async #work(tab: SimulatedTab, input: { readonly n: number }, { idempotencyKey, attempt, signal }: TaskContext): Promise<unknown> {
    const [runId = "", visit = ""] = idempotencyKey.split("/");
    // Of a state diagram a visit is named by the entry that caused it, of a task graph by a number of its own.
    const number = Number(visit.split(".")[0]);
    const seq = visit.includes(".") ? number : 1;
    if (seq > (this.#recorded.get(runId) ?? 0)) this.#broken.push(`${idempotencyKey} was called before entry ${seq} of its run was recorded`);
    const text = JSON.stringify(input);
    const before = this.#inputs.get(idempotencyKey);
    if (before !== undefined && before !== text) this.#broken.push(`${idempotencyKey} was called with ${before} and with ${text}`);
    this.#inputs.set(idempotencyKey, text);
    await new Promise<void>((resolve) => tab.schedule(1 + ((input.n * 37 + attempt) % 400), resolve));
    if (signal.aborted) throw new Error("aborted");
    if ((input.n + attempt + number) % 4 === 0 && attempt < 3) throw Object.assign(new Error("again"), { code: "test/again" });
    return { n: input.n * 2 };
  }

  #check(): void {
    if (this.#broken.length > 0) throw new Error(this.#broken.join("\n"));
  }

  // --- the end ----------------------------------------------------------------------------------------------------

  async #calm(): Promise<void> {
    this.#isCalm = true;
    for (const one of this.#tabs) if (one.isFrozen) this.#thaw(one);
    while (this.#tabs.length === 0) await this.#open();
    await this.#clock.advance(10_000);
  }

  /** Brings every run to its end, whatever it waits for. */
  async #finish(): Promise<void> {
    const [one] = this.#tabs;
    if (one === undefined) throw new Error("no tab is left");
    for (let ms = 0; ms < END_MS_MAX; ms += 5_000) {
      const { records } = await this.#wait(one.engine.runs.query({ limit: 1_000 }));
      const open = records.filter((record) => !isEnded(record.status));
      if (open.length === 0) return;
      for (const { runId, status, parentRunId } of open) {
        if (status === "paused") one.engine.resume(runId).catch(ignore);
        if (parentRunId === undefined) one.engine.send(runId, "go").catch(ignore);
      }
      await this.#clock.advance(5_000);
    }
    const { records } = await this.#wait(one.engine.runs.query({ limit: 1_000 }));
    throw new Error(`Runs did not end: ${JSON.stringify(records.filter((record) => !isEnded(record.status)))}`);
  }

  async #judge(): Promise<void> {
    const store = createJournalStore(this.#device.connect(), "s");
    await store.open();
    const { records } = await store.query({ limit: 1_000 });
    const heirs = [...this.#device.journals.values()].filter(({ rows }) => [...rows.values()].filter((row) => (row as { isTakeover: boolean }).isTakeover).length > 1);
    this.#counts.heirs += heirs.length;
    for (const runId of this.#started) if (!records.some((record) => record.runId === runId)) throw new Error(`${runId} was started, and is not there`);
    for (const record of records) {
      const { runId, status, seq } = record;
      if (status !== "succeeded") throw new Error(`${runId} ended as ${status}: ${JSON.stringify(record.error)}`);
      const history = await store.history(runId);
      if (history.length !== seq || history.some((entry, index) => entry.seq !== index + 1)) throw new Error(`${runId} has ${history.length} entries of ${seq}`);
      if (seq < (this.#recorded.get(runId) ?? 0)) throw new Error(`${runId}: ${this.#recorded.get(runId)} entries were acknowledged, ${seq} are there`);
      checkAnswers(runId, history);
      const taken = history.filter((entry) => entry.kind === EntryKind.EVENT).length;
      if (taken < (this.#acknowledged.get(runId) ?? 0)) throw new Error(`${runId}: ${this.#acknowledged.get(runId)} events were acknowledged, ${taken} are recorded`);
    }
    await this.#replay(records.map(({ runId }) => runId));
  }

  /** A fresh engine on the same disk tells of every run what its history says. */
  async #replay(runIds: readonly string[]): Promise<void> {
    for (const one of this.#tabs) {
      one.tab.kill();
      one.disk.kill();
    }
    this.#tabs = [];
    await this.#open();
    const [one] = this.#tabs;
    for (const runId of runIds) {
      if (one === undefined) throw new Error("no tab is left");
      const run = await this.#wait(one.engine.runs.get(runId));
      await this.#wait(run.result);
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

/** The result of a call is recorded once. */
function checkAnswers(runId: string, history: readonly HistoryEntry[]): void {
  const serials = new Set<number>();
  for (const { kind, id, seq } of history) {
    if (kind !== EntryKind.TASK_SUCCEEDED && kind !== EntryKind.TASK_FAILED) continue;
    if (serials.has(id)) throw new Error(`${runId}: the result of call ${id} is taken twice, the second time as entry ${seq}`);
    serials.add(id);
  }
}

function ignore(): void {}
