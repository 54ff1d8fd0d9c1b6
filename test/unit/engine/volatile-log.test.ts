import fc from "fast-check";
import { expect, test } from "vitest";
import { VolatileLog } from "../../../src/engine/volatile-log.js";
import { EntryKind } from "../../../src/model/history.js";

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
      expect([...log.entries()]).toEqual(expected);
      expect([...log.entries(2)]).toEqual(expected.slice(0, 2));
    }),
  );
});
