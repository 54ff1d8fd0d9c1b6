// A page of a headless Chromium with the built library beside it, for small measurements of their own.
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import type { BrowserLaunch } from "./host.js";

const LIBRARY_FOLDER = fileURLToPath(new URL("../dist", import.meta.url));
const PAGES_FOLDER = fileURLToPath(new URL("./page", import.meta.url));

/** What the commands bring: finding a browser and serving folders are scripts'. */
export type FindBrowser = () => Promise<BrowserLaunch | undefined>;
export type ServePages = (library: string, pages: string) => Promise<{ readonly url: string; close(): Promise<void> }>;

/** Opens the page, lets `measure` work in it, and closes all. The library is at `/dist/`. */
export async function withLibraryPage(findBrowser: FindBrowser, serve: ServePages, measure: (page: Page) => Promise<void>): Promise<number> {
  const launch = await findBrowser();
  if (launch === undefined) throw new Error("No Chromium was found; CHROME_PATH may name one.");
  const server = await serve(LIBRARY_FOLDER, PAGES_FOLDER);
  const browser = await chromium.launch({ ...launch, args: [...launch.args], headless: true });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    await measure(page);
    return 0;
  } finally {
    await browser.close();
    await server.close();
  }
}
