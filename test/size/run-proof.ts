// The command `npm run prove-size -- [--items N] [--tasks N] [--context BYTES]`: large runs to their end, within their bounds of memory.
// 0 leaves one out. What is over its bound, or wrong, fails the command.
import { parseArgs } from "node:util";
import { describeMeasurement, isWithin, type Measurement, measureContext, measureItems, measureTasks } from "./proof.js";

const DEFAULTS = { items: "100000", tasks: "1000000", context: "100000000" };
const PROOFS: Readonly<Record<keyof typeof DEFAULTS, (size: number) => Promise<readonly Measurement[]>>> = {
  items: measureItems,
  tasks: measureTasks,
  context: measureContext,
};

/** Runs the command. Returns its exit code. */
export async function proveSizes(argv: readonly string[]): Promise<number> {
  const option = (name: keyof typeof DEFAULTS) => ({ type: "string", default: DEFAULTS[name] }) as const;
  const { values } = parseArgs({ args: [...argv], options: { items: option("items"), tasks: option("tasks"), context: option("context") } });
  let failureCount = 0;
  for (const name of ["items", "tasks", "context"] as const) {
    const size = Number(values[name]);
    for (const measurement of size === 0 ? [] : await PROOFS[name](size)) {
      if (!isWithin(measurement)) failureCount += 1;
      console.log(`${isWithin(measurement) ? "within" : "OVER  "}  ${describeMeasurement(measurement)}`);
    }
  }
  return failureCount === 0 ? 0 : 1;
}
