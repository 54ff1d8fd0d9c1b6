// Queries over all runs: those of the store and those in memory as one, with conditions in CEL, and pages that follow what changes.
import { makeRunFilter } from "../model/run-filter.js";
import type { RunPage, RunQuery, RunRecord } from "../model/run-record.js";
import type { ChangeFeed } from "./change-feed.js";
import type { Core } from "./core.js";
import { closedError } from "./errors.js";
import { LIVE_QUERY_INTERVAL_MS } from "./limits.js";
import { countBoth, queryBoth } from "./volatile-archive.js";

export interface RunQueriesHost {
  readonly core: Core;
  readonly feed: ChangeFeed;
  volatileRecords(): readonly RunRecord[];
}

export class RunQueries {
  readonly #host: RunQueriesHost;

  constructor(host: RunQueriesHost) {
    this.#host = host;
  }

  async query(query: RunQuery): Promise<RunPage> {
    const { core } = this.#host;
    if (core.isClosed) throw closedError();
    return queryBoth(core.store, this.#host.volatileRecords(), query, await this.#accept(query));
  }

  async count(query: RunQuery): Promise<number> {
    const { core } = this.#host;
    if (core.isClosed) throw closedError();
    return countBoth(core.store, this.#host.volatileRecords(), query, await this.#accept(query));
  }

  /** The page now, and again whenever a change may have touched it and it is another. */
  async *watch(query: RunQuery): AsyncGenerator<RunPage, undefined> {
    const { core, feed } = this.#host;
    const isWanted = makeRunFilter(query);
    let shown: RunPage | undefined;
    for (;;) {
      const ids: ReadonlySet<string> = new Set(shown?.records.map(({ runId }) => runId));
      const touch = feed.touch((record) => ids.has(record.runId) || isWanted(record));
      try {
        const page = await this.query(query);
        if (shown === undefined || !isSame(shown, page)) yield page;
        shown = page;
        await touch.happens();
      } finally {
        touch.cancel();
      }
      if (core.isClosed) return undefined;
      await new Promise<void>((resolve) => core.clock.schedule(LIVE_QUERY_INTERVAL_MS, resolve));
    }
  }

  async #accept({ filter }: RunQuery): Promise<((record: RunRecord) => boolean) | undefined> {
    return filter === undefined ? undefined : this.#host.core.parts.filters?.compile(filter);
  }
}

function isSame(a: RunPage, b: RunPage): boolean {
  return a.cursor === b.cursor && a.records.length === b.records.length && a.records.every((record, index) => isSameRecord(record, b.records[index]));
}

function isSameRecord(a: RunRecord, b: RunRecord | undefined): boolean {
  return a.runId === b?.runId && a.status === b.status && a.seq === b.seq && a.updatedAt === b.updatedAt;
}
