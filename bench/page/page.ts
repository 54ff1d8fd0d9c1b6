// The page's side: runs one scenario when asked and hands back plain data. One page serves one scenario, so no
// scenario meets code that another has warmed or spoiled.
import { SCENARIOS, type Load, type Scenario } from "../catalogue.js";
import { findDisagreement, measureInterleaved, type Contender } from "../measure.js";
import type { SamplingPlan } from "../options.js";
import type { SubjectSamples } from "../results.js";
import type { Subject, SubjectTable } from "../subject.js";
import { ANALYSE_SUBJECTS, EXPLORE_SUBJECTS } from "./analysis-subjects.js";
import { COMPILE_AGAIN_SUBJECTS, COMPILE_SUBJECTS } from "./compile-subjects.js";
import { EXPRESSION_SUBJECTS, STOP_SUBJECTS } from "./expression-subjects.js";
import { PARSE_SUBJECTS } from "./parse-subjects.js";
import { CREATE_SUBJECTS, GROWTH_SUBJECTS, IDLE_SUBJECTS, STEPS_SUBJECTS } from "./chart-subjects.js";
import { FIELD_SUBJECTS, ITEM_VIEW_SUBJECTS, ITEMS_GROWTH_SUBJECTS, ITEMS_SUBJECTS, PAUSE_SUBJECTS, TASK_CHAIN_SUBJECTS, TASKS_SUBJECTS } from "./task-subjects.js";
import { RUN_SUBJECTS } from "./run-subjects.js";
import { TRANSITION_SUBJECTS } from "./transition-subjects.js";
import { LeftOut } from "../ways.js";
import { WAY_SUBJECTS } from "./way-subjects.js";

export interface ScenarioOutcome {
  readonly measured: readonly SubjectSamples[];
  /** Set where the subjects disagree: nothing was timed. */
  readonly disagreement?: string;
}

export interface BenchPage {
  runScenario(id: string, plan: SamplingPlan): Promise<ScenarioOutcome>;
  /** Opens one subject and lets it work for about `timeMs`, for a profiler that listens. Gives ns per operation. */
  exercise(id: string, subject: string, timeMs: number): Promise<number>;
}

declare global {
  interface Window {
    bench: BenchPage;
    /** Bytes in use after a collection of garbage: the script heap and what its buffers hold. Given by the host. */
    readHeapSize(): Promise<number>;
  }
}

window.bench = { runScenario, exercise };

async function runScenario(id: string, plan: SamplingPlan): Promise<ScenarioOutcome> {
  const scenario = findScenario(id);
  const contenders: Contender[] = [];
  const failed: SubjectSamples[] = [];
  for (const { name } of scenario.subjects) {
    try {
      contenders.push({ name, subject: await openSubject(scenario.load, name) });
    } catch (error) {
      const said = error instanceof LeftOut ? { leftOut: error.message } : { failure: String(error) };
      failed.push({ name, operationCount: 0, samples: [], ...said });
    }
  }
  const disagreement = await findDisagreement(contenders);
  if (disagreement !== undefined) return { measured: failed, disagreement };
  const measured = await measureInterleaved(contenders, plan, scenario.operationStep);
  for (const { subject } of contenders) await subject.close?.();
  return { measured: [...measured, ...failed] };
}

async function exercise(id: string, name: string, timeMs: number): Promise<number> {
  const scenario = findScenario(id);
  const subject = await openSubject(scenario.load, name);
  await subject.answer();
  let count = scenario.operationStep;
  let operationCount = 0;
  const begin = performance.now();
  while (performance.now() - begin < timeMs) {
    await subject.run(count);
    await subject.settle?.();
    operationCount += count;
    if (operationCount * 4 < count * 32) count *= 2;
  }
  const elapsedMs = performance.now() - begin;
  await subject.close?.();
  return (elapsedMs * 1e6) / operationCount;
}

function findScenario(id: string): Scenario {
  const scenario = SCENARIOS.find((candidate) => candidate.id === id);
  if (scenario === undefined) throw new Error(`no scenario "${id}"`);
  return scenario;
}

function openSubject(load: Load, name: string): Promise<Subject> {
  if (load.family === "transition") return openFrom(TRANSITION_SUBJECTS, load, name);
  if (load.family === "expression") return openFrom(EXPRESSION_SUBJECTS, load, name);
  if (load.family === "way") return openFrom(WAY_SUBJECTS, load, name);
  if (load.family === "stop") return openFrom(STOP_SUBJECTS, load, name);
  if (load.family === "compile") return openFrom(COMPILE_SUBJECTS, load, name);
  if (load.family === "compile-again") return openFrom(COMPILE_AGAIN_SUBJECTS, load, name);
  if (load.family === "parse") return openFrom(PARSE_SUBJECTS, load, name);
  if (load.family === "explore") return openFrom(EXPLORE_SUBJECTS, load, name);
  if (load.family === "analyse") return openFrom(ANALYSE_SUBJECTS, load, name);
  if (load.family === "growth") return openFrom(GROWTH_SUBJECTS, load, name);
  if (load.family === "create") return openFrom(CREATE_SUBJECTS, load, name);
  if (load.family === "idle") return openFrom(IDLE_SUBJECTS, load, name);
  if (load.family === "steps") return openFrom(STEPS_SUBJECTS, load, name);
  if (load.family === "items") return openFrom(ITEMS_SUBJECTS, load, name);
  if (load.family === "items-growth") return openFrom(ITEMS_GROWTH_SUBJECTS, load, name);
  if (load.family === "item-view") return openFrom(ITEM_VIEW_SUBJECTS, load, name);
  if (load.family === "field") return openFrom(FIELD_SUBJECTS, load, name);
  if (load.family === "pause") return openFrom(PAUSE_SUBJECTS, load, name);
  if (load.family === "tasks") return openFrom(TASKS_SUBJECTS[load.graph], load, name);
  if (load.family === "task-chain") return openFrom(TASK_CHAIN_SUBJECTS, load, name);
  return openFrom(RUN_SUBJECTS, load, name);
}

function openFrom<L extends Load>(table: SubjectTable<L>, load: L, name: string): Promise<Subject> {
  const open = table[name];
  if (open === undefined) throw new Error(`no subject "${name}" in family ${load.family}`);
  return open(load);
}
