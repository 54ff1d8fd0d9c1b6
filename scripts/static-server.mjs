// A small static file server on the loopback address that sends Millrace's policy with every response. Dependency-free.
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

/** The policy that engine and worker live under, word for word. */
export const strictPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

const reportPath = "/policy-reports";
const reportSizeMax = 65_536;
const portTriesMax = 50;
const contentTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

/**
 * Serves folders.
 * @param options.folders URL prefix to folder, longest prefix first: `{"/": "build/playground"}`
 * @param options.hasStyleNonce adds a fresh `style-src` nonce to each page and tells it to the page in a meta element
 * @param options.policy header value; `null` for none
 * @param options.port first port to try; 0 (default) for any free one
 * @param options.onViolation gets each violation report as text; the same policy is sent a second time as one that only reports
 * @returns `{url, close}`; `url` ends in a slash
 */
export async function serveFolders({ folders, policy = strictPolicy, hasStyleNonce = false, port = 0, onViolation }) {
  const server = createServer((request, response) => {
    respond(request, response, { folders, policy, hasStyleNonce, onViolation }).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const bound = await listen(server, port);
  const close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${bound}/`, close };
}

async function listen(server, firstPort) {
  for (let tryIndex = 0; ; tryIndex++) {
    try {
      return await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(firstPort === 0 ? 0 : firstPort + tryIndex, "127.0.0.1", () => {
          server.off("error", reject);
          resolve(server.address().port);
        });
      });
    } catch (error) {
      if (error.code !== "EADDRINUSE" || tryIndex >= portTriesMax) throw error;
    }
  }
}

async function respond(request, response, { folders, policy, hasStyleNonce, onViolation }) {
  if (request.method === "POST" && request.url === reportPath && onViolation !== undefined) {
    onViolation(await readBody(request));
    return response.writeHead(204).end();
  }
  if (request.method !== "GET" && request.method !== "HEAD") return response.writeHead(405, { allow: "GET, HEAD" }).end();
  const path = await findFile(folders, request.url ?? "/");
  const headers = { "cache-control": "no-cache", "x-content-type-options": "nosniff" };
  const nonce = hasStyleNonce ? randomBytes(16).toString("base64") : undefined;
  if (policy !== null) headers["content-security-policy"] = nonce === undefined ? policy : `${policy}; style-src 'self' 'nonce-${nonce}'`;
  if (policy !== null && onViolation !== undefined) {
    headers["content-security-policy-report-only"] = `${headers["content-security-policy"]}; report-uri ${reportPath}`;
  }
  if (path === undefined) return response.writeHead(404, { ...headers, "content-type": "text/plain" }).end("not found\n");
  headers["content-type"] = contentTypes[extname(path)] ?? "application/octet-stream";
  if (nonce !== undefined && path.endsWith(".html")) {
    const page = (await readFile(path, "utf8")).replace("<head>", `<head>\n    <meta property="csp-nonce" nonce="${nonce}" />`);
    return response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : page);
  }
  response.writeHead(200, headers);
  if (request.method === "HEAD") return response.end();
  createReadStream(path).on("error", () => response.destroy()).pipe(response);
}

async function readBody(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > reportSizeMax) break;
  }
  return text;
}

/** The file that a URL means; undefined outside the folders. */
async function findFile(folders, url) {
  let pathname;
  try {
    pathname = decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return undefined;
  }
  if (pathname.includes("\0")) return undefined;
  const prefix = Object.keys(folders)
    .sort((a, b) => b.length - a.length)
    .find((candidate) => pathname.startsWith(candidate));
  if (prefix === undefined) return undefined;
  const folder = normalize(folders[prefix]);
  const path = normalize(join(folder, pathname.slice(prefix.length)));
  if (path !== folder && !path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return undefined;
  for (const candidate of [path, join(path, "index.html")]) {
    if ((await stat(candidate).catch(() => undefined))?.isFile()) return candidate;
  }
  return undefined;
}
