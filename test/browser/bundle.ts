// Bundles one TypeScript file for a page, and serves it with an empty page on a port of its own: for browser tests that
// open rooms which no door exports.
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** The file and all it imports, as one ES module. */
export async function bundlePage(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, minify: false, target: "es2022", modulePreload: false, lib: { entry, formats: ["es"], fileName: "page" } },
  });
  const output = Array.isArray(result) ? result[0] : result;
  if (output === undefined || !("output" in output)) throw new Error("the bundler gave no output");
  return output.output[0].code;
}

/** Bundles `entry` to `build/pages/<name>/page.js` and returns that folder, for a server of folders. */
export async function bundleToFolder(entry: string, name: string): Promise<string> {
  const folder = fileURLToPath(new URL(`../../build/pages/${name}`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "page.js"), await bundlePage(entry));
  return folder;
}

export interface BundleServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves `/` (an empty page that loads `/page.js`) and the scripts given by path. */
export async function serveScripts(scripts: Readonly<Record<string, string | Uint8Array>>): Promise<BundleServer> {
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const script = scripts[path];
    if (path === "/")
      response
        .setHeader("content-type", "text/html")
        .end('<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>');
    else if (script !== undefined) response.setHeader("content-type", path.endsWith(".wasm") ? "application/wasm" : "text/javascript").end(script);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
