// The store suite and what only IndexedDB has (damage, merging, garbage), for a real page.
import { deleteDB, openDB } from "idb";
import { WorkflowError } from "../../../src/model/errors.js";
import type { RunChange, StorePort, TabsPort } from "../../../src/model/ports.js";
import { Form, Kind, keyOf } from "../../../src/store/disk.js";
import { PENDING_COMMITS_MAX } from "../../../src/store/journal-limits.js";
import { createIndexedDbStore } from "../../../src/store/journal-store.js";
import { createTabs } from "../../../src/tabs/shared-tabs.js";
import { makeChange, makeEntries, STORE_CASES } from "../../unit/store/suite.js";

declare global {
  interface Window {
    storeTests?: {
      readonly names: readonly string[];
      run(name: string): Promise<string>;
      fill(name: string, groupCount: number): Promise<string>;
    };
  }
}

type Case = (name: string) => Promise<void>;
const cases = new Map<string, Case>();

for (const { name, run } of STORE_CASES) cases.set(name, (database) => run(() => createIndexedDbStore({ name: database })));

cases.set("a flipped byte in a chunk is reported with its run, the rest stays readable", async (name) => {
  const store = await openDriver(name);
  await store.commit([makeChange("a", 1, 2), makeChange("b", 1, 2)], "relaxed");
  await store.commit([makeChange("b", 3, 3), makeChange("c", 1, 1)], "relaxed");
  await store.close();
  await flip(name, Kind.HISTORY, 2);
  const again = createIndexedDbStore({ name });
  check((await again.open()).length === 3, "all runs are listed");
  const error = await errorOf(again.history("a"));
  check(
    error?.code === "store/damaged" && error.details["runId"] === "a" && error.details["group"] === 2,
    `the damage names its place, got ${error?.code}`,
  );
  check((await errorOf(again.history("b")))?.code === "store/damaged", "b is damaged as well");
  check((await again.history("b", 2)).length === 1, "b's later group is read");
  check((await again.history("c")).length === 1, "c is read");
  await again.close();
});

cases.set("a flipped byte in a row of records touches only the runs of that group", async (name) => {
  const store = await openDriver(name);
  await store.commit([makeChange("a", 1, 2), makeChange("b", 1, 2)], "relaxed");
  await store.commit([makeChange("b", 3, 3), makeChange("new", 1, 1)], "relaxed");
  await store.commit([makeChange("a", 3, 4)], "relaxed");
  await store.close();
  await flip(name, "rows", 3);
  const again = createIndexedDbStore({ name });
  await again.open();
  await again.takeOver();
  check((await again.history("a")).length === 4, "a is read");
  check((await errorOf(again.history("b")))?.code === "store/damaged", "b is reported");
  check((await errorOf(again.commit([makeChange("b", 3, 3)], "relaxed")))?.code === "store/damaged", "nothing is added to b");
  await again.commit([makeChange("a", 5, 5), makeChange("d", 1, 1)], "relaxed");
  check((await again.history("a")).length === 5, "a goes on");
  await again.close();
});

cases.set("rows are merged and unused groups removed in quiet time, and nothing is lost", async (name) => {
  const store = await openDriver(name);
  for (let round = 0; round < 150; round += 1) {
    const changes: RunChange[] = [makeChange("long", round + 1, round + 1), makeChange(`short${round}`, 1, 1, { status: "succeeded" })];
    await store.commit(changes, "relaxed");
  }
  await store.delete(Array.from({ length: 50 }, (_, round) => `short${round}`));
  await until(async () => (await rowsOf(name)).length < 30);
  check((await store.history("long")).length === 150, "history after merging");
  await store.close();
  const again = await openDriver(name);
  check((await again.count({})) === 101, "count after merging");
  same(await again.history("long"), makeEntries(1, 150));
  await again.delete(["long", ...Array.from({ length: 100 }, (_, round) => `short${round + 50}`)]);
  await until(async () => (await keysOf(name, Kind.HISTORY)).length === 0);
  await again.close();
  const last = createIndexedDbStore({ name });
  check((await last.open()).length === 0 && (await last.count({})) === 0, "all is gone");
  await last.close();
});

cases.set("a watcher that slept through merges and removals catches up", async (name) => {
  const driver = await openDriver(name);
  const watcher = createIndexedDbStore({ name });
  await watcher.open();
  for (let round = 1; round <= 40; round += 1)
    await driver.commit([makeChange("a", round, round), makeChange(`b${round}`, 1, 1)], "relaxed");
  await watcher.refresh();
  await driver.delete(["b1", "b2"]);
  await driver.commit([makeChange("b2", 1, 1)], "relaxed");
  for (let round = 41; round <= 100; round += 1) await driver.commit([makeChange("a", round, round)], "relaxed");
  await until(async () => (await rowsOf(name)).length < 60);
  await watcher.refresh();
  same(await watcher.history("a"), makeEntries(1, 100));
  check((await watcher.get("b1")) === undefined, "b1 is gone");
  same(await watcher.history("b2"), makeEntries(1, 1));
  check((await watcher.count({})) === 40, "count");
  await driver.close();
  await watcher.close();
});

cases.set("old checkpoints are removed in quiet time", async (name) => {
  const store = await openDriver(name);
  for (let seq = 1; seq <= 5; seq += 1)
    await store.commit([{ ...makeChange("a", seq, seq), checkpoint: { seq, bytes: new Uint8Array([seq]) } }], "relaxed");
  await until(async () => (await keysOf(name, Kind.CHECKPOINTS)).length === 1);
  check((await store.checkpoint("a"))?.seq === 5, "the newest is kept");
  await store.close();
});

cases.set("whatever reads or writes says when it has asked for all: who is frozen then keeps nobody waiting", async (name) => {
  const { transaction } = IDBDatabase.prototype;
  const { commit } = IDBTransaction.prototype;
  const open = new Set<IDBTransaction>();
  let count = 0;
  IDBDatabase.prototype.transaction = function (...args: Parameters<typeof transaction>) {
    const begun = transaction.apply(this, args);
    count += 1;
    open.add(begun);
    return begun;
  };
  IDBTransaction.prototype.commit = function () {
    open.delete(this);
    commit.call(this);
  };
  try {
    const store = await openDriver(name);
    await store.putSource({ identity: "id", name: "workflow", source: "text" });
    await store.commit([{ ...makeChange("a", 1, 2), checkpoint: { seq: 2, bytes: new Uint8Array(20) } }], "relaxed");
    await store.close();
    const again = await openDriver(name);
    check((await again.history("a")).length === 2 && (await again.checkpoint("a"))?.seq === 2, "it is read");
    await again.getSource("id");
    await again.query({});
    await again.delete(["a"]);
    await again.close();
  } finally {
    IDBDatabase.prototype.transaction = transaction;
    IDBTransaction.prototype.commit = commit;
  }
  const stores = [...open].map((one) => [...one.objectStoreNames].join("+"));
  check(count > 10 && stores.length === 0, `${stores.length} of ${count} transactions were left to end by themselves: ${stores.join(", ")}`);
});

cases.set("a newer database is refused, an upgrade elsewhere is not blocked", async (name) => {
  const store = await openDriver(name);
  const newer = await openDB(name, 99);
  check((await errorOf(store.commit([makeChange("a", 1, 1)], "relaxed")))?.code === "store/closed", "the older store is closed");
  newer.close();
  check((await errorOf(createIndexedDbStore({ name }).open()))?.code === "store/version-unsupported", "the newer database is refused");
});

cases.set("ten thousand runs are committed in few groups and read back", async (name) => {
  const store = await openDriver(name);
  const commits: Promise<void>[] = [];
  for (let index = 0; index < 10_000; index += 1)
    commits.push(store.commit([makeChange(`r${index}`, 1, 3, { startedAt: index })], "relaxed"));
  await Promise.all(commits);
  check((await keysOf(name, Kind.HISTORY)).length <= 4, "few groups");
  await store.close();
  const again = createIndexedDbStore({ name });
  check((await again.open()).length === 10_000, "all are open");
  for (let index = 0; index < 10_000; index += 97) check((await again.history(`r${index}`)).length === 3, `history of r${index}`);
  await again.close();
});

cases.set("more commits than may wait are refused, those before are kept", async (name) => {
  const store = await openDriver(name);
  await store.commit([makeChange("a", 1, 1)], "relaxed");
  const touch = { record: makeChange("a", 1, 1).record, entries: [] };
  const commits = Array.from({ length: PENDING_COMMITS_MAX }, () => store.commit([touch], "relaxed"));
  check((await errorOf(store.commit([touch], "relaxed")))?.code === "store/overloaded", "one too many");
  await Promise.all(commits);
  await store.close();
});

cases.set("a database that an older tab keeps is reported, not waited for without end", async (name) => {
  const keeper = await openDB(name, 1);
  const deleting = deleteDB(name);
  check((await errorOf(createIndexedDbStore({ name }).open()))?.code === "store/blocked", "blocked");
  keeper.close();
  await deleting;
});

cases.set("a damaged checkpoint is passed over, a cut chunk reported", async (name) => {
  const store = await openDriver(name);
  await store.commit([{ ...makeChange("a", 1, 2), checkpoint: { seq: 2, bytes: new Uint8Array(20) } }], "relaxed");
  await store.close();
  await flip(name, Kind.CHECKPOINTS, 2);
  const again = createIndexedDbStore({ name });
  await again.open();
  check((await again.checkpoint("a")) === undefined, "no checkpoint");
  same(await again.history("a"), makeEntries(1, 2));
  await again.close();
});

cases.set("what is worth it is packed with zstd once that is there, and read back; without it nothing is packed", async (name) => {
  for (const [zstdUrl, form] of [["/nothing.wasm", Form.PLAIN], ["/zstd.wasm", Form.ZSTD]] as const) {
    const store = createIndexedDbStore({ name: `${name} ${form}`, zstdUrl: new URL(zstdUrl, location.href) });
    await store.open();
    await store.takeOver();
    const change = (runId: string): RunChange => ({ ...makeChange(runId, 1, 100), checkpoint: { seq: 100, bytes: new Uint8Array(5_000) } });
    await store.commit([change("a")], "relaxed");
    await new Promise((resolve) => setTimeout(resolve, 500));
    await store.commit([change("b")], "relaxed");
    await store.close();
    check((await formsOf(`${name} ${form}`)).at(-1) === form, `form ${form}`);
    const again = createIndexedDbStore({ name: `${name} ${form}`, zstdUrl: new URL(zstdUrl, location.href) });
    await again.open();
    for (const runId of ["a", "b"]) {
      same(await again.history(runId), makeEntries(1, 100));
      check((await again.checkpoint(runId))?.bytes.length === 5_000, "its checkpoint");
    }
    await again.close();
    await deleteDB(`${name} ${form}`);
  }
});

cases.set("what is packed in a way that cannot be had here is said to be unreadable for now", async (name) => {
  const store = await openDriver(name);
  await store.commit([makeChange("a", 1, 100)], "relaxed");
  await store.commit([makeChange("b", 1, 100)], "relaxed");
  await store.close();
  const database = await openDB(name);
  const stored = await database.get("bytes-0", keyOf(Kind.HISTORY, 3));
  await database.put("bytes-0", { ...stored, form: 99, head: undefined }, keyOf(Kind.HISTORY, 3));
  database.close();
  const again = createIndexedDbStore({ name });
  await again.open();
  same(await again.history("a"), makeEntries(1, 100));
  const error = await errorOf(again.history("b"));
  check(error?.code === "store/codec-unavailable" && error.isRetryable, "the codec is missing");
  await again.close();
});

cases.set("real locks and channels: a home each, a heir when one is gone, a steal from one that is silent", async (name) => {
  const logs: string[][] = [];
  const open = (group: number): TabsPort => {
    const log: string[] = [];
    logs.push(log);
    const tabs = createTabs(name);
    const hooks = {
      onGain: async (journal: number, isHome: boolean) => log.push(`${isHome ? "home" : "heir"} ${journal}`) > 0,
      onLoss: (journal: number) => void log.push(`lost ${journal}`),
      onGroup: (journal: number, last: number) => void log.push(`group ${journal} ${last}`),
      onCall: async (_journal: number, method: string) => `${method}!`,
      hasOpenRuns: () => true,
      lastGroup: () => group,
    };
    void tabs.join(hooks, 2);
    return tabs;
  };
  const first = open(5);
  await until(async () => logs[0]?.includes("heir 1") === true);
  first.release(1);
  const second = open(0);
  await until(async () => logs[1]?.includes("heir 1") === true || logs[1]?.includes("home 1") === true);
  check((await second.call(0, "ask", [])) === "ask!", "the driver of the other journal answers");
  check(logs[1]?.includes("group 0 5") === true, "it is told of groups");
  first.close();
  await until(async () => logs[1]?.includes("heir 0") === true);
  second.close();
});

async function openDriver(name: string): Promise<StorePort> {
  const store = createIndexedDbStore({ name });
  await store.open();
  await store.takeOver();
  return store;
}

/** Flips a bit of a row, or of the history or checkpoints of a group. */
async function flip(name: string, what: "rows" | Kind, group: number): Promise<void> {
  const database = await openDB(name);
  const [store, key] = what === "rows" ? ["rows-0", group] : ["bytes-0", keyOf(what, group)];
  const stored = await database.get(store as string, key as number);
  stored.bytes[Math.floor(stored.bytes.length / 2)] ^= 0x10;
  await database.put(store as string, stored, key as number);
  database.close();
}

async function formsOf(name: string): Promise<readonly Form[]> {
  const database = await openDB(name);
  const values = await database.getAll("bytes-0");
  database.close();
  return values.map(({ form }) => form);
}

async function rowsOf(name: string): Promise<readonly IDBValidKey[]> {
  const database = await openDB(name);
  const keys = await database.getAllKeys("rows-0");
  database.close();
  return keys;
}

async function keysOf(name: string, kind: Kind): Promise<readonly IDBValidKey[]> {
  const database = await openDB(name);
  const keys = await database.getAllKeys("bytes-0", IDBKeyRange.bound(keyOf(kind, 0), keyOf(kind + 1, 0), false, true));
  database.close();
  return keys;
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come about");
}

async function errorOf(promise: Promise<unknown>): Promise<WorkflowError | undefined> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof WorkflowError) return error;
    throw error;
  }
  return undefined;
}

function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what);
}

function same(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`expected ${b}, got ${a}`);
}

/** For the test of a full disk: commits until told that it is full, or `groupCount` groups of 8 MB; then looks at what was acknowledged. */
async function fill(name: string, groupCount: number): Promise<string> {
  const store = await openDriver(name);
  const from = ((await store.get("small"))?.seq ?? 0) + 1;
  const checkpoint = { seq: from, bytes: makeNoise(8_000_000) };
  let code = "no error";
  let last = from - 1;
  for (let count = 0; count < groupCount && code === "no error"; count += 1) {
    const error = await errorOf(
      store.commit([{ ...makeChange("small", last + 1, last + 1), checkpoint }, makeChange(`other${last}`, 1, 1)], "strict"),
    );
    if (error === undefined) last += 1;
    else code = error.code;
  }
  await store.close();
  const again = createIndexedDbStore({ name });
  await again.open();
  same(await again.history("small"), makeEntries(1, last));
  await again.close();
  return code;
}

/** Bytes that no database can pack. */
function makeNoise(size: number): Uint8Array {
  const noise = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(noise.subarray(at, at + 65_536));
  return noise;
}

window.storeTests = {
  fill,
  names: [...cases.keys()],
  async run(name) {
    const database = `test ${name} ${Math.random()}`;
    try {
      await cases.get(name)?.(database);
      return "passed";
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    } finally {
      await deleteDB(database, { blocked: () => undefined });
    }
  },
};
