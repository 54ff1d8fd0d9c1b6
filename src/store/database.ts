// The database behind the journal: its object stores, what stands in them, how it is opened and given up.
// Schema versions: 1 is the first. A change raises SCHEMA_VERSION and adds a case to `upgrade`.
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { fingerprintBytes } from "../base/fingerprint.js";
import { WorkflowError } from "../model/errors.js";
import type { SourceRecord } from "../model/ports.js";
import { toStoreError } from "./errors.js";

export const SCHEMA_VERSION = 1;
/** How long another tab with an older schema may keep this one from opening, ms. */
export const OPEN_BLOCKED_MS_MAX = 5_000;

/** Bytes as they stand in the database. */
export interface StoredBytes {
  /** Layout of the bytes; see the codec that wrote them. */
  readonly version: number;
  readonly epoch: number;
  /** XXH32 of `bytes`. */
  readonly checksum: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A row of run records. It stands for the groups `from` to its own key. */
export interface StoredMeta extends StoredBytes {
  readonly from: number;
  readonly group: number;
  /** 0 as committed; one more each time rows of one level were merged. */
  readonly level: number;
}

export interface JournalSchema extends DBSchema {
  /** Key: group number. */
  groups: { key: number; value: StoredBytes };
  checkpoints: { key: number; value: StoredBytes };
  meta: { key: number; value: StoredMeta };
  /** Key: identity. */
  sources: { key: string; value: SourceRecord };
  /** Key `epoch`: the driver's epoch. */
  state: { key: string; value: number };
}
export type Journal = IDBPDatabase<JournalSchema>;

export interface JournalEvents {
  /** The connection is gone: another tab upgrades or deletes the database, or the browser ended it. */
  onLost(why: string): void;
}

/** Opens or upgrades. Rejects with `store/blocked`, `store/version-unsupported`, `store/failed`. */
export async function openJournal(name: string, events: JournalEvents): Promise<Journal> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const opening = openDB<JournalSchema>(name, SCHEMA_VERSION, {
    upgrade: (database) => createStores(database),
    blocked: () => undefined,
    blocking: (_current, _blocked, event) => {
      (event.target as IDBDatabase).close();
      events.onLost("another tab upgrades or deletes it");
    },
    terminated: () => events.onLost("the browser ended the connection"),
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

function createStores(database: Journal): void {
  database.createObjectStore("groups");
  database.createObjectStore("checkpoints");
  database.createObjectStore("meta");
  database.createObjectStore("sources", { keyPath: "identity" });
  database.createObjectStore("state");
}

/** Bytes with what is needed to trust them later. */
export function sealBytes(bytes: Uint8Array<ArrayBuffer>, version: number, epoch: number): StoredBytes {
  return { version, epoch, checksum: fingerprintBytes(bytes), bytes };
}

/** Are these the bytes that were sealed? Anything may stand in a damaged database. */
export function isIntact(stored: unknown): stored is StoredBytes {
  if (typeof stored !== "object" || stored === null || !("bytes" in stored) || !("checksum" in stored)) return false;
  return stored.bytes instanceof Uint8Array && stored.checksum === fingerprintBytes(stored.bytes);
}
