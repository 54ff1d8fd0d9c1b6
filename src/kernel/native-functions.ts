// Generated functions in one kernel instance: compiles modules, and says which entries of the kernel's table are whose. Knows nothing of what is in
// a module; whoever emits one is given in.
import { NativePlace } from "../../assembly/abi.js";
import type { KernelExports, KernelInstance } from "./instance.js";

/** A loaded expression that is to be evaluated by a generated function. */
export interface NativeTarget {
  /** Address of its record. */
  readonly record: number;
  /** Is it still loaded there? Asked when the module is ready. */
  readonly isCurrent: () => boolean;
}

/** Where the kernel's fixed memory lies. */
export type NativeLayout = ReturnType<typeof readNativeLayout>;

export function readNativeLayout({ nativeAddress }: KernelExports): { readonly left: number; readonly bools: number; readonly registers: number } {
  return { left: nativeAddress(NativePlace.LEFT) >>> 0, bools: nativeAddress(NativePlace.BOOLS) >>> 0, registers: nativeAddress(NativePlace.REGISTERS) >>> 0 };
}

/** Writes a module over the kernel's memory: `emitNativeModule`. */
export type NativeEmitter = <Request extends NativeTarget & { readonly entry: number }>(
  memory: ArrayBuffer,
  requests: readonly Request[],
  layout: NativeLayout,
) => { readonly bytes: Uint8Array<ArrayBuffer>; readonly done: readonly Request[] };

/** The table grows by so many entries at a time. */
const TABLE_GROWTH = 64;

export class NativeFunctions {
  readonly #instance: KernelInstance;
  /** Entries of the table by record. */
  readonly #entries = new Map<number, number>();
  readonly #free: number[] = [];

  constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  /** How many expressions have a generated function. */
  get count(): number {
    return this.#entries.size;
  }

  has(record: number): boolean {
    return this.#entries.has(record);
  }

  /**
   * Generates one module for these expressions and has them evaluated by it from then on. Those that have a function already, or are too long, are
   * left as they are. Resolves with how many were added. Rejects with what WebAssembly says of the module.
   */
  async install(targets: readonly NativeTarget[], emit: NativeEmitter): Promise<number> {
    const wanted = targets.filter(({ record }) => !this.#entries.has(record));
    if (wanted.length === 0) return 0;
    const { exports } = this.#instance;
    const requests = wanted.map((target) => ({ ...target, entry: this.#takeEntry() }));
    const { bytes, done } = emit(exports.memory.buffer as ArrayBuffer, requests, readNativeLayout(exports));
    const entries = new Set(done.map(({ entry }) => entry));
    try {
      await WebAssembly.instantiate(bytes, { kernel: exports as unknown as WebAssembly.ModuleImports });
    } catch (error) {
      this.#free.push(...requests.map(({ entry }) => entry));
      throw error;
    }
    let count = 0;
    for (const { record, entry, isCurrent } of requests) {
      if (!entries.has(entry)) this.#free.push(entry);
      else if (this.#instance.refusal !== undefined || !isCurrent() || this.#entries.has(record)) this.#giveBack(entry);
      else {
        this.#entries.set(record, entry);
        exports.setNative(record, entry);
        count += 1;
      }
    }
    return count;
  }

  /** Has an expression evaluated by its steps again; to be called before its program is unloaded. */
  remove(record: number): void {
    const entry = this.#entries.get(record);
    if (entry === undefined) return;
    this.#entries.delete(record);
    this.#instance.exports.setNative(record, 0);
    this.#giveBack(entry);
  }

  #takeEntry(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const first = this.#instance.exports.table.grow(TABLE_GROWTH);
    for (let entry = first + TABLE_GROWTH - 1; entry > first; entry -= 1) this.#free.push(entry);
    return first;
  }

  #giveBack(entry: number): void {
    this.#instance.exports.table.set(entry, null);
    this.#free.push(entry);
  }
}
