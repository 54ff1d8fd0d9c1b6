// The table of calls against a map of maps, over random scripts; most runs have one call at a time, some several.
import fc from "fast-check";
import { expect, test } from "vitest";
import { CallTable } from "../../../src/model/task-call.js";

interface Entry {
  readonly runId: string;
  readonly serial: number;
  readonly mark: number;
}

test("sets, gets, takes and forgets as a map by run and serial does", () => {
  const act = fc.record({ kind: fc.constantFrom("set", "get", "take"), runId: fc.constantFrom("a", "b", "c"), serial: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const table = new CallTable<Entry>(({ serial }) => serial);
      const model = new Map<string, Entry>();
      acts.forEach(({ kind, runId, serial }, mark) => {
        const key = `${runId} ${serial}`;
        const known = model.get(key);
        if (kind === "get") expect(table.get({ runId, serial })).toBe(known);
        else if (kind === "take") {
          expect(table.take({ runId, serial })).toBe(known);
          model.delete(key);
        } else {
          const entry = { runId, serial, mark };
          expect(table.set({ runId, serial }, entry)).toBe(known);
          model.set(key, entry);
        }
        expect(table.count).toBe(model.size);
      });
      const sort = (entries: Iterable<{ runId: string; serial: number }>) => [...entries].map(({ runId, serial }) => `${runId} ${serial}`).sort();
      expect(sort(table.values())).toEqual([...model.keys()].sort());
      expect(sort(table.clear())).toEqual([...model.keys()].sort());
      expect([table.count, [...table.values()]]).toEqual([0, []]);
    }),
  );
});
