// Starts the found Chromium on a profile folder, as a person's browser has one: IndexedDB outlives the browser.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "@playwright/test";
import { readBrowser } from "../../scripts/browser.mjs";

/** How long a browser may take to start, ms. */
export const launchMsMax = 60_000;

/** A new empty profile folder. */
export function createProfile(): string {
  return mkdtempSync(join(tmpdir(), "millrace-profile-"));
}

export function removeProfile(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** A browser on that profile; close its context to end it. `args`: more of its flags. */
export function launchOnProfile(folder: string, args: readonly string[] = []): Promise<BrowserContext> {
  const browser = readBrowser();
  if (browser === undefined) throw new Error("no browser was found: run `node scripts/setup.mjs --browser` first");
  return chromium.launchPersistentContext(folder, {
    executablePath: browser.executablePath,
    args: [...browser.args, ...args],
    env: browser.env,
    headless: true,
    timeout: launchMsMax,
  });
}
