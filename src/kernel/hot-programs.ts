// Which programs of runs are worth a generated module, and when it is made: after so many events, a part at a time, when the thread is idle.
// Events are counted by samples: the program of one in a batch stands for all of it.
import { whenIdle } from "../base/idle.js";
import type { KernelInstance } from "./instance.js";
import { NativeFunctions, type NativeEmitter } from "./native-functions.js";

/** Events after which a program's expressions are compiled: four times the evaluations that a bare expression waits for, since a program has many and an event meets few. */
export const HOT_EVENT_COUNT = 16_384;
/** Expressions that are compiled in one go: about 2 ms. */
const SLICE_COUNT = 64;
/** A program of more stays with its steps for the rest. */
const EXPRESSION_COUNT_MAX = 4_096;

export interface HotOptions {
  readonly loadEmitter: () => Promise<NativeEmitter>;
  readonly hotEventCount?: number | undefined;
}

export class HotPrograms {
  readonly functions: NativeFunctions;
  readonly #instance: KernelInstance;
  readonly #options: HotOptions;
  readonly #heat = new Map<number, number>();
  /** Records of the programs that are compiled, or about to be. */
  readonly #records = new Map<number, readonly number[]>();

  constructor(instance: KernelInstance, options: HotOptions) {
    this.#instance = instance;
    this.#options = options;
    this.functions = new NativeFunctions(instance);
  }

  /** `count` events went to runs, one of which this is. */
  note(run: number, count: number): void {
    const program = this.#instance.exports.runProgram(run) >>> 0;
    if (program === 0 || this.#records.has(program)) return;
    const heat = (this.#heat.get(program) ?? 0) + count;
    this.#heat.set(program, heat);
    if (heat < (this.#options.hotEventCount ?? HOT_EVENT_COUNT)) return;
    this.#heat.delete(program);
    this.#records.set(program, this.#listRecords(program));
    whenIdle(() => {
      // Without them everything goes on as before.
      this.#compile(program).catch(() => undefined);
    });
  }

  /** To be called before a program is unloaded. */
  forget(program: number): void {
    this.#heat.delete(program);
    for (const record of this.#records.get(program) ?? []) this.functions.remove(record);
    this.#records.delete(program);
  }

  #listRecords(program: number): readonly number[] {
    const records: number[] = [];
    while (records.length < EXPRESSION_COUNT_MAX) {
      const record = this.#instance.exports.expressionAt(program, records.length) >>> 0;
      if (record === 0) break;
      records.push(record);
    }
    return records;
  }

  async #compile(program: number): Promise<void> {
    const emit = await this.#options.loadEmitter();
    const records = this.#records.get(program) ?? [];
    const isCurrent = (): boolean => this.#records.get(program) === records;
    for (let first = 0; first < records.length; first += SLICE_COUNT) {
      if (!isCurrent() || this.#instance.refusal !== undefined) return;
      await this.functions.install(records.slice(first, first + SLICE_COUNT).map((record) => ({ record, isCurrent })), emit);
      await new Promise<void>((resolve) => whenIdle(resolve));
    }
  }
}
