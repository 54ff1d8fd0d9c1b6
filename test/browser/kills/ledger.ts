// What the tabs of one trial told while they lived: calls and answers of handlers, starts and events that were acknowledged. Outlives all of them.
import type { KnownRun, TabMessage } from "./messages.js";

export interface HandlerCall {
  readonly tab: string;
  readonly runId: string;
  readonly key: string;
  readonly input: string;
  readonly attempt: number;
  /** ms, of the monotonic clock. */
  readonly time: number;
}

export interface AckedEvent {
  readonly runId: string;
  readonly event: string;
  readonly id: number;
  readonly status: string;
}

export class Ledger {
  readonly calls: HandlerCall[] = [];
  /** Per key what was given for it. */
  readonly answers = new Map<string, Set<string>>();
  readonly started = new Set<string>();
  readonly acked: AckedEvent[] = [];
  /** How, as the tab heard it that waited: "result" or an error's code. */
  readonly ended = new Map<string, string>();
  readonly wrong: string[] = [];
  /** Calls that were not answered yet. */
  readonly #open = new Set<HandlerCall>();
  #onEnded: () => void = () => undefined;

  take(message: TabMessage): void {
    const { tab } = message;
    switch (message.kind) {
      case "called": {
        const call = { ...message, time: performance.now() };
        this.calls.push(call);
        this.#open.add(call);
        break;
      }
      case "answered":
        for (const call of this.#open) if (call.tab === tab && call.key === message.key) this.#open.delete(call);
        this.answers.set(message.key, (this.answers.get(message.key) ?? new Set()).add(message.nonce));
        break;
      case "started":
        this.started.add(message.runId);
        break;
      case "acked":
        this.acked.push(message);
        break;
      case "ended":
        this.ended.set(message.runId, `${message.as}, tab ${tab}`);
        this.#onEnded();
        break;
      case "wrong":
        this.wrong.push(`tab ${tab}: ${message.text}`);
    }
  }

  tellRun(runId: string): KnownRun {
    return { isStarted: this.started.has(runId), acked: this.acked.filter((one) => one.runId === runId).map((one) => one.id) };
  }

  /** Keys that a handler of this tab works on now. */
  keysInFlight(tab: string): ReadonlySet<string> {
    return new Set([...this.#open].filter((call) => call.tab === tab).map((call) => call.key));
  }

  /** When one of these keys was called first since then, by another tab than these; ms. */
  firstCallSince(time: number, keys: ReadonlySet<string>, tabs: ReadonlySet<string>): number | undefined {
    return this.calls.find((call) => call.time > time && !tabs.has(call.tab) && keys.has(call.key))?.time;
  }

  /** Resolves with whether these have ended by then. */
  async untilEnded(runIds: readonly string[], msMax: number): Promise<boolean> {
    const hasEnded = (): boolean => runIds.every((runId) => this.ended.has(runId));
    if (hasEnded()) return true;
    return new Promise((resolve) => {
      const settle = (isEnded: boolean): void => {
        clearTimeout(timer);
        this.#onEnded = () => undefined;
        resolve(isEnded);
      };
      const timer = setTimeout(() => settle(false), msMax);
      this.#onEnded = () => hasEnded() && settle(true);
    });
  }
}
