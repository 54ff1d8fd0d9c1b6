// The real clock: wall time, timers of any length, random seeds. The one place that names setTimeout; everything else
// takes a clock as a port, so that tests can bring a simulated one.

import { createPrng } from "./prng.js";

/** So often a timer that is further off looks at the clock, ms. Below the 2^31 - 1 that setTimeout takes. */
export const TIMER_LOOK_MS = 60_000;

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
  return scheduleWatched({ now: () => Date.now(), schedule: startTimer }, delayMs, callback);
}

function startTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}

/**
 * A timer of any length out of short ones. Timers of a platform stand still while the machine sleeps, and take no notice of a clock that is set: once a
 * minute it is looked whether the time has come. Set back, the clock delays nothing.
 */
export function scheduleWatched(platform: Pick<Clock, "now" | "schedule">, delayMs: number, callback: () => void): () => void {
  let rest = Math.max(0, delayMs);
  if (rest <= TIMER_LOOK_MS) return platform.schedule(rest, callback);
  const due = platform.now() + rest;
  let cancel: () => void;
  const look = (): void => {
    rest = Math.min(rest - TIMER_LOOK_MS, due - platform.now());
    if (rest > 0) arm();
    else callback();
  };
  const arm = (): void => {
    cancel = rest > TIMER_LOOK_MS ? platform.schedule(TIMER_LOOK_MS, look) : platform.schedule(rest, callback);
  };
  arm();
  return () => cancel();
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
