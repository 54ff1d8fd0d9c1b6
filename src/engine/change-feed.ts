// Who waits for records to change: readers of `runs.changes()`, streams of runs that another tab drives, and everybody
// who asked for the result of an open run.
import type { RunRecord } from "../model/run-record.js";
import { WorkflowError } from "../model/errors.js";
import { isEnded } from "../model/status.js";
import { closedError } from "./errors.js";
import type { Change } from "./event-stream.js";
import { CHANGES_BUFFER_MAX } from "./limits.js";

interface Waiter {
  readonly isWanted: (record: RunRecord) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: WorkflowError) => void;
}

export class ChangeFeed {
  readonly #readers = new Set<ChangeReader>();
  readonly #touches = new Set<{ readonly isWanted: (record: RunRecord) => boolean; readonly wake: () => void }>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  #isClosed = false;

  /** Does somebody read of every record that changes? */
  get isWatched(): boolean {
    return this.#readers.size > 0 || this.#touches.size > 0;
  }

  /** Does anybody wait for any record to change? */
  get isListenedTo(): boolean {
    return this.isWatched || this.#waiters.size > 0;
  }

  publish(records: readonly RunRecord[]): void {
    for (const reader of this.#readers) reader.push(records);
    for (const touch of [...this.#touches]) if (records.some(touch.isWanted)) touch.wake();
    if (this.#waiters.size === 0) return;
    for (const record of records) {
      const waiters = this.#waiters.get(record.runId);
      for (const waiter of [...(waiters ?? [])]) {
        if (!waiter.isWanted(record)) continue;
        waiters?.delete(waiter);
        waiter.resolve();
      }
      if (waiters?.size === 0) this.#waiters.delete(record.runId);
    }
  }

  /** Runs are gone. `waited`: whoever waits for one of these looks again. */
  publishRemoval(waited: readonly string[] = []): void {
    for (const { wake } of [...this.#touches]) wake();
    for (const runId of waited) {
      const waiters = this.#waiters.get(runId);
      this.#waiters.delete(runId);
      for (const { resolve } of waiters ?? []) resolve();
    }
  }

  /** The next change of a record that is wanted, or removal of any, from now on. */
  touch(isWanted: (record: RunRecord) => boolean): { happens(): Promise<void>; cancel(): void } {
    let wake = (): void => undefined;
    const happening = new Promise<void>((resolve) => (wake = resolve));
    const touch = { isWanted, wake };
    if (this.#isClosed) wake();
    else this.#touches.add(touch);
    return { happens: () => happening, cancel: () => void this.#touches.delete(touch) };
  }

  /** Resolves when the run ends, or is gone: ask before looking whether it has, and look again then. Rejects with `engine/closed`. */
  ended(runId: string): { readonly happens: Promise<void>; cancel(): void } {
    return this.#wait(runId, (record) => isEnded(record.status));
  }

  /** The run's next change from now on. */
  change(runId: string): Change {
    const { happens, cancel } = this.#wait(runId, () => true);
    return {
      async happens(stop) {
        if (stop.isStopped) return;
        await Promise.race([happens, new Promise<void>((resolve) => (stop.wake = resolve))]);
      },
      cancel,
    };
  }

  /** Records as they change: of a run that changes faster than it is read, only the newest. */
  changes(): AsyncIterable<RunRecord> {
    return { [Symbol.asyncIterator]: () => this.#open() };
  }

  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.close();
    this.publishRemoval();
    for (const waiters of this.#waiters.values()) for (const { reject } of waiters) reject(closedError());
    this.#waiters.clear();
  }

  #wait(runId: string, isWanted: Waiter["isWanted"]): { readonly happens: Promise<void>; cancel(): void } {
    let cancel = (): void => undefined;
    const happens = new Promise<void>((resolve, reject) => {
      if (this.#isClosed) {
        reject(closedError());
        return;
      }
      const waiter = { isWanted, resolve, reject };
      const waiters = this.#waiters.get(runId) ?? new Set();
      waiters.add(waiter);
      this.#waiters.set(runId, waiters);
      cancel = () => {
        waiters.delete(waiter);
        if (waiters.size === 0 && this.#waiters.get(runId) === waiters) this.#waiters.delete(runId);
      };
    });
    happens.catch(() => undefined);
    return { happens, cancel };
  }

  #open(): AsyncIterator<RunRecord> {
    const reader = new ChangeReader(() => this.#readers.delete(reader));
    if (this.#isClosed) reader.close();
    else this.#readers.add(reader);
    return reader;
  }
}

class ChangeReader implements AsyncIterator<RunRecord> {
  readonly #onClose: () => void;
  #pending = new Map<string, RunRecord>();
  #isOpen = true;
  #isLost = false;
  #wakes: (() => void)[] = [];

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  push(records: readonly RunRecord[]): void {
    for (const record of records) {
      this.#pending.delete(record.runId);
      this.#pending.set(record.runId, record);
    }
    if (this.#pending.size > CHANGES_BUFFER_MAX) {
      this.#isLost = true;
      this.#pending.clear();
      this.close();
    }
    this.#wakeAll();
  }

  close(): void {
    this.#isOpen = false;
    this.#onClose();
    this.#wakeAll();
  }

  async next(): Promise<IteratorResult<RunRecord>> {
    while (this.#pending.size === 0 && this.#isOpen) await new Promise<void>((resolve) => this.#wakes.push(resolve));
    for (const [runId, record] of this.#pending) {
      this.#pending.delete(runId);
      return { done: false, value: record };
    }
    if (!this.#isLost) return { done: true, value: undefined };
    this.#isLost = false;
    const message = `More than ${CHANGES_BUFFER_MAX} runs changed before they were read; query again`;
    throw new WorkflowError("engine/too-slow", message, { details: { runsMax: CHANGES_BUFFER_MAX }, isRetryable: true });
  }

  async return(): Promise<IteratorResult<RunRecord>> {
    this.#pending.clear();
    this.close();
    return { done: true, value: undefined };
  }

  #wakeAll(): void {
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) wake();
  }
}
