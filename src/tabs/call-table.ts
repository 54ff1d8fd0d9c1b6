// Calls from one tab to the driver of a journal and their answers. A call is done once, however often its message comes. It is passed on when its
// driver has said that it is there: what is asked while a driver is gone waits for its heir. Where a driver is gone after that, nobody knows whether
// the call was done, and the caller hears that.
import { type ErrorRecord, fromErrorRecord, toErrorRecord, type WorkflowError } from "../model/errors.js";
import type { TabsHooks } from "../model/ports.js";
import type { TabMessage } from "./messages.js";
import { noAnswerError } from "./sole-tab.js";

/** A driver that was silent for so long does not answer any more, ms. */
export const CALL_SILENCE_MS = 3_000;
/** A call that is not answered for so long is told again, and then after twice as long each time: a message may have been lost. ms. */
export const CALL_REPEAT_MS = 1_000;
/** So many calls of others are remembered with their answers. What is older is not done again, nor answered. */
export const CALLS_REMEMBERED_MAX = 1_024;

type Call = Extract<TabMessage, { kind: "call" }>;
type Reply = Extract<TabMessage, { kind: "reply" }>;
type Outgoing = Omit<Call, "version" | "from"> | Omit<Reply, "version" | "from">;

interface Pending {
  readonly journal: number;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly since: number;
  /** Who was asked; undefined: nobody yet. */
  driver: string | undefined;
  repeatAt: number;
  repeatMs: number;
  resolve(value: unknown): void;
  reject(error: WorkflowError): void;
}

export class CallTable {
  readonly #post: (message: Outgoing) => void;
  /** In the order of their ids. */
  readonly #pending = new Map<number, Pending>();
  /** Per journal, how many calls wait for its driver. */
  readonly #waiting = new Map<number, number>();
  /** Calls of others that were taken on, by who asks and its number: their answers, if there are any yet. The oldest go first. */
  readonly #taken = new Map<string, Omit<Reply, "version" | "from"> | undefined>();
  /** Of each tab that asked, the highest number that is not remembered any more. */
  readonly #forgotten = new Map<string, number>();
  #nextId = 1;

  constructor(post: (message: Outgoing) => void) {
    this.#post = post;
  }

  /** Waits until `passOn`. */
  call(journal: number, method: string, args: readonly unknown[], now: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.set(this.#nextId++, { journal, method, args, since: now, driver: undefined, repeatAt: now, repeatMs: CALL_REPEAT_MS, resolve, reject });
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
  passOn(journal: number, driver: string, now: number): void {
    if (!this.#waiting.delete(journal)) return;
    for (const [id, pending] of this.#pending) {
      if (pending.driver !== undefined || pending.journal !== journal) continue;
      pending.driver = driver;
      pending.repeatAt = now + pending.repeatMs;
      this.#tell(id, driver, pending);
    }
  }

  /** Tells again what was not answered for a while. */
  repeat(now: number): void {
    for (const [id, pending] of this.#pending) {
      if (pending.driver === undefined || pending.repeatAt > now) continue;
      pending.repeatMs *= 2;
      pending.repeatAt = now + pending.repeatMs;
      this.#tell(id, pending.driver, pending);
    }
  }

  #tell(id: number, to: string, { journal, method, args }: Pending): void {
    this.#post({ kind: "call", to, id, journal, method, args });
  }

  /** Does what another tab asks for, once, and answers it, as often as it is asked. */
  answer({ from, id, journal, method, args }: Call, hooks: TabsHooks): void {
    const key = `${from}/${id}`;
    if (this.#taken.has(key) || id <= (this.#forgotten.get(from) ?? 0)) {
      const reply = this.#taken.get(key);
      if (reply !== undefined) this.#post(reply);
      return;
    }
    this.#taken.set(key, undefined);
    const reply = (answer: { readonly value: unknown } | { readonly error: ErrorRecord }): void => {
      const told = { kind: "reply", to: from, id, ...answer } as const;
      if (this.#taken.has(key)) this.#taken.set(key, told);
      this.#post(told);
    };
    hooks.onCall(journal, method, args).then(
      (value) => reply({ value }),
      (error: unknown) => reply({ error: toErrorRecord(error) }),
    );
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const key of this.#taken.keys()) {
      if (this.#taken.size <= CALLS_REMEMBERED_MAX) break;
      this.#taken.delete(key);
      const [from = "", id] = key.split("/");
      this.#forgotten.set(from, Math.max(this.#forgotten.get(from) ?? 0, Number(id)));
    }
  }

  settle({ id, value, error }: Reply): void {
    const pending = this.#pending.get(id);
    if (pending?.driver === undefined) return;
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(value);
    else pending.reject(fromErrorRecord(error));
  }

  /** The journal has another driver now: what was passed to the one before is not answered any more. */
  fail(journal: number): void {
    this.#failWhere((pending) => pending.driver !== undefined && pending.journal === journal);
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
      if (pending.driver === undefined) this.#forgetWaiting(pending.journal);
      pending.reject(noAnswerError(pending.journal, pending.driver !== undefined));
    }
  }

  #forgetWaiting(journal: number): void {
    const count = (this.#waiting.get(journal) ?? 0) - 1;
    if (count > 0) this.#waiting.set(journal, count);
    else this.#waiting.delete(journal);
  }
}
