// Kernels that are there before they are asked for: making one takes real time, and in virtual time nothing may wait for that.
import { createKernelFactory } from "../../../src/kernel/kernel-factory.js";
import type { KernelFactory, KernelPort } from "../../../src/model/ports.js";

/** More than one engine takes while it is open. */
const KERNEL_COUNT = 3;

export class KernelPool {
  readonly #make = createKernelFactory();
  readonly #kernels: KernelPort[] = [];

  /** Hands one out at once, if the pool is filled. */
  readonly factory: KernelFactory = async (limits) => this.#kernels.pop() ?? (await this.#make(limits));

  async fill(): Promise<void> {
    while (this.#kernels.length < KERNEL_COUNT) this.#kernels.push(await this.#make({}));
  }
}
