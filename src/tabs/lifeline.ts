// Tells one thread when another is gone, however it went: the watched one holds a lock until it ends, the watcher waits
// for that lock. (A message port does not tell when the worker at its other end was ended.)

const PREFIX = "millrace-life:";

/** Holds the lifeline `name` until this thread ends. Resolves once it is held; at once where the platform has no locks. */
export async function holdLifeline(name: string): Promise<void> {
  if (!hasLocks()) return;
  await new Promise<void>((resolve, reject) => {
    const hold = (): Promise<never> => {
      resolve();
      return new Promise<never>(() => undefined);
    };
    navigator.locks.request(PREFIX + name, hold).catch(reject);
  });
}

/** Calls `onEnd` when the thread that holds the lifeline `name` is gone. Call it once the line is held. Returns a function that stops watching. */
export function watchLifeline(name: string, onEnd: () => void): () => void {
  if (!hasLocks()) return () => undefined;
  const stopping = new AbortController();
  navigator.locks.request(PREFIX + name, { signal: stopping.signal }, onEnd).catch(() => undefined);
  return () => stopping.abort();
}

function hasLocks(): boolean {
  return typeof navigator !== "undefined" && navigator.locks !== undefined;
}
