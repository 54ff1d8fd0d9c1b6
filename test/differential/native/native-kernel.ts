// A kernel whose expressions are all evaluated by generated functions, from the first event on.
import { emitNativeModule } from "../../../src/expression/native/native-module.js";
import { readNativeLayout } from "../../../src/kernel/native-functions.js";
import { createRunKernel } from "../../../src/kernel/run-kernel.js";
import type { KernelPort } from "../../../src/model/ports.js";
import { openInstance } from "../../unit/kernel/assembler.js";

/** `file`: of the kernel's build. What is freed in the one with assertions is overwritten. */
export async function newNativeKernel(file?: string): Promise<KernelPort & { readonly nativeCount: number }> {
  const instance = await openInstance(file);
  const { exports } = instance;
  const kernel = createRunKernel(instance);
  const layout = readNativeLayout(exports);
  let nativeCount = 0;
  const loadProgram: KernelPort["loadProgram"] = (program) => {
    const handle = kernel.loadProgram(program);
    const requests: { record: number; entry: number }[] = [];
    for (let record = exports.expressionAt(handle, 0) >>> 0; record !== 0; record = exports.expressionAt(handle, requests.length) >>> 0) {
      requests.push({ record, entry: exports.table.grow(1) });
    }
    const { bytes, done } = emitNativeModule(exports.memory.buffer as ArrayBuffer, requests, layout);
    new WebAssembly.Instance(new WebAssembly.Module(bytes), { kernel: exports as unknown as WebAssembly.ModuleImports });
    for (const { record, entry } of done) exports.setNative(record, entry);
    nativeCount += done.length;
    return handle;
  };
  return new Proxy(kernel as KernelPort & { readonly nativeCount: number }, {
    get(target, name) {
      if (name === "loadProgram") return loadProgram;
      if (name === "nativeCount") return nativeCount;
      const member = Reflect.get(target, name) as unknown;
      return typeof member === "function" ? (member as (...values: unknown[]) => unknown).bind(target) : member;
    },
  });
}
