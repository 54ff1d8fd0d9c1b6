// Files that no engine wrote: whatever they say, their runs are refused one family at a time, with a code, and nothing else happens. And runs whose
// values were replaced: to be looked at, not to go on.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import type { ImportReport } from "../../../src/model/portable.js";
import type { StoredLogEntry } from "../../../src/model/log.js";
import type { SourceRecord } from "../../../src/model/ports.js";
import type { RunRecord } from "../../../src/model/run-record.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { decodeEntries, encodeEntries } from "../../../src/model/history-codec.js";
import { encodeValue } from "../../../src/model/value.js";
import { readFile, writeFile } from "../../../src/portable/portable-file.js";
import type { ExportItem } from "../../../src/portable/section-stream.js";
import { give, readFileBytes } from "../portable/files.js";
import { type Bench, codeOf, markdown, openBench, readEvents } from "./harness.js";

const TEXT = markdown("[*] --> A\nA --> B: go [event.n > 1]\nA --> C: go\nB --> [*]: go\nC --> [*]: go", {
  name: "card",
  head: "parameters:\n  - { name: card, type: string, default: none }\nevents: [go]\nvariables:\n  last: any",
});

/** What comes out of files that nobody wrote, or without its values, is no history that any run has had. */
function openOdd(): Promise<Bench> {
  return openBench({ isVerified: false });
}

interface Story {
  readonly record: RunRecord;
  readonly entries: readonly HistoryEntry[];
}

/** Two ended runs, their file taken apart. */
async function takeApart(): Promise<{ readonly file: Uint8Array; readonly source: SourceRecord; readonly runs: readonly Story[] }> {
  const { engine } = await openBench();
  const workflow = await engine.load(TEXT);
  for (const runId of ["a", "b"]) {
    await engine.start(workflow, { card: "4111" }, { runId });
    for (const n of [2, 3]) await engine.send(runId, "go", { n });
  }
  const file = await readFileBytes(engine.export());
  const runs: { record: RunRecord; entries: HistoryEntry[] }[] = [];
  let source: SourceRecord | undefined;
  for await (const item of (await readFile(file)).items) {
    if (item.kind === "source") source = item.source;
    if (item.kind === "run") runs.push({ record: { ...item.run, workflow: "card", identity: source?.identity ?? "" }, entries: [] });
    if (item.kind === "history") runs.at(-1)?.entries.push(...decodeEntries(item.block));
  }
  if (source === undefined) throw new Error("there is no workflow in the file");
  return { file, source, runs };
}

const { file, source, runs } = await takeApart();
const [a, b] = runs as [Story, Story];

async function importItems(items: readonly ExportItem[], bench?: Bench): Promise<ImportReport> {
  const { engine } = bench ?? (await openOdd());
  return engine.import(writeFile(give(items)));
}

function tell(...stories: Story[]): ExportItem[] {
  return [{ kind: "source", source }, ...stories.map((story) => ({ kind: "run" as const, ...story }))];
}

describe("a run that cannot be is refused, and the others are not", () => {
  const entries = a.entries;
  const odd = (record: Partial<RunRecord>, changed: readonly HistoryEntry[] = entries): Story => ({ record: { ...a.record, seq: changed.length, ...record }, entries: changed });
  const change = (index: number, entry: Partial<HistoryEntry>): HistoryEntry[] => entries.map((item, at) => (at === index ? { ...item, ...entry } : item));
  test.each<[string, Story, string]>([
    ["an id with a slash", odd({ runId: "a/b" }), "portable/damaged"],
    ["no id", odd({ runId: "" }), "portable/damaged"],
    ["a long id", odd({ runId: "x".repeat(201) }), "portable/damaged"],
    ["a child's id that is no number", odd({ runId: "a~x" }), "portable/damaged"],
    ["a child too deep", odd({ runId: `a${"~1".repeat(33)}` }), "portable/damaged"],
    ["an id like a prototype's child", odd({ runId: "__proto__~constructor" }), "portable/damaged"],
    ["a fork of no run", odd({ forkOf: { runId: "a/b", seq: 1 } }), "portable/damaged"],
    ["more entries than its record says", odd({ seq: 2 }), "portable/damaged"],
    ["fewer entries", odd({ seq: 9 }), "portable/damaged"],
    ["no entries", odd({}, []), "portable/damaged"],
    ["an end and no end", odd({ status: "waiting" }), "portable/damaged"],
    ["a time that is none", odd({ startedAt: Number.NaN }), "portable/damaged"],
    ["a priority", odd({ priority: 77 }), "portable/damaged"],
    ["an error and success", odd({ error: { code: "a/b", message: "" } }), "portable/damaged"],
    ["no start", odd({}, change(0, { kind: EntryKind.EVENT })), "portable/damaged"],
    ["two starts", odd({}, change(1, { kind: EntryKind.START })), "portable/damaged"],
    ["a clock that goes back", odd({}, change(1, { now: 5 })), "portable/damaged"],
    ["a payload that is no value", odd({}, change(1, { payload: Uint8Array.of(255, 1, 2) })), "portable/damaged"],
    ["a payload with something behind it", odd({}, change(1, { payload: Uint8Array.of(...encodeValue(1), 0) })), "portable/damaged"],
    ["a pause that is held", odd({}, change(1, { kind: EntryKind.PAUSE, isHeld: true })), "portable/damaged"],
    ["an event's number beyond all numbers", odd({}, change(1, { id: 2 ** 40 })), "portable/damaged"],
    ["another version", odd({}, change(0, { id: 1 })), "run/version-unsupported"],
  ])("%s", async (_, story, code) => {
    const bench = await openOdd();
    const report = await importItems(tell(story, b), bench);
    expect(report).toMatchObject({ imported: 1, refusedCount: 1, refused: [{ runId: story.record.runId.slice(0, 200), code }] });
    expect((await bench.engine.runs.query()).records.map(({ runId }) => runId)).toEqual(["b"]);
  });

  test("with a log that cannot be", async () => {
    const entry: StoredLogEntry = { number: 1, time: 5, level: "info", by: "task", message: "m" };
    const logs: readonly (readonly StoredLogEntry[])[] = [[{ ...entry, time: 1e300 }], [{ ...entry, number: 2 ** 40 }], [{ ...entry, message: "x".repeat(5_000) }], [{ ...entry, fields: "[1]" }], [{ ...entry, fields: "{" }]];
    for (const log of logs) expect(await importItems(tell({ ...a, log } as Story, b))).toMatchObject({ imported: 1, refused: [{ runId: "a", code: "portable/damaged" }] });
    expect(await importItems(tell({ ...a, log: [entry] } as Story, b))).toMatchObject({ imported: 2 });
  });

  test("with its family", async () => {
    const child = { record: { ...a.record, runId: "a~1" }, entries: entries.slice(1) };
    expect(await importItems(tell(a, child, b))).toMatchObject({ imported: 1, refusedCount: 2, refused: [{ runId: "a~1" }] });
    expect(await importItems(tell(a, a, b))).toMatchObject({ imported: 1, refusedCount: 2 });
    expect(await importItems(tell(a, b, a))).toMatchObject({ imported: 2, skipped: 1 });
  });

  test("a workflow that does not load, or is another one", async () => {
    const run = { kind: "run" as const, ...a };
    const bad = async (changes: Partial<SourceRecord>): Promise<string | undefined> => (await importItems([{ kind: "source", source: { ...source, ...changes } }, run])).refused[0]?.code;
    expect(await bad({ source: `${source.source}\n` })).toBe("portable/damaged");
    expect(await bad({ source: "stateDiagram-v2\n[*] --> " })).toMatch(/^(parse\/invalid|portable\/damaged)$/);
    expect(await bad({ customs: [{ name: "twice(int)", version: "1" }] })).toBe("run/version-unsupported");
  });
});

test("names of prototypes are names", async () => {
  const details = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}') as Record<string, unknown>;
  const input = encodeValue({ card: "x", ...JSON.parse('{"a": {"__proto__": {"polluted": 1}}}') });
  const record: RunRecord = { ...a.record, runId: "__proto__", status: "failed", error: { code: "a/b", message: "", details }, tags: ["__proto__"], fields: JSON.parse('{"__proto__": 1}') };
  const bench = await openOdd();
  expect(await importItems(tell({ record, entries: a.entries.map((entry, index) => (index === 0 ? { ...entry, payload: input } : entry)) }), bench)).toMatchObject({ imported: 1 });
  const run = await bench.engine.runs.get("__proto__");
  await run.context();
  await readEvents(run);
  expect(await run.record()).toMatchObject({ runId: "__proto__", error: { details: { constructor: { prototype: { polluted: 1 } } } } });
  await bench.engine.import(await readFileBytes(bench.engine.export()), { onConflict: "rename" });
  expect((Object.prototype as { polluted?: unknown }).polluted).toBeUndefined();
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("histories that were changed, under checksums that fit, do no harm", { timeout: 120_000 }, async () => {
  const bench = await openOdd();
  const bytes = encodeEntries(a.entries);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.uuid(), async (changes, runId) => {
      const changed = bytes.slice();
      for (const [at, byte] of changes) changed[at] = byte;
      let entries: HistoryEntry[];
      try {
        entries = decodeEntries(changed);
      } catch {
        return;
      }
      const report = await importItems(tell({ record: { ...a.record, runId, seq: entries.length }, entries }), bench);
      expect(report.imported + report.refusedCount).toBe(1);
      if (report.imported === 0) return;
      const run = await bench.engine.runs.get(runId);
      for (const look of [run.context(), run.states(), run.result, readEvents(run)]) {
        const error = await look.then(() => undefined, (failure: unknown) => failure);
        if (error !== undefined) expect(error).toBeInstanceOf(WorkflowError);
      }
    }),
    { numRuns: 400 },
  );
});

describe("a redacted run", () => {
  test("can be looked at, and says that it need not come to its end", async () => {
    const { engine } = await openOdd();
    await engine.import(file);
    const to = await openOdd();
    await to.engine.import(await readFileBytes(engine.export({ runIds: ["a"] }, { redact: ["input.card", "event.n"] })));
    const run = await to.engine.runs.get("a");
    expect(await run.record()).toMatchObject({ status: "succeeded", isRedacted: true });
    expect(JSON.stringify(await readEvents(run))).not.toContain("4111");
    expect((await readEvents(run))[0]).toMatchObject({ type: "started", input: { card: "[redacted]" } });
    expect(await codeOf(run.result)).toBe("run/redacted");
    expect(await codeOf(to.engine.rerun("a"))).toBe("run/redacted");
    expect(await codeOf(to.engine.fork("a", 1))).toBe("run/redacted");
    const again = await readFileBytes(to.engine.export());
    expect(await (await openOdd()).engine.import(again)).toMatchObject({ imported: 1 });
  });

  test("is not driven where it has not ended, and can be deleted", async () => {
    const from = await openOdd();
    await from.engine.start(await from.engine.load(TEXT), { card: "4111" }, { runId: "open" });
    const redacted = await readFileBytes(from.engine.export({}, { redact: ["**.card"] }));
    const to = await openOdd();
    expect(await to.engine.import(redacted, { open: "keep" })).toMatchObject({ imported: 1, untouched: [{ runId: "open", code: "run/redacted" }] });
    expect(await (await to.engine.runs.get("open")).status()).toBe("waiting");
    expect(await codeOf(to.engine.send("open", "go"))).toBe("run/redacted");
    await to.engine.runs.delete("open");
    expect(await to.engine.runs.count()).toBe(0);
    expect(await to.engine.import(redacted, { open: "cancel" })).toMatchObject({ imported: 1, untouched: [] });
    expect(await (await to.engine.runs.get("open")).status()).toBe("canceled");
  });
});
