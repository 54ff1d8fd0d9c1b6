// `run.tailLogs()`: what is logged of a run, from its first entry on and on as it comes, until the run ends. Reads the log again whenever there is
// more of it, so that nothing is kept for a reader who is slow.
import type { LogConditions, LogEntry } from "../model/log.js";
import { makeLogFilter, showEntry } from "../model/log-query.js";
import { isEnded } from "../model/status.js";
import type { Core } from "./core.js";
import type { Change, Stop } from "./event-stream.js";
import type { Reader } from "./reader.js";

export interface LogStreamHost {
  readonly core: Core;
  readonly reader: Reader;
  /** The next change of the run's record from now on, also by another tab. */
  change(runId: string): Change;
}

/** Begins to read when the first entry is asked for. */
export function streamLog(host: LogStreamHost, runId: string, query: LogConditions): AsyncIterable<LogEntry> {
  return { [Symbol.asyncIterator]: () => createIterator(host, runId, query) };
}

function createIterator(host: LogStreamHost, runId: string, query: LogConditions): AsyncIterator<LogEntry> {
  const stop: Stop = { isStopped: false, wake: () => undefined };
  const entries = readAll(host, runId, query, stop);
  return {
    next: () => entries.next(),
    async return() {
      stop.isStopped = true;
      stop.wake();
      await entries.return(undefined);
      return { done: true, value: undefined };
    },
  };
}

async function* readAll({ core, reader, change }: LogStreamHost, runId: string, query: LogConditions, stop: Stop): AsyncGenerator<LogEntry, undefined> {
  const isWanted = makeLogFilter(query);
  let after = query.after ?? 0;
  while (!stop.isStopped && !core.isClosed) {
    const next = core.logs.watch(runId);
    const changed = change(runId);
    try {
      const { record } = await reader.find(runId);
      for (const entry of await core.logs.read(runId, after)) {
        after = Math.max(after, entry.number);
        if (!stop.isStopped && isWanted(entry)) yield showEntry(runId, entry);
      }
      if (isEnded(record.status)) return undefined;
      // Rejects when the engine closes: that is the end of it.
      await Promise.race([next.comes, changed.happens(stop)]).catch(() => undefined);
      // Entries that come together are read together.
      if (!core.isClosed) await core.turn();
    } finally {
      next.cancel();
      changed.cancel();
    }
  }
  return undefined;
}
