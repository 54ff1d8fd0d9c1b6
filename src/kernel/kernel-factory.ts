// Makes kernels: the module is compiled once, every call gives a fresh instance with its limits set.
import type { KernelFactory } from "../model/ports.js";
import { compileKernel, instantiateKernel } from "./instance.js";
import type { HotOptions } from "./hot-programs.js";
import { createRunKernel } from "./run-kernel.js";

/** Memory of all runs in one kernel, bytes, where the embedder sets none. */
export const MEMORY_SIZE_DEFAULT = 1 << 30;
/** Memory of one run's variables, bytes, where the embedder sets none. */
export const RUN_SIZE_DEFAULT = 128 << 20;
/** Memory of one step's intermediate values, bytes; as much as a run may have where that is more: what a run is told is in it first. */
export const SCRATCH_SIZE_DEFAULT = 256 << 20;

/** A factory over one compiled module; compiling starts with the first kernel. With `hot`, programs that run often get generated functions. */
export function createKernelFactory(
  source: { readonly wasmModule?: WebAssembly.Module | undefined; readonly wasmUrl?: string | URL | undefined } = {},
  hot?: HotOptions,
): KernelFactory {
  let module: Promise<WebAssembly.Module> | undefined;
  return async ({ memorySizeMax = MEMORY_SIZE_DEFAULT, runSizeMax = RUN_SIZE_DEFAULT, expressionCostMax = Number.POSITIVE_INFINITY }) => {
    module ??= compileKernel(source);
    const instance = await instantiateKernel(await module);
    instance.exports.setMemoryLimits(memorySizeMax, Math.min(Math.max(SCRATCH_SIZE_DEFAULT, runSizeMax), memorySizeMax));
    instance.exports.runLimit(runSizeMax);
    instance.exports.setExpressionCost(expressionCostMax);
    return createRunKernel(instance, hot);
  };
}
