// Tabs that are killed, frozen, robbed and cut off, on a disk that fails, with messages that are lost, late or double: whatever happens, no
// acknowledged event is lost, no result counts twice, nothing is begun that is not recorded, and every run comes to its end. MILLRACE_SEEDS plays so
// many seeds, MILLRACE_SEED one.
import { expect, test } from "vitest";
import { MIXED, playScript } from "./tab-script.js";

const SEED_COUNT_DEFAULT = 400;
const single = process.env["MILLRACE_SEED"];
const seedCount = Number(process.env["MILLRACE_SEEDS"] ?? SEED_COUNT_DEFAULT);
const seeds = single === undefined ? Array.from({ length: seedCount }, (_, index) => index + 1) : [Number(single)];

test(`tabs under ${seeds.length} seeds`, { timeout: 30 * 60_000 }, async () => {
  const seen = { kills: 0, freezes: 0, failures: 0, heirs: 0 };
  for (const seed of seeds) {
    try {
      const counts = await playScript(seed, MIXED);
      for (const name of ["kills", "freezes", "failures", "heirs"] as const) seen[name] += counts[name];
    } catch (error) {
      throw new Error(`Seed ${seed}: MILLRACE_SEED=${seed} npx vitest run test/simulation/tabs.test.ts\n${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  }
  // The faults were there.
  if (single === undefined) for (const count of Object.values(seen)) expect(count).toBeGreaterThan(seeds.length / 20);
});
