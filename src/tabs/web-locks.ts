// Who drives: one Web Lock a database. The tab (or its worker) that holds it drives all runs; the others watch and wait
// in the lock's queue, so that the next one drives as soon as the browser frees it. Changed records go round on a channel.
import type { RunRecord } from "../model/engine.js";
import type { TabMessage, TabsPort } from "../model/ports.js";
import { createSoleTab } from "./sole-tab.js";

/** Records in one message; more are sent in several. */
export const MESSAGE_RECORDS_MAX = 1_000;

/** Tabs that share the database `name`; a sole tab where the platform has no locks. */
export function createTabs(name: string): TabsPort {
  if (typeof navigator === "undefined" || navigator.locks === undefined || typeof BroadcastChannel === "undefined") return createSoleTab();
  return new LockedTabs(`millrace:${name}`);
}

class LockedTabs implements TabsPort {
  onMessage: (message: TabMessage) => void = () => undefined;
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  readonly #closing = new AbortController();
  #role: "driver" | "watcher" = "watcher";
  #release: (() => void) | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isTabMessage(data)) this.onMessage(data);
    };
  }

  async elect(onDriver: () => void): Promise<"driver" | "watcher"> {
    const isFree = await new Promise<boolean>((resolve, reject) => {
      this.#request({ ifAvailable: true }, resolve, onDriver).catch(reject);
    });
    if (isFree) return "driver";
    this.#request({ signal: this.#closing.signal }, () => undefined, onDriver).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) throw error;
    });
    return "watcher";
  }

  role(): "driver" | "watcher" {
    return this.#role;
  }

  broadcast(message: TabMessage): void {
    if (this.#closing.signal.aborted) return;
    for (let from = 0; from < message.records.length; from += MESSAGE_RECORDS_MAX) {
      this.#channel.postMessage({ kind: message.kind, records: message.records.slice(from, from + MESSAGE_RECORDS_MAX) });
    }
  }

  close(): void {
    this.#closing.abort();
    this.#channel.close();
    this.#release?.();
    this.#role = "watcher";
  }

  /** Holds the lock until `close`. Tells `onAnswer` whether the lock was given. */
  async #request(options: LockOptions, onAnswer: (isGiven: boolean) => void, onDriver: () => void): Promise<void> {
    await navigator.locks.request(this.#name, options, async (lock) => {
      if (lock === null || this.#closing.signal.aborted) {
        onAnswer(false);
        return;
      }
      this.#role = "driver";
      const isReleased = new Promise<void>((resolve) => {
        this.#release = resolve;
      });
      onDriver();
      onAnswer(true);
      await isReleased;
    });
  }
}

function isTabMessage(data: unknown): data is TabMessage {
  if (typeof data !== "object" || data === null || !("kind" in data) || !("records" in data)) return false;
  return data.kind === "records" && Array.isArray(data.records) && data.records.every(isRecord);
}

function isRecord(value: unknown): value is RunRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "runId" in value &&
    typeof value.runId === "string" &&
    "status" in value &&
    typeof value.status === "string"
  );
}
