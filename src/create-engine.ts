// Where the engine's parts are chosen and joined: kernel, library, store, tabs, tasks and clock.
import { createClock } from "./base/clock.js";
import { openEngine } from "./engine/local-engine.js";
import { createKernelFactory } from "./kernel/kernel-factory.js";
import { createLibrary } from "./library/library.js";
import type { Engine, EngineOptions } from "./model/engine.js";
import type { ClockPort, KernelFactory, LibraryPort, StorePort, TabsPort, TasksPort } from "./model/ports.js";
import { createIndexedDbStore } from "./store/indexeddb-store.js";
import { createMemoryStore } from "./store/memory-store.js";
import { createSoleTab } from "./tabs/sole-tab.js";
import { createTabs } from "./tabs/web-locks.js";
import { createTasks } from "./tasks/thread-tasks.js";

const NAME_DEFAULT = "millrace";

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
 * Rejects with `kernel/wasm-blocked` where the page's policy forbids WebAssembly, and with the store's errors.
 */
export async function joinEngine(options: JoinOptions = {}): Promise<Engine> {
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

function choosesIndexedDb(store: EngineOptions["store"]): boolean {
  return store === "indexeddb" || (store === undefined && typeof indexedDB !== "undefined");
}

// For the worker's host, which must not reach into rooms.
export { holdLifeline } from "./tabs/lifeline.js";
