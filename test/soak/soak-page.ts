// The page of the soak: so many runs of mixed workflows under way at a time, each that ends followed by the next. It holds the library as `page`.
import type { Engine, EngineOptions, Run } from "../../src/model/engine.js";
import { AMOUNTS, KILL_WORKFLOWS } from "../browser/kills/kill-workflows.js";
import type { SoakCounts, SoakPage } from "./messages.js";

declare global {
  var soak: SoakPage | undefined;
}

const POLL_MS = 20;
const WRONGS_MAX = 10;
/** Every so many runs is replayed and its story read. */
const VERIFIED_EVERY = 50;

class Soak implements SoakPage {
  #engine: Engine | undefined;
  #isStopping = false;
  #nextNumber = 0;
  #endedCount = 0;
  #slots: Promise<void>[] = [];
  readonly #wrongs: string[] = [];

  async open(slotCount: number, keptMax: number): Promise<void> {
    const { createEngine } = (globalThis as unknown as { page: { createEngine(options: EngineOptions): Promise<Engine> } }).page;
    const work = async (input: Record<string, unknown>) => ({ step: input["step"] ?? input["n"] ?? null, filler: "x".repeat(200) });
    const flaky = async (input: Record<string, unknown>, { attempt }: { readonly attempt: number }) => {
      if (attempt === 1 && (input["n"] as number) % 3 === 1) throw Object.assign(new Error("not yet"), { code: "test/flaky" });
      return work(input);
    };
    const engine = await createEngine({ name: "soak", tasks: { work, flaky }, retention: { rules: [{ countMax: keptMax }] } });
    for (const { text } of KILL_WORKFLOWS) await engine.load(text);
    this.#engine = engine;
    this.#slots = Array.from({ length: slotCount }, () => this.#fill(engine));
  }

  async counts(): Promise<SoakCounts> {
    const engine = this.#engine as Engine;
    const { runsOpen, kernelSizeBytes } = await engine.statistics();
    const { usage = 0 } = await navigator.storage.estimate();
    return { endedCount: this.#endedCount, wrongs: this.#wrongs, runsOpen, kernelBytes: kernelSizeBytes, storedCount: await engine.runs.count(), storedBytes: usage };
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#slots);
    await this.#engine?.close();
  }

  async #fill(engine: Engine): Promise<void> {
    while (!this.#isStopping) {
      const number = this.#nextNumber++;
      try {
        await this.#play(engine, number);
      } catch (error) {
        if (this.#wrongs.length < WRONGS_MAX) this.#wrongs.push(`run ${number}: ${String(error)}`);
      }
      this.#endedCount += 1;
    }
  }

  async #play(engine: Engine, number: number): Promise<void> {
    const workflow = KILL_WORKFLOWS[number % KILL_WORKFLOWS.length] as (typeof KILL_WORKFLOWS)[number];
    const amount = AMOUNTS[number % AMOUNTS.length] as number;
    const run = await engine.start(workflow.name, { amount });
    for (const { name, payload } of workflow.events(amount)) {
      await this.#untilAwaited(run, name);
      await engine.send(run.id, name, payload as never);
    }
    await run.result;
    if (number % VERIFIED_EVERY !== 0) return;
    let count = 0;
    for await (const _event of run.events()) count += 1;
    if (count === 0 || !(await run.verify()).isSame) throw new Error("its history is another");
  }

  async #untilAwaited(run: Run, name: string): Promise<void> {
    while (!(await run.awaits()).some((one) => one.event === name)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

globalThis.soak = new Soak();
