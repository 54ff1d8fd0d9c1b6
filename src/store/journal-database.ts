// The journal's transactions on its database, one method each. Writes check the driver's epoch inside their own
// transaction: when another driver took over, the transaction is aborted and the caller hears `store/fenced`.
import { WorkflowError } from "../model/errors.js";
import type { SourceRecord } from "../model/ports.js";
import { CHUNK_VERSION, readChunkRuns } from "./chunk-codec.js";
import { isIntact, openJournal, sealBytes, type Journal, type JournalSchema, type StoredMeta } from "./database.js";
import { closedError, fencedError, toStoreError } from "./errors.js";
import type { Group } from "./group.js";
import { META_VERSION } from "./meta-codec.js";
import type { IDBPTransaction, StoreNames } from "idb";

type StoreName = StoreNames<JournalSchema>;
type WriteTransaction = IDBPTransaction<JournalSchema, StoreName[], "readwrite">;

const EPOCH_KEY = "epoch";
/** Rows read at once while opening. */
const ROWS_PER_READ = 256;

export class JournalDatabase {
  readonly #name: string;
  #journal: Journal | undefined;
  #lostWhy = "it was never opened";

  constructor(name: string) {
    this.#name = name;
  }

  async open(): Promise<void> {
    this.close();
    const journal = await openJournal(this.#name, {
      onLost: (why) => {
        if (this.#journal !== journal) return;
        this.#journal = undefined;
        this.#lostWhy = why;
      },
    });
    this.#journal = journal;
  }

  close(): void {
    this.#journal?.close();
    this.#journal = undefined;
    this.#lostWhy = "the store was closed";
  }

  /** Raises the driver's epoch and returns the new one: whoever drove before can write no more. */
  async raiseEpoch(): Promise<number> {
    return this.#try("take over", async (journal) => {
      const transaction = journal.transaction("state", "readwrite", { durability: "strict" });
      const epoch = ((await transaction.store.get(EPOCH_KEY)) ?? 0) + 1;
      await transaction.store.put(epoch, EPOCH_KEY);
      await transaction.done;
      return epoch;
    });
  }

  async addGroup(epoch: number, group: Group, meta: Uint8Array<ArrayBuffer>): Promise<void> {
    const stores: StoreName[] = ["state", "meta"];
    if (group.history !== undefined) stores.push("groups");
    if (group.checkpoints !== undefined) stores.push("checkpoints");
    await this.#write(epoch, stores, group.isStrict ? "strict" : "relaxed", "commit a group", (transaction) => {
      const row: StoredMeta = { ...sealBytes(meta, META_VERSION, epoch), from: group.number, group: group.number, level: 0 };
      const writes: Promise<unknown>[] = [transaction.objectStore("meta").add(row, group.number)];
      if (group.history !== undefined)
        writes.push(transaction.objectStore("groups").add(sealBytes(group.history, CHUNK_VERSION, epoch), group.number));
      if (group.checkpoints !== undefined)
        writes.push(transaction.objectStore("checkpoints").add(sealBytes(group.checkpoints, CHUNK_VERSION, epoch), group.number));
      return writes;
    });
  }

  /** Hands over every row after `group`, in order; undefined where a row is not what was written. */
  async readMetaAfter(group: number, take: (stored: StoredMeta | undefined, key: number) => void): Promise<void> {
    await this.#try("read the run records", async (journal) => {
      const store = journal.transaction("meta").store;
      for (let after = group; ; ) {
        const range = IDBKeyRange.lowerBound(after, true);
        const [keys, values] = await Promise.all([store.getAllKeys(range, ROWS_PER_READ), store.getAll(range, ROWS_PER_READ)]);
        for (const [index, key] of keys.entries()) take(checkMeta(values[index], key), key);
        after = keys.at(-1) ?? after;
        if (keys.length < ROWS_PER_READ) return;
      }
    });
  }

  /** Ids of the runs whose history stands in the groups `from` to `to`; damaged chunks are passed over. */
  async readRunsOf(from: number, to: number): Promise<Set<string>> {
    return this.#try("read history", async (journal) => {
      const runIds = new Set<string>();
      for (const stored of await journal.getAll("groups", IDBKeyRange.bound(from, to))) {
        if (isIntact(stored)) for (const runId of readChunkRuns(stored.bytes)) runIds.add(runId);
      }
      return runIds;
    });
  }

  /** Undefined when there is none. Rejects with `store/damaged`. */
  async readChunk(store: "groups" | "checkpoints", group: number): Promise<Uint8Array | undefined> {
    const stored = await this.#try("read history", (journal) => journal.get(store, group));
    if (stored === undefined) return undefined;
    if (isIntact(stored)) return stored.bytes;
    throw new WorkflowError("store/damaged", `The ${store} record ${group} is damaged`, { details: { store, group } });
  }

  async readKeys(): Promise<{ readonly groups: readonly number[]; readonly checkpoints: readonly number[] }> {
    return this.#try("list the groups", async (journal) => {
      const [groups, checkpoints] = await Promise.all([journal.getAllKeys("groups"), journal.getAllKeys("checkpoints")]);
      return { groups, checkpoints };
    });
  }

  async removeChunks(epoch: number, groups: readonly number[], checkpoints: readonly number[]): Promise<void> {
    await this.#write(epoch, ["state", "groups", "checkpoints"], "relaxed", "remove groups", (transaction) => [
      ...groups.map((group) => transaction.objectStore("groups").delete(group)),
      ...checkpoints.map((group) => transaction.objectStore("checkpoints").delete(group)),
    ]);
  }

  /** Puts one row in the place of those from key `firstKey` to `place.group`. `merge` gives its bytes, or undefined to leave all as it is. */
  async replaceMeta(
    epoch: number,
    place: Pick<StoredMeta, "from" | "group" | "level">,
    firstKey: number,
    merge: (rows: readonly { readonly value: StoredMeta | undefined; readonly key: number }[]) => Uint8Array<ArrayBuffer> | undefined,
  ): Promise<Uint8Array | undefined> {
    let merged: Uint8Array<ArrayBuffer> | undefined;
    await this.#write(epoch, ["state", "meta"], "relaxed", "merge run records", (transaction) => {
      const store = transaction.objectStore("meta");
      const range = IDBKeyRange.bound(firstKey, place.group);
      const replace = async (): Promise<void> => {
        const [keys, values] = await Promise.all([store.getAllKeys(range), store.getAll(range)]);
        merged = merge(keys.map((key, index) => ({ key, value: checkMeta(values[index], key) })));
        if (merged === undefined) return;
        await Promise.all([store.delete(range), store.put({ ...sealBytes(merged, META_VERSION, epoch), ...place }, place.group)]);
      };
      return [replace()];
    });
    return merged;
  }

  async putSources(sources: readonly SourceRecord[]): Promise<void> {
    await this.#try("keep a source", async (journal) => {
      const transaction = journal.transaction("sources", "readwrite");
      await Promise.all([...sources.map((source) => transaction.store.put(source)), transaction.done]);
    });
  }

  async getSource(identity: string): Promise<SourceRecord | undefined> {
    return this.#try("read a source", (journal) => journal.get("sources", identity));
  }

  async removeSources(epoch: number, isUnused: (identity: string) => boolean): Promise<void> {
    await this.#write(epoch, ["state", "sources"], "relaxed", "remove sources", (transaction) => {
      const store = transaction.objectStore("sources");
      return [store.getAllKeys().then((keys) => Promise.all(keys.filter(isUnused).map((identity) => store.delete(identity))))];
    });
  }

  /** One transaction that takes effect only while `epoch` is the driver's. `write` issues its requests at once. */
  async #write(
    epoch: number,
    stores: StoreName[],
    durability: "strict" | "relaxed",
    what: string,
    write: (transaction: WriteTransaction) => Promise<unknown>[],
  ): Promise<void> {
    await this.#try(what, async (journal) => {
      const transaction = journal.transaction(stores, "readwrite", { durability });
      let fenced: WorkflowError | undefined;
      const checking = transaction
        .objectStore("state")
        .get(EPOCH_KEY)
        .then((current = 0) => {
          if (current === epoch && epoch !== 0) return;
          fenced = fencedError(epoch, current);
          transaction.abort();
        });
      const [done, ...rest] = await Promise.allSettled([transaction.done, checking, ...write(transaction)]);
      if (fenced !== undefined) throw fenced;
      if (done.status === "rejected") throw done.reason;
      for (const one of rest) if (one.status === "rejected") throw one.reason;
    });
  }

  async #try<T>(what: string, work: (journal: Journal) => Promise<T>): Promise<T> {
    const journal = this.#journal;
    if (journal === undefined) throw closedError(this.#name, this.#lostWhy);
    try {
      return await work(journal);
    } catch (error) {
      if (this.#journal === undefined) throw closedError(this.#name, this.#lostWhy);
      throw toStoreError(error, what);
    }
  }
}

function checkMeta(stored: unknown, key: number): StoredMeta | undefined {
  if (!isIntact(stored) || !("from" in stored) || !("level" in stored)) return undefined;
  const { from, level } = stored;
  if (typeof from !== "number" || typeof level !== "number" || from > key) return undefined;
  return stored as StoredMeta;
}
