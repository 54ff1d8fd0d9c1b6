// The built playground, served anew for each test, and what its pages complain of: a test fails where the policy was violated or an error told.
import { expect, test, type Page } from "@playwright/test";
import { mkdir } from "node:fs/promises";
import { serveBuilt, type TestServer } from "./server.js";

export interface WatchedPlayground {
  /** Of the test in hand. */
  readonly url: string;
  /** Takes note of what a page tells as an error. */
  listen(page: Page): void;
}

/** For all tests of a file. `isListening`: to each test's own page from its beginning. */
export function watchPlayground({ isListening = true }: { readonly isListening?: boolean } = {}): WatchedPlayground {
  let server: TestServer;
  let complaints: string[];
  const listen = (page: Page): void => {
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
  };
  const begin = async (): Promise<void> => {
    server = await serveBuilt({ hasStyleNonce: true });
    complaints = [];
  };
  if (isListening) {
    test.beforeEach(async ({ page }) => {
      await begin();
      listen(page);
    });
  } else test.beforeEach(begin);
  test.afterEach(async () => {
    await server.close();
    expect(server.violations).toEqual([]);
    expect(complaints).toEqual([]);
  });
  return {
    get url() {
      return server.url;
    },
    listen,
  };
}

/** A picture to look at, where MILLRACE_SHOT names a folder. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env["MILLRACE_SHOT"];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}
