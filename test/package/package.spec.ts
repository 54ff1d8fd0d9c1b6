// The packed tarball in an embedder's hands: Vite's dev server, a Vite build, a plain page with an import map, Node, TypeScript.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type Page, test } from "@playwright/test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build, createServer } from "vite";
import { runCommand } from "../../scripts/run-command.mjs";
import { serveFolders, strictPolicy } from "../../scripts/static-server.mjs";
import { parseSource } from "../tidy/source-file.js";
import { packTarball, type Tarball } from "./tarball.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const commandMsMax = 120_000;
const expected = {
  status: "succeeded",
  context: { orderId: "A-17", total: 129.5, receipt: "A-17: 129.5 (attempt 1)" },
};

let tarball: Tarball;
test.beforeAll(async () => {
  tarball = await packTarball();
});
test.afterAll(() => tarball?.remove());

/** Opens the page and gives what its run came to. */
async function readOutcome(page: Page, url: string): Promise<unknown> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(url);
  await expect(page, { message: complaints.join("\n") }).toHaveTitle("ended", { timeout: 30_000 });
  expect(complaints).toEqual([]);
  return page.evaluate(() => (globalThis as unknown as { outcome: unknown }).outcome);
}

function checkOutcome(outcome: unknown): void {
  expect(outcome).toMatchObject(expected);
  const { seen } = outcome as { seen: string[] };
  expect(seen.filter((name) => /^[A-Z]/.test(name))).toEqual(["Charging", "Packing", "Shipped"]);
  expect([seen[0], seen.at(-1)]).toEqual(["started", "ended"]);
}

test("is a well-formed package", async () => {
  const bytes = readFileSync(tarball.path);
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg as Record<string, unknown>))).toEqual([]);
});

test("holds a worker that is one file, and no code made from strings", async () => {
  const app = await tarball.install();
  const dist = join(app, "node_modules", "millrace", "dist");
  const scripts = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  expect(scripts).toContain("millrace-worker.js");
  for (const name of scripts) {
    const { imports, evaluations } = parseSource(name.replace(/js$/, "mjs"), readFileSync(join(dist, name), "utf8"));
    expect({ name, evaluations }).toEqual({ name, evaluations: [] });
    const specifiers = imports.map((item) => item.specifier).filter((specifier) => !(name.startsWith("node") && specifier.startsWith("node:")));
    if (name === "millrace-worker.js") expect(specifiers).toEqual([]);
    else for (const specifier of specifiers) expect(specifier).toMatch(/^\.\//);
  }
  // Bundlers look for exactly this form.
  const worker = readFileSync(join(dist, "millrace-worker.js"), "utf8");
  expect(worker.includes('new URL("./millrace.wasm",import.meta.url)')).toBe(true);
});

test("brings the licenses of what is bundled", async () => {
  const app = await tarball.install();
  const text = readFileSync(join(app, "node_modules", "millrace", "dist", "LICENSES.txt"), "utf8");
  for (const name of ["comlink", "idb", "yaml"]) expect(text).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, "m"));
});

test("works in Vite's dev server", async ({ page }) => {
  const app = await tarball.install();
  const server = await createServer({ root: app, configFile: false, logLevel: "error", server: { host: "127.0.0.1", port: 0, watch: null } });
  try {
    await server.listen();
    checkOutcome(await readOutcome(page, server.resolvedUrls?.local[0] ?? ""));
  } finally {
    await server.close();
  }
});

test("works in a Vite build", async ({ page }) => {
  const app = await tarball.install();
  await build({ root: app, configFile: false, logLevel: "error" });
  const server = await serveFolders({ folders: { "/": join(app, "dist") }, policy: `${strictPolicy}; img-src data:` });
  try {
    checkOutcome(await readOutcome(page, server.url));
  } finally {
    await server.close();
  }
});

test("works in a plain page with an import map", async ({ page }) => {
  const app = await tarball.install();
  const map = JSON.stringify({ imports: { millrace: "/node_modules/millrace/dist/index.js" } });
  const html = readFileSync(join(app, "index.html"), "utf8").replace("<script", `<script type="importmap">${map}</script>\n    <script`);
  writeFileSync(join(app, "index.html"), html);
  // An import map stands in the page, so the policy names it by its hash.
  const hash = createHash("sha256").update(map).digest("base64");
  const policy = `${strictPolicy.replace("'wasm-unsafe-eval'", `'wasm-unsafe-eval' 'sha256-${hash}'`)}; img-src data:`;
  const server = await serveFolders({ folders: { "/": app }, policy });
  try {
    checkOutcome(await readOutcome(page, server.url));
  } finally {
    await server.close();
  }
});

test("works in Node, every door", async () => {
  const app = await tarball.install();
  const { output } = await runCommand(process.execPath, ["node.mjs"], { timeoutMs: commandMsMax, isQuiet: true, cwd: app });
  const outcome: unknown = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  checkOutcome(outcome);
  expect(outcome).toMatchObject({ isOneDoor: "succeeded", sum: 3, name: "Order", errorCount: 0, clock: "function" });
});

for (const resolution of ["bundler", "nodenext"]) {
  test(`has types that stand alone (moduleResolution ${resolution})`, async () => {
    const app = await tarball.install();
    const module = resolution === "bundler" ? "esnext" : "nodenext";
    const compilerOptions = { strict: true, noEmit: true, target: "es2022", lib: ["es2023", "dom"], types: [], module, moduleResolution: resolution, skipLibCheck: false };
    mkdirSync(join(app, "src"));
    writeFileSync(join(app, "src", "typed.ts"), readFileSync(join(app, "typed.ts")));
    writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    await runCommand(process.execPath, [tsc, "-p", app], { timeoutMs: commandMsMax, isQuiet: true, cwd: app });
  });
}
