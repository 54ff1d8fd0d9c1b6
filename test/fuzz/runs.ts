// Target `runs`: real workflows, their programs sound or damaged, stepped with batches of events that nobody sane would send:
// unknown runs and events, foreign serials, kinds out of order, payloads that are no values, checkpoints with wrong bytes.
import { CommandKind, EventKind, EventOutcome } from "../../assembly/abi.js";
import { compileWorkflow } from "../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../src/format/parse-workflow.js";
import type { KernelInstance } from "../../src/kernel/instance.js";
import { createRunKernel } from "../../src/kernel/run-kernel.js";
import type { KernelCommand, KernelPort } from "../../src/model/ports.js";
import type { Program } from "../../src/model/program.js";
import { decodeValue, encodeValue } from "../../src/model/value.js";
import { Canary, catchCode, openExpressionKernel, openInstance } from "./bench.js";
import type { Chance } from "./chance.js";
import { WORKFLOW_TEXTS } from "./corpus.js";
import type { FuzzSession, FuzzTarget, KernelBuild } from "./fuzzer.js";
import { makeWire } from "./values.js";

const CANARY_STRIDE = 32;
const REFUSED = /^kernel\/(bad-program|limit|out-of-memory)$/;
/** A run that goes on by itself is left after so many continuations: damaged programs may have loops. */
const CONTINUE_COUNT_MAX = 1;
/** Batches of one input. */
const BATCH_COUNT_MAX = 6;
const EVENT_KINDS = [EventKind.EVENT, EventKind.EVENT, EventKind.EVENT, EventKind.TASK_SUCCEEDED, EventKind.TASK_FAILED, EventKind.TIMER, EventKind.CONTINUE];
const PAYLOADS = [
  { by: 1 },
  { by: "x", text: "😀" },
  { n: 5, amount: 1000 },
  { amount: "much", n: null },
  { code: "test/odd", message: "odd", details: { a: [1] } },
  {},
  true,
  [{ code: "test/ended", message: "undo" }],
].map((value) => encodeValue(value));

export const runsTarget: FuzzTarget = {
  name: "runs",
  open: (build) => RunsSession.open(build),
};

let programs: readonly Program[] | undefined;

function compiledWorkflows(): readonly Program[] {
  programs ??= WORKFLOW_TEXTS.map((text) => {
    const { definition, findings } = parseWorkflow(text);
    const compiled = definition === undefined ? undefined : compileWorkflow(definition, "0".repeat(64));
    if (compiled?.program === undefined) throw new Error([...findings, ...(compiled?.findings ?? [])].map(({ message }) => message).join("\n"));
    return compiled.program;
  });
  return programs;
}

class RunsSession implements FuzzSession {
  readonly #instance: KernelInstance;
  readonly #kernel: KernelPort;
  readonly #canary: Canary;
  readonly #baseCount: number;
  #story: string[] = [];
  #count = 0;
  #now = 1_700_000_000_000;

  private constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.#canary = new Canary(openExpressionKernel(instance));
    this.#kernel = createRunKernel(instance);
    this.#baseCount = this.#kernel.statistics().programCount;
  }

  static async open(build: KernelBuild): Promise<FuzzSession> {
    return new RunsSession(await openInstance(build));
  }

  get memorySize(): number {
    return this.#instance.exports.memorySize();
  }

  describe(): string {
    return this.#story.map((line) => `  ${line}`).join("\n");
  }

  feed(chance: Chance): void {
    this.#story = [];
    const number = chance.below(compiledWorkflows().length);
    const sound = compiledWorkflows()[number] as Program;
    const program = chance.oneIn(2) ? sound : { ...sound, bytes: damage(sound.bytes, chance) };
    this.#tell(`workflow ${number}${program === sound ? "" : `, blob (base64): ${Buffer.from(program.bytes).toString("base64")}`}`);
    let handle = 0;
    const refusal = catchCode(REFUSED, () => {
      handle = this.#kernel.loadProgram(program);
    });
    if (refusal === undefined) {
      catchCode(/^kernel\/out-of-memory$/, () => this.#play(handle, program, chance));
      this.#kernel.unloadProgram(handle);
    }
    this.#count += 1;
    if (this.#count % CANARY_STRIDE === 0) this.#canary.check();
  }

  check(): void {
    this.#canary.check();
    const { runCount, programCount } = this.#kernel.statistics();
    if (runCount !== 0 || programCount !== this.#baseCount) throw new Error(`${runCount} runs and ${programCount} programs are left`);
  }

  #tell(line: string): void {
    this.#story.push(line);
  }

  #play(handle: number, program: Program, chance: Chance): void {
    const kernel = this.#kernel;
    const runs = Array.from({ length: chance.between(1, 3) }, () => kernel.createRun(handle));
    try {
      for (const run of runs) {
        if (chance.oneIn(3)) kernel.setTraced(run, true);
        if (!chance.oneIn(10)) this.#add(run, EventKind.START, 0, chance);
      }
      this.#step(runs, chance);
      for (let batch = chance.between(1, BATCH_COUNT_MAX); batch > 0; batch -= 1) {
        for (let events = chance.between(1, 5); events > 0; events -= 1) this.#addAny(runs, program, chance);
        this.#step(runs, chance);
        this.#look(runs, handle, chance);
      }
    } finally {
      for (const run of runs) kernel.destroyRun(run);
    }
  }

  #addAny(runs: readonly number[], program: Program, chance: Chance): void {
    const run = chance.oneIn(20) ? chance.sharpWord() : chance.pick(runs);
    const kind = chance.oneIn(20) ? chance.below(12) : chance.oneIn(15) ? EventKind.CANCEL : chance.pick(EVENT_KINDS);
    const id = chance.oneIn(20) ? chance.sharpWord() : kind === EventKind.EVENT ? chance.below(program.eventNames.length + 1) : chance.below(12);
    this.#add(run, kind, id, chance);
  }

  #add(run: number, kind: number, id: number, chance: Chance): void {
    this.#now += chance.oneIn(10) ? chance.pick([Number.NaN, Number.POSITIVE_INFINITY, -1e20, 0]) : chance.below(20_000);
    const now = this.#now;
    if (!Number.isFinite(now)) this.#now = 1_700_000_000_000;
    const payload = chance.oneIn(4) ? undefined : chance.oneIn(2) ? chance.pick(PAYLOADS) : makeWire(chance);
    this.#tell(`event ${run} ${kind} ${id} at ${now}${payload === undefined ? "" : ` with ${Buffer.from(payload).toString("hex")}`}`);
    this.#kernel.add(run, kind, id, now, 1, payload);
  }

  /** Steps; answers what asks to go on; every outcome and command must be one that there is. */
  #step(runs: readonly number[], chance: Chance): void {
    this.#tell("step");
    const { outcomes, commands } = this.#kernel.step();
    for (const outcome of outcomes) if (EventOutcome[outcome] === undefined) throw new Error(`there is no outcome ${outcome}`);
    for (const command of commands) readCommand(command);
    if (commands.every(({ kind }) => kind !== CommandKind.CONTINUE)) return;
    for (let turn = 0; turn < CONTINUE_COUNT_MAX; turn += 1) {
      for (const run of runs) this.#add(run, EventKind.CONTINUE, 0, chance);
      this.#tell("step");
      for (const command of this.#kernel.step().commands) readCommand(command);
    }
  }

  /** Reads a run as the engine does; and takes it up again from its checkpoint, or from a damaged one. */
  #look(runs: number[], handle: number, chance: Chance): void {
    const kernel = this.#kernel;
    const index = chance.below(runs.length);
    const run = runs[index] as number;
    if (chance.oneIn(3)) decodeValue(kernel.context(run));
    if (chance.oneIn(3)) kernel.activeNodes(run);
    if (!chance.oneIn(3)) return;
    const snapshot = kernel.snapshot(run);
    const bytes = chance.oneIn(2) ? snapshot : damageBytes(snapshot, chance);
    this.#tell(`restore ${Buffer.from(bytes).toString("hex")}`);
    let restored = 0;
    const refusal = catchCode(/^kernel\/bad-snapshot$/, () => {
      restored = kernel.restore(handle, bytes);
    });
    if (bytes === snapshot && refusal !== undefined) throw new Error("the kernel does not take its own snapshot");
    if (refusal !== undefined) return;
    if (bytes === snapshot) {
      const again = kernel.snapshot(restored);
      if (Buffer.compare(snapshot, again) !== 0) throw new Error(`a snapshot came back as ${Buffer.from(again).toString("hex")}`);
    }
    kernel.destroyRun(run);
    runs[index] = restored;
  }
}

function readCommand({ kind, payload }: KernelCommand): void {
  if (CommandKind[kind] === undefined) throw new Error(`there is no command ${kind}`);
  if (payload !== undefined) decodeValue(payload);
}

function damage(blob: Uint8Array, chance: Chance): Uint8Array {
  const damaged = blob.slice();
  const view = new DataView(damaged.buffer);
  const wordCount = damaged.length >> 2;
  for (let changes = chance.between(1, 3); changes > 0; changes -= 1) {
    const at = chance.below(wordCount) * 4;
    const kind = chance.below(4);
    if (kind === 0) view.setUint32(at, view.getUint32(at, true) + chance.between(-2, 2), true);
    else if (kind === 1) view.setUint32(at, view.getUint32(chance.below(wordCount) * 4, true), true);
    else if (kind === 2) view.setUint16(at + chance.below(2) * 2, chance.below(16), true);
    else view.setUint32(at, chance.sharpWord(), true);
  }
  return damaged;
}

function damageBytes(bytes: Uint8Array, chance: Chance): Uint8Array {
  const damaged = chance.oneIn(8) ? bytes.slice(0, chance.below(bytes.length)) : bytes.slice();
  for (let changes = chance.between(1, 4); changes > 0 && damaged.length > 0; changes -= 1) {
    const at = chance.below(damaged.length);
    damaged[at] = chance.oneIn(2) ? chance.below(256) : (damaged[at] ?? 0) + chance.between(-2, 2);
  }
  return damaged;
}

