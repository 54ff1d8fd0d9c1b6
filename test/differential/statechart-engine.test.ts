// Random statecharts through the engine itself, in this thread, over a store in memory and simulated time: at the end of a script the run
// is where the reference model is, with the same variables. Every third chart the engine is dropped in the middle and opened again.
// MILLRACE_SEEDS plays more seeds, MILLRACE_SEED one alone.
import { expect, test } from "vitest";
import { openBench } from "../unit/engine/harness.js";
import { printChart } from "./statecharts/chart.js";
import { ALL_FEATURES, generateChart } from "./statecharts/generate.js";
import { EndlessStep, ModelMachine } from "./statecharts/machine.js";
import { parseChart } from "./statecharts/play.js";
import { Random } from "./statecharts/random.js";
import { generateScript, likelyEvent } from "./statecharts/script.js";

const SEED_COUNT = Number(process.env.MILLRACE_SEEDS ?? 150);
const ONE_SEED = process.env.MILLRACE_SEED;
const SCRIPT_LENGTH = 12;

interface End {
  readonly status: string;
  readonly states: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Plays a seed on the engine and beside it on the model. */
async function playSeed(seed: number): Promise<{ readonly engine: End; readonly model: End }> {
  const chart = generateChart(seed, { ...ALL_FEATURES, hasTasks: false });
  const text = printChart(chart);
  const { definition } = parseChart(text);
  let bench = await openBench();
  const { clock } = bench;
  const model = new ModelMachine(definition);
  let isFailed = false;
  const tell = (act: () => void) => {
    try {
      act();
    } catch (error) {
      // The model's way to say that the run has failed.
      if (!(error instanceof EndlessStep)) throw error;
      isFailed = true;
    }
  };
  tell(() => model.start(clock.now()));
  const { id } = await bench.engine.start(await bench.engine.load(text));
  await clock.settle();
  const script = generateScript(new Random(seed ^ 0x5eed), chart.events, SCRIPT_LENGTH);
  for (const [index, stimulus] of script.entries()) {
    if (isFailed || model.isEnded) break;
    if (seed % 3 === 0 && index === SCRIPT_LENGTH / 2) bench = await bench.reopen();
    const { nextDue } = model;
    if (stimulus.kind === "timer" && nextDue !== undefined) {
      await clock.advance(Math.max(0, nextDue - clock.now()));
      tell(() => model.advance(clock.now()));
    } else {
      const event = (stimulus.kind === "send" ? stimulus.event : undefined) ?? likelyEvent(definition, model.states, stimulus.pick);
      tell(() => model.send(event, clock.now()));
      await bench.engine.send(id, event);
    }
    await clock.settle();
  }
  const run = await bench.engine.runs.get(id);
  const status = await run.status();
  const isOver = status === "succeeded" || status === "failed";
  const found = status === "succeeded" ? ((await run.result) as Record<string, unknown>) : status === "failed" ? {} : await run.context();
  const engine: End = { status: isOver ? status : "open", states: isOver ? [] : await run.states(), variables: toNumbers(found) };
  await bench.engine.close();
  const modelStatus = isFailed ? "failed" : model.isEnded ? "succeeded" : "open";
  const variables = isFailed ? {} : toNumbers(model.variables);
  return { engine, model: { status: modelStatus, states: modelStatus === "open" ? model.states : [], variables } };
}

function toNumbers(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value]));
}

const seeds = ONE_SEED === undefined ? Array.from({ length: SEED_COUNT }, (_, index) => index) : [Number(ONE_SEED)];

test("the engine ends where the reference model does", { timeout: 300_000 }, async () => {
  const seen = new Map<string, number>();
  for (const seed of seeds) {
    const { engine, model } = await playSeed(seed);
    expect(engine, `seed ${seed}`).toEqual(model);
    seen.set(engine.status, (seen.get(engine.status) ?? 0) + 1);
  }
  if (ONE_SEED !== undefined) return;
  for (const status of ["open", "succeeded", "failed"]) expect(seen.get(status) ?? 0, status).toBeGreaterThan(SEED_COUNT / 50);
});
