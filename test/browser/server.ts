// Serves what was built to browser tests, on the loopback address and under exactly the policy that Millrace promises to live with.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serveFolders, type StaticServer } from "../../scripts/static-server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface TestServer extends StaticServer {
  /** What browsers reported against the policy, from pages and workers. */
  readonly violations: readonly string[];
}

/**
 * Serves `/dist/` (the library), `/pages/` (test/browser/pages) and `/` (the playground, its pages with a style nonce).
 * @param options.policy default: the strict policy
 * @param options.hasStyleNonce default: false; the playground needs it
 * @param options.folders more folders, by their prefix
 */
export async function serveBuilt({
  folders = {},
  ...options
}: {
  readonly policy?: string;
  readonly hasStyleNonce?: boolean;
  readonly folders?: Readonly<Record<string, string>>;
} = {}): Promise<TestServer> {
  if (!existsSync(`${root}dist/index.js`)) throw new Error("dist/ is missing: run `npm run build` first");
  const violations: string[] = [];
  const server = await serveFolders({
    folders: { ...folders, "/dist/": `${root}dist`, "/pages/": `${root}test/browser/pages`, "/": `${root}build/playground` },
    onViolation: (report) => violations.push(report),
    ...options,
  });
  return { ...server, violations };
}
