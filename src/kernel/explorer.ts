// The typed door to exploration in the kernel, which a module of its own has: everything of the kernel, and the search. It is
// loaded where somebody explores. Knows numbers; the words for them are analysis's.
import { loadExplorerBytes } from "#explorer-bytes";
import { EXPLORE_FINDING_SIZE, EXPLORE_STEP_SHIFT, ExploreField, ExploreStatus } from "../../assembly/abi.js";
import { WorkflowError } from "../model/errors.js";
import type { ExploredFinding, ExploredStep, ExplorePlan, ExploreProgress, ExplorerPort, KernelPort } from "../model/ports.js";
import { compileKernel, type KernelExports, type KernelInstance, instantiateKernel } from "./instance.js";
import { MEMORY_SIZE_DEFAULT, RUN_SIZE_DEFAULT, SCRATCH_SIZE_DEFAULT } from "./kernel-factory.js";
import { createRunKernel } from "./run-kernel.js";

/** What the explorer's module exports besides. */
interface ExplorerExports extends KernelExports {
  exploreOpen(program: number, eventCount: number, configurationMax: number, sizeMax: number, depthMax: number): number;
  explorePayload(address: number, size: number, isForEvents: boolean): number;
  exploreInvariants(first: number, count: number): number;
  exploreNames(slot: number, address: number, size: number): number;
  exploreStart(address: number, size: number): number;
  exploreMore(steps: number): number;
  exploreField(field: number): number;
  exploreNodes(configuration: number): number;
  exploreClose(): void;
}

interface Source {
  readonly wasmModule?: WebAssembly.Module | undefined;
  readonly wasmUrl?: string | URL | undefined;
}

let shared: Promise<WebAssembly.Module> | undefined;

/** The module that lies beside the package's own file is compiled once. */
function compileExplorer(source: Source): Promise<WebAssembly.Module> {
  if (source.wasmModule !== undefined || source.wasmUrl !== undefined) return compileKernel(source, loadExplorerBytes);
  shared ??= compileKernel({}, loadExplorerBytes).catch((error: unknown) => {
    shared = undefined;
    throw error;
  });
  return shared;
}

/**
 * A fresh kernel that explores. `explorer` is undefined where the given module is a kernel without a search. Rejects as
 * `compileKernel` and `instantiateKernel` do.
 */
export async function createExplorer(source: Source = {}): Promise<{ readonly kernel: KernelPort; readonly explorer: ExplorerPort | undefined }> {
  const instance = await instantiateKernel(await compileExplorer(source));
  instance.exports.setMemoryLimits(MEMORY_SIZE_DEFAULT, SCRATCH_SIZE_DEFAULT);
  instance.exports.runLimit(RUN_SIZE_DEFAULT);
  return { kernel: createRunKernel(instance), explorer: hasSearch(instance.exports) ? new Explorer(instance, instance.exports) : undefined };
}

function hasSearch(exports: KernelExports): exports is ExplorerExports {
  return "exploreOpen" in exports;
}

class Explorer implements ExplorerPort {
  readonly #instance: KernelInstance;
  readonly #exports: ExplorerExports;

  constructor(instance: KernelInstance, exports: ExplorerExports) {
    this.#instance = instance;
    this.#exports = exports;
  }

  open(program: number, plan: ExplorePlan): boolean {
    const { eventCount, configurationCountMax, sizeMax, depthMax, payload, input, invariants, names } = plan;
    const exports = this.#exports;
    this.#require(() => exports.exploreOpen(program, eventCount, toCount(configurationCountMax), sizeMax, toCount(depthMax)));
    this.#require(() => exports.explorePayload(this.#pass(payload), payload.length, plan.hasEventPayload));
    if (this.#instance.call(() => exports.exploreInvariants(invariants.first, invariants.count)) === 0) return false;
    if (names !== undefined) this.#require(() => exports.exploreNames(names.slot, this.#pass(names.values), names.values.length));
    this.#require(() => exports.exploreStart(this.#pass(input), input.length));
    return true;
  }

  more(stepCount: number): boolean {
    const status = this.#instance.call(() => this.#exports.exploreMore(stepCount));
    if (status === ExploreStatus.OUT_OF_MEMORY) throw outOfMemory();
    return status === ExploreStatus.GOES_ON;
  }

  takeFindings(): readonly ExploredFinding[] {
    const view = this.#view();
    const at = this.#field(ExploreField.FINDINGS);
    return Array.from({ length: this.#field(ExploreField.FINDING_COUNT) }, (_, index) => {
      const word = (offset: number) => view.getUint32(at + index * EXPLORE_FINDING_SIZE + offset, true);
      return { configuration: word(0), invariant: word(4) === 0 ? undefined : word(4) - 1, error: word(8) };
    });
  }

  progress(): ExploreProgress {
    return {
      configurationCount: this.#field(ExploreField.CONFIGURATION_COUNT),
      expandedCount: this.#field(ExploreField.EXPANDED_COUNT),
      depth: this.#field(ExploreField.DEPTH),
      stepCount: this.#field(ExploreField.STEP_COUNT),
      bounds: this.#field(ExploreField.BOUNDS),
    };
  }

  seenNodes(nodeCount: number): Uint8Array {
    const at = this.#field(ExploreField.SEEN);
    return this.#instance.bytes().slice(at, at + nodeCount);
  }

  activeNodes(configuration: number): readonly number[] {
    const count = this.#instance.call(() => this.#exports.exploreNodes(configuration));
    if (count < 0) throw outOfMemory();
    const view = this.#view();
    const at = this.#exports.payloadsAddress() >>> 0;
    return Array.from({ length: count }, (_, index) => view.getUint32(at + index * 4, true));
  }

  trace(configuration: number): readonly ExploredStep[] {
    const view = this.#view();
    const steps: ExploredStep[] = [];
    for (let at = configuration; at !== 0; at = view.getUint32(at, true)) {
      const reason = view.getUint32(at + 4, true);
      steps.push({ configuration: at, step: reason >>> EXPLORE_STEP_SHIFT, number: reason & ((1 << EXPLORE_STEP_SHIFT) - 1) });
    }
    return steps.reverse();
  }

  close(): void {
    if (this.#instance.refusal === undefined) this.#instance.call(() => this.#exports.exploreClose());
  }

  #field(field: ExploreField): number {
    return this.#instance.call(() => this.#exports.exploreField(field)) >>> 0;
  }

  #require(call: () => number): void {
    if (this.#instance.call(call) === 0) throw outOfMemory();
  }

  /** Puts bytes where the kernel can read them during the next call. */
  #pass(bytes: Uint8Array): number {
    const region = this.#exports.exchangeRegion(bytes.length) >>> 0;
    if (region === 0) throw outOfMemory();
    this.#instance.bytes().set(bytes, region);
    return region;
  }

  #view(): DataView {
    return new DataView(this.#exports.memory.buffer);
  }
}

/** A limit as the kernel takes it. */
function toCount(limit: number): number {
  return Math.max(0, Math.min(limit, 0x7fff_ffff));
}

function outOfMemory(): WorkflowError {
  return new WorkflowError("kernel/out-of-memory", "The kernel has no memory for an exploration", { isRetryable: true });
}
