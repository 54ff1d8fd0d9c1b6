// The browser's side seen from Node: bundles the page, serves it on loopback under the policy that embedders use, and
// runs scenarios in a Chromium of its own.
import { createServer, type Server } from "node:http";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { chromium, type Browser, type Page } from "playwright";
import { build } from "vite";
import { sourceUrls } from "../scripts/source-urls.mjs";
import type { Scenario } from "./catalogue.js";
import type { SamplingPlan } from "./options.js";
import type { ScenarioOutcome } from "./page/page.js";

/** The policy under which everything is measured: no eval, no inline code, WebAssembly allowed. */
export const CONTENT_SECURITY_POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
/** The same with code from strings, for the scenarios in which peers that need it take part; ours run in the same page. */
export const OPEN_CONTENT_SECURITY_POLICY = CONTENT_SECURITY_POLICY.replace("'wasm-unsafe-eval'", "'wasm-unsafe-eval' 'unsafe-eval'");
/** What the page's address says where it is to be served with that. */
const OPEN_QUERY = "?code-from-strings";
/** A scenario that takes longer than this is given up, ms. */
export const SCENARIO_TIME_MS_MAX = 600_000;
const LAUNCH_TIME_MS_MAX = 60_000;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".md": "text/markdown; charset=utf-8",
};

/** How set-up says a browser is to be launched. */
export interface BrowserLaunch {
  readonly executablePath: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

export interface BenchHost {
  readonly browserVersion: string;
  /** `isOpen`: in a page that may make code from strings. */
  runScenario(id: string, plan: SamplingPlan, isOpen: boolean): Promise<ScenarioOutcome>;
  /** Records a CPU profile of one subject at work and writes it to `file`. Gives ns per operation while profiled. */
  profileSubject(scenario: Scenario, subject: string, timeMs: number, file: string): Promise<number>;
  close(): Promise<void>;
}

/** Bundles `bench/page` into `outFolder`: minified as an embedder would, or readable for profiles. */
export async function buildPage(benchFolder: string, outFolder: string, isReadable: boolean): Promise<void> {
  await build({
    configFile: false,
    root: join(benchFolder, "page"),
    base: "./",
    logLevel: "error",
    plugins: [sourceUrls()],
    build: { outDir: outFolder, emptyOutDir: true, target: "es2022", minify: isReadable ? false : "oxc", assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 10_000 },
    worker: { format: "es", plugins: () => [sourceUrls()] },
  });
}

/** Serves `folder` and launches a browser for it. */
export async function openHost(folder: string, launch: BrowserLaunch): Promise<BenchHost> {
  const { server, origin } = await serveFolder(folder);
  const browser = await chromium.launch({ ...launch, args: [...launch.args], headless: true, timeout: LAUNCH_TIME_MS_MAX });
  return {
    browserVersion: browser.version(),
    runScenario: (id, plan, isOpen) =>
      withPage(browser, `${origin}/index.html${isOpen ? OPEN_QUERY : ""}`, (page) =>
        page.evaluate(([name, sampling]) => window.bench.runScenario(name, sampling), [id, plan] as const),
      ),
    profileSubject: (scenario, subject, timeMs, file) => withPage(browser, `${origin}/index.html`, (page) => recordProfile(page, scenario.id, subject, timeMs, file)),
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A fresh context, hence a fresh renderer process and empty storage, per scenario. */
async function withPage<T>(browser: Browser, url: string, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const problems: string[] = [];
    await page.exposeFunction("readHeapSize", await makeHeapReader(page));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
    await page.goto(url);
    await page.waitForFunction(() => "bench" in window, undefined, { timeout: LAUNCH_TIME_MS_MAX }).catch(() => {
      throw new Error(`The benchmark page did not start: ${problems.join("; ") || "no reason given"}`);
    });
    return await limitTime(work(page), SCENARIO_TIME_MS_MAX);
  } finally {
    await context.close();
  }
}

/** Reads what the page's scripts keep in use, after a collection of garbage. */
async function makeHeapReader(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  return async () => {
    await session.send("HeapProfiler.collectGarbage");
    const usage: { usedSize: number; backingStorageSize?: number } = await session.send("Runtime.getHeapUsage");
    return usage.usedSize + (usage.backingStorageSize ?? 0);
  };
}

async function recordProfile(page: Page, id: string, subject: string, timeMs: number, file: string): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: 200 });
  await session.send("Profiler.start");
  const nanoseconds = await page.evaluate(([name, who, time]) => window.bench.exercise(name, who, time), [id, subject, timeMs] as const);
  const { profile } = await session.send("Profiler.stop");
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, JSON.stringify(profile));
  return nanoseconds;
}

async function limitTime<T>(work: Promise<T>, timeMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${timeMs / 1000} s`)), timeMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

async function serveFolder(folder: string): Promise<{ server: Server; origin: string }> {
  const server = createServer((request, response) => {
    const policy = request.url?.endsWith(OPEN_QUERY) ? OPEN_CONTENT_SECURITY_POLICY : CONTENT_SECURITY_POLICY;
    const path = normalize(decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/"));
    readFile(join(folder, path)).then(
      (bytes) => {
        response.writeHead(200, { "content-type": CONTENT_TYPES[extname(path)] ?? "application/octet-stream", "content-security-policy": policy });
        response.end(bytes);
      },
      () => {
        response.writeHead(404).end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the benchmark server has no port");
  return { server, origin: `http://127.0.0.1:${address.port}` };
}
