// The real clock: wall time, timers of any length, random seeds. The one place that names setTimeout; everything else
// takes a clock as a port, so that tests can bring a simulated one.

/** Longest delay that a platform timer takes, ms: beyond it, setTimeout fires at once. */
export const TIMER_CHUNK_MS_MAX = 2 ** 31 - 1;
/** Random numbers are drawn from the platform this many at a time. */
const SEED_BLOCK_COUNT = 256;

/** Has the shape of `ClockPort`. */
export interface Clock {
  now(): number;
  seed(): number;
  schedule(delayMs: number, callback: () => void): () => void;
  defer(callback: () => void): void;
}

/** A clock on the platform's time, timers and random numbers. */
export function createClock(): Clock {
  return { now: () => Date.now(), seed: createSeed(), schedule, defer: createDefer() };
}

function schedule(delayMs: number, callback: () => void): () => void {
  let rest = Math.max(0, delayMs);
  let timer: ReturnType<typeof setTimeout>;
  const arm = (): void => {
    const chunkMs = Math.min(rest, TIMER_CHUNK_MS_MAX);
    rest -= chunkMs;
    timer = setTimeout(rest > 0 ? arm : callback, chunkMs);
  };
  arm();
  return () => clearTimeout(timer);
}

function createSeed(): () => number {
  const block = new Uint32Array(SEED_BLOCK_COUNT);
  let next = SEED_BLOCK_COUNT;
  return () => {
    if (next === SEED_BLOCK_COUNT) {
      crypto.getRandomValues(block);
      next = 0;
    }
    return block[next++] ?? 0;
  };
}

/** A turn of the event loop without the clamp of nested timers: setImmediate where there is one, else a message. */
function createDefer(): (callback: () => void) => void {
  if (typeof setImmediate === "function") return (callback) => void setImmediate(callback);
  const { port1, port2 } = new MessageChannel();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()?.();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(null);
  };
}
