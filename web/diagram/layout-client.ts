// The page's side of the layout worker: one layout at a time, always of the newest drawing. A layout that is no longer
// wanted and takes long is stopped together with its worker.
import type { Drawing } from "./drawing.js";
import type { LayoutAnswer, LayoutRequest } from "./layout-worker.js";
import type { Layout } from "./layout.js";

const STALE_MS = 400;

/** Lays out the newest drawing given to it and hands each finished layout to `onLayout`. */
export class LayoutClient {
  #worker: Worker | undefined;
  #serial = 0;
  #busySince = 0;
  #next: LayoutRequest | undefined;
  #staleTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #onLayout: (drawing: Drawing, layout: Layout) => void;
  readonly #onProblem: (message: string) => void;
  #current: LayoutRequest | undefined;

  constructor(onLayout: (drawing: Drawing, layout: Layout) => void, onProblem: (message: string) => void) {
    this.#onLayout = onLayout;
    this.#onProblem = onProblem;
  }

  /** Asks for a layout; an older request that has not begun is forgotten. */
  request(drawing: Drawing, isQuick: boolean): void {
    this.#serial += 1;
    this.#next = { serial: this.#serial, drawing, isQuick };
    if (this.#current === undefined) this.#begin();
    else {
      const waitMs = Math.max(0, this.#busySince + STALE_MS - performance.now());
      this.#staleTimer ??= setTimeout(() => this.#restart(), waitMs);
    }
  }

  #restart(): void {
    this.#staleTimer = undefined;
    if (this.#next === undefined) return;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#begin();
  }

  #begin(): void {
    clearTimeout(this.#staleTimer);
    this.#staleTimer = undefined;
    this.#current = this.#next;
    this.#next = undefined;
    if (this.#current === undefined) return;
    this.#busySince = performance.now();
    this.#worker ??= this.#startWorker();
    this.#worker.postMessage(this.#current);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module", name: "playground-layout" });
    worker.addEventListener("message", (event: MessageEvent<LayoutAnswer>) => {
      const { serial, layout, problem } = event.data;
      const current = this.#current;
      if (current?.serial !== serial) return;
      if (layout) this.#onLayout(current.drawing, layout);
      else this.#onProblem(problem ?? "The layout failed");
      this.#begin();
    });
    return worker;
  }
}
