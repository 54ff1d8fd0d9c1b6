// A plan that failed: made smaller, written down where it can be looked at and kept, and told.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makePlan, type Plan } from "./plan.js";
import { shrink } from "./shrink.js";
import { playPlan, type Sabotage, Violation } from "./stage.js";

/** As it stands in test/fixtures/simulation. */
export interface PlanFile {
  /** What failed, and what was wrong. */
  readonly why: string;
  readonly plan: Plan;
  /** With it the plan fails, without it does not. */
  readonly sabotage?: Sabotage;
}

/** The directory of plans that failed. */
const DIRECTORY = fileURLToPath(new URL("../../../build/simulation/", import.meta.url));

/** What to say of a seed that failed. `msMax`: for making it smaller. Takes as long, and writes a file. */
export async function describeFailure(seed: number, error: unknown, msMax: number): Promise<string> {
  const command = `seed ${seed}: npm run prove-tabs -- --seed ${seed}`;
  if (!(error instanceof Violation)) return `${command}\n${error instanceof Error ? error.stack : error}`;
  const { plan, message, playCount } = await shrink({ ...makePlan(seed), faults: error.faults }, error.message, { msMax });
  mkdirSync(DIRECTORY, { recursive: true });
  const path = `${DIRECTORY}tabs-${seed}.json`;
  writeFileSync(path, formatFile({ why: `seed ${seed}: ${message}`, plan }));
  return `${command}\n${error.message}\n\nAfter ${playCount} tries to make it smaller, ${path}:\n${message}\n${describePlan(plan)}`;
}

/** A step and a fault a line. */
export function formatFile({ why, plan: { seed, steps, faults = {} }, sabotage }: PlanFile): string {
  const lines = (texts: readonly string[]) => texts.map((text) => `\n      ${text}`).join(",");
  const listed = lines(Object.entries(faults).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`));
  const parts = [`"seed": ${seed}`, `"steps": [${lines(steps.map((step) => JSON.stringify(step)))}\n    ]`, `"faults": {${listed === "" ? "" : `${listed}\n    `}}`];
  return `{\n  "why": ${JSON.stringify(why)},${sabotage === undefined ? "" : `\n  "sabotage": ${JSON.stringify(sabotage)},`}\n  "plan": {\n    ${parts.join(",\n    ")}\n  }\n}\n`;
}

/** A line a step. */
export function describePlan({ steps, faults = {} }: Plan): string {
  const told = steps.map(({ kind, ms, ...rest }) => [[kind, ...Object.entries(rest).map(([name, value]) => `${name} ${value}`)].join(" "), `${ms} ms pass`].join("; "));
  return [...told, ...Object.entries(faults).map(([place, value]) => `fault: ${place}: ${value}`)].map((line) => `  ${line}`).join("\n");
}

/** What does not hold when it is played; undefined: everything does. */
export async function findFailure({ plan, sabotage }: Pick<PlanFile, "plan" | "sabotage">): Promise<string | undefined> {
  try {
    await playPlan(plan, sabotage);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}
