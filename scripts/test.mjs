// Runs every test of the project and adds the runners up. The last line is `N passed, N failed, N skipped`;
// the exit code is 1 when anything failed, when a runner crashed or ran out of time, or when one found no test at all.
// Before that line everything that failed is told once more, so that the end of a long log is enough to know why.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./run-command.mjs";
import { countPlaywright, countVitest, describeCounts, listPlaywrightFailures, listVitestFailures } from "./test-reports.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = join(root, "build", "reports");
const minute = 60_000;
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function tool(...parts) {
  return join(root, "node_modules", ...parts);
}

/** A check without tests of its own counts as one. */
async function runCheck(name, args, timeoutMs) {
  try {
    await runCommand(process.execPath, args, { timeoutMs, cwd: root });
    add(name, { passed: 1, failed: 0, skipped: 0 });
    return true;
  } catch (error) {
    fail(name, firstLine(error));
    add(name, { passed: 0, failed: 1, skipped: 0 });
    return false;
  }
}

/** A runner that writes a JSON report. `count` and `list` read it; a report that is missing or empty is a failure. */
async function runRunner(name, args, reportName, { count, list }, { timeoutMs, env = {} }) {
  const report = join(reports, reportName);
  let failure;
  let code = 1;
  try {
    ({ code } = await runCommand(process.execPath, args(report), {
      timeoutMs,
      cwd: root,
      mayFail: true,
      env: { ...process.env, ...env },
    }));
  } catch (error) {
    failure = firstLine(error);
  }
  const result = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
  const counts = result === undefined ? { passed: 0, failed: 0, skipped: 0 } : count(result);
  if (result !== undefined) failures.push(...list(result));
  if (failure === undefined && code !== 0 && counts.failed === 0) failure = `ended with ${code} although no test failed`;
  if (failure === undefined && counts.passed + counts.failed + counts.skipped === 0) failure = "found no tests";
  if (failure !== undefined) {
    fail(name, failure);
    counts.failed += 1;
  }
  add(name, counts);
}

function fail(name, reason) {
  console.error(`${name}: ${reason}`);
  failures.push(`${name}: ${reason}`);
}

function add(name, counts) {
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(`== ${name}: ${describeCounts(counts)}`);
}

function firstLine(error) {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}

async function runAll() {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  if (!process.env.MILLRACE_CONFORMANCE) {
    console.log("notice: MILLRACE_CONFORMANCE is not set: the recorded cases outside the project are skipped");
  }
  await runCheck("typecheck", [tool("typescript", "bin", "tsc"), "-p", ".", "--noEmit"], 5 * minute);
  await runCheck("lint", [tool("@biomejs", "biome", "bin", "biome"), "lint", "--diagnostic-level=error"], 2 * minute);
  const isBuilt = await runCheck("build", ["scripts/build.mjs"], 5 * minute);
  const vitest = (report) => [tool("vitest", "vitest.mjs"), "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  await runRunner("node tests", vitest, "vitest.json", { count: countVitest, list: listVitestFailures }, { timeoutMs: 22 * minute });
  if (!isBuilt) {
    fail("browser tests", "not run, the build failed");
    add("browser tests", { passed: 0, failed: 1, skipped: 0 });
    return;
  }
  const playwright = () => [tool("@playwright", "test", "cli.js"), "test", "--reporter=list,json"];
  await runRunner("browser tests", playwright, "playwright.json", { count: countPlaywright, list: listPlaywrightFailures }, {
    timeoutMs: 15 * minute,
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, "playwright.json"), MILLRACE_BUILT: "1" },
  });
}

try {
  await runAll();
} catch (error) {
  console.error(error);
  fail("the runner", firstLine(error));
  total.failed += 1;
}
for (const failure of failures) console.log(`FAILED ${failure}`);
if (total.failed > 0) process.exitCode = 1;
console.log(describeCounts(total));
