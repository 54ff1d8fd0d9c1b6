// How smooth the playground is while a large run goes on in it: time between frames, long tasks, and how soon a button answers. Drives the
// built playground in a Chromium of its own, as a person sees it: diagram, run panel with history, tasks at work.
import { mkdir, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type CDPSession, type Page } from "playwright";
import type { BrowserLaunch } from "./host.js";
import { formatTable } from "./report.js";

const ROOT_FOLDER = fileURLToPath(new URL("..", import.meta.url));
const PREFIX = "millrace-playground:";
const RUN_TIME_MS_MAX = 300_000;
const SCROLL_COUNT = 120;
const SCROLL_STEP = 900;

const USAGE = "node bench/frames.mjs [--only NAME,NAME] [--profile FOLDER]   (needs a built playground: node scripts/build.mjs --playground)";

interface FrameScenario {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly delayMs: number;
  /** Too long to be traced. */
  readonly isLong?: boolean;
  readonly tab?: string;
  /** What is done while frames are counted; default: nothing until the run has ended. */
  readonly act?: (page: Page) => Promise<void>;
  /** What is done after the run has ended, before frames are counted. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** What the page counted of itself. */
interface FrameCounts {
  readonly intervals: readonly number[];
  readonly tasks: readonly number[];
  readonly events: readonly { readonly name: string; readonly duration: number }[];
}

interface FrameReading extends FrameCounts {
  /** From the start of the run. */
  readonly totalMs: number;
  readonly workMs: number;
  /** The longest task of the page's thread, in time of the processor. */
  readonly taskMsMax: number | undefined;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

function writeItems(count: number, concurrency: number): string {
  return `millrace: 1
name: many-checks
vars: {answered: 0}
tasks:
  list_servers:
    action: pass
    input: "{{ lists.range(${count}).map(n, 'server-' + string(n)) }}"
    next: [check]
  check:
    with: {items: "{{ tasks.list_servers.result }}", concurrency: ${concurrency}, on_failure: continue}
    action: runChecks
    input: {host: "{{ item }}", number: "{{ index }}"}
    next:
      - publish: {answered: "{{ size(result) }}"}
        do: report
  report:
    action: notify
    input: {channel: operations, text: "{{ vars.answered }} answered"}
output: {answered: "{{ vars.answered }}"}
`;
}

/** Levels of parallel tasks, each level after the one before, gone through several times. */
function writeLevels(levelCount: number, width: number, roundCount: number): string {
  const lines = ["millrace: 1", "name: levels", "vars: {round: 0}", "tasks:", "  open:", "    action: pass", "    input: 1", "    next: [begin]", "  begin:", "    action: pass", "    input: 1"];
  const nameLevel = (level: number): string => `[${Array.from({ length: width }, (_, at) => `t${level}_${at}`).join(", ")}]`;
  lines.push("    next:", `      - publish: {round: "{{ vars.round + 1 }}"}`, `        do: ${nameLevel(0)}`);
  for (let level = 0; level < levelCount; level += 1) {
    for (let at = 0; at < width; at += 1)
      lines.push(`  t${level}_${at}:`, "    action: runChecks", `    input: {number: ${at}}`, `    next: [j${level}]`);
    lines.push(`  j${level}:`, "    join: all", "    action: pass", "    input: 1");
    if (level + 1 < levelCount) lines.push("    next:", `      - do: ${nameLevel(level + 1)}`);
    else lines.push("    next:", `      - when: vars.round < ${roundCount}`, "        do: begin");
  }
  return `${lines.join("\n")}\n`;
}

async function scroll(page: Page): Promise<void> {
  await page.locator("#run-section").hover();
  for (let index = 0; index < SCROLL_COUNT; index += 1) {
    await page.mouse.wheel(0, index < SCROLL_COUNT / 2 ? -SCROLL_STEP : SCROLL_STEP);
    await page.waitForTimeout(16);
  }
}

async function showAll(page: Page): Promise<void> {
  await page.getByRole("button", { name: "All", exact: true }).click();
  await page.waitForTimeout(500);
}

/** Pauses and goes on in the middle of the run, so that the answer of the buttons is measured where it is hardest. */
async function pauseAndResume(page: Page): Promise<void> {
  await page.waitForTimeout(3_000);
  for (const name of ["Pause", "Resume"]) {
    await page.getByRole("button", { name }).click();
    await page.waitForTimeout(1_200);
  }
  await awaitEnd(page);
}

const SCENARIOS: readonly FrameScenario[] = [
  { name: "items", title: "10,000 items, 1,024 at a time", text: writeItems(10_000, 1_024), delayMs: 900 },
  { name: "tasks", title: "the same, tasks tab in view", text: writeItems(10_000, 1_024), delayMs: 900, tab: "Tasks" },
  { name: "buttons", title: "the same, paused and resumed", text: writeItems(10_000, 1_024), delayMs: 900, act: pauseAndResume },
  { name: "context", title: "the same, context in view", text: writeItems(10_000, 1_024), delayMs: 900, tab: "Context" },
  { name: "many", title: "100,000 items, 1,024 at a time", text: writeItems(100_000, 1_024), delayMs: 900, isLong: true },
  { name: "levels", title: "10 levels of 10 tasks, 30 times", text: writeLevels(10, 10, 30), delayMs: 20 },
  { name: "scroll", title: "scrolling 20,000 entries of history", text: writeItems(10_000, 1_024), delayMs: 0, prepare: showAll, act: scroll },
];

/** Measures the scenarios that the arguments name. Gives the exit code: 2 for a bad command line. */
export async function measureFrames(
  args: readonly string[],
  findBrowser: () => Promise<BrowserLaunch | undefined>,
  serve: (folder: string) => Promise<{ readonly url: string; close(): Promise<void> }>,
): Promise<number> {
  const loadBefore = loadavg()[0] ?? 0;
  const readOption = (option: string): string | undefined => (args.includes(option) ? args[args.indexOf(option) + 1] : undefined);
  const names = readOption("--only")?.split(",") ?? SCENARIOS.map(({ name }) => name);
  const wanted = SCENARIOS.filter(({ name }) => names.includes(name));
  if (wanted.length !== names.length || args.includes("--help")) {
    console.error(`${USAGE}\nNames: ${SCENARIOS.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const launch = await findBrowser();
  if (launch === undefined) throw new Error("No Chromium was found; CHROME_PATH may name one.");
  const server = await serve(join(ROOT_FOLDER, "build", "playground"));
  const browser = await chromium.launch({ ...launch, args: [...launch.args], headless: true });
  try {
    const rows: string[][] = [];
    for (const scenario of wanted) {
      rows.push(describeCounts(scenario.title, await measureScenario(browser, server.url, scenario, readOption("--profile"))));
      console.error(`${scenario.name}: done`);
    }
    console.log(`Chromium ${browser.version()}, load average ${loadBefore.toFixed(2)} before the run.`);
    console.log(formatTable([["scenario", "frames", "median", "p99", "worst", "longest task", "of it at work", "answer", "page at work"], ...rows]));
  } finally {
    await browser.close();
    await server.close();
  }
  return 0;
}

async function measureScenario(browser: Browser, url: string, scenario: FrameScenario, folder: string | undefined): Promise<FrameReading> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
  try {
    const page = await context.newPage();
    const tasks = Object.fromEntries(["runChecks", "notify"].map((task) => [task, { outcome: "success", delayMs: scenario.delayMs }]));
    const stored = { behaviours: tasks, drafts: ["measured"], "text:draft:measured": scenario.text };
    await page.addInitScript(
      ([prefix, entries]) => {
        for (const [key, value] of Object.entries(entries)) localStorage.setItem(prefix + key, JSON.stringify(value));
      },
      [PREFIX, stored] as const,
    );
    await page.goto(`${url}#${new URLSearchParams({ text: "draft:measured" })}`);
    await page.getByText("Engine ready").waitFor();
    await page.waitForTimeout(1_000);
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await session.send("Profiler.enable");
    await session.send("Profiler.setSamplingInterval", { interval: 500 });
    let workBefore = 0;
    const start = async (): Promise<void> => {
      if (scenario.isLong !== true) await browser.startTracing(page, { categories: ["toplevel"] });
      await page.evaluate(countFrames);
      workBefore = await readWork(session);
      if (folder !== undefined) await session.send("Profiler.start");
    };
    if (scenario.prepare === undefined) await start();
    const startedAt = Date.now();
    await page.getByRole("button", { name: "Start run" }).click();
    await page.locator(".run-head [data-status]").waitFor();
    if (scenario.tab !== undefined) await page.getByRole("tab", { name: new RegExp(`^${scenario.tab}`) }).click();
    if (scenario.prepare !== undefined) {
      await awaitEnd(page);
      await scenario.prepare(page);
      await start();
    }
    await (scenario.act ?? awaitEnd)(page);
    const totalMs = Date.now() - startedAt;
    const workMs = (await readWork(session)) - workBefore;
    const counts = await page.evaluate(() => window.stopFrames());
    const taskMsMax = scenario.isLong === true ? undefined : readLongestTask(await browser.stopTracing());
    if (folder !== undefined) {
      const { profile } = await session.send("Profiler.stop");
      await mkdir(resolve(folder), { recursive: true });
      await writeFile(join(resolve(folder), `${scenario.name}.cpuprofile`), JSON.stringify(profile));
    }
    return { ...counts, totalMs, workMs, taskMsMax };
  } finally {
    await context.close();
  }
}

/** How long the page's thread has worked in all, ms: time of the processor, so that what else the machine does hardly shows. */
async function readWork(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1_000;
}

/** From a trace: the longest task of a page's thread, ms of the processor. */
function readLongestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const nameThread = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`;
  const pages = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(nameThread));
  const tasks = traceEvents.filter((event) => event.ph === "X" && event.name === "ThreadControllerImpl::RunTask" && pages.has(nameThread(event)));
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1_000), 0);
}

/** The run has ended: asked of its record, whichever tab is in view. */
async function awaitEnd(page: Page): Promise<void> {
  await page.locator("#panel-tab-run .live-mark").waitFor({ state: "detached", timeout: RUN_TIME_MS_MAX });
}

declare global {
  interface Window {
    stopFrames(): FrameCounts;
  }
}

/** Runs in the page. */
function countFrames(): void {
  const intervals: number[] = [];
  const tasks: number[] = [];
  const events: { name: string; duration: number }[] = [];
  let last = performance.now();
  let isCounting = true;
  const tick = (time: number): void => {
    intervals.push(time - last);
    last = time;
    if (isCounting) requestAnimationFrame(tick);
  };
  requestAnimationFrame((time) => {
    last = time;
    requestAnimationFrame(tick);
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) tasks.push(entry.duration);
  }).observe({ type: "longtask" });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === "click") events.push({ name: entry.name, duration: entry.duration });
  }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
  window.stopFrames = () => {
    isCounting = false;
    return { intervals, tasks, events };
  };
}

function describeCounts(title: string, { intervals, tasks, events, totalMs, workMs, taskMsMax }: FrameReading): string[] {
  const sorted = [...intervals].sort((left, right) => left - right);
  const at = (share: number): string => `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)} ms`;
  const longest = tasks.length === 0 ? "under 50 ms" : `${Math.max(...tasks).toFixed(0)} ms`;
  const answer = events.length === 0 ? "under 16 ms" : `${Math.max(...events.map(({ duration }) => duration))} ms`;
  return [`${title} (${(totalMs / 1_000).toFixed(1)} s)`, String(intervals.length), at(0.5), at(0.99), at(1), longest, taskMsMax === undefined ? "" : `${taskMsMax.toFixed(0)} ms`, answer, `${(workMs / 1_000).toFixed(1)} s`];
}
