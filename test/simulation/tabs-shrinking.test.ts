// The simulation of tabs finds what is broken on purpose, and makes it small; plans that failed once are played again.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findFailure, formatFile, type PlanFile } from "./tabs/failure.js";
import { makePlan } from "./tabs/plan.js";
import { kindOf, shrink } from "./tabs/shrink.js";
import { playPlan, playSeed, type Sabotage, Violation } from "./tabs/stage.js";

const FIXTURES = new URL("../fixtures/simulation/", import.meta.url);

/** How a seed fails, and its faults. */
async function failureOf(seed: number, sabotage: Sabotage): Promise<Violation> {
  const error = await playPlan(makePlan(seed), sabotage).then(
    () => undefined,
    (why: unknown) => why,
  );
  if (!(error instanceof Violation)) throw new Error(`Seed ${seed} does not fail: ${error}`);
  return error;
}

test("a disk that forgets a group that it has acknowledged is found, and made small", async () => {
  const sabotage = { forgets: { journal: 0, group: 6 } };
  const seed = 7;
  const failure = await failureOf(seed, sabotage);
  const before = makePlan(seed);
  const { plan, message } = await shrink({ ...before, faults: failure.faults }, failure.message, { sabotage });
  expect(before.steps.length).toBeGreaterThan(30);
  expect(plan.steps.length).toBeLessThanOrEqual(4);
  expect(plan.faults).toEqual({});
  expect(kindOf(message)).toBe(kindOf(failure.message));
  expect(await findFailure({ plan, sabotage })).toBe(message);
  expect(await findFailure({ plan })).toBeUndefined();
  expect(JSON.parse(formatFile({ why: message, plan, sabotage }))).toEqual({ why: message, plan, sabotage });
});

test("the same seed, and the faults that it met as a list, go the same way", async () => {
  const sabotage = { forgets: { journal: 0, group: 9 } };
  let count = 0;
  for (let seed = 1; seed <= 12; seed += 1) {
    const failure = await failureOf(seed, sabotage).catch(() => undefined);
    if (failure === undefined) {
      expect(await playSeed(seed)).toEqual(await playSeed(seed));
      continue;
    }
    count += 1;
    expect((await failureOf(seed, sabotage)).faults).toEqual(failure.faults);
    expect(await findFailure({ plan: { ...makePlan(seed), faults: failure.faults }, sabotage })).toBe(failure.message);
  }
  expect(count).toBeGreaterThan(3);
});

test.each(readdirSync(FIXTURES).filter((name) => name.endsWith(".json")))("%s", async (name) => {
  const file = JSON.parse(readFileSync(new URL(name, FIXTURES), "utf8")) as PlanFile;
  expect(await findFailure({ plan: file.plan })).toBeUndefined();
  if (file.sabotage !== undefined) expect(await findFailure(file)).toBeTypeOf("string");
});
