// `npm run prove-properties -- [--rounds N] [--from N] [FILTER …]`: the random tests of fast-check with other seeds than `npm test` has, round after
// round, until one fails. A filter is a part of a test file's path. The last line says which seed failed and the command that plays it again.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runCommand } from "./run-command.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const roundMsMax = 30 * 60_000;

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "10" }, from: { type: "string", default: "1" } },
  allowPositionals: true,
});
const files = readdirSync(new URL("../test", import.meta.url), { recursive: true })
  .map((file) => `test/${file.replaceAll("\\", "/")}`)
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8").includes('from "fast-check"'))
  .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)));
const [first, count] = [Number(values.from), Number(values.rounds)];
if (files.length === 0) throw new Error(`no random test has ${positionals.join(" or ")} in its path`);
if (!Number.isInteger(first) || !Number.isInteger(count) || count < 1) throw new Error("--rounds and --from are whole numbers, --rounds at least 1");

for (let seed = first; seed < first + count; seed += 1) {
  const env = { ...process.env, MILLRACE_PROPERTY_SEED: String(seed) };
  const { code } = await runCommand(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--reporter=dot", ...files], { timeoutMs: roundMsMax, cwd: root, mayFail: true, env });
  if (code !== 0) {
    console.error(`FAILED seed ${seed}: npm run prove-properties -- --rounds 1 --from ${seed} ${positionals.join(" ")}`);
    process.exitCode = 1;
    break;
  }
  console.log(`seed ${seed}: ${files.length} files hold`);
}
