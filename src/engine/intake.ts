// Back-pressure: refuses to start runs while too many tasks wait for their turn, and tells when that is over.
import type { WorkflowError } from "../model/errors.js";
import { overloadedError } from "./errors.js";

/** The queue that starts lead to. */
export interface IntakeQueue {
  /** So many tasks can be asked for before the queue is full. */
  readonly room: number;
  readonly queueMax: number;
  readonly queued: number;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: WorkflowError) => void;
}

export class Intake {
  readonly #queue: IntakeQueue;
  /** Runs that were let in and have not asked for their first tasks yet. */
  #startingCount = 0;
  #waiting: Waiting[] = [];

  constructor(queue: IntakeQueue) {
    this.#queue = queue;
  }

  get isFull(): boolean {
    return this.#startingCount >= this.#queue.room;
  }

  /** Lets `count` runs in, all or none. Throws `engine/overloaded`. To be followed by `leave` when they have started, or have not. */
  enter(count: number): void {
    if (this.isFull) throw overloadedError(this.#queue.queued + this.#startingCount, this.#queue.queueMax);
    this.#startingCount += count;
  }

  leave(count: number): void {
    this.#startingCount -= count;
    this.noteRoom();
  }

  /** Resolves when a run would be let in. */
  ready(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** There may be room again. */
  noteRoom(): void {
    if (this.#waiting.length === 0 || this.isFull) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve } of waiting) resolve();
  }

  close(error: WorkflowError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}
