// The benchmark program: reads the command line, runs the scenarios one after the other, prints and saves the results.
import { readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SCENARIOS, type Scenario } from "./catalogue.js";
import { buildPage, openHost, type BenchHost, type BrowserLaunch } from "./host.js";
import { OptionsError, SAMPLING_FULL, SAMPLING_QUICK, USAGE, parseOptions, type BenchOptions } from "./options.js";
import { formatEnvironment, formatScenario, formatTarget, formatTime } from "./report.js";
import type { ScenarioOutcome } from "./page/page.js";
import { formatWays, summarizeWays } from "./way-summary.js";
import { RESULTS_VERSION, summarizeScenario, type BenchResults, type Environment, type ScenarioResult } from "./results.js";

const BENCH_FOLDER = fileURLToPath(new URL(".", import.meta.url));
const ROOT_FOLDER = resolve(BENCH_FOLDER, "..");
const PEER_PACKAGES = [
  "xstate", "robot3", "@goplasmatic/dataflow-wasm", "@marcbachmann/cel-js", "mermaid",
  "@bufbuild/cel", "cel-js", "json-logic-engine", "jexl", "jsonata", "filtrex",
];
const PROFILE_TIME_MS = 3_000;

/** Runs what the arguments ask for, in the browser that `findBrowser` gives. Gives the process's exit code: 0, 1 where a subject failed or disagreed, 2 for a bad command line. A missed target is no failure. */
export async function runBenchmarks(args: readonly string[], findBrowser: () => Promise<BrowserLaunch | undefined>): Promise<number> {
  const ids = SCENARIOS.map((scenario) => scenario.id);
  let options: BenchOptions;
  try {
    options = parseOptions(args, ids);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    return 2;
  }
  if (options.isHelp) {
    console.log(`${USAGE}\nScenarios: ${ids.join(", ")}`);
    return 0;
  }
  const scenarios = SCENARIOS.filter((scenario) => options.only.length === 0 || options.only.includes(scenario.id));
  const launch = await findBrowser();
  if (launch === undefined) {
    console.error("No Chromium was found; CHROME_PATH may name one.");
    return 1;
  }
  // A folder of this process's own: two runs side by side do not meet.
  const pageFolder = join(ROOT_FOLDER, "build", "bench", String(process.pid));
  await buildPage(BENCH_FOLDER, pageFolder, options.profile !== undefined);
  const loadBefore = loadavg()[0] ?? 0;
  const host = await openHost(pageFolder, launch);
  try {
    if (options.profile !== undefined) return await profileScenarios(host, scenarios, resolve(options.profile));
    return await measureScenarios(host, scenarios, options, await describeEnvironment(host.browserVersion, loadBefore));
  } finally {
    await host.close();
    await rm(pageFolder, { recursive: true, force: true });
  }
}

async function measureScenarios(host: BenchHost, scenarios: readonly Scenario[], options: BenchOptions, environment: Environment): Promise<number> {
  const plan = options.isQuick ? SAMPLING_QUICK : SAMPLING_FULL;
  const done: ScenarioResult[] = [];
  let failureCount = 0;
  console.log(formatEnvironment(environment, options.isQuick));
  for (const scenario of scenarios) {
    const { measured, disagreement } = await host.runScenario(scenario.id, plan, scenario.load.family === "way").catch(describeFailure);
    if (disagreement !== undefined) {
      console.log(`\n${scenario.id}: NOT MEASURED: ${disagreement}`);
      failureCount += 1;
      continue;
    }
    const result = summarizeScenario(scenario, measured);
    failureCount += result.subjects.filter((subject) => subject.failure !== undefined).length;
    done.push(result);
    console.log(`\n${formatScenario(result)}`);
  }
  printTargets(done);
  const ways = summarizeWays(done);
  if (ways !== undefined) console.log(`\n${formatWays(ways)}`);
  if (options.json !== undefined) {
    const results: BenchResults = { version: RESULTS_VERSION, date: new Date().toISOString(), isQuick: options.isQuick, environment, scenarios: done };
    await writeFile(resolve(options.json), `${JSON.stringify(results, undefined, 1)}\n`);
  }
  return failureCount === 0 ? 0 : 1;
}

function describeFailure(error: unknown): ScenarioOutcome {
  return { measured: [], disagreement: error instanceof Error ? error.message : String(error) };
}

function printTargets(scenarios: readonly ScenarioResult[]): void {
  const targets = scenarios.flatMap((scenario) => scenario.targets.map((target) => ({ scenario, target })));
  if (targets.length === 0) return;
  console.log(`\nTargets: ${targets.filter(({ target }) => target.isMet).length} of ${targets.length} met`);
  for (const { scenario, target } of targets) console.log(`  ${scenario.id}: ${formatTarget(target)}`);
}

async function profileScenarios(host: BenchHost, scenarios: readonly Scenario[], folder: string): Promise<number> {
  for (const scenario of scenarios) {
    for (const { name } of scenario.subjects.filter((subject) => subject.isOurs)) {
      const file = join(folder, `${scenario.id}-${name.replace(/\W+/g, "-")}.cpuprofile`);
      const nanoseconds = await host.profileSubject(scenario, name, PROFILE_TIME_MS, file).catch((error: unknown) => {
        if (!String(error).includes("LeftOut")) throw error;
      });
      if (nanoseconds === undefined) console.log(`${scenario.id} ${name}: left out`);
      else console.log(`${scenario.id} ${name}: ${formatTime(nanoseconds)} per ${scenario.operation} while profiled; ${file}`);
    }
  }
  return 0;
}

async function describeEnvironment(browser: string, loadBefore: number): Promise<Environment> {
  const versions: Record<string, string> = {};
  for (const name of PEER_PACKAGES) versions[name] = await readVersion(join(ROOT_FOLDER, "node_modules", name, "package.json"));
  const cores = cpus();
  return {
    browser,
    cpu: cores[0]?.model.trim() ?? "unknown",
    coreCount: cores.length,
    memorySizeGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.versions.node,
    loadBefore,
    versions: { millrace: await readVersion(join(ROOT_FOLDER, "package.json")), ...versions },
  };
}

async function readVersion(file: string): Promise<string> {
  const value: unknown = JSON.parse(await readFile(file, "utf8"));
  return typeof value === "object" && value !== null && "version" in value ? String(value.version) : "unknown";
}
