// Runs every test of the project and adds the runners up. The last line is `N passed, N failed, N skipped`;
// the exit code is 1 when anything failed, when a runner crashed or ran out of time, or when one found no test at all.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./run-command.mjs";
import { countPlaywright, countVitest, describeCounts } from "./test-counts.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = join(root, "build", "reports");
const minute = 60_000;
const total = { passed: 0, failed: 0, skipped: 0 };

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
    console.error(`${name}: ${firstLine(error)}`);
    add(name, { passed: 0, failed: 1, skipped: 0 });
    return false;
  }
}

/** A runner that writes a JSON report. `count` reads it; a report that is missing or empty is a failure. */
async function runRunner(name, args, reportName, count, { timeoutMs, env = {} }) {
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
  const counts = existsSync(report) ? count(JSON.parse(readFileSync(report, "utf8"))) : { passed: 0, failed: 0, skipped: 0 };
  if (failure === undefined && code !== 0 && counts.failed === 0) failure = `ended with ${code} although no test failed`;
  if (failure === undefined && counts.passed + counts.failed + counts.skipped === 0) failure = "found no tests";
  if (failure !== undefined) {
    console.error(`${name}: ${failure}`);
    counts.failed += 1;
  }
  add(name, counts);
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
  await runRunner("node tests", vitest, "vitest.json", countVitest, { timeoutMs: 22 * minute });
  if (!isBuilt) {
    console.error("browser tests: not run, the build failed");
    add("browser tests", { passed: 0, failed: 1, skipped: 0 });
    return;
  }
  const playwright = () => [tool("@playwright", "test", "cli.js"), "test", "--reporter=list,json"];
  await runRunner("browser tests", playwright, "playwright.json", countPlaywright, {
    timeoutMs: 15 * minute,
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, "playwright.json"), MILLRACE_BUILT: "1" },
  });
}

try {
  await runAll();
} catch (error) {
  console.error(error);
  total.failed += 1;
}
if (total.failed > 0) process.exitCode = 1;
console.log(describeCounts(total));
