// Calls from one tab to the driver of a journal and their answers. A call is done once, however often its message comes; where its driver is
// gone, nobody knows whether it was done, and the caller hears that.
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
  readonly since: number;
  resolve(value: unknown): void;
  reject(error: WorkflowError): void;
}

export class CallTable {
  readonly #post: (message: Outgoing) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #done = new Set<string>();
  #nextId = 1;

  constructor(post: (message: Outgoing) => void) {
    this.#post = post;
  }

  call(journal: number, method: string, args: readonly unknown[], now: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { journal, since: now, resolve, reject });
      this.#post({ kind: "call", id, journal, method, args });
    });
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
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(fromErrorRecord(error));
  }

  /** The journal has another driver now. */
  fail(journal: number): void {
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
      pending.reject(noAnswerError(pending.journal));
    }
  }
}
