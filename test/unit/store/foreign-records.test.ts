// Records of a version or a form that this engine does not know, with checksums that fit: a newer one wrote them. They are not damaged, and are not read as
// what they are not; what else there is stays readable.
import { expect, test } from "vitest";
import type { StorePort } from "../../../src/model/ports.js";
import { Kind, keyOf, seal, sealRow, type StoredBytes, type StoredRow } from "../../../src/store/disk.js";
import { createJournalStore } from "../../../src/store/journal-store.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { SimulatedDevice } from "../../../src/testing/simulated-disk.js";
import { makeChange, makeEntries } from "./suite.js";

const FOREIGN_VERSION = 99;

/** Archived runs `a0` to `a4`, and the open runs `b` and `c`, each with a group of its own. */
async function makeDevice(): Promise<SimulatedDevice> {
  const device = new SimulatedDevice();
  const clock = new SimulatedClock();
  const store = createJournalStore(device.connect(), "s", { clock, archiveRunsMin: 4 });
  await store.open();
  await store.takeOver();
  const ended = { status: "succeeded", startedAt: 1_000, endedAt: 1_005, updatedAt: 1_005 } as const;
  for (let index = 0; index < 5; index += 1) await store.commit([makeChange(`a${index}`, 1, 3, ended)], "relaxed");
  for (let round = 0; round < 12; round += 1) await clock.advance(250);
  await store.commit([makeChange("b", 1, 2)], "relaxed");
  await store.commit([makeChange("c", 1, 2)], "relaxed");
  await store.close();
  return device;
}

async function reopen(device: SimulatedDevice): Promise<StorePort> {
  const store = createJournalStore(device.connect(), "s");
  await store.open();
  return store;
}

/** Writes the record under `key` as a newer engine would. */
function rewrite(device: SimulatedDevice, key: number, change: (bytes: Uint8Array<ArrayBuffer>) => { readonly form?: number }): void {
  const stored = device.journal(0).bytes.get(key) as StoredBytes;
  const bytes = stored.bytes.slice();
  const { form = stored.form } = change(bytes);
  device.journal(0).bytes.set(key, seal(key, { version: stored.version, form, bytes }));
}

function lastKey(device: SimulatedDevice, kind: Kind): number {
  return [...device.journal(0).bytes.keys()].filter((key) => key >= keyOf(kind, 0) && key < keyOf(kind + 1, 0)).at(-1) ?? 0;
}

const bump = (bytes: Uint8Array<ArrayBuffer>): { readonly form?: number } => {
  bytes[0] = FOREIGN_VERSION;
  return {};
};
const unknown = { code: "store/version-unsupported", details: { version: FOREIGN_VERSION } };

test.each([Kind.COLUMNS, Kind.DIRECTORY, Kind.BLOCK])("a segment's %s of another version is said to be one, with the run; the rest is read", async (kind) => {
  const device = await makeDevice();
  rewrite(device, lastKey(device, kind), bump);
  const store = await reopen(device);
  expect(await store.history("b")).toEqual(makeEntries(1, 2));
  await expect(store.history("a3")).rejects.toMatchObject({ code: unknown.code, details: { ...unknown.details, runId: "a3" } });
  if (kind === Kind.COLUMNS) await expect(store.get("a3")).rejects.toMatchObject({ code: unknown.code, details: { runId: "a3" } });
  else expect((await store.get("a3"))?.runId).toBe("a3");
  expect((await store.query({})).records.map(({ runId }) => runId)).toEqual(expect.arrayContaining(["b", "c"]));
});

test("a chunk of history of another version is said to be one, with its runs", async () => {
  const device = await makeDevice();
  rewrite(device, lastKey(device, Kind.HISTORY), bump);
  const store = await reopen(device);
  await expect(store.history("c")).rejects.toMatchObject({ code: unknown.code, details: { ...unknown.details, runId: "c" } });
  expect(await store.history("b")).toEqual(makeEntries(1, 2));
  const [past] = await store.pasts(0, ["c"]);
  expect(past?.error).toMatchObject({ code: unknown.code });
});

test("a chunk that is packed in an unknown form cannot be read for now", async () => {
  const device = await makeDevice();
  rewrite(device, lastKey(device, Kind.HISTORY), () => ({ form: 7 }));
  const store = await reopen(device);
  await expect(store.history("c")).rejects.toMatchObject({ code: "store/codec-unavailable", isRetryable: true });
  expect(await store.history("b")).toEqual(makeEntries(1, 2));
});

test("a row of another version keeps the engine out: it must not write after what it cannot read", async () => {
  const device = await makeDevice();
  const [number, row] = [...device.journal(0).rows].at(-1) as [number, StoredRow];
  const bytes = row.bytes.slice();
  bump(bytes);
  device.journal(0).rows.set(number, sealRow(number, { ...row, bytes }));
  await expect(reopen(device)).rejects.toMatchObject(unknown);
});
