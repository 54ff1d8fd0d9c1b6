import fc from "fast-check";
import { expect, test } from "vitest";
import { VolatileLog } from "../../../src/engine/volatile-log.js";
import { EntryKind, type HistoryEntry } from "../../../src/model/history.js";

const kinds = fc.constantFrom(...Object.values(EntryKind).filter((kind): kind is EntryKind => typeof kind === "number"));

test("what was added comes back, entry by entry", () => {
  const entry = fc.record({
    kind: kinds,
    isHeld: fc.boolean(),
    id: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    wait: fc.nat(2),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    payload: fc.option(fc.uint8Array(), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const log = new VolatileLog();
      let now = 1_700_000_000_000;
      const expected = entries.map(({ wait, payload, ...rest }, at) => {
        now += wait;
        log.add(rest.kind, rest.isHeld, rest.id, now, rest.seed, payload);
        return { seq: at + 1, ...rest, now, ...(payload && { payload }) };
      });
      expect([...log.past().entries]).toEqual(expected);
      expect(log.past()).toMatchObject({ seq: 0, checkpoint: undefined });
    }),
  );
});

test("a cut log is what came since the cut before, with the checkpoint of then; who reads goes on with what there was", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }), (counts) => {
      const log = new VolatileLog();
      const cuts: { readonly seq: number; readonly checkpoint: Uint8Array | undefined }[] = [{ seq: 0, checkpoint: undefined }];
      const reads: (readonly [entries: Iterable<HistoryEntry>, seqs: readonly number[]])[] = [];
      counts.forEach((count, turn) => {
        for (let times = 0; times < count; times += 1) log.add(EntryKind.EVENT, false, turn, 1_000 + turn, 7, undefined);
        const [last, before = last] = cuts.slice(-2).reverse();
        const seqs = Array.from({ length: log.count - (before?.seq ?? 0) }, (_, at) => (before?.seq ?? 0) + at + 1);
        expect(log.past()).toMatchObject({ ...before });
        expect(log.recentPast()).toMatchObject({ ...last });
        reads.push([log.past().entries, seqs]);
        const checkpoint = Uint8Array.of(turn);
        log.cut(checkpoint);
        cuts.push({ seq: log.count, checkpoint });
        expect([...log.recentPast().entries]).toEqual([]);
      });
      expect(log.count).toBe(counts.reduce((sum, count) => sum + count, 0));
      for (const [entries, seqs] of reads) expect([...entries].map(({ seq }) => seq)).toEqual(seqs);
    }),
  );
});
