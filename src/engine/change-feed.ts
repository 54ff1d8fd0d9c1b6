// Who waits for records to change: readers of `runs.changes()`, streams of runs that another tab drives, and everybody
// who asked for the result of an open run.
import type { RunRecord } from "../model/engine.js";
import { WorkflowError } from "../model/errors.js";
import { isEnded } from "../model/status.js";
import { closedError } from "./errors.js";
import type { Stop } from "./event-stream.js";
import { CHANGES_BUFFER_MAX } from "./limits.js";

interface Waiter {
  readonly isWanted: (record: RunRecord) => boolean;
  readonly resolve: (record: RunRecord) => void;
  readonly reject: (error: WorkflowError) => void;
}

export class ChangeFeed {
  readonly #readers = new Set<ChangeReader>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  #isClosed = false;

  publish(records: readonly RunRecord[]): void {
    for (const reader of this.#readers) reader.push(records);
    if (this.#waiters.size === 0) return;
    for (const record of records) {
      const waiters = this.#waiters.get(record.runId);
      for (const waiter of [...(waiters ?? [])]) {
        if (!waiter.isWanted(record)) continue;
        waiters?.delete(waiter);
        waiter.resolve(record);
      }
      if (waiters?.size === 0) this.#waiters.delete(record.runId);
    }
  }

  /** Resolves with the run's record when it ends. Rejects with `engine/closed`, also when it is stopped. */
  ended(runId: string, stop: Stop): Promise<RunRecord> {
    return this.#wait(runId, (record) => isEnded(record.status), stop);
  }

  /** Resolves at the run's next change, or when the reader stops. Rejects with `engine/closed`. */
  async changed(runId: string, stop: Stop): Promise<void> {
    if (!stop.isStopped) await this.#wait(runId, () => true, stop);
  }

  /** Records as they change: of a run that changes faster than it is read, only the newest. */
  changes(): AsyncIterable<RunRecord> {
    return { [Symbol.asyncIterator]: () => this.#open() };
  }

  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.close();
    for (const waiters of this.#waiters.values()) for (const { reject } of waiters) reject(closedError());
    this.#waiters.clear();
  }

  #wait(runId: string, isWanted: Waiter["isWanted"], stop: Stop): Promise<RunRecord> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const waiter = { isWanted, resolve, reject };
      const waiters = this.#waiters.get(runId) ?? new Set();
      waiters.add(waiter);
      this.#waiters.set(runId, waiters);
      stop.wake = () => {
        waiters.delete(waiter);
        if (waiters.size === 0 && this.#waiters.get(runId) === waiters) this.#waiters.delete(runId);
        reject(closedError());
      };
    });
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
