// The database behind the journals: its object stores, how it is opened, upgraded and given up.
// Schema versions: 1 had one journal (`groups`, `checkpoints`, `meta`, `sources`, `state`); 2 has a pool of journals with object stores of their own.
// A change raises SCHEMA_VERSION and adds a case to `upgrade`.
import { openDB, type IDBPDatabase, type IDBPTransaction } from "idb";
import { WorkflowError } from "../model/errors.js";
import type { SourceRecord } from "../model/ports.js";
import { Form, JOURNAL_COUNT, Kind, keyOf, type StoredBytes, type StoredRow } from "./disk.js";
import { toStoreError } from "./errors.js";

export const SCHEMA_VERSION = 2;
/** How long another tab with an older schema may keep this one from opening, ms. */
export const OPEN_BLOCKED_MS_MAX = 5_000;
/** Records copied at a time by an upgrade. */
const COPIES_PER_READ = 256;

/** Object stores of one journal. */
export const rowsOf = (journal: number): string => `rows-${journal}`;
export const bytesOf = (journal: number): string => `bytes-${journal}`;
export const sourcesOf = (journal: number): string => `sources-${journal}`;

/** Opens or upgrades. Rejects with `store/blocked`, `store/version-unsupported`, `store/failed`. */
export async function openDatabase(name: string, onLost: (why: string) => void): Promise<IDBPDatabase> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const opening = openDB(name, SCHEMA_VERSION, {
    upgrade: (database, oldVersion, _newVersion, transaction) => upgrade(database, oldVersion, transaction),
    blocked: () => undefined,
    blocking: (_current, _blocked, event) => {
      (event.target as IDBDatabase).close();
      onLost("another tab upgrades or deletes it");
    },
    terminated: () => onLost("the browser ended the connection"),
  });
  const blocked = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new WorkflowError("store/blocked", `The database "${name}" did not open within ${OPEN_BLOCKED_MS_MAX} ms: an older tab keeps it`, {
          details: { name },
          isRetryable: true,
        }),
      );
      opening.then((database) => database.close()).catch(() => undefined);
    }, OPEN_BLOCKED_MS_MAX);
  });
  try {
    return await Promise.race([opening, blocked]);
  } catch (error) {
    throw toStoreError(error, `open the database "${name}"`);
  } finally {
    clearTimeout(timer);
  }
}

type Upgrade = IDBPTransaction<unknown, string[], "versionchange">;

async function upgrade(database: IDBPDatabase, oldVersion: number, transaction: Upgrade): Promise<void> {
  if (oldVersion < 2) {
    for (let journal = 0; journal < JOURNAL_COUNT; journal += 1) {
      database.createObjectStore(rowsOf(journal));
      database.createObjectStore(bytesOf(journal));
      database.createObjectStore(sourcesOf(journal), { keyPath: "identity" });
    }
  }
  if (oldVersion === 1) await takeVersion1(database, transaction);
}

// --- version 1 ------------------------------------------------------------------------------------------------------

/** As version 1 kept bytes. Rows had `from` and `level` besides. */
interface BytesOfVersion1 extends Pick<StoredRow, "version" | "epoch" | "checksum" | "bytes"> {
  readonly from?: number;
  readonly level?: number;
}

/** The one journal of version 1 becomes journal 0. Its codecs are still read, so bytes are taken as they are, damaged ones too. */
async function takeVersion1(database: IDBPDatabase, transaction: Upgrade): Promise<void> {
  const rows = transaction.objectStore(rowsOf(0));
  const bytes = transaction.objectStore(bytesOf(0));
  const sources = transaction.objectStore(sourcesOf(0));
  await copyAll<BytesOfVersion1>(transaction, "meta", (value, key) => {
    const row: StoredRow = { ...value, form: Form.PLAIN, from: value.from ?? key, level: value.level ?? 0, isTakeover: false };
    return rows.put(row, key);
  });
  for (const [name, kind] of [["groups", Kind.HISTORY], ["checkpoints", Kind.CHECKPOINTS]] as const) {
    await copyAll<BytesOfVersion1>(transaction, name, ({ version, checksum, bytes: stored }, key) => {
      const value: StoredBytes = { version, form: Form.PLAIN, checksum, bytes: stored };
      return bytes.put(value, keyOf(kind, key));
    });
  }
  await copyAll<SourceRecord>(transaction, "sources", (source) => sources.put(source));
  for (const name of ["meta", "groups", "checkpoints", "sources", "state"]) database.deleteObjectStore(name);
}

async function copyAll<T>(transaction: Upgrade, name: string, put: (value: T, key: number) => Promise<unknown>): Promise<void> {
  const from = transaction.objectStore(name);
  let range: IDBKeyRange | undefined;
  for (;;) {
    const [keys, values] = await Promise.all([from.getAllKeys(range, COPIES_PER_READ), from.getAll(range, COPIES_PER_READ)]);
    await Promise.all(keys.map((key, index) => put(values[index] as T, Number(key))));
    const last = keys.at(-1);
    if (last === undefined || keys.length < COPIES_PER_READ) return;
    range = IDBKeyRange.lowerBound(last, true);
  }
}
