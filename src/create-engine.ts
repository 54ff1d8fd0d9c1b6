// Where the engine's parts are chosen and joined: kernel, library, store, tabs, tasks and clock.
import { createClock } from "./base/clock.js";
import { openEngine } from "./engine/local-engine.js";
import { createKernelFactory } from "./kernel/kernel-factory.js";
import { createLibrary } from "./library/library.js";
import type { Durability, Engine, EngineOptions } from "./model/engine.js";
import { WorkflowError } from "./model/errors.js";
import type { ClockPort, KernelFactory, LibraryPort, StorePort, TabsPort, TasksPort } from "./model/ports.js";
import { createIndexedDbStore } from "./store/indexeddb-store.js";
import { createMemoryStore } from "./store/memory-store.js";
import { createSoleTab } from "./tabs/sole-tab.js";
import { createTabs } from "./tabs/web-locks.js";
import { createTasks } from "./tasks/thread-tasks.js";

const NAME_DEFAULT = "millrace";
/** What a kernel needs before it holds any run, bytes, with room to spare. */
const MEMORY_SIZE_MIN = 4 << 20;
const STORES: readonly EngineOptions["store"][] = ["indexeddb", "memory"];
const DURABILITIES: readonly Durability[] = ["strict", "relaxed", "none"];

/** The embedder's options, and ports in place of what would be chosen: for the worker's host and for tests. */
export interface JoinOptions extends EngineOptions {
  readonly tasksPort?: TasksPort;
  readonly clock?: ClockPort;
  readonly storePort?: StorePort;
  readonly tabsPort?: TabsPort;
  readonly libraryPort?: LibraryPort;
  readonly kernelFactory?: KernelFactory;
}

/**
 * An engine in this thread. Resolves when it drives and has taken up the runs that were open, or when another tab drives.
 * Rejects with `kernel/wasm-blocked` where the page's policy forbids WebAssembly, with the store's errors, and with
 * `engine/invalid-option` and `engine/insecure-page`.
 */
export async function joinEngine(options: JoinOptions = {}): Promise<Engine> {
  checkOptions(options);
  checkPage();
  const name = options.name ?? NAME_DEFAULT;
  const isStored = options.storePort === undefined && choosesIndexedDb(options.store);
  return openEngine({
    kernelFactory: options.kernelFactory ?? createKernelFactory({ wasmModule: options.wasmModule, wasmUrl: options.wasmUrl }),
    library: options.libraryPort ?? createLibrary(),
    store: options.storePort ?? (isStored ? createIndexedDbStore({ name }) : createMemoryStore()),
    tabs: options.tabsPort ?? (isStored ? createTabs(name) : createSoleTab()),
    tasks: options.tasksPort ?? createTasks(options.tasks),
    clock: options.clock ?? createClock(),
    durability: options.durability,
    cancelTimeoutMs: options.cancelTimeoutMs,
    memorySizeMax: options.memorySizeMax,
    runSizeMax: options.runSizeMax,
  });
}

/** A misspelt option would otherwise be taken for its default, and a run be less durable than its owner thinks. */
function checkOptions({ store, durability, storePort, ...sizes }: JoinOptions): void {
  checkChoice("store", store, STORES);
  checkChoice("durability", durability, DURABILITIES);
  if (store === "indexeddb" && storePort === undefined && typeof indexedDB === "undefined")
    throw new WorkflowError("store/unavailable", "There is no IndexedDB here; the other store is memory", { details: { store } });
  checkNumber("cancelTimeoutMs", sizes.cancelTimeoutMs, 0);
  checkNumber("memorySizeMax", sizes.memorySizeMax, MEMORY_SIZE_MIN);
  checkNumber("runSizeMax", sizes.runSizeMax, 1);
}

/** Without them two tabs could both drive, and no workflow would have an identity. */
function checkPage(): void {
  if (globalThis.isSecureContext !== false) return;
  const message = "Web Locks and SHA-256 are there on secure pages only: serve the page over https, or from localhost";
  throw new WorkflowError("engine/insecure-page", message);
}

function checkChoice(option: string, value: unknown, choices: readonly unknown[]): void {
  if (value !== undefined && !choices.includes(value)) throw invalidOption(option, value, `one of ${choices.join(", ")}`);
}

function checkNumber(option: string, value: unknown, min: number): void {
  if (value !== undefined && !(typeof value === "number" && value >= min)) throw invalidOption(option, value, `a number from ${min}`);
}

function invalidOption(option: string, value: unknown, wanted: string): WorkflowError {
  return new WorkflowError("engine/invalid-option", `Option ${option} is ${String(value)}; it must be ${wanted}`, { details: { option, value: String(value) } });
}

function choosesIndexedDb(store: EngineOptions["store"]): boolean {
  return store === "indexeddb" || (store === undefined && typeof indexedDB !== "undefined");
}

// For the worker's host, which must not reach into rooms.
export { holdLifeline } from "./tabs/lifeline.js";
