// The command `npm run prove-numbers -- [--count N] [--seed N]`: number text against V8, both ways. The first fault ends it.
import { parseArgs } from "node:util";
import { seedAt } from "../../src/base/prng.js";
import { Chance } from "./chance.js";
import { HARD_TEXTS, NumberProof } from "./numbers.js";

/** Doubles that one seed makes. */
const PART_COUNT = 10_000;

/** Runs the command. Returns its exit code. */
export async function proveNumbers(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { count: { type: "string", default: "10000000" }, seed: { type: "string", default: "1" } } });
  const count = Number(values.count);
  const seed = Number(values.seed) >>> 0;
  const proof = await NumberProof.open();
  for (const text of HARD_TEXTS) {
    const fault = proof.faultOfText(text) ?? proof.faultOf(Number(text));
    if (fault !== undefined) return fail(fault);
  }
  const start = performance.now();
  for (let done = 0; done < count; done += PART_COUNT) {
    const chance = new Chance(seedAt(seed, done / PART_COUNT));
    for (let index = 0; index < Math.min(PART_COUNT, count - done); index += 1) {
      const fault = proof.step(chance);
      if (fault !== undefined) return fail(`seed ${seed}, double ${done + index}: ${fault}`);
    }
    if (done > 0 && done % 1_000_000 === 0) console.log(`${done} doubles`);
  }
  const seconds = (performance.now() - start) / 1_000;
  console.log(`${count} doubles and ${HARD_TEXTS.length} hard texts are exact both ways (seed ${seed}, ${Math.round(count / seconds)}/s)`);
  return 0;
}

function fail(fault: string): number {
  console.error(`FAILED ${fault}`);
  return 1;
}
