import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BATCH_EVENTS_MAX, createBatch } from "../../../src/model/batch.js";
import type { EventBatch, Value } from "../../../src/model/engine.js";
import { WorkflowError } from "../../../src/model/errors.js";
import { decodeValue } from "../../../src/model/value.js";

function unpack(batch: EventBatch): unknown[] {
  const payloads = new Map<number, unknown>();
  let start = 0;
  for (let at = 0; at < batch.payloadIndex.length; at += 2) {
    const end = batch.payloadIndex[at + 1] ?? 0;
    payloads.set(batch.payloadIndex[at] ?? -1, decodeValue(batch.payloadBytes.subarray(start, end)));
    start = end;
  }
  return Array.from({ length: batch.count }, (_, index) => [
    batch.runIds[batch.records[index * 2] ?? -1],
    batch.eventNames[batch.records[index * 2 + 1] ?? -1],
    payloads.get(index),
  ]);
}

describe("event batch", () => {
  test("what was added is in it, each name once", () => {
    const name = fc.constantFrom("a", "b", "c", "d");
    const payload = fc.option(fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), fc.boolean(), fc.constant(null)), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name, payload), { maxLength: 3_000 }), (events) => {
        const batch = createBatch();
        for (let round = 0; round < 2; round += 1) {
          batch.clear();
          for (const [index, [runId, event, value]] of events.entries()) expect(batch.add(runId, event, value as Value)).toBe(index);
          expect(unpack(batch)).toEqual(events);
          expect(new Set(batch.runIds).size).toBe(batch.runIds.length);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("a payload that is no value leaves the batch as it was", () => {
    const batch = createBatch();
    batch.add("a", "go", { n: 1 });
    const bad = { deep: [() => 1] } as unknown as Value;
    expect(() => batch.add("b", "go", bad)).toThrow(WorkflowError);
    expect(unpack(batch)).toEqual([["a", "go", { n: 1 }]]);
    batch.add("b", "go", 2);
    expect(unpack(batch)).toEqual([
      ["a", "go", { n: 1 }],
      ["b", "go", 2],
    ]);
  });

  test("the same names again are the same list; a list that was handed out is never rewritten", () => {
    const batch = createBatch();
    const fill = (...runIds: string[]): readonly string[] => {
      batch.clear();
      for (const runId of runIds) batch.add(runId, "go");
      return batch.runIds;
    };
    const first = fill("a", "b", "c");
    expect(fill("a", "b", "c", "a")).toBe(first);
    expect(fill("a", "c", "b")).toEqual(["a", "c", "b"]);
    expect(fill("a")).toEqual(["a"]);
    expect(fill("d", "a")).toEqual(["d", "a"]);
    expect(first).toEqual(["a", "b", "c"]);
  });

  test("a full batch refuses one more", () => {
    const batch = createBatch();
    for (let index = 0; index < BATCH_EVENTS_MAX; index += 1) batch.add("a", "go");
    expect(() => batch.add("a", "go")).toThrow(expect.objectContaining({ code: "event/batch-full" }));
    expect(batch.count).toBe(BATCH_EVENTS_MAX);
  });
});
