// Finds a Chromium that really starts, remembers it in .cache/browser.json, and tells tests and benchmarks how to launch it.
// Dependency-free: set-up runs before anything is installed.
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runCommand } from "./run-command.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const recordPath = join(root, ".cache", "browser.json");
const unpackFolder = join(root, ".cache", "chromium");

/** How long a browser may take until it listens, ms. */
export const browserProbeMsMax = 30_000;
/** How long a download or an installation may take, ms. */
export const browserInstallMsMax = 600_000;

const isRoot = process.getuid?.() === 0;

/** Flags that every launch uses: no sandbox as root (Chromium refuses otherwise), no traffic of the browser's own. */
export const browserArgs = [
  ...(isRoot ? ["--no-sandbox", "--disable-setuid-sandbox"] : []),
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * The saved browser: `{executablePath, args, env}`, ready for Playwright's launch options.
 * @returns undefined when set-up has not found one, or the saved one is gone.
 */
export function readBrowser() {
  if (!existsSync(recordPath)) return undefined;
  try {
    const record = JSON.parse(readFileSync(recordPath, "utf8"));
    if (typeof record.executablePath !== "string" || !existsSync(record.executablePath)) return undefined;
    const libraries = typeof record.libraryPath === "string" ? record.libraryPath : undefined;
    return {
      executablePath: record.executablePath,
      args: [...browserArgs, ...(Array.isArray(record.args) ? record.args : [])],
      env: buildEnvironment(libraries),
    };
  } catch {
    return undefined;
  }
}

function buildEnvironment(libraryPath) {
  const env = { ...process.env };
  if (libraryPath !== undefined) {
    env.LD_LIBRARY_PATH = [libraryPath, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
    env.FONTCONFIG_FILE ??= join(unpackFolder, "fonts.conf");
  }
  return env;
}

/**
 * Starts the browser headless and waits for "DevTools listening" on stderr.
 * @returns undefined when it came up, else one line why not.
 */
export async function probeBrowser({ executablePath, args = [], libraryPath }, timeoutMs = browserProbeMsMax) {
  try {
    accessSync(executablePath, constants.X_OK);
  } catch {
    return `${executablePath} cannot be executed`;
  }
  const profile = mkdtempSync(join(tmpdir(), "millrace-probe-"));
  const child = spawn(
    executablePath,
    [...browserArgs, ...args, "--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    { stdio: ["ignore", "ignore", "pipe"], env: buildEnvironment(libraryPath), detached: process.platform !== "win32" },
  );
  let stderr = "";
  const failure = await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`did not listen within ${timeoutMs / 1000} s`), timeoutMs);
    const settle = (reason) => {
      clearTimeout(timer);
      resolve(reason);
    };
    child.once("error", (error) => settle(error.message));
    const settleEnded = () => settle(`ended with ${child.signalCode ?? child.exitCode}: ${summarize(stderr)}`);
    child.once("close", settleEnded);
    // What it left behind may hold its stderr open.
    child.once("exit", () => setTimeout(settleEnded, 1_000));
    child.stderr.on("data", (chunk) => {
      stderr = (stderr + chunk).slice(-8_192);
      if (stderr.includes("DevTools listening")) settle(undefined);
    });
  });
  await endGroup(child);
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return failure;
}

async function endGroup(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5_000))]);
}

/** The one line of an output that says most: the first that names an error, else the last. */
function summarize(text) {
  const lines = text.trim().split("\n").map((line) => line.trim());
  const line = lines.find((candidate) => /\b(error|failed|cannot|unable|not found)\b|^E:/i.test(candidate)) ?? lines.at(-1) ?? "";
  return line.slice(0, 200);
}

/**
 * Finds a browser, trying the cheapest source first, and saves it. Every source that fails says why in one line.
 * @returns the saved launch options; undefined when all sources failed.
 */
export async function findBrowser(report = console.log) {
  for (const source of sources) {
    let candidates;
    try {
      candidates = await source.list();
    } catch (error) {
      report(`browser: ${source.name}: ${summarize(String(error instanceof Error ? error.message : error))}`);
      continue;
    }
    for (const candidate of candidates) {
      const failure = await probeBrowser(candidate);
      if (failure === undefined) {
        saveBrowser(candidate, source.name, report);
        return readBrowser();
      }
      report(`browser: ${source.name}: ${failure}`);
    }
    if (candidates.length === 0) report(`browser: ${source.name}: none`);
  }
  return undefined;
}

function saveBrowser(candidate, sourceName, report) {
  mkdirSync(dirname(recordPath), { recursive: true });
  writeFileSync(recordPath, `${JSON.stringify(candidate, null, 2)}\n`);
  report(`browser: ${sourceName}: ${candidate.executablePath}`);
}

// --- sources, in the order in which they are tried ------------------------------------------------------------------

const systemNames = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge-stable"];
const systemPaths = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  ],
};

const sources = [
  { name: "saved path", list: listSaved },
  { name: "CHROME_PATH", list: () => (process.env.CHROME_PATH ? [{ executablePath: process.env.CHROME_PATH }] : []) },
  { name: "system Chromium or Chrome", list: listSystem },
  { name: "playwright install chromium", list: installWithPlaywright },
  { name: "apt-get install chromium", list: installWithApt },
  { name: "@sparticuz/chromium", list: unpackFromPackage },
];

function listSaved() {
  if (!existsSync(recordPath)) return [];
  const record = JSON.parse(readFileSync(recordPath, "utf8"));
  return typeof record.executablePath === "string" ? [record] : [];
}

function listSystem() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const found = systemNames.flatMap((name) => folders.map((folder) => join(folder, name)));
  const fixed = systemPaths[process.platform] ?? [];
  const present = [...found, ...fixed].filter((path) => existsSync(path));
  return [...new Set(present)].map((executablePath) => ({ executablePath }));
}

async function installWithPlaywright() {
  const cli = join(root, "node_modules", "playwright", "cli.js");
  const listPath = async () => {
    const { chromium } = await import(pathToFileURL(join(root, "node_modules", "playwright", "index.mjs")).href);
    return chromium.executablePath();
  };
  if (!existsSync(cli)) throw new Error("playwright is not installed");
  const known = await listPath();
  if (!existsSync(known)) {
    const env = { ...process.env, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "20000" };
    await runCommand(process.execPath, [cli, "install", "chromium"], { timeoutMs: browserInstallMsMax, isQuiet: true, env });
  }
  return existsSync(known) ? [{ executablePath: known }] : [];
}

async function installWithApt() {
  if (process.platform !== "linux" || !existsSync("/etc/debian_version")) throw new Error("not a Debian system");
  if (!isRoot) throw new Error("needs root");
  const options = { timeoutMs: browserInstallMsMax, isQuiet: true, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  await runCommand("apt-get", ["update"], options);
  await runCommand("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], options);
  return existsSync("/usr/bin/chromium") ? [{ executablePath: "/usr/bin/chromium" }] : [];
}

/** The browser inside the npm package, with the libraries it was built against; Linux x64 only. */
async function unpackFromPackage() {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("Linux x64 only");
  const entry = join(root, "node_modules", "@sparticuz", "chromium");
  if (!existsSync(entry)) throw new Error("is not installed");
  mkdirSync(unpackFolder, { recursive: true });
  // The package unpacks into the temporary folder, and its libraries only where it believes to be in that cloud.
  const program = 'const { default: chromium } = await import("@sparticuz/chromium"); await chromium.executablePath();';
  const env = { ...process.env, TMPDIR: unpackFolder, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" };
  await runCommand(process.execPath, ["--input-type=module", "-e", program], { timeoutMs: 120_000, isQuiet: true, env, cwd: root });
  // The package's own font settings name folders of that cloud: without any font, text has no size.
  writeFileSync(join(unpackFolder, "fonts.conf"), describeFonts(join(unpackFolder, "fonts", "fonts"), join(unpackFolder, "fonts-cache")));
  const libraryPath = join(unpackFolder, "al2023", "lib");
  return [{ executablePath: join(unpackFolder, "chromium"), libraryPath, args: ["--no-zygote", "--no-sandbox"] }];
}

function describeFonts(folder, cacheFolder) {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}</dir>
  <cachedir>${cacheFolder}</cachedir>
</fontconfig>
`;
}
