import { describe, expect, test } from "vitest";
import type { TaskContext } from "../../../src/model/engine.js";
import type { ExportOptions, ImportSource } from "../../../src/model/portable.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { SimulatedDevice } from "../../../src/testing/simulated-disk.js";
import { readFileBytes } from "../portable/files.js";
import { readAll } from "./acts.js";
import { type Bench, codeOf, holdTask, markdown, openBench, readEvents } from "./harness.js";

const TWO = markdown("[*] --> A\nA --> B: success\nA --> [*]: failed\nB --> [*]: done", {
  name: "two",
  head: "parameters:\n  - { name: n, type: number, default: 1 }\nevents: [done]\nvariables:\n  out: any",
  actions: "- A: call work with n=n result out",
});
const PARENT = markdown("[*] --> A\nA --> [*]: success\nA --> [*]: failed", { name: "parent", head: "variables:\n  out: any", actions: '- A: run workflow "two" with n=3 result out' });

const work = async ({ n }: { n: number }, { log }: TaskContext): Promise<unknown> => {
  log.info("twice", { n, card: "4711" });
  if (n < 0) throw Object.assign(new Error("too little"), { code: "test/little" });
  return { twice: n * 2 };
};

async function openTwo(tasks: Parameters<typeof openBench>[0] = { tasks: { work } }): Promise<Bench> {
  const bench = await openBench(tasks);
  await bench.engine.load(TWO);
  return bench;
}

/** Some runs: ended, failed, waiting. */
async function begin(bench: Bench): Promise<void> {
  await bench.engine.start("two", { n: 4 }, { runId: "ended", tags: ["a", "é"], priority: 3 });
  await bench.clock.advance(5);
  await bench.engine.start("two", { n: 5 }, { runId: "waiting" });
  await bench.engine.start("two", { n: -1 }, { runId: "little" });
  await bench.clock.settle();
  await bench.engine.send("ended", "done", { by: "me" });
  await bench.engine.start("two", {}, { runId: "canceled" });
  await bench.engine.fail("canceled", { code: "test/over", message: "over", details: { list: [1, { b: 2, a: 1n }], ["__proto__"]: "own" } });
}

async function exportAll(bench: Bench, options?: ExportOptions): Promise<Uint8Array> {
  return readFileBytes(bench.engine.export({}, options));
}

async function idsOf(bench: Bench): Promise<string[]> {
  return (await bench.engine.runs.query({ limit: 1_000 })).records.map(({ runId }) => runId).sort();
}

describe("what comes back", () => {
  test("records, results, events and errors are the same, and so is the next export", async () => {
    const from = await openTwo();
    await begin(from);
    const file = await exportAll(from);
    const to = await openBench();
    expect(await to.engine.import(file, { open: "keep" })).toMatchObject({ imported: 4, skipped: 0, refused: [], untouched: [{ runId: "waiting", code: "task/unregistered" }] });
    for (const id of await idsOf(from)) {
      const [was, is] = await Promise.all([from.engine.runs.get(id), to.engine.runs.get(id)]);
      expect(await is.record()).toEqual(JSON.parse(JSON.stringify(await was.record(), (_, value) => (typeof value === "bigint" ? String(value) : value))));
      expect(await readAll(to, is)).toEqual(await readAll(from, was));
      expect(await is.logs()).toEqual(await was.logs());
    }
    expect((await (await to.engine.runs.get("little")).logs()).entries).toMatchObject([{ message: "twice" }, { fields: { code: "task/failed" } }]);
    expect(await (await to.engine.runs.get("ended")).result).toMatchObject({ out: { twice: 8 } });
    expect(await codeOf((await to.engine.runs.get("canceled")).result)).toBe("test/over");
    expect(await exportAll(to)).toEqual(file);
  });

  test("neither the order of the ids, the store nor the time of the export is in the bytes", async () => {
    const [memory, journals] = [await openTwo(), await openTwo({ tasks: { work }, storePort: createJournalStore(new SimulatedDevice().connect(), "device") })];
    await begin(memory);
    await begin(journals);
    const file = await exportAll(memory);
    await memory.clock.advance(1_000);
    expect(await readFileBytes(memory.engine.export({ runIds: ["waiting", "little", "ended", "canceled"] }))).toEqual(file);
    expect(await readFileBytes(memory.engine.export({ query: { workflow: "two", order: "newest", limit: 1 } }))).toEqual(file);
    expect(await exportAll(journals)).toEqual(file);
    expect(await exportAll(memory, { exportedAt: 5 })).not.toEqual(file);
    expect(await (await openBench()).engine.import(await exportAll(memory, { exportedAt: 5 }))).toMatchObject({ exportedAt: 5 });
  });

  test("logs stay at home where that is asked for, and are redacted by path without making a run another one", async () => {
    const from = await openTwo();
    await begin(from);
    const without = await openBench();
    await without.engine.import(await exportAll(from, { logs: false }));
    expect((await (await without.engine.runs.get("ended")).logs()).entries).toEqual([]);
    const redacted = await openBench();
    await redacted.engine.import(await exportAll(from, { redact: ["log.card"] }));
    const run = await redacted.engine.runs.get("ended");
    expect((await run.logs()).entries).toMatchObject([{ message: "twice", fields: { n: 4, card: "[redacted]" } }]);
    expect((await run.record()).isRedacted).toBeUndefined();
    expect(await run.result).toMatchObject({ out: { twice: 8 } });
  });

  test("a query exports what it finds", async () => {
    const from = await openTwo();
    await begin(from);
    const to = await openBench();
    await to.engine.import(await readFileBytes(from.engine.export({ query: { status: "succeeded" } })));
    expect(await idsOf(to)).toEqual(["ended", "little"]);
    const few = await openBench();
    await few.engine.import(await readFileBytes(from.engine.export({ query: { filter: "'é' in tags" } })));
    expect(await idsOf(few)).toEqual(["ended"]);
  });

  test("every kind of source is read", async () => {
    const from = await openTwo();
    await begin(from);
    for (const compress of [false, true]) {
      const file = await exportAll(from, { compress });
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < file.length; at += 7) yield file.subarray(at, at + 7);
      };
      const sources: ImportSource[] = [file, new Blob([file.slice()]), new Blob([file.slice()]).stream(), pieces()];
      for (const source of sources) expect(await (await openBench()).engine.import(source)).toMatchObject({ imported: 4 });
    }
  });

  test("a run without durability is exported where it is named", async () => {
    const from = await openTwo({ tasks: { work }, durability: "none" });
    await begin(from);
    const to = await openBench();
    expect(await to.engine.import(await exportAll(from))).toMatchObject({ imported: 0 });
    expect(await to.engine.import(await readFileBytes(from.engine.export({ runIds: ["ended"] })))).toMatchObject({ imported: 1 });
    expect(await (await to.engine.runs.get("ended")).result).toMatchObject({ out: { twice: 8 } });
    expect(await codeOf(readFileBytes(from.engine.export({ runIds: ["nobody"] })))).toBe("run/unknown");
  });

  test("an encrypted file opens with its passphrase, in whatever form that is typed", async () => {
    const from = await openTwo();
    await begin(from);
    const file = await exportAll(from, { passphrase: "caf\u00e9", compress: true });
    const to = await openBench();
    expect(await codeOf(to.engine.import(file))).toBe("portable/passphrase-needed");
    expect(await codeOf(to.engine.import(file, { passphrase: "cafe" }))).toBe("portable/wrong-passphrase");
    expect(await idsOf(to)).toEqual([]);
    expect(await to.engine.import(file, { passphrase: "cafe\u0301" })).toMatchObject({ imported: 4 });
    expect(await exportAll(to, { passphrase: "x" })).not.toEqual(await exportAll(to, { passphrase: "x" }));
  });
});

describe("sub-workflows", () => {
  async function family(): Promise<Bench> {
    const bench = await openTwo();
    await bench.engine.start(await bench.engine.load(PARENT), {}, { runId: "p" });
    await bench.engine.start("two", {}, { runId: "alone" });
    await bench.clock.settle();
    return bench;
  }

  test.each([["p"], ["p~1"]])("come along with their parents, and they with them: %s", async (named) => {
    const from = await family();
    const child = (await idsOf(from)).find((id) => id.includes("~")) ?? "";
    const to = await openTwo();
    await to.engine.load(PARENT);
    await to.engine.import(await readFileBytes(from.engine.export({ runIds: [named === "p" ? named : child] })), { open: "keep" });
    expect(await idsOf(to)).toEqual(["p", child]);
    await to.clock.settle();
    await to.engine.send(child, "done");
    await to.clock.settle();
    expect(await (await to.engine.runs.get("p")).result).toMatchObject({ out: { out: { twice: 6 } } });
  });

  test("paused with their parents, they go on with them", async () => {
    const from = await family();
    const child = (await idsOf(from)).find((id) => id.includes("~")) ?? "";
    const to = await openTwo();
    await to.engine.load(PARENT);
    await to.engine.import(await exportAll(from));
    expect((await to.engine.runs.query()).records.map(({ status }) => status)).toEqual(["paused", "paused", "paused"]);
    await to.engine.resume("p");
    await to.engine.resume(child);
    await to.engine.send(child, "done");
    await to.clock.settle();
    expect(await (await to.engine.runs.get("p")).status()).toBe("succeeded");
  });

  test("keep their place in a family that is renamed", async () => {
    const from = await family();
    const file = await exportAll(from);
    const to = await openTwo();
    await to.engine.load(PARENT);
    await to.engine.import(file, { open: "keep" });
    const report = await to.engine.import(file, { open: "keep", onConflict: "rename" });
    expect(report).toMatchObject({ imported: 3, skipped: 0 });
    const newId = report.renamed.find(({ runId }) => runId === "p")?.newRunId ?? "";
    const child = (await idsOf(to)).find((id) => id.startsWith(`${newId}~`)) ?? "";
    expect(await (await to.engine.runs.get(child)).record()).toMatchObject({ parentRunId: newId });
    await to.clock.settle();
    await to.engine.send(child, "done");
    await to.clock.settle();
    expect(await (await to.engine.runs.get(newId)).status()).toBe("succeeded");
    expect(await (await to.engine.runs.get("p")).status()).toBe("running");
  });
});

describe("runs that have not ended", () => {
  /** Exported while its task runs. */
  async function fileInFlight(): Promise<Uint8Array> {
    const from = await openTwo({ tasks: { work: holdTask().handler } });
    await from.engine.start("two", { n: 4 }, { runId: "r" });
    await from.clock.settle();
    return exportAll(from);
  }

  test("perform nothing until they are resumed, also after the engine is opened again", async () => {
    const held = holdTask();
    let to = await openTwo({ tasks: { work: held.handler } });
    expect(await to.engine.import(await fileInFlight())).toMatchObject({ imported: 1, untouched: [] });
    await to.clock.advance(60_000);
    to = await to.reopen();
    await to.clock.advance(60_000);
    expect(held.calls).toEqual([]);
    expect(await (await to.engine.runs.get("r")).status()).toBe("paused");
    await to.engine.resume("r");
    await to.clock.settle();
    expect(held.calls).toMatchObject([{ input: { n: 4 }, key: "r/1.0/0", attempt: 1 }]);
    held.succeed("x");
    await to.clock.settle();
    expect(await (await to.engine.runs.get("r")).status()).toBe("waiting");
  });

  test("kept, they go on at once", async () => {
    const held = holdTask();
    const to = await openTwo({ tasks: { work: held.handler } });
    await to.engine.import(await fileInFlight(), { open: "keep" });
    await to.clock.settle();
    expect(held.calls).toMatchObject([{ key: "r/1.0/0" }]);
  });

  test("canceled, they have ended", async () => {
    const held = holdTask();
    const to = await openTwo({ tasks: { work: held.handler } });
    await to.engine.import(await fileInFlight(), { open: "cancel" });
    await to.clock.settle();
    const run = await to.engine.runs.get("r");
    expect(await run.record()).toMatchObject({ status: "canceled", endedAt: to.clock.now() });
    expect((await readEvents(run)).at(-1)).toMatchObject({ type: "ended", status: "canceled" });
    expect(held.calls).toEqual([]);
    await to.engine.runs.delete("r");
  });

  test("wait for their tasks to be registered, and say so", async () => {
    let to = await openBench();
    expect(await to.engine.import(await fileInFlight())).toMatchObject({ imported: 1, untouched: [{ runId: "r", code: "task/unregistered" }] });
    expect(await codeOf(to.engine.resume("r"))).toBe("task/unregistered");
    const held = holdTask();
    to = await to.reopen({ tasks: { work: held.handler } });
    await to.engine.resume("r");
    await to.clock.settle();
    expect(held.calls).toHaveLength(1);
  });
});

describe("runs that are there already", () => {
  test("are left out, so that an import can be done again", async () => {
    const from = await openTwo();
    await begin(from);
    const file = await exportAll(from);
    const to = await openTwo();
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield file.subarray(0, file.length - 5);
      throw new Error("the network is gone");
    };
    expect(await codeOf(to.engine.import(broken()))).toBe("portable/unreadable");
    expect(await to.engine.import(file)).toMatchObject({ imported: 4, skipped: 0 });
    expect(await to.engine.import(file)).toMatchObject({ imported: 0, skipped: 4 });
    expect(await (await to.engine.runs.get("waiting")).status()).toBe("paused");
  });

  test("end the import where that is asked for", async () => {
    const from = await openTwo();
    await begin(from);
    const to = await openTwo();
    await to.engine.start("two", {}, { runId: "little" });
    expect(await codeOf(to.engine.import(await exportAll(from), { onConflict: "fail" }))).toBe("run/exists");
    expect(await idsOf(to)).toEqual(["little"]);
  });

  test("many are stored in commits of many, and told as they come", async () => {
    const from = await openTwo();
    await from.engine.startMany("two", Array.from({ length: 600 }, (_, n) => ({ n })));
    await from.clock.settle();
    const to = await openTwo();
    const before = (await to.engine.statistics()).commitsTotal;
    const told: number[] = [];
    const file = await exportAll(from);
    await to.engine.import(file, { onProgress: ({ runCount, sizeBytes }) => told.push(runCount, sizeBytes) });
    expect(told.filter((_, index) => index % 2 === 0)).toEqual([256, 512, 600]);
    expect(told.at(-1)).toBe(file.length);
    expect((await to.engine.statistics()).commitsTotal - before).toBe(3);
    expect(await to.engine.runs.count()).toBe(600);
  });
});

test("arguments that are none are refused", async () => {
  const { engine } = await openTwo();
  const wrong: (() => unknown)[] = [
    () => engine.export({ runIds: "a" } as never),
    () => engine.export({}, { passphrase: "" }),
    () => engine.export({}, { redact: ["card.number"] }),
    () => engine.export({}, { redact: ["input..a"] }),
    () => engine.export({}, { redact: { paths: ["input.a"], marker: 1 as never } }),
  ];
  for (const call of wrong) expect(call).toThrow(expect.objectContaining({ code: "engine/invalid-argument" }));
  expect(await codeOf(engine.import({} as never))).toBe("engine/invalid-argument");
  expect(await codeOf(engine.import(new Uint8Array(0), { onConflict: "x" as never }))).toBe("engine/invalid-argument");
  expect(await codeOf(engine.import([1, 2] as never))).toBe("engine/invalid-argument");
  const numbers = async function* (): AsyncGenerator<never> {
    yield 5 as never;
  };
  expect(await codeOf(engine.import(numbers()))).toBe("portable/unreadable");
  await engine.close();
  expect(await codeOf(engine.import(new Uint8Array(0)))).toBe("engine/closed");
});
