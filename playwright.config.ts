// Tests in a real Chromium: test/browser on what was built, test/package on what is published.
import { defineConfig } from "@playwright/test";
import { readBrowser } from "./scripts/browser.mjs";

const browser = readBrowser();
if (browser === undefined) throw new Error("no browser was found: run `node scripts/setup.mjs --browser` first");

export default defineConfig({
  testDir: "test",
  outputDir: "build/test-results",
  timeout: 120_000,
  globalTimeout: 14 * 60_000,
  expect: { timeout: 15_000 },
  workers: 2,
  retries: 0,
  forbidOnly: process.env["CI"] !== undefined,
  reporter: "list",
  use: {
    headless: true,
    launchOptions: { executablePath: browser.executablePath, args: browser.args, env: browser.env, timeout: 60_000 },
  },
  projects: [
    { name: "browser", testMatch: "browser/**/*.spec.ts" },
    { name: "package", testMatch: "package/**/*.spec.ts", timeout: 300_000 },
  ],
});
