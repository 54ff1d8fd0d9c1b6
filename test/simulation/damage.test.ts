// Every record of a small database damaged in every way: whatever it is, each run is read as it was written, or is said to be damaged with its
// place; nothing else is thrown, nothing hangs, and the runs that are not touched go on to the ends that they have without damage.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { copyDevice, endAll, makeWorld, openWorld, type World, WORLD_GROUPS } from "./damaged-world.js";
import { apply, type Damage, flips, isBack, losses, readAll, samples, touchable } from "./damages.js";

vi.mock("../../src/engine/limits.js", async (original) => ({
  ...(await original<typeof import("../../src/engine/limits.js")>()),
  CHECKPOINT_INTERVAL_ENTRIES: 8,
}));

/** Failures that are told; there may be thousands. */
const FAILURES_TOLD_MAX = 12;

describe.each(["merged", "fresh"] as const)("a database whose rows are %s", (name) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(WORLD_GROUPS[name]);
  });

  test("has one of everything", () => {
    expect(world.checkpoints.size).toBeGreaterThan(0);
    expect(new Set([...world.told.values()].map(({ record }) => record?.status))).toEqual(new Set(["running", "waiting", "paused", "succeeded", undefined]));
    expect([...world.device.journal(0).rows.values()].some((row) => (row as { readonly level: number }).level > 0)).toBe(name === "merged");
  });

  test("whichever byte is flipped, each run is read as it was, or is damaged", async () => {
    const touchedCount = await sweep(flips(world.device, name === "merged" ? ["rows", "bytes"] : ["rows"]), async (damage) => read(world, damage));
    expect(touchedCount).toBeGreaterThan(1_000);
  });

  test("whatever is lost, cut, exchanged or odd, each run is read as it was, or is damaged", async () => {
    expect(await sweep(losses(world.device), async (damage) => read(world, damage))).toBeGreaterThan(1_000);
  });

  test("open runs that are not touched go on to their ends", async () => {
    expect(await sweep(samples(world.device), async (damage) => goOn(world, damage))).toBeGreaterThan(10);
  });
});

/** Tries each; gives how many did harm. */
async function sweep(damages: Iterable<Damage>, attempt: (damage: Damage) => Promise<boolean>): Promise<number> {
  const failures: string[] = [];
  let count = 0;
  let touchedCount = 0;
  for (const damage of damages) {
    try {
      if (await attempt(damage)) touchedCount += 1;
    } catch (error) {
      failures.push(`${damage.name}: ${error instanceof Error ? error.message : error}`);
    }
    count += 1;
  }
  expect(failures.slice(0, FAILURES_TOLD_MAX), `${failures.length} of ${count} failed`).toEqual([]);
  return touchedCount;
}

async function read(world: World, damage: Damage): Promise<boolean> {
  const mayTouch = await touchable(world, damage);
  const mend = apply(world.device, damage);
  try {
    return (await readAll(world, damage, mayTouch)).size > 0;
  } finally {
    mend();
  }
}

async function goOn(world: World, damage: Damage): Promise<boolean> {
  const mayTouch = await touchable(world, damage);
  const device = copyDevice(world.device);
  apply(device, damage);
  const opened = await openWorld(device, world.now);
  const ends = await endAll(opened, [...world.ends.keys()]);
  await opened.engine.close();
  let isHarmed = false;
  for (const [runId, end] of world.ends) {
    const found = ends.get(runId);
    if (found === end || isBack(world, damage, runId)) continue;
    const [said = "", of = ""] = found?.split(" ") ?? [];
    // A parent waits for a child that cannot go on, or hears of its damage when it is taken up.
    const isParent = [...mayTouch].some((touched) => touched.startsWith(`${runId}~`)) && (said === "open" || of.startsWith(`${runId}~`));
    if (!isParent && !(said === "store/damaged" && of === runId && mayTouch.has(runId))) throw new Error(`${runId} is "${found}" in the end, not "${end}"`);
    isHarmed = true;
  }
  return isHarmed;
}
