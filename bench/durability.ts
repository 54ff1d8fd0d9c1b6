// What durability costs: runs a second, the latency of a step, a start with many open runs, pages and counts over very many, stored bytes, removal.
// In a Chromium of its own on a profile on disk: the IndexedDB of a page without a profile is in memory.
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BrowserContext, chromium, type Page } from "playwright";
import { build } from "vite";
import { sourceUrls } from "../scripts/source-urls.mjs";
import { serveFolders } from "../scripts/static-server.mjs";
import type { Throughput } from "./durability/options.js";
import type {} from "./durability/page.js";
import type { BrowserLaunch } from "./host.js";
import { formatTable } from "./report.js";

const BENCH_FOLDER = fileURLToPath(new URL(".", import.meta.url));
const LAUNCH_TIME_MS_MAX = 60_000;
/** A renderer that is kept in reserve would hide which one belongs to a page. */
const NO_SPARE = "--disable-features=SpareRendererForSitePerProcess";
const FSYNC_COUNT = 50;
const OPEN_RUNS = 10_000;
const RESTORE_COUNT = 5;
const HELD_RUNS = 50;
const KILL_COUNT = 40;
/** The heir has heard of the other tab's runs by then, ms. */
const HEAR_MS = 600;
const BYTES_RUNS = 10_000;
const CROWD_SIZE = 1_000;
const CLEAN_RUNS = 100_000;

const USAGE = `node bench/durability.mjs [--only NAME,NAME] [--large] [--quick] [--profile FOLDER]
  --only NAME,NAME  of: runs, latency, ids, start, takeover, pages, clean, bytes
  --large           pages over 1,000,000 runs as well
  --quick           fewer rounds: figures to look at, not to quote
  --profile FOLDER  instead of measuring, record CPU profiles of runs and of a start in the page's own thread (open in DevTools)`;

interface Bench {
  readonly isQuick: boolean;
  readonly isLarge: boolean;
  /** A new page in the same profile; `work` may keep it open. */
  withPage<T>(work: (page: Page) => Promise<T>): Promise<T>;
  /** Ids of the processes of pages. */
  findRenderers(): Promise<readonly number[]>;
}

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  runs: measureRuns,
  latency: measureLatency,
  ids: measureOwnIds,
  start: measureStart,
  takeover: measureTakeover,
  pages: measurePages,
  clean: measureCleaning,
  bytes: measureBytes,
};

/** Runs the command. Returns its exit code. */
export async function measureDurability(args: readonly string[], findLaunch: () => Promise<BrowserLaunch>): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { only: { type: "string" }, large: { type: "boolean" }, quick: { type: "boolean" }, profile: { type: "string" }, help: { type: "boolean" } } });
  const names = values.only?.split(",") ?? Object.keys(PARTS);
  if (values.help === true || names.some((name) => PARTS[name] === undefined)) {
    console.log(USAGE);
    return values.help === true ? 0 : 1;
  }
  const folder = join(BENCH_FOLDER, "../build/durability");
  await buildPage(folder, values.profile !== undefined);
  const server = await serveFolders({ folders: { "/": folder } });
  const launch = await findLaunch();
  try {
    if (values.profile !== undefined) return await withBrowser(launch, (context) => recordProfiles(context, server.url, resolve(values.profile as string)));
    for (const name of names) await withBrowser(launch, (context) => measurePart(name, context, server.url, { isQuick: values.quick === true, isLarge: values.large === true }));
    return 0;
  } finally {
    await server.close();
  }
}

async function measurePart(name: string, context: BrowserContext, url: string, options: Pick<Bench, "isQuick" | "isLarge">): Promise<void> {
  console.log(`\n### ${name}\n`);
  console.log(`${context.browser()?.version() ?? ""}; load average ${(loadavg()[0] ?? 0).toFixed(1)}; fsync of 4 KB: ${formatMs(percentile(timeSyncs(), 0.5))} median\n`);
  await PARTS[name]?.({ ...options, withPage: (work) => withPage(context, url, work), findRenderers: () => findRenderers(context) });
}

async function buildPage(outFolder: string, isReadable: boolean): Promise<void> {
  await build({
    configFile: false,
    root: join(BENCH_FOLDER, "durability"),
    base: "./",
    logLevel: "error",
    plugins: [sourceUrls()],
    build: { outDir: outFolder, emptyOutDir: true, target: "es2022", minify: isReadable ? false : "oxc", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 10_000 },
    worker: { format: "es", plugins: () => [sourceUrls()] },
  });
}

async function withBrowser<T>(launch: BrowserLaunch, work: (context: BrowserContext) => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), "millrace-profile-"));
  const context = await chromium.launchPersistentContext(profile, { ...launch, args: [...launch.args, NO_SPARE], headless: true, timeout: LAUNCH_TIME_MS_MAX });
  try {
    return await work(context);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function withPage<T>(context: BrowserContext, url: string, work: (page: Page) => Promise<T>): Promise<T> {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.log(`the page failed: ${error.message}`));
  await page.goto(url);
  await page.waitForFunction(() => (window as { durability?: unknown }).durability !== undefined);
  try {
    return await work(page);
  } finally {
    await page.close();
  }
}

async function findRenderers(context: BrowserContext): Promise<readonly number[]> {
  const session = await context.browser()?.newBrowserCDPSession();
  if (session === undefined) throw new Error("the browser does not tell its processes");
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

// --- the parts ------------------------------------------------------------------------------------------------------

async function measureRuns({ isQuick, withPage }: Bench): Promise<void> {
  const roundCount = isQuick ? 3 : 7;
  const rows: string[][] = [];
  for (const live of [1_000, 200]) {
    for (const where of ["worker", "engine"] as const) {
      for (const durability of ["relaxed", "strict", "none"] as const) {
        const options: Throughput = { where, durability, live, runCount: 10_000, roundCount };
        const samples = await withPage((page) => page.evaluate((given) => window.durability.throughput(given), options));
        const median = percentile(samples, 0.5);
        rows.push([`${where}, ${durability}, ${live.toLocaleString("en")} live`, formatCount(1e6 / median), `${median.toFixed(1)} µs`, `${percentile(samples, 0.1).toFixed(1)} – ${percentile(samples, 0.9).toFixed(1)} µs`]);
      }
    }
  }
  printTable(["runs of three steps", "per second", "per run", "p10 – p90"], rows);
}

async function measureLatency({ isQuick, withPage }: Bench): Promise<void> {
  const rows: string[][] = [];
  for (const where of ["worker", "engine"] as const) {
    const samples = await withPage((page) => page.evaluate(([place, count]) => window.durability.latency(place, count), [where, isQuick ? 300 : 2_000] as const));
    const none = samples["none"] ?? [];
    for (const durability of ["relaxed", "strict"]) {
      const times = samples[durability] ?? [];
      const added = (part: number): string => formatMs(percentile(times, part) - percentile(none, part));
      rows.push([`${where}, ${durability}`, formatMs(percentile(times, 0.5)), added(0.5), added(0.95), added(0.99)]);
    }
  }
  printTable(["one event", "median", "added, median", "p95", "p99"], rows);
}

async function measureOwnIds({ isQuick, withPage }: Bench): Promise<void> {
  const { alone, crowd } = await withPage((page) => page.evaluate(([count, size]) => window.durability.ownIds(count, size), [isQuick ? 100 : 1_000, CROWD_SIZE] as const));
  const row = (name: string, kind: "made" | "own"): string[] => [name, formatMs(percentile(alone[kind], 0.5)), formatMs(percentile(alone[kind], 0.95)), formatCount(percentile(crowd[kind], 0.5))];
  printTable(["a run is started", "alone, median", "p95", `${CROWD_SIZE.toLocaleString("en")} at once, per second`], [row("with an id that the engine makes", "made"), row("with an id of one's own", "own")]);
}

async function measureStart({ isQuick, withPage }: Bench): Promise<void> {
  await withPage((page) => page.evaluate((count) => window.durability.openRuns(count), OPEN_RUNS));
  const rows: string[][] = [];
  for (const where of ["worker", "engine"] as const) {
    const first: number[] = [];
    const last: number[] = [];
    for (let round = 0; round < (isQuick ? 2 : RESTORE_COUNT); round += 1) {
      const { firstMs, lastMs } = await withPage((page) => page.evaluate(([place, count]) => window.durability.restoreRuns(place, count), [where, OPEN_RUNS] as const));
      first.push(firstMs);
      last.push(lastMs);
    }
    rows.push([where, formatMs(percentile(first, 0.5)), formatMs(percentile(last, 0.5)), formatMs(Math.max(...last))]);
  }
  printTable([`start with ${OPEN_RUNS.toLocaleString("en")} open runs`, "first moves", "all move", "at worst"], rows);
}

async function measureTakeover({ isQuick, withPage, findRenderers }: Bench): Promise<void> {
  const [first, all]: [number[], number[]] = [[], []];
  for (let round = 0; round < (isQuick ? 10 : KILL_COUNT); round += 1) {
    const name = `takeover-${round}`;
    await withPage(async (victim) => {
      const ids = await findRenderers();
      await victim.evaluate(([database, count]) => window.durability.holdRuns(database, count), [name, HELD_RUNS] as const);
      await withPage(async (heir) => {
        await heir.evaluate(([database, count]) => window.durability.awaitHeritage(database, count), [name, HELD_RUNS] as const);
        await sleep(HEAR_MS);
        const killedAt = Date.now();
        for (const id of ids) process.kill(id, "SIGKILL");
        const { firstAt, allAt } = await heir.evaluate(() => window.durability.inherit());
        first.push(firstAt - killedAt);
        all.push(allAt - killedAt);
      });
    });
  }
  const row = (times: readonly number[]): readonly string[] => [0.5, 0.95, 1].map((part) => formatMs(percentile(times, part)));
  printTable([`${HELD_RUNS} runs of a tab that was killed, ${first.length} times`, "p50", "p95", "longest"], [["the first is moved by another tab", ...row(first)], ["all are", ...row(all)]]);
}

async function measurePages({ isLarge, withPage }: Bench): Promise<void> {
  for (const count of isLarge ? [100_000, 1_000_000] : [100_000]) {
    await withPage((page) => page.evaluate((given) => indexedDB.deleteDatabase("many-runs") && window.durability.fillRuns(given), count));
    const { openMs, firstMs, samples } = await withPage((page) => page.evaluate((given) => window.durability.pages(given), count));
    console.log(`${count.toLocaleString("en")} runs: opened in ${formatMs(openMs)}, first count after ${formatMs(firstMs)}\n`);
    printTable([`${count.toLocaleString("en")} runs`, "median", "p95"], Object.entries(samples).map(([name, times]) => [name, formatMs(percentile(times, 0.5)), formatMs(percentile(times, 0.95))]));
  }
}

async function measureCleaning({ withPage }: Bench): Promise<void> {
  await withPage((page) => page.evaluate((count) => window.durability.fillRuns(count), CLEAN_RUNS));
  const { runCount, totalMs, lateness, longTaskCount } = await withPage((page) => page.evaluate(() => window.durability.clean()));
  printTable(["removed by age", "in", "timer of 5 ms late, p99", "at worst", "long tasks"], [[runCount.toLocaleString("en"), formatMs(totalMs), formatMs(percentile(lateness, 0.99)), formatMs(Math.max(0, ...lateness)), String(longTaskCount)]]);
}

async function measureBytes({ withPage }: Bench): Promise<void> {
  const { runCount, storedBytes, jsonBytes, parts, sample } = await withPage((page) => page.evaluate((count) => window.durability.bytes(count), BYTES_RUNS));
  console.log(`an input of ${sample.length} characters: ${sample.slice(0, 300)}…\n`);
  const rows = Object.entries(parts).map(([name, size]) => [name, `${(size / runCount).toFixed(0)} B`]);
  printTable(["a finished run of ten steps", "bytes"], [...rows, ["stored in all", `${(storedBytes / runCount).toFixed(0)} B`], ["its events as JSON", `${(jsonBytes / runCount).toFixed(0)} B`], ["smaller by", `${(jsonBytes / storedBytes).toFixed(1)}x`]]);
}

async function recordProfiles(context: BrowserContext, url: string, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  for (const [live, durability] of [[1_000, "relaxed"], [200, "relaxed"], [1_000, "none"]] as const) {
    const options = { where: "engine", durability, live, runCount: 20_000, roundCount: 2 } as const;
    await recordProfile(context, url, join(folder, `runs-${live}-${durability}.cpuprofile`), (page) => page.evaluate((given) => window.durability.throughput(given), options));
  }
  await withPage(context, url, (page) => page.evaluate((count) => window.durability.openRuns(count), OPEN_RUNS));
  await recordProfile(context, url, join(folder, "start.cpuprofile"), (page) => page.evaluate((count) => window.durability.restoreRuns("engine", count), OPEN_RUNS));
  return 0;
}

async function recordProfile(context: BrowserContext, url: string, file: string, work: (page: Page) => Promise<unknown>): Promise<void> {
  await withPage(context, url, async (page) => {
    const session = await context.newCDPSession(page);
    await session.send("Profiler.enable");
    await session.send("Profiler.setSamplingInterval", { interval: 200 });
    await session.send("Profiler.start");
    await work(page);
    const { profile } = await session.send("Profiler.stop");
    writeFileSync(file, JSON.stringify(profile));
  });
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`${formatTable([head, ...rows])}\n`);
}

// --- figures --------------------------------------------------------------------------------------------------------

/** Milliseconds of each of a number of small appends that are told to the device. */
function timeSyncs(): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), "millrace-fsync-"));
  const file = openSync(join(folder, "file"), "w");
  const times: number[] = [];
  for (let index = 0; index < FSYNC_COUNT; index += 1) {
    writeSync(file, Buffer.alloc(4_096, index));
    const startedAt = performance.now();
    fsyncSync(file);
    times.push(performance.now() - startedAt);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return times;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function formatMs(ms: number): string {
  return ms >= 100 ? `${ms.toFixed(0)} ms` : ms >= 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`;
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}
