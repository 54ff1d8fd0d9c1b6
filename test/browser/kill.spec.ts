// A killed tab loses nothing: renderer or whole browser are killed at instants all over a set of runs, and after the
// page is opened again every run ends with the result and history of one that nobody disturbed.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, type BrowserContext, type Page } from "@playwright/test";
import { DURABLE_TEXT, driveRuns, maskStory, type DriveReport } from "./durable-workflow.js";
import { createProfile, launchOnProfile, removeProfile } from "./launch.js";
import { serveBuilt, type TestServer } from "./server.js";

const RUN_IDS = ["run-0", "run-1", "run-2"];
const TASK_MS = 25;
const POINT_COUNT = 20;
/** The browser is killed at every so many points, the renderer at the others. */
const BROWSER_KILL_INTERVAL = 5;

let server: TestServer;
let profile: string;
let context: BrowserContext;
/** Stories of undisturbed runs, and how long they took once the engine was open, ms. */
let undisturbed: readonly unknown[];
let wholeMs: number;
/** Runs that were found under way after a kill, over all points. */
let resumedCount = 0;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  server = await serveBuilt();
  profile = createProfile();
  context = await launchOnProfile(profile);
});

test.afterAll(async () => {
  await context?.close();
  await server?.close();
  removeProfile(profile);
});

test("undisturbed runs tell one story", async () => {
  const page = await openPage();
  const driving = drive(page, "undisturbed", TASK_MS);
  await waitForEngine(page);
  const startedAt = Date.now();
  const report = await driving;
  wholeMs = Date.now() - startedAt;
  undisturbed = RUN_IDS.map((runId) => maskStory(report, runId));
  for (const story of undisturbed) expect(story).toMatchObject({ status: "succeeded", context: { rounds: 3 }, isSame: true });
  await page.close();
});

for (let point = 0; point < POINT_COUNT; point += 1) {
  const isBrowserKill = point % BROWSER_KILL_INTERVAL === BROWSER_KILL_INTERVAL - 1;
  test(`killed at point ${point + 1} of ${POINT_COUNT}${isBrowserKill ? ", the whole browser" : ""}`, async () => {
    const name = `kill-${point}`;
    const page = await openPage();
    const driving = drive(page, name, TASK_MS).then(
      () => "ended" as const,
      () => "killed" as const,
    );
    await waitForEngine(page);
    await sleep((wholeMs * (point + 0.5)) / POINT_COUNT);
    if (isBrowserKill) {
      await killProcess(page, "browser");
      await context.close().catch(() => undefined);
      context = await launchOnProfile(profile);
    } else if (point % 2 === 0) await killProcess(page, "renderer");
    else await page.close({ runBeforeUnload: false });
    expect(["killed", "ended"]).toContain(await driving);

    const again = await openPage();
    const report = await drive(again, name, TASK_MS);
    expect(RUN_IDS.map((runId) => maskStory(report, runId))).toEqual(undisturbed);
    resumedCount += report.resumedCount;
    await again.close();
  });
}

test("many kills met runs under way", () => {
  expect(resumedCount).toBeGreaterThanOrEqual((POINT_COUNT * RUN_IDS.length) / 3);
});

test("a second tab sees the runs of the first, and takes them over when it is gone", async () => {
  const first = await openPage();
  const second = await openPage();
  const slow = drive(first, "tabs", 100).catch(() => undefined);
  await first.waitForFunction(() => (globalThis as unknown as { page: { keys?: string[] } }).page.keys?.length);
  const watching = drive(second, "tabs", TASK_MS);
  await waitForEngine(second);
  const seen = await second.evaluate(async () => {
    const { engine } = (globalThis as unknown as { page: { engine: import("../../src/model/engine.js").Engine } }).page;
    const page = await engine.runs.query();
    return { role: await engine.role(), count: page.records.length, status: await (await engine.runs.get("run-0")).status() };
  });
  expect(seen).toMatchObject({ role: "driver", count: RUN_IDS.length });
  expect(["running", "waiting"]).toContain(seen.status);
  await crashPage(first);
  await slow;
  const report = await watching;
  expect(RUN_IDS.map((runId) => maskStory(report, runId))).toEqual(undisturbed);
  await second.close();
});

async function openPage(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}pages/engine.html`);
  await expect(page).toHaveTitle("ready");
  return page;
}

async function waitForEngine(page: Page): Promise<void> {
  await page.waitForFunction(() => (globalThis as unknown as { page: { engine?: unknown } }).page.engine !== undefined, undefined, {
    polling: 2,
  });
}

function drive(page: Page, name: string, taskMs: number): Promise<DriveReport> {
  return page.evaluate(driveRuns, { name, text: DURABLE_TEXT, runIds: RUN_IDS, taskMs });
}

/** SIGKILL to the browser, or to every renderer (each holds its pages' workers as well). */
async function killProcess(page: Page, type: "renderer" | "browser"): Promise<void> {
  const browser = context.browser();
  if (browser === null) throw new Error("the context has no browser");
  const isGone =
    type === "browser"
      ? new Promise<void>((resolve) => context.once("close", () => resolve()))
      : page.waitForEvent("crash").then(() => page.close());
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const ids = processInfo.filter((one) => one.type === type).map((one) => one.id);
  expect(ids.length).toBeGreaterThan(0);
  for (const id of ids) process.kill(id, "SIGKILL");
  await isGone;
}

/** Ends the process of one page and leaves the others. */
async function crashPage(page: Page): Promise<void> {
  const isGone = page.waitForEvent("crash");
  const session = await context.newCDPSession(page);
  session.send("Page.crash").catch(() => undefined);
  await isGone;
  await page.close();
}
