import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WorkflowError } from "../../../src/model/errors.js";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";
import { decodeEntries, encodeEntries } from "../../../src/model/history-codec.js";

const KINDS = [
  EntryKind.START,
  EntryKind.EVENT,
  EntryKind.TASK_SUCCEEDED,
  EntryKind.TASK_FAILED,
  EntryKind.TIMER,
  EntryKind.CANCEL,
  EntryKind.PAUSE,
  EntryKind.RESUME,
];

const entriesArbitrary: fc.Arbitrary<HistoryEntry[]> = fc
  .tuple(
    fc.integer({ min: 1, max: 2 ** 40 }),
    fc.array(
      fc.record({
        kind: fc.constantFrom(...KINDS),
        isHeld: fc.boolean(),
        id: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        now: fc.oneof(fc.integer({ min: 0, max: 8.64e15 }), fc.double({ noNaN: true, min: 0, max: 8.64e15 })),
        seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        payload: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
      }),
      { maxLength: 40 },
    ),
  )
  .map(([first, parts]) =>
    parts.map(({ payload, ...part }, index) => ({
      seq: first + index,
      ...part,
      now: part.now + 0,
      ...(payload && { payload: new Uint8Array(payload) }),
    })),
  );

describe("history codec", () => {
  test("what was encoded is decoded", () => {
    fc.assert(
      fc.property(entriesArbitrary, (entries) => {
        expect(decodeEntries(encodeEntries(entries))).toEqual(entries);
      }),
    );
  });

  test("a usual entry without payload takes few bytes", () => {
    const entries = Array.from({ length: 100 }, (_, index) => ({
      seq: index + 1,
      kind: EntryKind.EVENT,
      isHeld: false,
      id: 3,
      now: 1_795_000_000_000 + index * 20,
      seed: 0xffffffff,
    }));
    expect(encodeEntries(entries).length).toBeLessThan(100 * 7 + 16);
  });

  test("bytes that were cut, followed or changed give a code, never another error", () => {
    fc.assert(
      fc.property(entriesArbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), (entries, where, change) => {
        const bytes = encodeEntries(entries);
        const at = where % bytes.length;
        expect(codeOf(() => decodeEntries(bytes.subarray(0, at)))).toBe("store/damaged");
        expect(codeOf(() => decodeEntries(new Uint8Array([...bytes, 0])))).toBe("store/damaged");
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(["none", "store/damaged", "run/version-unsupported"]).toContain(codeOf(() => decodeEntries(changed)));
      }),
    );
  });

  test("a later version is refused by name", () => {
    const bytes = encodeEntries([]);
    bytes[0] = 200;
    expect(codeOf(() => decodeEntries(bytes))).toBe("run/version-unsupported");
  });
});

function codeOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    if (error instanceof WorkflowError) return error.code;
    throw error;
  }
}
