// Makes a plan that fails smaller: leaves out tabs, runs, steps and faults, shortens pauses and delays, as long as it still fails in the same way.
import { type Plan, RUN_COUNT_MAX, type Step } from "./plan.js";
import { playPlan, type Sabotage, Violation } from "./stage.js";

/** Plays until it is given up; each takes as long as a seed. */
const PLAY_COUNT_MAX = 1_500;
/** What a pause may be shortened to, ms. */
const PAUSES_MS = [1, 20, 300, 1_500];

export interface Shrunk {
  readonly plan: Plan;
  /** What does not hold. */
  readonly message: string;
  readonly playCount: number;
}

export interface ShrinkOptions {
  readonly sabotage?: Sabotage;
  /** ms of real time; what is smallest by then is the result. */
  readonly msMax?: number;
  readonly playCountMax?: number;
}

/** `message`: how it failed. The plan's faults are listed. */
export async function shrink(plan: Plan, message: string, options: ShrinkOptions = {}): Promise<Shrunk> {
  return new Shrinker(plan, message, options).run();
}

/** Failures that read alike but for numbers and names are one. */
export function kindOf(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/run-\d+(~\d+)*/g, "run").replace(/\[\{.*|\{.*/s, "").replace(/[\d.]+/g, "N");
}

class Shrinker {
  readonly #kind: string;
  readonly #sabotage: Sabotage;
  readonly #end: number;
  readonly #playCountMax: number;
  #plan: Plan;
  #message: string;
  #playCount = 0;

  constructor(plan: Plan, message: string, { sabotage = {}, msMax = Number.POSITIVE_INFINITY, playCountMax = PLAY_COUNT_MAX }: ShrinkOptions) {
    this.#plan = plan;
    this.#message = message;
    this.#kind = kindOf(message);
    this.#sabotage = sabotage;
    this.#end = performance.now() + msMax;
    this.#playCountMax = playCountMax;
  }

  async run(): Promise<Shrunk> {
    for (let before = ""; before !== JSON.stringify(this.#plan) && !this.#isOver; ) {
      before = JSON.stringify(this.#plan);
      await this.#dropNamed();
      await this.#dropFaults();
      await this.#dropSteps();
      await this.#simplifySteps();
      await this.#simplifyFaults();
    }
    return { plan: this.#plan, message: this.#message, playCount: this.#playCount };
  }

  get #isOver(): boolean {
    return this.#playCount >= this.#playCountMax || performance.now() > this.#end;
  }

  /** Takes the plan where it fails as the first one did. */
  async #try(plan: Plan): Promise<boolean> {
    if (this.#isOver) return false;
    this.#playCount += 1;
    try {
      await playPlan(plan, this.#sabotage);
      return false;
    } catch (error) {
      if (!(error instanceof Violation) || kindOf(error.message) !== this.#kind) return false;
      this.#plan = plan;
      this.#message = error.message;
      return true;
    }
  }

  /** Whole tabs and whole runs. */
  async #dropNamed(): Promise<void> {
    const tabs = new Set(this.#plan.steps.flatMap((step) => ("tab" in step ? [step.tab] : [])));
    for (const tab of tabs) await this.#trySteps(this.#plan.steps.filter((step) => !("tab" in step) || step.tab !== tab));
    for (let run = 0; run < RUN_COUNT_MAX; run += 1) await this.#trySteps(this.#plan.steps.filter((step) => !("run" in step) || step.run !== run));
  }

  async #trySteps(steps: readonly Step[]): Promise<boolean> {
    return steps.length < this.#plan.steps.length && this.#try({ ...this.#plan, steps });
  }

  #dropSteps(): Promise<void> {
    return dropSome(
      () => this.#plan.steps,
      (steps) => this.#try({ ...this.#plan, steps }),
    );
  }

  #dropFaults(): Promise<void> {
    return dropSome(
      () => Object.entries(this.#plan.faults ?? {}),
      (faults) => this.#try({ ...this.#plan, faults: Object.fromEntries(faults) }),
    );
  }

  async #simplifySteps(): Promise<void> {
    for (let index = 0; index < this.#plan.steps.length; index += 1) {
      for (const simpler of simplify(this.#plan.steps[index] as Step)) {
        if (await this.#try({ ...this.#plan, steps: this.#plan.steps.with(index, simpler) })) break;
      }
    }
  }

  async #simplifyFaults(): Promise<void> {
    for (const [key, value] of Object.entries(this.#plan.faults ?? {})) {
      if (typeof value !== "number") continue;
      for (const smaller of [value >> 2, value >> 1]) {
        if (smaller > 1 && smaller < value && (await this.#try({ ...this.#plan, faults: { ...this.#plan.faults, [key]: smaller } }))) break;
      }
    }
  }
}

/** Leaves out halves, quarters and so on, and in the end single ones, until none can be left out. */
async function dropSome<T>(read: () => readonly T[], tryWith: (rest: readonly T[]) => Promise<boolean>): Promise<void> {
  for (let size = read().length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < read().length; ) {
      const all = read();
      if (!(await tryWith([...all.slice(0, from), ...all.slice(from + size)]))) from += size;
    }
  }
}

function* simplify(step: Step): Generator<Step> {
  for (const ms of PAUSES_MS) if (ms < step.ms) yield { ...step, ms };
  if (step.kind === "open" && step.isStrict) yield { ...step, isStrict: false };
  if (step.kind === "start" && step.workflow !== "chart") yield { ...step, workflow: "chart" };
  if (step.kind === "fill" && step.freeSize !== 0) yield { ...step, freeSize: 0 };
}
