// The disk on IndexedDB. A group is added with all its requests and `commit()` issued in one go, nothing read before, and what is read is read
// so, too: a tab that is frozen between two turns of its event loop leaves no transaction open, and nobody waits for it.
import type { IDBPDatabase, IDBPObjectStore } from "idb";
import type { SourceRecord } from "../model/ports.js";
import { bytesOf, openDatabase, rowsOf, sourcesOf } from "./database.js";
import { type Disk, type GroupWrite, JOURNAL_COUNT, type KeyRange, Kind, keyOf } from "./disk.js";
import { closedError, toStoreError } from "./errors.js";
import { beginFreshLog } from "./fresh-log.js";

export function createIndexedDbDisk(name: string): Disk {
  return new IndexedDbDisk(name);
}

class IndexedDbDisk implements Disk {
  readonly #name: string;
  #database: IDBPDatabase | undefined;
  #lostWhy = "it was never opened";

  constructor(name: string) {
    this.#name = name;
  }

  async open(onLost: (why: string) => void): Promise<void> {
    this.close();
    const database = await openDatabase(this.#name, (why) => {
      if (this.#database !== database) return;
      this.#database = undefined;
      this.#lostWhy = why;
      onLost(why);
    });
    this.#database = database;
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#lostWhy = "the store was closed";
  }

  setApart(): void {
    const database = this.#database;
    if (database === undefined) return;
    // Of the journal that is hardly ever anybody's. Where it fails, all is as it was.
    beginFreshLog(database, bytesOf(JOURNAL_COUNT - 1), keyOf(Kind.SCRATCH, 0)).catch(() => undefined);
  }

  async append(journal: number, write: GroupWrite): Promise<boolean> {
    return this.#try("commit a group", async (database) => {
      const names = [rowsOf(journal), bytesOf(journal), ...(write.sourceRemovals === undefined ? [] : [sourcesOf(journal)])];
      const transaction = database.transaction(names, "readwrite", { durability: write.isStrict ? "strict" : "relaxed" });
      const rows = transaction.objectStore(rowsOf(journal));
      const bytes = transaction.objectStore(bytesOf(journal));
      let addError: unknown;
      rows.add(write.row, write.number).catch((error: unknown) => {
        addError = error;
      });
      const others: Promise<unknown>[] = [];
      for (const { key, value } of write.puts) others.push(bytes.put(value, key));
      for (const { first, last } of write.removals ?? []) others.push(bytes.delete(first === last ? first : IDBKeyRange.bound(first, last)));
      for (const number of write.rows?.removals ?? []) others.push(rows.delete(number));
      for (const { number, row } of write.rows?.puts ?? []) others.push(rows.put(row, number));
      for (const identity of write.sourceRemovals ?? []) others.push(transaction.objectStore(sourcesOf(journal)).delete(identity));
      let otherError: unknown;
      for (const other of others) {
        other.catch((error: unknown) => {
          otherError ??= error;
        });
      }
      transaction.commit();
      // Only the transaction is waited for: Chromium does not always tell a request that a transaction was aborted for want of room.
      try {
        await transaction.done;
      } catch (error) {
        if (isNamed(addError, "ConstraintError")) return false;
        throw error ?? addError ?? otherError;
      }
      return true;
    });
  }

  async readRows(journal: number, after: number, countMax: number): Promise<readonly { readonly number: number; readonly row: unknown }[]> {
    return this.#try("read the run records", async (database) => {
      const range = IDBKeyRange.lowerBound(after, true);
      const [keys, rows] = await readStore(database, rowsOf(journal), (store) => Promise.all([store.getAllKeys(range, countMax), store.getAll(range, countMax)]));
      return keys.map((key, index) => ({ number: Number(key), row: rows[index] as unknown }));
    });
  }

  readRow(journal: number, number: number): Promise<unknown> {
    return this.#try("read a run record", (database) => readStore(database, rowsOf(journal), (store) => store.get(number)));
  }

  read(journal: number, key: number): Promise<unknown> {
    return this.#try("read history", (database) => readStore(database, bytesOf(journal), (store) => store.get(key)));
  }

  async readRange(journal: number, range: KeyRange, countMax: number): Promise<readonly { readonly key: number; readonly value: unknown }[]> {
    return this.#try("read history", async (database) => {
      const bound = toBound(range);
      const [keys, values] = await readStore(database, bytesOf(journal), (store) => Promise.all([store.getAllKeys(bound, countMax), store.getAll(bound, countMax)]));
      return keys.map((key, index) => ({ key: Number(key), value: values[index] as unknown }));
    });
  }

  readKeys(journal: number, range: KeyRange): Promise<readonly number[]> {
    return this.#try("list the groups", async (database) => (await readStore(database, bytesOf(journal), (store) => store.getAllKeys(toBound(range)))).map(Number));
  }

  async putSources(journal: number, sources: readonly SourceRecord[]): Promise<void> {
    await this.#try("keep a source", async (database) => {
      const transaction = database.transaction(sourcesOf(journal), "readwrite");
      const puts = sources.map((source) => transaction.store.put(source));
      transaction.commit();
      await Promise.all([...puts, transaction.done]);
    });
  }

  getSource(journal: number, identity: string): Promise<SourceRecord | undefined> {
    return this.#try("read a source", (database) => readStore(database, sourcesOf(journal), (store) => store.get(identity)));
  }

  readSourceKeys(journal: number): Promise<readonly string[]> {
    return this.#try("list the sources", async (database) => (await readStore(database, sourcesOf(journal), (store) => store.getAllKeys())).map(String));
  }

  async #try<T>(what: string, work: (database: IDBPDatabase) => Promise<T>): Promise<T> {
    const database = this.#database;
    if (database === undefined) throw closedError(this.#name, this.#lostWhy);
    try {
      return await work(database);
    } catch (error) {
      if (this.#database === undefined) throw closedError(this.#name, this.#lostWhy);
      throw toStoreError(error, what);
    }
  }
}

/** `ask` issues its requests at once. No transaction is left to end by itself: until it has, it would keep the journal's driver from writing. */
function readStore<T>(database: IDBPDatabase, name: string, ask: (store: IDBPObjectStore<unknown, [string], string>) => Promise<T>): Promise<T> {
  const transaction = database.transaction(name);
  const asked = ask(transaction.store);
  transaction.commit();
  return asked;
}

function toBound({ first, last }: KeyRange): IDBKeyRange {
  return IDBKeyRange.bound(first, last);
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}
