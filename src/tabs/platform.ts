// What tabs are told apart and joined by: locks, a channel, a clock. The browser has them; a simulation brings its own.

export interface LockRequest {
  /** `free`: only if nobody holds it. `queue`: when it becomes free. `steal`: at once, from whoever holds it. */
  readonly mode: "free" | "queue" | "steal";
  readonly signal?: AbortSignal;
  /** It is held until this resolves. Null: it was not free. */
  onAnswer(isHeld: boolean): Promise<void>;
}

export interface TabPlatform {
  /** Resolves when the lock is no longer held. Rejects with an `AbortError` where it was stolen, or the signal aborted the wait. */
  requestLock(name: string, request: LockRequest): Promise<void>;
  /** A channel to all other tabs of the name. */
  openChannel(name: string, onMessage: (message: unknown) => void): TabChannel;
  /** ms, of any origin. */
  now(): number;
  /** Calls back once; returns a cancel function. */
  schedule(delayMs: number, callback: () => void): () => void;
  /** 0 to 1. */
  random(): number;
}

export interface TabChannel {
  post(message: unknown): void;
  close(): void;
}

/** The browser's; undefined where it has no locks or channels (Node). */
export function findTabPlatform(): TabPlatform | undefined {
  if (typeof navigator === "undefined" || navigator.locks === undefined || typeof BroadcastChannel === "undefined") return undefined;
  return {
    async requestLock(name, { mode, signal, onAnswer }) {
      const options: LockOptions = mode === "free" ? { ifAvailable: true } : mode === "steal" ? { steal: true } : signal === undefined ? {} : { signal };
      await navigator.locks.request(name, options, (lock) => onAnswer(lock !== null));
    },
    openChannel(name, onMessage) {
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }: MessageEvent<unknown>) => onMessage(data);
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
    now: () => performance.now(),
    schedule(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
  };
}
