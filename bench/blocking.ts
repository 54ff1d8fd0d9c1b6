// How long a page is kept from doing anything else while a subject works: messages to itself, one after the other, and
// the longest time between two of them.
import type { Subject } from "./subject.js";

/** The subject, gauged by the longest time (ns) that the page was blocked by `runCount` operations. */
export function gaugeBlocking(subject: Subject, { runCount }: { readonly runCount: number }): Subject {
  return {
    ...subject,
    async gauge() {
      const watch = watchGaps();
      await watch.next();
      await subject.run(runCount);
      await watch.next();
      return watch.stop() * 1e6;
    },
  };
}

/** Watches the event loop from now on. */
function watchGaps(): { next(): Promise<void>; stop(): number } {
  const { port1, port2 } = new MessageChannel();
  let last = performance.now();
  let longestMs = 0;
  let isWatching = true;
  let waiting: (() => void)[] = [];
  port1.onmessage = () => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    for (const wake of waiting) wake();
    waiting = [];
    if (isWatching) port2.postMessage(0);
  };
  port2.postMessage(0);
  return {
    next: () => new Promise((resolve) => waiting.push(resolve)),
    stop() {
      isWatching = false;
      port1.close();
      return longestMs;
    },
  };
}
