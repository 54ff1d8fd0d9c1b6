// The store suite in a real Chromium, on a profile on disk.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, type BrowserContext, type Page } from "@playwright/test";
import { bundlePage, serveScripts, type BundleServer } from "./bundle.js";
import { createProfile, launchOnProfile, removeProfile } from "./launch.js";

let profile: string;
let context: BrowserContext;
let server: BundleServer;
let page: Page;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  const script = await bundlePage(fileURLToPath(new URL("./pages/store-page.ts", import.meta.url)));
  const zstd = readFileSync(fileURLToPath(new URL("../../node_modules/@bokuweb/zstd-wasm/dist/web/zstd.wasm", import.meta.url)));
  server = await serveScripts({ "/page.js": script, "/zstd.wasm": zstd });
  profile = createProfile();
  context = await launchOnProfile(profile);
  page = await context.newPage();
  await page.goto(server.origin);
  await page.waitForFunction(() => window.storeTests !== undefined);
});

test.afterAll(async () => {
  await context?.close();
  await server?.close();
  removeProfile(profile);
});

test("every case of the store suite passes on IndexedDB", async () => {
  test.setTimeout(120_000);
  const names = await page.evaluate(() => window.storeTests?.names ?? []);
  expect(names.length).toBeGreaterThan(15);
  const failed: string[] = [];
  for (const name of names) {
    const result = await page.evaluate((one) => window.storeTests?.run(one), name);
    if (result !== "passed") failed.push(`${name}: ${result}`);
  }
  expect(failed).toEqual([]);
});

test("a full disk is named, and loses nothing that was acknowledged", async () => {
  // An origin of its own: the browser remembers for a while how much room it found.
  const origin = server.origin.replace("127.0.0.1", "localhost");
  const session = await context.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 4_000_000 });
  await page.goto(origin);
  await page.waitForFunction(() => window.storeTests !== undefined);
  expect(await page.evaluate(() => window.storeTests?.fill("full", 5))).toBe("store/quota-exceeded");
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  expect(await page.evaluate(() => window.storeTests?.fill("full", 5))).toBe("no error");
});
