// Chromium keeps the databases of an origin in a LevelDB, and goes on writing to the log that it finds. If the browser was killed in the midst of a record, what follows that
// record makes the log unreadable at the next start but one, and then Chromium deletes all databases of the origin. So much written makes it begin another log,
// and take over what is readable in the old one. See docs/decisions/0019.
import type { IDBPDatabase } from "idb";

/** More than LevelDB keeps in one log, bytes. */
const WRITTEN_SIZE = 4_800_000;
/** Larger values would stand in files of their own, bytes. */
const VALUE_SIZE = 60_000;
/** Others have their turn between transactions of so many values. */
const VALUES_PER_WRITE = 10;

/** Does this browser have such logs? */
function hasLogs(): boolean {
  if (typeof navigator === "undefined") return false;
  const { userAgentData } = navigator as { readonly userAgentData?: { readonly brands: readonly { readonly brand: string }[] } };
  return userAgentData?.brands.some(({ brand }) => brand === "Chromium") === true;
}

/** `store`: an object store in which `key` is free; nothing stays under it. Rejects where the disk is full or the database was closed. */
export async function beginFreshLog(database: IDBPDatabase, store: string, key: number): Promise<void> {
  if (!hasLogs()) return;
  const value = new Uint8Array(VALUE_SIZE);
  for (let size = 0; size < WRITTEN_SIZE; size += VALUES_PER_WRITE * VALUE_SIZE) {
    const transaction = database.transaction(store, "readwrite", { durability: "relaxed" });
    const requests: Promise<unknown>[] = [];
    for (let count = 0; count < VALUES_PER_WRITE; count += 1) requests.push(transaction.store.put(value, key));
    requests.push(transaction.store.delete(key));
    transaction.commit();
    await Promise.all([...requests, transaction.done]);
  }
}
