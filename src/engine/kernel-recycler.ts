// The memory of a kernel grows and never shrinks: after a great run or many at once it would stay as large as it ever was. When most of it has come free,
// a fresh kernel takes the runs over, and the old one's memory goes back to the system. No run notices: it is what is done when a kernel is lost.
import { type Core, isKernelLost } from "./core.js";
import { RECYCLE_LOOK_MS, RECYCLE_SIZE_MIN, RECYCLE_USED_PART_MAX } from "./limits.js";

export class KernelRecycler {
  readonly #core: Core;
  readonly #loseKernel: () => void;
  #stop: (() => void) | undefined;

  constructor(core: Core, loseKernel: () => void) {
    this.#core = core;
    this.#loseKernel = loseKernel;
  }

  /** A run has ended: a while later there may be much that is free. */
  noteEnd(): void {
    this.#stop ??= this.#core.clock.schedule(RECYCLE_LOOK_MS, () => {
      this.#stop = undefined;
      if (!this.#core.isClosed && this.#isWorthwhile()) this.#loseKernel();
    });
  }

  close(): void {
    this.#stop?.();
  }

  #isWorthwhile(): boolean {
    try {
      const { sizeBytes, usedBytes } = this.#core.kernel.statistics();
      return sizeBytes >= RECYCLE_SIZE_MIN && usedBytes <= sizeBytes * RECYCLE_USED_PART_MAX;
    } catch (error) {
      // It is being replaced already.
      if (isKernelLost(error)) return false;
      throw error;
    }
  }
}
