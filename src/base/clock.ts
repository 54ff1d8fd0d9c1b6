// The real clock: wall time, timers of any length, random seeds. The one place that names setTimeout; everything else
// takes a clock as a port, so that tests can bring a simulated one.

import { createPrng } from "./prng.js";

/** Longest delay that a platform timer takes, ms: beyond it, setTimeout fires at once. */
export const TIMER_CHUNK_MS_MAX = 2 ** 31 - 1;

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

/** Seeds differ between clocks and rows; they are for workflows, not for secrets, so that one event costs no system call. */
function createSeed(): () => number {
  const [first = 0] = crypto.getRandomValues(new Uint32Array(1));
  return createPrng(first);
}

/** A turn of the event loop without the clamp of nested timers: setImmediate where there is one, else a message. */
export function createDefer(): (callback: () => void) => void {
  if (typeof setImmediate === "function") return (callback) => void setImmediate(callback);
  const { port1, port2 } = new MessageChannel();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()?.();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(null);
  };
}
