// What a killed browser does to a database that Millrace has no part in: `npm run prove-kills -- --plain [--count 200] [--fresh-log]`. Small transactions,
// one after the other, until the browser is killed (SIGKILL); what it had acknowledged is to be there when it is started again.
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, Page } from "@playwright/test";
import { createPrng } from "../../../src/base/prng.js";
import { createProfile, removeProfile } from "../launch.js";
import { serveBuilt } from "../server.js";
import { CHROMIUM } from "./browsers.js";

/** The browser writes for so long before it is killed, ms. */
const KILL_MS = { least: 30, most: 330 };

export interface PlainOptions {
  readonly count: number;
  readonly seed: number;
  /** Each start begins with as much as makes Chromium begin another log. */
  readonly isLogFresh: boolean;
}

/** Returns how often everything was gone. */
export async function provePlain({ count, seed, isLogFresh }: PlainOptions): Promise<number> {
  const random = createPrng(seed);
  const profile = createProfile();
  const server = await serveBuilt();
  let acknowledged = 0;
  let goneCount = 0;
  try {
    for (let round = 0; round < count; round += 1) {
      const context = await CHROMIUM.launch(profile);
      await context.exposeFunction("acknowledge", (number: number) => {
        acknowledged = number;
      });
      const page = await context.newPage();
      await page.goto(`${server.url}pages/engine.html`);
      const found = await countRecords(page);
      if (found < acknowledged) {
        goneCount += 1;
        console.log(`start ${round + 1}: ${acknowledged} records had been acknowledged, ${found} are there`);
      }
      acknowledged = found;
      if (isLogFresh) await writeMuch(page);
      await page.evaluate(writeOn, found);
      await sleep(KILL_MS.least + (random() / 2 ** 32) * (KILL_MS.most - KILL_MS.least));
      await kill(context, profile);
    }
  } finally {
    await server.close();
    removeProfile(profile);
  }
  console.log(`${count} kills, ${goneCount} times everything was gone`);
  return goneCount;
}

/** Where Chromium takes its log for damaged, the first question fails, and the next finds nothing any more. */
async function countRecords(page: Page): Promise<number> {
  return page.evaluate(countThere).catch(() => page.evaluate(countThere));
}

async function kill(context: BrowserContext, profile: string): Promise<void> {
  const isGone = new Promise<void>((resolve) => context.once("close", () => resolve()));
  for (const id of await CHROMIUM.findProcesses(context, profile, "browser")) process.kill(id, "SIGKILL");
  await isGone;
  await context.close().catch(() => undefined);
}

// --- in the page ------------------------------------------------------------------------------------------------------

async function countThere(): Promise<number> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("plain", 1);
    opening.onupgradeneeded = () => void ["records", "scratch"].map((name) => opening.result.createObjectStore(name));
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  Object.assign(globalThis, { database });
  return new Promise((resolve) => {
    const request = database.transaction("records").objectStore("records").count();
    request.onsuccess = () => resolve(request.result);
  });
}

function writeMuch(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const { database } = globalThis as unknown as { readonly database: IDBDatabase };
    for (let part = 0; part < 8; part += 1) {
      const transaction = database.transaction("scratch", "readwrite");
      for (let index = 0; index < 10; index += 1) transaction.objectStore("scratch").put(new Uint8Array(60_000), 0);
      transaction.objectStore("scratch").delete(0);
      await new Promise((resolve) => (transaction.oncomplete = resolve));
    }
  });
}

/** Returns at once. */
function writeOn(from: number): void {
  const { database, acknowledge } = globalThis as unknown as { readonly database: IDBDatabase; acknowledge(number: number): void };
  const write = (number: number): void => {
    const transaction = database.transaction("records", "readwrite");
    transaction.objectStore("records").put(new Uint8Array(3_000), number);
    transaction.oncomplete = () => {
      acknowledge(number + 1);
      write(number + 1);
    };
    transaction.commit();
  };
  write(from);
}
