// Where the engine's parts are chosen and joined: kernel, library, store, tabs, tasks and clock.
import { createRunFilters } from "./create-run-filters.js";
import { createSearchLibrary } from "./create-search.js";
import { createClock } from "./base/clock.js";
import { openEngine } from "./engine/local-engine.js";
import { type CustomDeclarations, CustomSet } from "./expression/custom/custom-set.js";
import { createKernelFactory } from "./kernel/kernel-factory.js";
import type { NativeEmitter } from "./kernel/native-functions.js";
import { createLibrary } from "./library/library.js";
import { isRecord } from "./model/arguments.js";
import { checkArguments, checkEngineOptions } from "./model/checked-engine.js";
import type { Durability, Engine, EngineOptions } from "./model/engine.js";
import { WorkflowError } from "./model/errors.js";
import { findLogsMistake, toLogLimits } from "./model/log.js";
import { findRetentionMistake } from "./model/retention.js";
import { findSchedulingMistake, type SchedulingOptions } from "./model/scheduling.js";
import type { ClockPort, KernelFactory, LibraryPort, StorePort, TabsPort, TasksPort } from "./model/ports.js";
import { createIndexedDbStore } from "./store/journal-store.js";
import { createMemoryStore } from "./store/memory-store.js";
import { createSoleTab } from "./tabs/sole-tab.js";
import { createTabs } from "./tabs/shared-tabs.js";
import { createTasks } from "./tasks/thread-tasks.js";

const NAME_DEFAULT = "millrace";
/** What a kernel needs before it holds any run, bytes, with room to spare. */
const MEMORY_SIZE_MIN = 4 << 20;
const STORES: readonly EngineOptions["store"][] = ["indexeddb", "memory"];
const DURABILITIES: readonly Durability[] = ["strict", "relaxed", "none"];

/** The embedder's options, and ports in place of what would be chosen: for the worker's host and for tests. */
export interface JoinOptions extends EngineOptions {
  /** Signatures of functions that are registered where this engine cannot call them. */
  readonly outOfReach?: readonly string[];
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
 * `engine/invalid-option`, `engine/insecure-page`, `engine/functions-unavailable` and `expression/invalid-declaration`.
 */
export async function joinEngine(options: JoinOptions = {}): Promise<Engine> {
  checkEngineOptions(options);
  checkOptions(options);
  checkPage();
  const name = options.name ?? NAME_DEFAULT;
  const customs = await readCustoms(options);
  const expressions = { ...(options.wasmUrl !== undefined && { wasmUrl: options.wasmUrl }), ...(options.wasmModule !== undefined && { wasmModule: options.wasmModule }) };
  const isStored = options.storePort === undefined && choosesIndexedDb(options.store);
  const clock = options.clock ?? createClock();
  const logLimits = toLogLimits(options.logs);
  const engine = await openEngine({
    kernelFactory: options.kernelFactory ?? createKernelFactory({ wasmModule: options.wasmModule, wasmUrl: options.wasmUrl }, { loadEmitter }),
    library: createSearchLibrary(options.libraryPort ?? createLibrary(customs), expressions),
    store: options.storePort ?? (isStored ? createIndexedDbStore({ name, zstdUrl: besideKernel(options.wasmUrl), mayMakeRoom: options.retention !== "none", logLimits }) : createMemoryStore(undefined, logLimits)),
    tabs: options.tabsPort ?? (isStored ? createTabs(name) : createSoleTab()),
    tasks: options.tasksPort ?? createTasks(options.tasks, options.secrets, { options: options.logs, now: () => clock.now() }),
    clock,
    logs: options.logs,
    durability: options.durability,
    cancelTimeoutMs: options.cancelTimeoutMs,
    memorySizeMax: options.memorySizeMax,
    runSizeMax: options.runSizeMax,
    expressionCostMax: options.expressionCostMax,
    scheduling: { ...fitMachine(), ...options.scheduling },
    retention: options.retention,
    filters: createRunFilters(expressions),
  });
  return checkArguments(engine);
}

async function loadEmitter(): Promise<NativeEmitter> {
  return (await import("./expression/native/native-module.js")).emitNativeModule;
}

/** A misspelt option would otherwise be taken for its default, and a run be less durable than its owner thinks. */
function checkOptions({ store, durability, storePort, retention, ...sizes }: JoinOptions): void {
  checkChoice("store", store, STORES);
  checkChoice("durability", durability, DURABILITIES);
  if (store === "indexeddb" && storePort === undefined && typeof indexedDB === "undefined")
    throw new WorkflowError("store/unavailable", "There is no IndexedDB here; the other store is memory", { details: { store } });
  checkNumber("cancelTimeoutMs", sizes.cancelTimeoutMs, 0);
  checkNumber("memorySizeMax", sizes.memorySizeMax, MEMORY_SIZE_MIN);
  checkNumber("runSizeMax", sizes.runSizeMax, 1);
  // What the kernel takes without its expression machine costs less.
  checkNumber("expressionCostMax", sizes.expressionCostMax, 10);
  const wanted = retention === undefined || retention === "none" ? undefined : findRetentionMistake(retention);
  if (wanted !== undefined) throw invalidOption("retention", "as given", wanted);
  const mistake = findSchedulingMistake(sizes.scheduling);
  if (mistake !== undefined) throw invalidOption(mistake.option, mistake.value, mistake.wanted);
  const logsMistake = findLogsMistake(sizes.logs);
  if (logsMistake !== undefined) throw invalidOption(logsMistake.option, logsMistake.value, logsMistake.wanted);
}

/** The other files are served where the kernel is. */
function besideKernel(wasmUrl: string | URL | undefined): URL | undefined {
  if (wasmUrl === undefined || typeof location === "undefined") return undefined;
  return new URL("millrace-zstd.wasm", new URL(wasmUrl, location.href));
}

/** As many tasks of one run at a time as there are processors, where the platform tells. */
function fitMachine(): SchedulingOptions {
  const processorCount = globalThis.navigator?.hardwareConcurrency;
  return processorCount > 1 ? { tasksInFlightMaxByRun: processorCount } : {};
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

// --- functions and constants of the embedder -------------------------------------------------------------------------

async function readCustoms({ functions, constants, functionsUrl, outOfReach }: JoinOptions): Promise<CustomSet | undefined> {
  checkRecord("functions", functions);
  checkRecord("constants", constants);
  const found = functionsUrl === undefined ? {} : await importCustoms(functionsUrl);
  const isAny = functions ?? constants ?? functionsUrl ?? outOfReach;
  if (isAny === undefined) return undefined;
  // What stands in both is one: an embedder may give the module's own functions as well.
  return new CustomSet({ functions: { ...functions, ...found.functions }, constants: { ...constants, ...found.constants }, outOfReach });
}

/** What the module exports, itself or within its default export. */
async function importCustoms(address: string | URL): Promise<CustomDeclarations> {
  const url = resolveAddress(address);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(/* @vite-ignore */ url);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new WorkflowError("engine/functions-unavailable", `The module of functions ${url} could not be imported: ${why}`, { details: { url, why }, cause: error });
  }
  const main = typeof module["default"] === "object" && module["default"] !== null ? (module["default"] as Readonly<Record<string, unknown>>) : {};
  const functions = module["functions"] ?? main["functions"];
  const constants = module["constants"] ?? main["constants"];
  if (functions === undefined && constants === undefined) {
    throw new WorkflowError("engine/functions-unavailable", `The module ${url} exports neither functions nor constants`, { details: { url, why: "exports" } });
  }
  checkRecord("functions", functions);
  checkRecord("constants", constants);
  return { functions, constants } as CustomDeclarations;
}

function resolveAddress(address: string | URL): string {
  try {
    return new URL(address, typeof document === "undefined" ? undefined : document.baseURI).href;
  } catch {
    throw invalidOption("functionsUrl", address, "the address of a module");
  }
}

function checkRecord(option: string, value: unknown): void {
  if (value !== undefined && !isRecord(value)) throw invalidOption(option, value, "an object");
}

// For the worker's host, which must not reach into rooms.
export { holdLifeline } from "./tabs/lifeline.js";
