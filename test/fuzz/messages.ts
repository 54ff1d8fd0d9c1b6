// Target `messages`: what nobody of this package says, on every port between page and worker and on the channel between tabs: sound messages of which a part is
// another value, repeated ones, and made-up ones. Nothing may be thrown where nobody could catch it, prototypes stay as they are, and sound calls are answered as before.
import { joinEngine } from "../../src/create-engine.js";
import type { Engine } from "../../src/model/engine.js";
import type { TasksPort } from "../../src/model/ports.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import { isTabMessage, TABS_VERSION } from "../../src/tabs/messages.js";
import type { SimulatedTab } from "../../src/testing/simulated-tabs.js";
import { CallChannel } from "../../src/worker/call-channel.js";
import { serveCalls } from "../../src/worker/call-host.js";
import { readCursor, serveCursor } from "../../src/worker/cursor.js";
import { createTaskRelay, serveTasks } from "../../src/worker/task-relay.js";
import { makeTabBench, type TabBench } from "../unit/engine/tab-bench.js";
import type { Chance } from "./chance.js";
import type { FuzzSession, FuzzTarget } from "./fuzzer.js";

const TEXT = "---\nname: door\nevents: [open]\n---\n```mermaid\nstateDiagram-v2\n[*] --> Shut\nShut --> Open: open\nOpen --> Shut: open\n```\n";
const RUN_ID = "canary";
const CANARY_STRIDE = 32;
const DEPTH_MAX = 4;

export const messagesTarget: FuzzTarget = {
  name: "messages",
  open: () => MessagesSession.open(),
};

type Receive = (message: unknown) => void;

/** A port whose other end is this test: what is posted must be clonable, and is kept. */
class FakePort {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly posted: unknown[] = [];

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.posted.push(structuredClone(message, { transfer }));
  }

  close(): void {}

  receive(data: unknown): void {
    this.onmessage?.({ data });
  }

  asPort(): MessagePort {
    return this as unknown as MessagePort;
  }
}

class MessagesSession implements FuzzSession {
  readonly memorySize = 0;
  readonly #engine: Engine;
  readonly #bench: TabBench;
  readonly #tabs: readonly Engine[];
  readonly #stranger: SimulatedTab;
  readonly #prototype = Object.getOwnPropertyNames(Object.prototype).join();
  #input: unknown;
  #count = 0;
  #lastMessage: unknown;
  /** Of the simulated tabs. */
  #failure: unknown;

  /** What the tab that drives the run calls itself. */
  #driver = "";

  private constructor(engine: Engine, bench: TabBench, tabs: readonly Engine[]) {
    this.#engine = engine;
    this.#bench = bench;
    this.#tabs = tabs;
    this.#stranger = bench.browser.openTab();
    this.#stranger.openChannel("millrace:simulated", (message) => {
      if (isTabMessage(message) && message.kind === "alive" && message.journals.some(({ journal }) => journal === 0)) this.#driver = message.from;
    });
  }

  static async open(): Promise<FuzzSession> {
    const engine = await joinEngine({ storePort: createMemoryStore(), durability: "relaxed" });
    await engine.start(await engine.load(TEXT), {}, { runId: RUN_ID });
    const bench = makeTabBench();
    const tabs = [(await bench.open()).engine, (await bench.open()).engine];
    for (const tab of tabs) await bench.until(tab.load(TEXT));
    await bench.until((tabs[0] as Engine).start("door", {}, { runId: RUN_ID }));
    const session = new MessagesSession(engine, bench, tabs);
    // The other tab hears of it, and the stranger of who drives it.
    await bench.clock.advance(1_000);
    if (session.#driver === "") throw new Error("nobody drives the run");
    return session;
  }

  describe(): string {
    return `  ${String(this.#input)}`;
  }

  async feed(chance: Chance): Promise<void> {
    const [name, receive, sound] = this.#pick(chance);
    const message = this.#lastMessage !== undefined && chance.oneIn(8) ? this.#lastMessage : change(sound, chance, 0);
    this.#lastMessage = message;
    this.#input = `${name}: ${show(message)}`;
    receive(message);
    await new Promise((resolve) => setImmediate(resolve));
    this.#count += 1;
    if (this.#count % CANARY_STRIDE === 0) await this.#checkEngines();
  }

  check(): void {
    if (({} as { polluted?: unknown }).polluted !== undefined || Object.getOwnPropertyNames(Object.prototype).join() !== this.#prototype) throw new Error("a prototype was changed");
  }

  /** A way in, and a sound message for it. */
  #pick(chance: Chance): readonly [string, Receive, unknown] {
    const kind = chance.below(8);
    if (kind === 0) return ["to the worker's calls", this.#openHost(), makeCalls(chance)];
    if (kind === 1) return ["to the worker's batches", this.#openHost(), makeBatch(chance)];
    if (kind === 2) return ["to the page", openChannel(), makeAnswers(chance)];
    if (kind === 3) return ["to the worker's tasks", openRelay(), { kind: "results", results: [{ name: { runId: RUN_ID, serial: 1 }, isSuccess: true, value: 1 }] }];
    if (kind === 4) return ["to the page's tasks", openHandlers(), { kind: "perform", calls: [{ runId: RUN_ID, serial: 1, task: "work", input: {}, attempt: 1 }] }];
    if (kind === 5) return ["to a cursor's reader", openReader(), chance.pick<unknown>([{ kind: "values", values: [1, 2] }, { kind: "end" }, { kind: "error", error: { code: "engine/closed", message: "x" } }])];
    if (kind === 6) return ["to a cursor's writer", openWriter(), chance.pick<unknown>([{ kind: "credit", count: 2 }, { kind: "stop" }])];
    return ["between tabs", (message) => this.#broadcast(message), makeTabMessage(chance, this.#driver)];
  }

  #openHost(): Receive {
    const port = new FakePort();
    serveCalls(this.#engine, port.asPort());
    return (message) => port.receive(message);
  }

  #broadcast(message: unknown): void {
    this.#bench.browser.deliver(this.#stranger, "millrace:simulated", message);
    void this.#bench.clock.advance(20).catch((error: unknown) => (this.#failure = error));
  }

  /** What is asked in the right way is answered. */
  async #checkEngines(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.check();
    const engine = this.#engine;
    await expectTaken(engine, (promise) => promise);
    for (const tab of this.#tabs) await expectTaken(tab, (promise) => this.#bench.until(promise));
    const port = new FakePort();
    serveCalls(engine, port.asPort());
    port.receive({ kind: "calls", calls: [{ kind: "status", runId: RUN_ID, id: 5 }] });
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (!JSON.stringify(port.posted).includes('"waiting"')) throw new Error(`a sound call is answered with ${show(port.posted)}`);
  }
}

/** The run takes an event. */
async function expectTaken(engine: Engine, wait: <T>(promise: Promise<T>) => Promise<T>): Promise<void> {
  const { status, runStatus } = await wait(engine.send(RUN_ID, "open"));
  if (status !== "taken") throw new Error(`an event is answered with ${status}, ${runStatus}`);
}

function makeCalls(chance: Chance): unknown {
  const runId = RUN_ID;
  const call = chance.pick<unknown>([
    { kind: "send", runId, event: "open", payload: { n: 1 }, id: 1 },
    { kind: "start", workflow: "door", inputs: [{}], isMany: false, options: { tags: ["x"], runId: undefined }, id: 2 },
    { kind: "start", workflow: "door", inputs: [{}, {}], isMany: true, options: undefined, id: 3 },
    { kind: "record", runId, id: 4 },
    { kind: "status", runId, id: 5 },
  ]);
  return { kind: "calls", calls: [call, { kind: "status", runId, id: 6 }] };
}

function makeBatch(chance: Chance): unknown {
  if (chance.oneIn(4)) return { kind: "again", id: 1, slot: 0 };
  const payload = chance.oneIn(2);
  return {
    kind: "batch",
    id: 1,
    slot: 0,
    firstNewRun: 0,
    newRunIds: [RUN_ID],
    runs: Uint32Array.of(0),
    eventNames: ["open"],
    records: Uint32Array.of(0, 0, 0, 0),
    payloadIndex: payload ? Uint32Array.of(1, 3) : undefined,
    payloadBytes: payload ? chance.bytes(3) : undefined,
  };
}

function makeAnswers(chance: Chance): unknown {
  if (chance.oneIn(3)) return { kind: "outcomes", id: 2, outcomes: new Uint8Array(2) };
  const answer = chance.oneIn(2) ? { id: 1, isSuccess: true, value: 5 } : { id: 1, isSuccess: false, error: { code: "run/unknown", message: "no", details: { runId: "x" } } };
  return { kind: "answers", answers: [answer, { id: 99, isSuccess: true, value: 1 }] };
}

function makeTabMessage(chance: Chance, driver: string): unknown {
  const head = { version: TABS_VERSION, from: chance.pick(["a", "b"]) };
  const call = { ...head, kind: "call", to: driver, id: chance.below(1_000_000), journal: chance.below(2) };
  return chance.pick<unknown>([
    { ...head, kind: "hello" },
    { ...head, kind: "ping", journal: 0 },
    { ...head, kind: "group", journal: chance.below(9), group: chance.sharpWord() },
    { ...head, kind: "alive", journals: [{ journal: chance.below(9), group: 3 }] },
    { ...call, method: "event", args: [RUN_ID, "open", chance.bytes(3)] },
    { ...call, method: "control", args: [RUN_ID, chance.pick([0, 1, 2, 3, 4, 5, 7, 31, 35, 64, -1, 1.5, Number.NaN]), chance.bytes(2)] },
    { ...call, method: "delete", args: ["nobody"] },
    { ...head, kind: "reply", to: "a", id: 1, value: 1 },
  ]);
}

function openChannel(): Receive {
  const port = new FakePort();
  const channel = new CallChannel(port.asPort());
  channel.call({ kind: "status", runId: RUN_ID }).catch(ignore);
  return (message) => port.receive(message);
}

function openRelay(): Receive {
  const port = new FakePort();
  const relay = createTaskRelay(["work"], port.asPort());
  relay.perform([{ runId: RUN_ID, serial: 1, task: "work", input: {}, attempt: 1 } as never]);
  return (message) => port.receive(message);
}

function openHandlers(): Receive {
  const port = new FakePort();
  const tasks: TasksPort = { onResults: () => undefined, onLogs: () => undefined, has: () => true, names: () => ["work"], perform: (calls) => void [...calls], abort: (calls) => void [...calls] };
  serveTasks(tasks, port.asPort());
  return (message) => port.receive(message);
}

function openReader(): Receive {
  const port = new FakePort();
  readCursor(port.asPort()).next().catch(ignore);
  return (message) => port.receive(message);
}

function openWriter(): Receive {
  const port = new FakePort();
  serveCursor(
    (async function* () {
      yield 1;
      yield 2;
    })(),
    port.asPort(),
    queueMicrotask,
  );
  return (message) => port.receive(message);
}

/** The value with a part that is another one. */
function change(value: unknown, chance: Chance, depth: number): unknown {
  if (depth > DEPTH_MAX || typeof value !== "object" || value === null || ArrayBuffer.isView(value) || chance.oneIn(5)) return makeOdd(chance);
  if (Array.isArray(value)) {
    const at = chance.below(value.length + 1);
    return at === value.length ? [...value, makeOdd(chance)] : value.map((part: unknown, index) => (index === at ? change(part, chance, depth + 1) : part));
  }
  const changed: Record<string, unknown> = { ...value };
  const name = chance.pick(Object.keys(value));
  if (chance.oneIn(6)) delete changed[name];
  else changed[name] = change(changed[name], chance, depth + 1);
  return changed;
}

/** Anything that crosses a port. */
function makeOdd(chance: Chance): unknown {
  const cyclic: Record<string, unknown> = { runId: RUN_ID };
  cyclic["self"] = cyclic;
  return chance.pick<() => unknown>([
    () => undefined,
    () => null,
    () => chance.pick([-1, 0, 1, 1.5, 2 ** 31, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]),
    () => chance.pick(["", "__proto__", "constructor", "toString", "calls", "end", RUN_ID, "\ud800", "x".repeat(100_000)]),
    () => JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "kind": "calls"}') as unknown,
    () => [],
    () => ({}),
    () => new Array<number>(10_000).fill(7),
    () => cyclic,
    () => chance.bytes(chance.below(9)),
    () => Uint32Array.of(chance.sharpWord(), chance.sharpWord()),
    () => new Map([["__proto__", 1]]),
    () => new Date(Number.NaN),
    () => 2n ** 70n,
    () => new Error("odd"),
    () => true,
  ])();
}

function show(value: unknown): string {
  try {
    return (JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? `${part}n` : ArrayBuffer.isView(part) ? `bytes ${String(part)}` : part)) ?? String(value)).slice(0, 400);
  } catch {
    return String(value);
  }
}

function ignore(): void {}
