// The typed door to runs: packs events into the kernel's input region, unpacks outcomes and commands, and gives faults
// of the kernel their names and places. Knows nothing of history, stores and handlers.
import { COMMAND_RECORD_SIZE, CommandKind, EVENT_RECORD_SIZE, KernelStatus } from "../../assembly/abi.js";
import { WorkflowError } from "../model/errors.js";
import type { KernelAwait, KernelCommand, KernelPort, KernelStatistics, PackedEvents, PackedOutput, StepOutput } from "../model/ports.js";
import type { Program } from "../model/program.js";
import { readAwaits } from "./awaits.js";
import { addFailedUndos, describeFault } from "./fault.js";
import { HotPrograms, type HotOptions } from "./hot-programs.js";
import type { KernelInstance } from "./instance.js";
import { PackedInput } from "./packed-input.js";
import { addProgramZones } from "./zones.js";

const RUN_FLAG_TRACED = 1;
/** An input region beyond this is given back as soon as the kernel has read it. */
const REGION_SIZE_KEPT = 4 << 20;
/** Of so many events one says which program was at work. */
const HEAT_STRIDE = 256;
const NO_COMMANDS: readonly KernelCommand[] = [];

/** A kernel that steps runs. Every call throws `kernel/lost` once the instance has trapped. */
export function createRunKernel(instance: KernelInstance, hot?: HotOptions): KernelPort {
  return new RunKernel(instance, hot === undefined ? undefined : new HotPrograms(instance, hot));
}

class RunKernel implements KernelPort {
  readonly #instance: KernelInstance;
  readonly #programs = new Map<number, Program>();
  readonly #hot: HotPrograms | undefined;
  /** Events since a program was told of them. */
  #heat = 0;
  /** Of the event added last. */
  #lastRun = 0;
  #eventCount = 0;
  /** Room for records, and the offset of the payload area behind them. */
  #recordCapacity = 0;
  #payloadAt = 0;
  #region = 0;
  #regionSize = 0;
  readonly #packed: PackedInput;
  #view = new DataView(new ArrayBuffer(0));
  #words = new Uint32Array(0);
  #doubles = new Float64Array(0);

  constructor(instance: KernelInstance, hot: HotPrograms | undefined) {
    this.#instance = instance;
    this.#hot = hot;
    this.#packed = new PackedInput(instance);
    this.#makeRoom(1024, 64 * 1024);
  }

  loadProgram(program: Program): number {
    const { exports } = this.#instance;
    const region = this.#passBytes(program.bytes);
    const handle = this.#call(() => exports.loadProgram(region, program.bytes.length)) >>> 0;
    this.#shrinkRegion();
    if (handle === 0) throw programError(exports.programStatus(), program);
    try {
      addProgramZones(this.#instance, handle, program.zones ?? []);
    } catch (error) {
      this.#call(() => exports.unloadProgram(handle));
      throw error;
    }
    this.#programs.set(handle, program);
    this.#instance.customs.add(handle, program.functions ?? []);
    return handle;
  }

  unloadProgram(program: number): void {
    if (!this.#programs.delete(program)) return;
    this.#hot?.forget(program);
    this.#call(() => this.#instance.exports.unloadProgram(program));
    this.#instance.customs.delete(program);
  }

  createRun(program: number): number {
    const run = this.#call(() => this.#instance.exports.runCreate(program)) >>> 0;
    if (run === 0) throw outOfMemory("a new run");
    return run;
  }

  destroyRun(run: number): void {
    this.#call(() => this.#instance.exports.runDestroy(run));
  }

  setTraced(run: number, isTraced: boolean): void {
    this.#call(() => this.#instance.exports.runSetFlags(run, isTraced ? RUN_FLAG_TRACED : 0));
  }

  add(run: number, kind: number, id: number, now: number, seed: number, payload?: Uint8Array): void {
    const index = this.#eventCount;
    if (index >= this.#recordCapacity) this.#makeRoom(Math.max(1024, index * 2), 0);
    const offset = payload === undefined ? 0 : this.#addPayload(payload);
    // A view has no length once the memory has grown; asking the memory for its buffer every time is slower.
    if (this.#words.length === 0) this.#refreshViews();
    const words = this.#words;
    const at = (this.#region >>> 2) + index * (EVENT_RECORD_SIZE / 4);
    words[at] = run;
    this.#lastRun = run;
    words[at + 1] = kind;
    words[at + 2] = id;
    words[at + 3] = offset;
    this.#doubles[(at >>> 1) + 2] = now;
    words[at + 6] = seed;
    if (payload !== undefined) words[at + 7] = payload.length;
    this.#eventCount = index + 1;
  }

  /** `count` events go to runs of which this is one. */
  #warm(run: number, count: number): void {
    this.#heat += count;
    if (this.#heat < HEAT_STRIDE) return;
    this.#hot?.note(run, this.#heat);
    this.#heat = 0;
  }

  stepOne(run: number, id: number, now: number): number {
    // Written out: a closure for `call` would cost more than the step.
    if (this.#instance.refusal !== undefined) throw this.#instance.refusal;
    this.#warm(run, 1);
    try {
      return this.#instance.exports.stepOne(run, id, now);
    } catch (error) {
      throw this.#instance.lose(error instanceof Error ? error.message : String(error), error);
    }
  }

  stepPacked({ count, records, names, isRepeated }: PackedEvents, now: number): PackedOutput {
    const { exports } = this.#instance;
    const { handles, ids } = names;
    if (!this.#packed.place(names, records, count, isRepeated)) throw this.#lose("The kernel ran out of memory for its input");
    const { at, recordsAt } = this.#packed;
    const idsAt = at + handles.length * 4;
    this.#warm(handles[records[0] ?? 0] ?? 0, count);
    const status = this.#call(() => exports.stepPacked(recordsAt, count, at, handles.length, idsAt, ids.length, now));
    return { ...this.#readOutput(status, count, (event) => handles[records[event * 2] ?? 0] ?? 0), oddCount: exports.packedOddCount() };
  }

  #addPayload(payload: Uint8Array): number {
    if (this.#payloadAt + payload.length > this.#regionSize) this.#makeRoom(this.#recordCapacity, payload.length);
    const offset = this.#payloadAt;
    this.#bytes().set(payload, this.#region + offset);
    this.#payloadAt += payload.length;
    return offset;
  }

  #refreshViews(): void {
    const { buffer } = this.#instance.exports.memory;
    this.#words = new Uint32Array(buffer);
    this.#doubles = new Float64Array(buffer);
  }

  step(): StepOutput {
    const { exports } = this.#instance;
    const count = this.#eventCount;
    this.#eventCount = 0;
    this.#payloadAt = this.#recordCapacity * EVENT_RECORD_SIZE;
    this.#warm(this.#lastRun, count);
    const status = this.#call(() => exports.stepBatch(this.#region, count, this.#region));
    const output = this.#readOutput(status, count, (event) => this.#freshView().getUint32(this.#region + event * EVENT_RECORD_SIZE, true));
    this.#shrinkRegion();
    return output;
  }

  /** `runOf`: the handle of an event's run. */
  #readOutput(status: number, count: number, runOf: (event: number) => number): StepOutput {
    const { exports } = this.#instance;
    if (status !== KernelStatus.OK) throw this.#lose("The kernel ran out of memory while it stepped");
    const at = exports.outcomesAddress();
    const commandCount = exports.commandCount();
    const commands = commandCount === 0 ? NO_COMMANDS : this.#readCommands(commandCount, runOf);
    return { outcomes: this.#bytes().subarray(at, at + count), commands };
  }

  snapshot(run: number): Uint8Array {
    const size = this.#call(() => this.#instance.exports.runSnapshot(run));
    if (size === 0) throw outOfMemory("a snapshot");
    return this.#payload(0, size);
  }

  restore(program: number, snapshot: Uint8Array): number {
    const region = this.#passBytes(snapshot);
    const run = this.#call(() => this.#instance.exports.runRestore(program, region, snapshot.length)) >>> 0;
    this.#shrinkRegion();
    if (run === 0)
      throw new WorkflowError("kernel/bad-snapshot", `The checkpoint (${snapshot.length} bytes) is damaged or of another version`);
    return run;
  }

  context(run: number): Uint8Array {
    const size = this.#call(() => this.#instance.exports.runContext(run));
    if (size === 0) throw new WorkflowError("kernel/bad-handle", `There is no run ${run} in the kernel`);
    return this.#payload(0, size);
  }

  activeNodes(run: number): readonly number[] {
    const { exports } = this.#instance;
    const count = this.#call(() => exports.runActiveNodes(run));
    const view = this.#freshView();
    const at = exports.payloadsAddress();
    return Array.from({ length: Math.max(0, count) }, (_, index) => view.getUint32(at + index * 4, true));
  }

  awaits(run: number, now = Number.NaN): readonly KernelAwait[] {
    const size = this.#call(() => this.#instance.exports.runAwaits(run, now));
    if (size < 0) throw outOfMemory("what a run waits for");
    return readAwaits(this.#payload(0, size));
  }

  statistics(): KernelStatistics {
    const { exports } = this.#instance;
    return { sizeBytes: exports.memorySize() >>> 0, usedBytes: exports.memoryUsed() >>> 0, runCount: exports.runCount(), programCount: exports.programCount(), nativeCount: this.#hot?.functions.count ?? 0 };
  }

  trap(): void {
    this.#call(() => this.#instance.exports.trap());
  }

  #readCommands(count: number, runOf: (event: number) => number): readonly KernelCommand[] {
    const { exports } = this.#instance;
    const view = this.#freshView();
    const base = exports.commandsAddress();
    const commands: KernelCommand[] = [];
    /** The undos that have failed of the run that ends next. */
    let failed: Uint8Array | undefined;
    for (let index = 0; index < count; index += 1) {
      const at = base + index * COMMAND_RECORD_SIZE;
      const kind = view.getUint16(at + 4, true);
      const flags = view.getUint16(at + 6, true);
      const event = view.getUint32(at, true);
      const size = view.getUint32(at + 20, true);
      const payload = size === 0 ? undefined : this.#payload(view.getUint32(at + 16, true), size);
      if (kind === CommandKind.UNDO_FAILED) {
        failed = payload;
        continue;
      }
      commands.push({
        event,
        kind,
        a: view.getUint32(at + 8, true),
        b: view.getUint32(at + 12, true),
        flags,
        time: view.getFloat64(at + 24, true),
        payload: kind === CommandKind.RUN_ENDED ? this.#readEnding(runOf(event), flags, payload, failed) : payload,
      });
      if (kind === CommandKind.RUN_ENDED) failed = undefined;
    }
    return commands;
  }

  /** The wire form of what a run ends with; a fault the kernel has described by numbers. */
  #readEnding(run: number, fault: number, payload: Uint8Array | undefined, failed: Uint8Array | undefined): Uint8Array | undefined {
    const isFault = fault !== 0 && payload !== undefined;
    const ending = isFault ? describeFault(this.#programs.get(this.#instance.exports.runProgram(run) >>> 0), fault, payload) : payload;
    return failed === undefined ? ending : addFailedUndos(ending, failed);
  }

  /** A copy of `size` bytes at `offset` of the payload area. */
  #payload(offset: number, size: number): Uint8Array {
    const at = this.#instance.exports.payloadsAddress() + offset;
    return this.#bytes().slice(at, at + size);
  }

  /** Makes room for records and, behind them, payloads; what is there already is kept. */
  #makeRoom(recordCount: number, payloadSize: number): void {
    const recordCapacity = Math.max(recordCount, this.#recordCapacity);
    const oldStart = this.#recordCapacity * EVENT_RECORD_SIZE;
    const start = recordCapacity * EVENT_RECORD_SIZE;
    const shift = start - oldStart;
    const used = Math.max(0, this.#payloadAt - oldStart);
    this.#growRegion(start + (used + payloadSize) * (used > 0 ? 2 : 1));
    const bytes = this.#bytes();
    if (shift > 0 && used > 0) {
      bytes.copyWithin(this.#region + start, this.#region + oldStart, this.#region + oldStart + used);
      this.#shiftPayloads(shift);
    }
    this.#recordCapacity = recordCapacity;
    this.#payloadAt = start + used;
  }

  #growRegion(size: number): void {
    if (size <= this.#regionSize) return;
    this.#region = this.#call(() => this.#instance.exports.inputRegion(size)) >>> 0;
    if (this.#region === 0) throw this.#lose("The kernel ran out of memory for its input");
    this.#regionSize = size;
  }

  /** The next to add something makes room again: memory must not grow now, since the output is read as a view. */
  #shrinkRegion(): void {
    if (this.#regionSize <= REGION_SIZE_KEPT) return;
    this.#call(() => this.#instance.exports.releaseInput());
    this.#regionSize = 0;
    this.#recordCapacity = 0;
    this.#payloadAt = 0;
  }

  /** Puts bytes at the region's start, where no event waits; returns their address. */
  #passBytes(bytes: Uint8Array): number {
    if (this.#eventCount > 0) throw new RangeError("events were added that have not been stepped");
    this.#growRegion(bytes.length);
    this.#bytes().set(bytes, this.#region);
    return this.#region;
  }

  #shiftPayloads(shift: number): void {
    const view = this.#freshView();
    for (let index = 0; index < this.#eventCount; index += 1) {
      const at = this.#region + index * EVENT_RECORD_SIZE + 12;
      const offset = view.getUint32(at, true);
      if (offset !== 0) view.setUint32(at, offset + shift, true);
    }
  }

  #bytes(): Uint8Array {
    return this.#instance.bytes();
  }

  #freshView(): DataView {
    const { buffer } = this.#instance.exports.memory;
    if (this.#view.buffer !== buffer) this.#view = new DataView(buffer);
    return this.#view;
  }

  #call<T>(call: () => T): T {
    return this.#instance.call(call);
  }

  #lose(message: string): WorkflowError {
    return this.#instance.lose(message);
  }
}

function programError(status: number, program: Program): WorkflowError {
  if (status === KernelStatus.OUT_OF_MEMORY) return outOfMemory(`the program of "${program.definition.name}"`);
  const reason = KernelStatus[status] ?? String(status);
  return new WorkflowError("kernel/bad-program", `The kernel refuses the program of "${program.definition.name}": ${reason}`, {
    details: { reason },
  });
}

function outOfMemory(what: string): WorkflowError {
  return new WorkflowError("kernel/out-of-memory", `The kernel has no memory for ${what}`, { isRetryable: true });
}
