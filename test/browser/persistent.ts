// A real Chromium with a profile on disk (the default contexts keep IndexedDB in memory), thrown away afterwards.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext } from "@playwright/test";

/** How long the browser may take to start, ms. */
const LAUNCH_MS_MAX = 60_000;

interface FoundBrowser {
  readonly executablePath: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
}

export interface Profile {
  /** Starts the browser on this profile. One at a time. */
  launch(): Promise<BrowserContext>;
  /** Removes the profile. */
  remove(): Promise<void>;
}

export async function createProfile(): Promise<Profile> {
  const scripts = (await import(new URL("../../scripts/browser.mjs", import.meta.url).href)) as { readBrowser(): FoundBrowser | undefined };
  const browser = scripts.readBrowser();
  if (browser === undefined) throw new Error("no browser was found: run `node scripts/setup.mjs` first");
  const folder = await mkdtemp(join(tmpdir(), "millrace-profile-"));
  return {
    launch: () =>
      chromium.launchPersistentContext(folder, {
        executablePath: browser.executablePath,
        args: [...browser.args],
        env: browser.env,
        headless: true,
        timeout: LAUNCH_MS_MAX,
      }),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}
