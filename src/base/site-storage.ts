// What the browser grants this site for its databases, and whether it may clear them by itself. Of the whole origin: no engine is asked.

/** Room of the origin, as the browser estimates it. */
export interface SiteStorage {
  /** By all that the site keeps, bytes; a browser may round it. */
  readonly usedBytes: number;
  /** What it may use at most, bytes. Beyond it commits fail with `store/quota-exceeded`. */
  readonly quotaBytes: number;
  /** The browser does not delete it by itself when it is short of room. */
  readonly isPersistent: boolean;
}

/** Undefined where there is nothing to ask: in Node, and in pages that are no secure context. */
export async function readSiteStorage(): Promise<SiteStorage | undefined> {
  const storage = findManager();
  if (storage === undefined) return undefined;
  const [{ usage = 0, quota = 0 }, isPersistent] = await Promise.all([storage.estimate(), storage.persisted()]);
  return { usedBytes: usage, quotaBytes: quota, isPersistent };
}

/**
 * Asks the browser to keep what the site stores until its user clears it. Browsers decide by themselves (how much the site is used) or ask the user, so call
 * it when the user does something that is worth keeping. From a page only. Resolves with whether it is granted.
 */
export async function requestPersistence(): Promise<boolean> {
  const storage = findManager();
  return storage === undefined || typeof storage.persist !== "function" ? false : storage.persist();
}

function findManager(): StorageManager | undefined {
  return globalThis.navigator?.storage as StorageManager | undefined;
}
