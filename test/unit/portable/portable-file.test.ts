// The file: what goes in comes out, nothing that was changed passes, and whatever the bytes are, only WorkflowErrors are thrown.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprintBytes } from "../../../src/base/fingerprint.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { decodeLog } from "../../../src/model/log-codec.js";
import type { StoredLogEntry } from "../../../src/model/log.js";
import { decodeEntries, encodeEntries } from "../../../src/model/history-codec.js";
import type { HistoryEntry } from "../../../src/model/history.js";
import { RUN_STATUSES } from "../../../src/model/status.js";
import { openFile, sealContent } from "../../../src/portable/envelope.js";
import { CHUNK_SIZE, KEY_ROUNDS_MAX } from "../../../src/portable/limits.js";
import { readFile, writeFile } from "../../../src/portable/portable-file.js";
import { seedOf } from "../../../src/portable/section-codec.js";
import type { ExportItem, ImportItem } from "../../../src/portable/section-stream.js";
import { give, makeFile, makeLogEntries, makeRun, readFileBytes, SOURCE } from "./files.js";

const TAG_SIZE = 16;
/** Magic, version, form, rounds, salt, check, checksum. */
const SEALED_HEAD_SIZE = 8 + 2 + 4 + 16 + 16 + 4;

async function readItems(file: Uint8Array, passphrase?: string): Promise<ImportItem[]> {
  const items: ImportItem[] = [];
  for await (const item of (await readFile(file, passphrase)).items) items.push(item);
  return items;
}

async function failureOf(file: Uint8Array, passphrase?: string): Promise<WorkflowError | undefined> {
  try {
    await readItems(file, passphrase);
    return undefined;
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
}

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const time = fc.oneof(fc.integer({ min: -1e12, max: 2e12 }), fc.double({ min: -1e12, max: 2e12, noNaN: true }));
const keyed = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> => fc.dictionary(fc.oneof(text, fc.constantFrom("__proto__", "constructor", "1")), value, { maxKeys: 4 });
/** JSON's text of -0 is 0. */
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const run = fc.record({
  logCount: fc.oneof(fc.nat(3), fc.constantFrom(30, 1_025)),
  eventCount: fc.oneof(fc.nat(5), fc.constantFrom(1_023, 1_024, 2_500)),
  changes: fc.record(
    {
      status: fc.constantFrom(...RUN_STATUSES),
      startedAt: time,
      updatedAt: time,
      endedAt: time,
      tags: fc.array(text, { maxLength: 3 }),
      priority: fc.nat(9),
      rerunOf: text,
      forkOf: fc.record({ runId: text, seq: fc.nat() }),
      fields: keyed(fc.oneof(text, fc.boolean(), fc.integer())),
      isRedacted: fc.constant(true),
      error: fc.record({ code: text, message: text, details: keyed(json), isRetryable: fc.boolean() }, { requiredKeys: ["code", "message"] }),
    },
    { requiredKeys: [] },
  ),
  payload: fc.oneof(fc.constant(null), text),
  isLarge: fc.boolean(),
});

describe("what was written", () => {
  test("is what is read", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 4 }), fc.boolean(), fc.constantFrom(undefined, "secret"), async (runs, isCompressed, passphrase) => {
        const items = runs.map(({ eventCount, logCount, changes, payload, isLarge }, index) => {
          const runId = index % 2 === 0 ? `r${index}` : `r${index - 1}~4`;
          const story = isLarge ? makeRun(runId, eventCount % 7, changes, "x".repeat(70_000)) : makeRun(runId, eventCount, changes, payload);
          return { ...story, log: makeLogEntries(logCount, isLarge ? "y".repeat(3_000) : "y") };
        });
        const read = await readItems(await makeFile(items, { isCompressed, passphrase, exportedAt: 77 }), passphrase);
        expect(read.shift()).toEqual({ kind: "time", exportedAt: 77 });
        expect(read.shift()).toEqual({ kind: "source", source: SOURCE });
        for (const { record, entries, log = [] } of items) {
          const { workflow: _workflow, identity: _identity, ...rest } = record;
          const parent = record.runId.includes("~") ? { parentRunId: record.runId.split("~")[0] } : {};
          const told = read.shift();
          expect(told).toEqual({ kind: "run", run: expect.anything() });
          const { fields = {}, ...others } = (told as unknown as { run: typeof record }).run;
          const { fields: given = {}, ...expected } = rest;
          expect(others).toEqual({ ...expected, ...parent, source: 0 });
          expect(Object.entries(fields).sort()).toEqual(Object.entries(given).sort());
          const history: HistoryEntry[] = [];
          while (read[0]?.kind === "history") history.push(...decodeEntries((read.shift() as { block: Uint8Array }).block));
          // Compared as bytes: payloads are large.
          expect(Buffer.compare(encodeEntries(history), encodeEntries(entries))).toBe(0);
          const logged: StoredLogEntry[] = [];
          while (read[0]?.kind === "log") logged.push(...decodeLog((read.shift() as { block: Uint8Array }).block));
          expect(logged).toEqual(log);
        }
        expect(read).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("does not depend on how a record's keys were ordered", async () => {
    const [a, b] = [{ x: 1, y: { p: 1, q: 2 } }, { y: { q: 2, p: 1 }, x: 1 }].map((details) => makeRun("r", 1, { status: "failed", error: { code: "a/b", message: "", details } }));
    expect(await makeFile([a as ExportItem])).toEqual(await makeFile([b as ExportItem]));
  });
});

describe("damage", () => {
  const small = [makeRun("a", 2, { status: "failed", error: { code: "x/y", message: "no" }, tags: ["t"], fields: { n: 1 } }), { ...makeRun("a~1", 1), log: makeLogEntries(2, "m") }];

  test.each([
    ["plain", {}],
    ["compressed", { isCompressed: true }],
    ["encrypted", { passphrase: "secret" }],
    ["both", { isCompressed: true, passphrase: "secret" }],
  ])("every flipped byte and every cut is found out, or changes nothing: %s", { timeout: 120_000 }, async (form, options) => {
    const file = await makeFile(small, options);
    const whole = await readItems(file, "secret");
    for (let at = 0; at < file.length; at += 1) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const changed = file.slice();
        changed[at] = (changed[at] ?? 0) ^ bits;
        const error = await failureOf(changed, "secret");
        // gzip has bytes that mean nothing.
        if (error === undefined && form === "compressed") expect(await readItems(changed)).toEqual(whole);
        else expect(error?.code, `byte ${at} ^ ${bits}`).toMatch(/^portable\/(damaged|not-portable|version-unsupported|wrong-passphrase)$/);
      }
      expect((await failureOf(file.slice(0, at), "secret"))?.code, `cut at ${at}`).toMatch(/^portable\/(damaged|not-portable|version-unsupported)$/);
    }
    const longer = await failureOf(new Uint8Array([...file, 0]), "secret");
    // Whether something may follow gzip, platforms see differently.
    if (form !== "compressed" || longer !== undefined) expect(longer?.code).toBe("portable/damaged");
  });

  test("says where", async () => {
    const file = await makeFile(small);
    file[file.length - 6] = (file[file.length - 6] ?? 0) ^ 1;
    expect((await failureOf(file))?.details).toMatchObject({ of: "content", offset: expect.any(Number), why: "a checksum does not fit" });
  });

  test("sections that changed places are found out without a key", async () => {
    const [one, two] = [await makeFile([makeRun("a", 1)]), await makeFile([makeRun("a", 1), makeRun("b", 1)])];
    const [runSize, endSize] = [two.length - one.length, 9];
    const [a, b] = [two.slice(-2 * runSize - endSize, -runSize - endSize), two.slice(-runSize - endSize, -endSize)];
    const swapped = new Uint8Array([...two.slice(0, -2 * runSize - endSize), ...b, ...a, ...two.slice(-endSize)]);
    expect(await failureOf(new Uint8Array([...two.slice(0, -2 * runSize - endSize), ...a, ...b, ...two.slice(-endSize)]))).toBeUndefined();
    expect((await failureOf(swapped))?.code).toBe("portable/damaged");
  });

  test("a newer version is told from damage", async () => {
    const file = await makeFile([]);
    file[8] = 2;
    expect((await failureOf(file))?.code).toBe("portable/version-unsupported");
    expect((await failureOf(new TextEncoder().encode("stateDiagram-v2\n[*] --> A")))?.code).toBe("portable/not-portable");
    expect((await failureOf(new Uint8Array(0)))?.code).toBe("portable/not-portable");
  });

  test("random bytes, and random sections whose checksums fit, are no files", { timeout: 60_000 }, async () => {
    const head = (await makeFile([])).slice(0, 14);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.uint8Array({ maxLength: 60 })), { maxLength: 5 }), async (sections) => {
        const parts: number[] = [...head];
        sections.forEach(([kind, content], number) => {
          const sum = new Uint8Array(Uint32Array.of(fingerprintBytes(content, seedOf(number, kind))).buffer);
          parts.push(kind, content.length, ...content, ...sum);
        });
        const error = await failureOf(Uint8Array.from(parts));
        expect(error?.code).toMatch(/^portable\/damaged$/);
      }),
      { numRuns: 2_000 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect((await failureOf(new Uint8Array([...head, ...bytes])))?.code).toMatch(/^portable\/damaged$/);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a length that the file does not hold takes no memory", async () => {
    const head = (await makeFile([])).slice(0, 14);
    // A history of 269 MB, of which nothing is there.
    const error = await failureOf(new Uint8Array([...head, 4, 0x80, 0x80, 0xc0, 0x80, 0x01, 1, 2, 3]));
    expect(error).toMatchObject({ code: "portable/damaged", details: { why: "it ends too soon" } });
    const tooLong = await failureOf(new Uint8Array([...head, 4, 0xff, 0xff, 0xff, 0xff, 0x0f]));
    expect(tooLong).toMatchObject({ code: "portable/damaged", message: expect.stringContaining("the limit is") });
  });
});

describe("encryption", () => {
  const many = Array.from({ length: 12 }, (_, index) => makeRun(`r${index}`, 30, {}, "y".repeat(600)));
  const chunksOf = (file: Uint8Array): Uint8Array[] => {
    const chunks: Uint8Array[] = [];
    for (let at = SEALED_HEAD_SIZE; at < file.length; at += CHUNK_SIZE + TAG_SIZE) chunks.push(file.slice(at, at + CHUNK_SIZE + TAG_SIZE));
    return chunks;
  };
  const joinAll = (file: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat([file.slice(0, SEALED_HEAD_SIZE), ...chunks]));

  test("chunks that are missing, moved, doubled or of another file do not open", async () => {
    const file = await makeFile(many, { passphrase: "secret" });
    const chunks = chunksOf(file);
    expect(chunks.length).toBeGreaterThan(3);
    expect(await failureOf(joinAll(file, chunks), "secret")).toBeUndefined();
    for (let count = 0; count < chunks.length; count += 1) expect((await failureOf(joinAll(file, chunks.slice(0, count)), "secret"))?.code, `cut behind ${count}`).toBe("portable/damaged");
    for (let index = 0; index + 1 < chunks.length; index += 1) {
      const swapped = [...chunks];
      [swapped[index], swapped[index + 1]] = [chunks[index + 1] as Uint8Array, chunks[index] as Uint8Array];
      expect((await failureOf(joinAll(file, swapped), "secret"))?.code).toBe("portable/damaged");
      expect((await failureOf(joinAll(file, chunks.toSpliced(index, 1)), "secret"))?.code).toBe("portable/damaged");
      expect((await failureOf(joinAll(file, chunks.toSpliced(index, 0, chunks[index] as Uint8Array)), "secret"))?.code).toBe("portable/damaged");
    }
    const other = chunksOf(await makeFile(many, { passphrase: "secret" }));
    expect((await failureOf(joinAll(file, chunks.with(1, other[1] as Uint8Array)), "secret"))?.code).toBe("portable/damaged");
  });

  test("a text that ends with a chunk has an empty one behind it", async () => {
    for (const size of [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE]) {
      const file = await readFileBytes(sealContent(give([new Uint8Array(size)]), { passphrase: "s", rounds: 10 }));
      expect(file.length).toBe(SEALED_HEAD_SIZE + size + TAG_SIZE * (Math.floor(size / CHUNK_SIZE) + 1));
      const { content } = await openFile(file, "s");
      expect((await content.take(size + 1)).length).toBe(size);
      const cut = await openFile(file.slice(0, file.length - TAG_SIZE), "s");
      await expect(cut.content.take(size + 1)).rejects.toMatchObject({ code: "portable/damaged" });
    }
  });

  test("a file cannot ask for rounds without end", async () => {
    const file = await makeFile([], { passphrase: "secret" });
    const view = new DataView(file.buffer);
    view.setUint32(10, KEY_ROUNDS_MAX + 1, true);
    view.setUint32(SEALED_HEAD_SIZE - 4, fingerprintBytes(file.subarray(0, SEALED_HEAD_SIZE - 4)), true);
    expect(await failureOf(file, "secret")).toMatchObject({ code: "portable/damaged", message: expect.stringContaining("rounds") });
  });

  test("nothing of the runs is to be seen", async () => {
    const file = Buffer.from(await makeFile(many, { passphrase: "secret" }));
    expect(Buffer.from(await makeFile(many)).includes("yyyy")).toBe(true);
    for (const word of ["yyyy", "sample", "the text"]) expect(file.includes(word)).toBe(false);
  });
});

test("only one history is in memory at a time, and reading waits for who reads", async () => {
  let asked = 0;
  const runs = async function* (): AsyncGenerator<ExportItem, undefined> {
    yield { kind: "source", source: SOURCE };
    for (; asked < 10_000; asked += 1) yield makeRun(`r${asked}`, 20, {}, "z".repeat(500));
  };
  const pieces = writeFile(runs(), { isCompressed: true, passphrase: "s", rounds: 10 });
  await pieces.next();
  await pieces.next();
  await new Promise((resolve) => setTimeout(resolve, 50));
  // 64 KiB of gzip of very plain text, and what the streams hold before it.
  expect(asked).toBeLessThan(10_000);
  await pieces.return(undefined);
});
