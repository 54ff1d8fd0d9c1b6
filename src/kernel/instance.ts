// Compiles and instantiates the kernel: the only file that touches WebAssembly itself. An instance that has trapped is
// lost: every later call throws `kernel/lost`, and the caller rebuilds from history.
import { loadKernelBytes } from "#kernel-bytes";
import { ABI_VERSION } from "../../assembly/abi.js";
import { WorkflowError } from "../model/errors.js";
import { CustomCalls } from "./custom-calls.js";

/** Everything that the kernel exports: numbers in, numbers out. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  /** Entries from 1 on are generated functions. */
  readonly table: WebAssembly.Table;
  nativeAddress(place: number): number;
  setNative(record: number, entry: number): void;
  abiVersion(): number;
  trap(): void;
  memorySize(): number;
  memoryUsed(): number;
  setMemoryLimits(totalSizeMax: number, scratchSizeMax: number): void;
  allocateBlock(size: number): number;
  freeBlock(address: number, size: number): void;
  allocatePermanent(size: number): number;
  allocateScratch(size: number): number;
  decodeWire(address: number, size: number, cell: number): number;
  inputRegion(size: number): number;
  releaseInput(): void;
  exchangeRegion(size: number): number;
  resultWire(cell: number): number;
  resultAddress(): number;
  loadProgram(address: number, size: number): number;
  unloadProgram(program: number): void;
  programStatus(): number;
  programCount(): number;
  expressionAt(program: number, expression: number): number;
  createContext(slotCount: number): number;
  destroyContext(context: number): void;
  setSlot(context: number, slot: number, address: number, size: number): number;
  slotAddress(context: number, slot: number): number;
  evaluateIn(expression: number, context: number): number;
  evaluateMany(expression: number, context: number, count: number, stride: number): number;
  setNow(ms: number): void;
  addZone(address: number, size: number): number;
  missingZone(): number;
  setContextBudget(fuel: number, cost: number): void;
  contextCost(): number;
  setExpressionCost(max: number): void;
  resetScratch(): void;
  stepBatch(records: number, count: number, region: number): number;
  stepOne(run: number, event: number, now: number): number;
  stepPacked(records: number, count: number, runs: number, runCount: number, events: number, eventCount: number, now: number): number;
  packedOddCount(): number;
  outcomesAddress(): number;
  commandsAddress(): number;
  commandCount(): number;
  payloadsAddress(): number;
  runCreate(program: number): number;
  runDestroy(run: number): void;
  /** 0: no such run. */
  runProgram(run: number): number;
  runSetFlags(run: number, flags: number): void;
  runSnapshot(run: number): number;
  runRestore(program: number, address: number, size: number): number;
  runContext(run: number): number;
  runActiveNodes(run: number): number;
  runAwaits(run: number, now: number): number;
  runCount(): number;
  runLimit(sizeMax: number): void;
}

export interface KernelInstance {
  readonly exports: KernelExports;
  /** The custom functions of loaded programs. */
  readonly customs: CustomCalls;
  /** What every call throws now: `kernel/lost` after a trap, `kernel/busy` while a custom function is called. */
  readonly refusal: WorkflowError | undefined;
  /** The memory as bytes; fresh after growth. */
  bytes(): Uint8Array;
  /** Runs `call`; a trap marks the instance lost and throws `kernel/lost`. Throws `refusal` where there is one. */
  call<T>(call: () => T): T;
  /** Marks the instance lost for a reason of the caller's; returns the error to throw. */
  lose(message: string, cause?: unknown): WorkflowError;
}

/** Compiles the kernel once; `load` finds its bytes. Throws `kernel/wasm-blocked` (the page's policy) or `kernel/unavailable`. */
export async function compileKernel(
  source: { readonly wasmModule?: WebAssembly.Module | undefined; readonly wasmUrl?: string | URL | undefined } = {},
  load: (url?: string | URL) => Promise<BufferSource | Response> = loadKernelBytes,
): Promise<WebAssembly.Module> {
  if (source.wasmModule !== undefined) return source.wasmModule;
  try {
    const loaded = await load(source.wasmUrl);
    return loaded instanceof Response ? await compileResponse(loaded) : await WebAssembly.compile(loaded);
  } catch (error) {
    throw describeFailure(error, source.wasmUrl);
  }
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

function describeFailure(error: unknown, url: string | URL | undefined): WorkflowError {
  const message = error instanceof Error ? error.message : String(error);
  const isBlocked = /unsafe-eval|Content Security Policy|disallowed by embedder/i.test(message);
  if (isBlocked) {
    return new WorkflowError(
      "kernel/wasm-blocked",
      "The page's Content-Security-Policy blocks WebAssembly: script-src needs 'wasm-unsafe-eval'",
      {
        details: { directive: "script-src 'wasm-unsafe-eval'" },
        cause: error,
      },
    );
  }
  const where = url === undefined ? "" : ` from ${String(url)}`;
  return new WorkflowError("kernel/unavailable", `The kernel could not be loaded${where}: ${message}`, { cause: error, isRetryable: true });
}

/** A fresh instance of a compiled kernel. Throws `kernel/abi-mismatch` when it was built from another abi.ts. */
export async function instantiateKernel(module: WebAssembly.Module): Promise<KernelInstance> {
  const customs = new CustomCalls();
  const instance = await instantiate(module, customs);
  const exports = instance.exports as unknown as KernelExports;
  const version = exports.abiVersion();
  if (version !== ABI_VERSION) {
    throw new WorkflowError("kernel/abi-mismatch", `The kernel speaks ABI ${version}; this package needs ${ABI_VERSION}`, {
      details: { version, needed: ABI_VERSION },
    });
  }
  return new LiveInstance(exports, customs);
}

async function instantiate(module: WebAssembly.Module, customs: CustomCalls): Promise<WebAssembly.Instance> {
  const callCustom: CustomCalls["call"] = (program, id, count, address, size) => customs.call(program >>> 0, id, count, address >>> 0, size);
  try {
    return await WebAssembly.instantiate(module, { env: { abort: refuse }, shell: { callCustom } });
  } catch (error) {
    throw describeFailure(error, undefined);
  }
}

function refuse(): never {
  throw new WebAssembly.RuntimeError("an assertion of the kernel failed");
}

class LiveInstance implements KernelInstance {
  readonly exports: KernelExports;
  readonly customs: CustomCalls;
  refusal: WorkflowError | undefined;
  #bytes: Uint8Array;
  #loss: WorkflowError | undefined;

  constructor(exports: KernelExports, customs: CustomCalls) {
    this.exports = exports;
    this.customs = customs;
    this.#bytes = new Uint8Array(exports.memory.buffer);
    customs.attach({
      bytes: () => this.bytes(),
      exchangeRegion: (size) => exports.exchangeRegion(size),
      refuse: (error) => {
        this.refusal = this.#loss ?? error;
      },
    });
  }

  bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.exports.memory.buffer) this.#bytes = new Uint8Array(this.exports.memory.buffer);
    return this.#bytes;
  }

  call<T>(call: () => T): T {
    if (this.refusal !== undefined) throw this.refusal;
    try {
      return call();
    } catch (error) {
      throw this.lose(error instanceof Error ? error.message : String(error), error);
    } finally {
      if (this.customs.hasMemo) this.customs.forget();
    }
  }

  lose(message: string, cause?: unknown): WorkflowError {
    this.#loss ??= new WorkflowError("kernel/lost", `The kernel instance is lost: ${message}`, { cause, isRetryable: true });
    this.refusal = this.#loss;
    return this.#loss;
  }
}
