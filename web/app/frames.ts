// When the page shows what has changed: once a frame at most, however much happens in between, and never for more than half of the time. Whoever
// follows something that changes often asks here instead of setting timers of its own. Does not know what is shown.
import { batch } from "@preact/signals";

/** Frames of hidden pages do not come: what waits for one is done after this at the latest, ms. */
const FRAME_MS_MAX = 250;

const waiting = new Set<() => void>();
let isAsked = false;
let restsUntil = 0;

/** Calls `update` in the next frame that has room for it; asked again before, it is still called once. */
export function showInFrame(update: () => void): void {
  waiting.add(update);
  ask();
}

/** Takes back what `showInFrame` was asked for. */
export function forgetFrame(update: () => void): void {
  waiting.delete(update);
}

function ask(): void {
  if (isAsked) return;
  isAsked = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const take = (): void => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    isAsked = false;
    if (performance.now() < restsUntil) ask();
    else show();
  };
  const frame = requestAnimationFrame(take);
  timer = setTimeout(take, FRAME_MS_MAX);
}

/** All updates as one: components are drawn once for them. Then the page rests from showing as long as it took, drawing and painting included. */
function show(): void {
  const startedAt = performance.now();
  const updates = [...waiting];
  waiting.clear();
  batch(() => {
    for (const update of updates) update();
  });
  const { port1, port2 } = new MessageChannel();
  // A message that is posted in a frame arrives after it was painted.
  port1.onmessage = () => {
    port1.close();
    const now = performance.now();
    restsUntil = now + (now - startedAt);
  };
  port2.postMessage(0);
}

/**
 * Asks something again whenever it may have changed: one question at a time, none in vain, and between two of them a rest as long as the
 * answer took, so that a large answer does not take all the time of whoever gives it.
 */
export class Inquiry {
  readonly #ask: () => Promise<void>;
  #isAsking = false;
  #isStale = false;
  #isOver = false;

  constructor(ask: () => Promise<void>) {
    this.#ask = ask;
  }

  /** Something has changed. */
  renew(): void {
    this.#isStale = true;
    if (!this.#isAsking) void this.#work();
  }

  end(): void {
    this.#isOver = true;
  }

  async #work(): Promise<void> {
    this.#isAsking = true;
    while (this.#isStale && !this.#isOver) {
      this.#isStale = false;
      const startedAt = performance.now();
      await this.#ask();
      await new Promise((resolve) => setTimeout(resolve, performance.now() - startedAt));
    }
    this.#isAsking = false;
  }
}
