// The command `npm run prove-soak -- [--minutes 30] [--slots 300] [--kept 5000]`: full load for a long time. Memory of the renderer (page, worker and kernel), of
// the page's heap and of the store must not grow from the middle third to the last.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BrowserContext, CDPSession, Page } from "@playwright/test";
import { bundleToFolder } from "../browser/bundle.js";
import { CHROMIUM } from "../browser/kills/browsers.js";
import { createProfile, removeProfile } from "../browser/launch.js";
import { serveBuilt } from "../browser/server.js";
import type { SoakCounts, SoakPage } from "./messages.js";

const SAMPLE_MS = 10_000;
const MEBIBYTE = 1_048_576;
/** What the last third may have more than the middle one: as a part, and in bytes where that is little. */
const GROWTH_PART_MAX = 0.15;
const GROWTH_BYTES_MAX = 16 * MEBIBYTE;

interface Sample extends SoakCounts {
  readonly minutes: number;
  /** Memory of the renderer that is in use and not shared, bytes; 0 where the system does not tell. */
  readonly processBytes: number;
  /** After a collection, bytes. */
  readonly heapBytes: number;
}

const FIELDS = ["processBytes", "heapBytes", "kernelBytes", "storedBytes"] as const;

/** Runs the command. Returns its exit code. */
export async function proveSoak(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { minutes: { type: "string", default: "30" }, slots: { type: "string", default: "300" }, kept: { type: "string", default: "5000" } } });
  const folder = await bundleToFolder(fileURLToPath(new URL("./soak-page.ts", import.meta.url)), "soak");
  const server = await serveBuilt({ folders: { "/soak/": folder } });
  const profile = createProfile();
  const context = await CHROMIUM.launch(profile);
  try {
    const page = await context.newPage();
    await page.goto(`${server.url}pages/engine.html`);
    await page.waitForFunction(() => document.title === "ready");
    await page.addScriptTag({ url: "/soak/page.js", type: "module" });
    await page.waitForFunction(() => globalThis.soak !== undefined);
    await page.evaluate(([slots, kept]) => (globalThis as unknown as { soak: SoakPage }).soak.open(slots, kept), [Number(values.slots), Number(values.kept)] as const);
    const samples = await sample(context, page, profile, Number(values.minutes));
    await page.evaluate(() => (globalThis as unknown as { soak: SoakPage }).soak.stop());
    return judge(samples);
  } finally {
    await context.close();
    await server.close();
    removeProfile(profile);
  }
}

async function sample(context: BrowserContext, page: Page, profile: string, minutes: number): Promise<readonly Sample[]> {
  const session = await context.newCDPSession(page);
  const startedAt = Date.now();
  const samples: Sample[] = [];
  console.log("minutes    ended  runs/s   open  stored  process MiB  page heap  kernel  database");
  while (Date.now() - startedAt < minutes * 60_000) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const counts = await page.evaluate(() => (globalThis as unknown as { soak: SoakPage }).soak.counts());
    const one = { ...counts, minutes: (Date.now() - startedAt) / 60_000, processBytes: await readProcess(context, profile), heapBytes: await readHeap(session) };
    const before = samples.at(-1) ?? { endedCount: 0, minutes: 0 };
    const rate = (one.endedCount - before.endedCount) / ((one.minutes - before.minutes) * 60);
    const sizes = FIELDS.map((field) => (one[field] / MEBIBYTE).toFixed(1).padStart(9));
    console.log([one.minutes.toFixed(1).padStart(7), String(one.endedCount).padStart(8), rate.toFixed(0).padStart(7), String(one.runsOpen).padStart(6), String(one.storedCount).padStart(7), ...sizes].join(" "));
    samples.push(one);
    if (one.wrongs.length > 0) break;
  }
  return samples;
}

function judge(samples: readonly Sample[]): number {
  const third = Math.floor(samples.length / 3);
  let failureCount = 0;
  for (const wrong of samples.at(-1)?.wrongs ?? []) {
    failureCount += 1;
    console.log(`WRONG   ${wrong}`);
  }
  if (third === 0) {
    console.log("WRONG   there are too few samples");
    return 1;
  }
  for (const field of FIELDS) {
    const middle = median(samples.slice(third, 2 * third).map((one) => one[field]));
    const last = median(samples.slice(-third).map((one) => one[field]));
    const isFlat = last - middle <= Math.max(middle * GROWTH_PART_MAX, GROWTH_BYTES_MAX);
    if (!isFlat) failureCount += 1;
    console.log(`${isFlat ? "flat   " : "GROWS  "} ${field}: ${(middle / MEBIBYTE).toFixed(1)} MiB in the middle third, ${(last / MEBIBYTE).toFixed(1)} in the last`);
  }
  return failureCount === 0 ? 0 : 1;
}

async function readHeap(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

/** The largest renderer: the one of the page. */
async function readProcess(context: BrowserContext, profile: string): Promise<number> {
  const ids = await CHROMIUM.findProcesses(context, profile, "renderer");
  const sizes = ids.map((id) => {
    try {
      const line = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, "utf8"));
      return Number(line?.[1] ?? 0) * 1_024;
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...sizes);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
