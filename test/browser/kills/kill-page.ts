// A tab of the harness: opens the engine, starts runs, sends their events and does their tasks, and tells the test what it did. Runs in the page, which
// holds the library as `page`.
import type { Engine, EngineOptions, Run, RunEvent, TaskContext } from "../../../src/model/engine.js";
import { KILL_WORKFLOWS, type PlannedEvent } from "./kill-workflows.js";
import type { KnownRun, PlannedRun, TabMessage, TabPage, ToldEnd } from "./messages.js";

declare global {
  var tab: TabPage | undefined;
  /** Both put in by the test. */
  var tellTest: (message: TabMessage) => Promise<void>;
  var askTest: (trial: string, runId: string) => Promise<KnownRun>;
}

const POLL_MS = 10;
/** A transaction that another tab has open ends within this time, ms. */
const TRANSACTION_MS_MAX = 700;
/** Another tab may hear of a run so much later than the tab that started it, ms. */
const HEARSAY_MS_MAX = 5_000;
/** What a run did already is told without such a pause, ms. */
const QUIET_MS = 1_000;
/** What another try may mend: the driver changed meanwhile. Whoever was frozen hears of it so as well. */
const PASSING_CODES: ReadonlySet<unknown> = new Set(["engine/not-driver", "engine/no-answer", "store/fenced", "engine/closed", "run/reloading"]);

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

class Tab implements TabPage {
  #engine: Engine | undefined;
  #trial = "";
  #name = "";
  #database = "";
  #answerCount = 0;
  /** What it waits for, by run. */
  readonly #doing = new Map<string, string>();

  async findMark(): Promise<boolean> {
    const listing = indexedDB.databases();
    // Where Chromium takes its log for damaged, the first question fails, and the next finds nothing any more.
    const names = (await listing.catch(() => indexedDB.databases())).map(({ name }) => name);
    (await openPlain("mark")).close();
    return names.includes("mark");
  }

  async open({ trial, tab, database, taskMs }: Parameters<TabPage["open"]>[0]): Promise<void> {
    this.#trial = trial;
    this.#name = tab;
    this.#database = database;
    const { createEngine } = (globalThis as unknown as { page: { createEngine(options: EngineOptions): Promise<Engine> } }).page;
    const work = (input: Record<string, unknown>, context: TaskContext) => this.#work(input, context, taskMs);
    const flaky = async (input: Record<string, unknown>, context: TaskContext) => {
      const done = await this.#work(input, context, taskMs);
      if (context.attempt === 1 && (input["n"] as number) % 3 === 1) throw Object.assign(new Error("not yet"), { code: "test/flaky" });
      return done;
    };
    const engine = await createEngine({ name: database, tasks: { work, flaky } });
    for (const { text } of KILL_WORKFLOWS) await engine.load(text);
    this.#engine = engine;
  }

  pursue(runs: readonly PlannedRun[]): void {
    for (const run of runs) {
      this.#pursue(run).catch((error: unknown) => this.#tell({ kind: "wrong", text: `${run.runId}: ${describe(error)}` }));
    }
  }

  doing(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#doing);
  }

  async isBlocked(): Promise<boolean> {
    const database = await openPlain(this.#database);
    const asking = [...database.objectStoreNames].map((name) => {
      const transaction = database.transaction(name, "readwrite");
      const request = transaction.objectStore(name).count();
      transaction.commit();
      return new Promise((resolve) => (request.onsuccess = resolve));
    });
    const isFree = await Promise.race([Promise.all(asking).then(() => true), sleep(TRANSACTION_MS_MAX).then(() => false)]);
    database.close();
    return !isFree;
  }

  async listStored(): Promise<string> {
    const names = (await indexedDB.databases()).map(({ name }) => name);
    const database = await openPlain(this.#database);
    const stores = [...database.objectStoreNames];
    const counts = await Promise.all(stores.map((name) => new Promise<number>((resolve) => {
      const request = database.transaction(name).objectStore(name).count();
      request.onsuccess = () => resolve(request.result);
    })));
    database.close();
    return `databases ${names.join(", ")}; in ${this.#database} ${stores.map((name, at) => `${name}: ${counts[at]}`).filter((line) => !line.endsWith(": 0")).join(", ")}`;
  }

  async tell(): Promise<readonly ToldEnd[]> {
    const engine = this.#open();
    const told: ToldEnd[] = [];
    let cursor: string | undefined;
    do {
      const page = await engine.runs.query({ limit: 100, ...(cursor !== undefined && { cursor }) });
      for (const { runId, parentRunId } of page.records) {
        const run = await engine.runs.get(runId);
        // A run that has not ended has no last event.
        const isEnded = (await run.record()).endedAt !== undefined;
        const events = await readEvents(run, isEnded);
        const end = isEnded ? await endOf(run) : { result: undefined, error: undefined };
        told.push({ runId, parentRunId, status: await run.status(), states: await run.states(), ...end, context: await run.context(), events, isSame: !isEnded || (await run.verify({ told: events })).isSame });
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    return told;
  }

  async close(): Promise<void> {
    await this.#open().close();
  }

  #open(): Engine {
    if (this.#engine === undefined) throw new Error("the tab is not open");
    return this.#engine;
  }

  #tell(message: DistributiveOmit<TabMessage, "trial" | "tab">): Promise<void> {
    return globalThis.tellTest({ ...message, trial: this.#trial, tab: this.#name } as TabMessage);
  }

  /** Never gives the same twice: so it shows whether a result was taken once. */
  async #work(input: Record<string, unknown>, context: TaskContext, taskMs: number): Promise<unknown> {
    const { idempotencyKey: key, runId, task, attempt } = context;
    await this.#tell({ kind: "called", runId, task, key, attempt, input: JSON.stringify(input) });
    await sleep(taskMs);
    this.#answerCount += 1;
    const nonce = `${this.#name}-${this.#answerCount}`;
    await this.#tell({ kind: "answered", key, nonce });
    return { step: input["step"] ?? input["n"] ?? null, nonce };
  }

  async #pursue(planned: PlannedRun): Promise<void> {
    const note = <T>(what: string, doing: Promise<T>): Promise<T> => this.#note(planned.runId, what, doing);
    const { run, isFound } = await note("looks for it", this.#find(planned));
    const { acked } = await note("asks the test", globalThis.askTest(this.#trial, planned.runId));
    const events = KILL_WORKFLOWS[planned.workflow]?.events(planned.amount) ?? [];
    for (const event of events) {
      const id = event.payload["id"] as number;
      if (acked.includes(id)) continue;
      const status = await this.#send(run, event, isFound);
      if (status === undefined) break;
      await note("tells the test", this.#tell({ kind: "acked", runId: run.id, event: event.name, id, status }));
    }
    const as = await note("waits for its end", this.#untilEnded(run));
    await note("tells its end", this.#tell({ kind: "ended", runId: run.id, as }));
  }

  async #note<T>(runId: string, what: string, doing: Promise<T>): Promise<T> {
    this.#doing.set(runId, what);
    try {
      return await doing;
    } finally {
      this.#doing.delete(runId);
    }
  }

  /** `isFound`: another tab has started it. */
  async #find({ runId, workflow, amount }: PlannedRun): Promise<{ readonly run: Run; readonly isFound: boolean }> {
    const { isStarted } = await globalThis.askTest(this.#trial, runId);
    for (const since = Date.now(); ; await sleep(POLL_MS)) {
      try {
        return { run: await this.#open().runs.get(runId), isFound: true };
      } catch (error) {
        if (codeOf(error) !== "run/unknown") throw error;
        if (isStarted && Date.now() - since > HEARSAY_MS_MAX) throw new Error("its start was acknowledged, and it is not there");
      }
      if (isStarted) continue;
      try {
        const run = await this.#open().start(KILL_WORKFLOWS[workflow]?.name ?? "", { amount }, { runId });
        await this.#tell({ kind: "started", runId });
        return { run, isFound: false };
      } catch (error) {
        // Somebody has started it meanwhile, or the driver changed: look again.
        if (codeOf(error) !== "run/exists" && !PASSING_CODES.has(codeOf(error))) throw error;
      }
    }
  }

  /** Sends it when the run waits for it. Undefined: the run has ended. */
  async #send(run: Run, { name, payload }: PlannedEvent, isFound: boolean): Promise<string | undefined> {
    for (; ; await sleep(POLL_MS)) {
      try {
        const record = await this.#note(run.id, "reads its record", run.record());
        if (record.endedAt !== undefined) return undefined;
        const awaits = await this.#note(run.id, "reads what it waits for", run.awaits());
        if (awaits.some((one) => one.event === name)) {
          const { status } = await this.#note(run.id, `sends ${name} ${String(payload["id"])}`, this.#open().send(run.id, name, payload as never));
          if (status !== "unknown") return status;
        } else if (isFound && (await this.#wasTaken(run, name, payload))) return "taken";
      } catch (error) {
        if (!PASSING_CODES.has(codeOf(error))) throw error;
      }
    }
  }

  /** A tab that is gone may have sent it, and nobody heard that it was taken: then the run may not wait for it any more. */
  async #wasTaken(run: Run, name: string, payload: PlannedEvent["payload"]): Promise<boolean> {
    const events = await readEvents(run, false);
    return events.some((event) => event.type === "event" && event.name === name && event.status === "taken" && (event.payload as { id?: unknown }).id === payload["id"]);
  }

  /** How its promise was settled: "result", or the error's code. A rejection that is not the run's own end is a fault of the engine. */
  async #untilEnded(run: Run): Promise<string> {
    for (; ; await sleep(POLL_MS)) {
      try {
        await run.result;
        return "result";
      } catch (error) {
        const code = codeOf(error);
        if (PASSING_CODES.has(code)) continue;
        if (await this.#isHeardToEnd(run)) return String(code);
        throw new Error(`its result was rejected though it has not ended: ${describe(error)}`);
      }
    }
  }

  async #isHeardToEnd(run: Run): Promise<boolean> {
    for (const since = Date.now(); ; await sleep(POLL_MS)) {
      if ((await run.record()).endedAt !== undefined) return true;
      if (Date.now() - since > HEARSAY_MS_MAX) return false;
    }
  }
}

function openPlain(name: string): Promise<IDBDatabase> {
  const opening = indexedDB.open(name);
  return new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

/** Those of a run that has not ended: as far as its record goes. */
async function readEvents(run: Run, isEnded: boolean): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const { seq } = await run.record();
  const reading = run.events()[Symbol.asyncIterator]();
  while (isEnded || (events.at(-1)?.seq ?? 0) < seq) {
    // Not every entry of a history is an event.
    const next = await (isEnded ? reading.next() : Promise.race([reading.next(), sleep(QUIET_MS)]));
    if (next === undefined || next.done === true) break;
    events.push(next.value);
  }
  if (!isEnded) void reading.return?.();
  return events;
}

async function endOf(run: Run): Promise<Pick<ToldEnd, "result" | "error">> {
  return run.result.then(
    (result) => ({ result, error: undefined }),
    (error) => ({ result: undefined, error: { code: codeOf(error), message: String((error as Error).message) } }),
  );
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${String(codeOf(error) ?? error.name)}: ${error.message}` : String(error);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

globalThis.tab = new Tab();
