// Calls from one tab to the driver of a journal and their answers. A call is done once, however often its message comes. It is passed on when its
// driver has said that it is there: what is asked while a driver is gone waits for its heir. Where a driver is gone after that, nobody knows whether
// the call was done, and the caller hears that.
import { fromErrorRecord, toErrorRecord, type WorkflowError } from "../model/errors.js";
import type { TabsHooks } from "../model/ports.js";
import type { TabMessage } from "./messages.js";
import { noAnswerError } from "./sole-tab.js";

/** A driver that was silent for so long does not answer any more, ms. */
export const CALL_SILENCE_MS = 3_000;
/** So many calls of others are remembered, so that none is done twice. */
export const CALLS_REMEMBERED_MAX = 1_024;

type Call = Extract<TabMessage, { kind: "call" }>;
type Reply = Extract<TabMessage, { kind: "reply" }>;
type Outgoing = Omit<Call, "version" | "from"> | Omit<Reply, "version" | "from">;

interface Pending {
  readonly journal: number;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly since: number;
  isPassed: boolean;
  resolve(value: unknown): void;
  reject(error: WorkflowError): void;
}

export class CallTable {
  readonly #post: (message: Outgoing) => void;
  /** In the order of their ids. */
  readonly #pending = new Map<number, Pending>();
  /** Per journal, how many calls wait for its driver. */
  readonly #waiting = new Map<number, number>();
  readonly #done = new Set<string>();
  #nextId = 1;

  constructor(post: (message: Outgoing) => void) {
    this.#post = post;
  }

  /** Waits until `passOn`. */
  call(journal: number, method: string, args: readonly unknown[], now: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.set(this.#nextId++, { journal, method, args, since: now, isPassed: false, resolve, reject });
      this.#waiting.set(journal, (this.#waiting.get(journal) ?? 0) + 1);
    });
  }

  /** Does a call wait for the journal's driver? */
  isAwaited(journal: number): boolean {
    return this.#waiting.has(journal);
  }

  /** The journals whose drivers calls wait for. */
  get awaited(): Iterable<number> {
    return this.#waiting.keys();
  }

  /** Tab `driver` drives the journal: it gets what waits for that, in order. */
  passOn(journal: number, driver: string): void {
    if (!this.#waiting.delete(journal)) return;
    for (const [id, pending] of this.#pending) {
      if (pending.isPassed || pending.journal !== journal) continue;
      pending.isPassed = true;
      this.#post({ kind: "call", to: driver, id, journal, method: pending.method, args: pending.args });
    }
  }

  /** Does what another tab asks for, and answers it. */
  answer({ from, id, journal, method, args }: Call, hooks: TabsHooks): void {
    const key = `${from}/${id}`;
    if (this.#done.has(key)) return;
    this.#done.add(key);
    for (const oldest of this.#done) {
      if (this.#done.size <= CALLS_REMEMBERED_MAX) break;
      this.#done.delete(oldest);
    }
    hooks.onCall(journal, method, args).then(
      (value) => this.#post({ kind: "reply", to: from, id, value }),
      (error: unknown) => this.#post({ kind: "reply", to: from, id, error: toErrorRecord(error) }),
    );
  }

  settle({ id, value, error }: Reply): void {
    const pending = this.#pending.get(id);
    if (pending?.isPassed !== true) return;
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(value);
    else pending.reject(fromErrorRecord(error));
  }

  /** The journal has another driver now: what was passed to the one before is not answered any more. */
  fail(journal: number): void {
    this.#failWhere((pending) => pending.isPassed && pending.journal === journal);
  }

  /** This tab drives the journal: nobody else answers. */
  refuse(journal: number): void {
    this.#failWhere((pending) => pending.journal === journal);
  }

  /** `lastHeard`: of a journal's driver. */
  expire(now: number, lastHeard: (journal: number) => number): void {
    this.#failWhere(({ journal, since }) => now - Math.max(since, lastHeard(journal)) > CALL_SILENCE_MS);
  }

  close(): void {
    this.#failWhere(() => true);
  }

  #failWhere(isGone: (pending: Pending) => boolean): void {
    for (const [id, pending] of this.#pending) {
      if (!isGone(pending)) continue;
      this.#pending.delete(id);
      if (!pending.isPassed) this.#forgetWaiting(pending.journal);
      pending.reject(noAnswerError(pending.journal, pending.isPassed));
    }
  }

  #forgetWaiting(journal: number): void {
    const count = (this.#waiting.get(journal) ?? 0) - 1;
    if (count > 0) this.#waiting.set(journal, count);
    else this.#waiting.delete(journal);
  }
}
