// Target `history`: histories of real runs that were changed after they were decoded, so that every checksum fits, in a store that an engine is opened on: open
// runs are taken up, all are looked at, verified and asked for their ends. What comes out is a value or a WorkflowError, and a sound run beside them goes on.
import { joinEngine } from "../../src/create-engine.js";
import { createKernelFactory } from "../../src/kernel/kernel-factory.js";
import { createLibrary } from "../../src/library/library.js";
import type { Engine, Run } from "../../src/model/engine.js";
import { WorkflowError } from "../../src/model/errors.js";
import { EntryKind, type HistoryEntry } from "../../src/model/history.js";
import type { SourceRecord } from "../../src/model/ports.js";
import type { RunRecord } from "../../src/model/run-record.js";
import { isEnded } from "../../src/model/status.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import type { Chance } from "./chance.js";
import { WORKFLOW_TEXTS } from "./corpus.js";
import type { FuzzSession, FuzzTarget } from "./fuzzer.js";

const CANARY_TEXT = "---\nname: canary\nevents: [sing]\n---\n```mermaid\nstateDiagram-v2\n[*] --> Still\nStill --> Loud: sing\nLoud --> [*]: sing\n```\n";
/** Changed runs in one store. */
const RUNS_BY_INPUT = 3;
const KINDS: readonly EntryKind[] = [EntryKind.START, EntryKind.EVENT, EntryKind.TASK_SUCCEEDED, EntryKind.TASK_FAILED, EntryKind.TIMER, EntryKind.CANCEL, EntryKind.PAUSE, EntryKind.RESUME, EntryKind.WIND_DOWN];
/** Codes that say that a program of the test is wrong, not the history. */
const NEVER: ReadonlySet<string> = new Set(["engine/internal", "engine/invalid-argument", "task/failed"]);

export const historyTarget: FuzzTarget = {
  name: "history",
  open: () => HistorySession.open(),
};

interface Past {
  readonly record: RunRecord;
  readonly entries: readonly HistoryEntry[];
}

interface Corpus {
  readonly pasts: readonly Past[];
  readonly sources: readonly SourceRecord[];
  readonly canary: Past;
}

const kernelFactory = createKernelFactory();
const libraryPort = createLibrary();
let corpus: Promise<Corpus> | undefined;

async function makeCorpus(): Promise<Corpus> {
  const storePort = createMemoryStore();
  const engine = await joinEngine({ kernelFactory, libraryPort, storePort, durability: "relaxed" });
  for (const [index, text] of [...WORKFLOW_TEXTS, CANARY_TEXT].entries()) {
    const workflow = await engine.load(text).catch(() => undefined);
    const run = workflow && (await engine.start(workflow, {}, { runId: workflow.name === "canary" ? "canary" : `run-${index}` }).catch(() => undefined));
    if (workflow === undefined || run === undefined || run.id === "canary") continue;
    for (const { name } of workflow.definition.events.slice(0, 4)) await engine.send(run.id, name, { n: 1, by: "x" }).catch(ignore);
    if (index % 3 === 0) await engine.pause(run.id).catch(ignore);
    for (const { name } of workflow.definition.events.slice(0, 2)) await engine.send(run.id, name, { n: 2 }).catch(ignore);
    if (index % 4 === 0) await engine.cancel(run.id).catch(ignore);
  }
  const { records } = await storePort.query({ limit: 1_000 });
  const pasts = await Promise.all(records.map(async (record) => ({ record, entries: await storePort.history(record.runId) })));
  const identities = new Set(records.map(({ identity }) => identity));
  const sources = (await Promise.all([...identities].map((identity) => storePort.getSource(identity)))).filter((source) => source !== undefined);
  await engine.close();
  const canary = pasts.find(({ record }) => record.runId === "canary");
  if (canary === undefined) throw new Error("the canary did not begin");
  return { pasts: pasts.filter((past) => past !== canary), sources, canary };
}

class HistorySession implements FuzzSession {
  readonly memorySize = 0;
  readonly #corpus: Corpus;
  #pasts: readonly Past[] = [];

  private constructor(made: Corpus) {
    this.#corpus = made;
  }

  static async open(): Promise<FuzzSession> {
    corpus ??= makeCorpus();
    return new HistorySession(await corpus);
  }

  describe(): string {
    return this.#pasts.map(({ record, entries }) => `  ${record.runId} ${record.workflow} ${record.status} ${JSON.stringify(entries.map(({ payload, ...entry }) => ({ ...entry, payload: payload && Buffer.from(payload).toString("hex") })))}`).join("\n");
  }

  async feed(chance: Chance): Promise<void> {
    const { pasts, sources, canary } = this.#corpus;
    this.#pasts = Array.from({ length: RUNS_BY_INPUT }, (_, index) => {
      const past = chance.pick(pasts);
      const entries = changeHistory(past.entries, chance, pasts);
      return { record: { ...past.record, runId: `changed-${index}`, seq: entries.at(-1)?.seq ?? 0 }, entries };
    });
    const storePort = createMemoryStore();
    await storePort.open();
    await storePort.takeOver();
    for (const source of sources) await storePort.putSource(source);
    await storePort.commit([canary, ...this.#pasts].map(({ record, entries }) => ({ record, entries })), "relaxed");
    const engine = await joinEngine({ kernelFactory, libraryPort, storePort, durability: "relaxed" });
    for (const { record, entries } of this.#pasts) await ask(engine, record, entries.length, chance);
    if ((await engine.send("canary", "sing")).status !== "taken") throw new Error("the canary does not take its event");
    await engine.send("canary", "sing");
    if ((await engine.runs.get("canary").then((run) => run.status())) !== "succeeded") throw new Error("the canary does not come to its end");
    await engine.close();
  }

  check(): void {
    if (({} as { polluted?: unknown }).polluted !== undefined) throw new Error("a prototype was changed");
  }
}

/** Everything that can be asked of a run. */
async function ask(engine: Engine, { runId, status }: RunRecord, count: number, chance: Chance): Promise<void> {
  let run: Run | undefined;
  await answered(async () => (run = await engine.runs.get(runId)));
  const got = run;
  if (got === undefined) return;
  for (const question of [() => got.record(), () => got.context(), () => got.states(), () => got.awaits(), () => got.at(chance.below(count + 2)), () => got.verify()]) await answered(question);
  await answered(async () => {
    let last = 0;
    for await (const { seq } of got.events()) {
      last = seq;
      // An open run's story has no end.
      if (seq >= count) break;
    }
    return last;
  }, isEnded(status));
  if (isEnded(status)) await answered(() => got.result, true);
  else await answered(() => chance.pick([() => engine.cancel(runId), () => engine.pause(runId), () => engine.resume(runId)])());
}

/** A value, or a WorkflowError whose code is none of a mistake within. What is not asked of an ended run may take for ever. */
async function answered(question: () => Promise<unknown>, isAwaited = true): Promise<void> {
  if (!isAwaited) return;
  try {
    await question();
  } catch (error) {
    if (!(error instanceof WorkflowError) || NEVER.has(error.code)) throw error;
  }
}

/** Entries left out, doubled, swapped, of another run, or with parts that are others; their seqs follow each other. */
function changeHistory(entries: readonly HistoryEntry[], chance: Chance, pasts: readonly Past[]): readonly HistoryEntry[] {
  const changed = [...entries];
  for (let changes = chance.between(1, 4); changes > 0 && changed.length > 0; changes -= 1) {
    const at = chance.below(changed.length);
    const entry = changed[at] as HistoryEntry;
    const kind = chance.below(6);
    if (kind === 0 && changed.length > 1) changed.splice(at, 1);
    else if (kind === 1) changed.splice(chance.below(changed.length + 1), 0, entry);
    else if (kind === 2) changed.splice(at, 0, chance.pick(chance.pick(pasts).entries));
    else if (kind === 3) changed.splice(at, 0, makeEntry(chance));
    else changed[at] = changeEntry(entry, chance);
  }
  return changed.map((entry, index) => ({ ...entry, seq: index + 1 }));
}

function changeEntry(entry: HistoryEntry, chance: Chance): HistoryEntry {
  const kind = chance.below(6);
  if (kind === 0) return { ...entry, kind: chance.pick(KINDS) };
  if (kind === 1) return { ...entry, id: chance.sharpWord() };
  if (kind === 2) return { ...entry, isHeld: !entry.isHeld };
  if (kind === 3) return { ...entry, now: chance.pick([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, entry.now - 1]) };
  if (kind === 4) return { ...entry, seed: chance.sharpWord() };
  const { payload, ...rest } = entry;
  if (payload === undefined || chance.oneIn(3)) return chance.oneIn(2) ? rest : { ...rest, payload: chance.bytes(chance.below(20)) };
  const bytes = payload.slice();
  if (bytes.length > 0) bytes[chance.below(bytes.length)] = chance.below(256);
  return { ...rest, payload: chance.oneIn(4) ? bytes.slice(0, chance.below(bytes.length + 1)) : bytes };
}

function makeEntry(chance: Chance): HistoryEntry {
  const entry = { seq: 0, kind: chance.pick(KINDS), isHeld: chance.oneIn(4), id: chance.below(6), now: Date.UTC(2026, 0, 2), seed: chance.word() };
  return chance.oneIn(2) ? entry : { ...entry, payload: chance.bytes(chance.below(12)) };
}

function ignore(): void {}
