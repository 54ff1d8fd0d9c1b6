// Who takes up runs that somebody has left open makes Chromium begin another log, so that it does not write on behind what a killed browser left unfinished.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import type { Engine, EngineOptions } from "../../src/model/engine.js";
import { createProfile, launchOnProfile, removeProfile } from "./launch.js";
import { serveBuilt, type TestServer } from "./server.js";

const TEXT = "---\nname: waits\nevents: [go]\n---\n```mermaid\nstateDiagram-v2\n  [*] --> A\n  A --> [*]: go\n```\n";
const CHANGE_MS_MAX = 15_000;

test("a start with open runs begins another log", async () => {
  const profile = createProfile();
  const server = await serveBuilt();
  try {
    expect(await openOnce(profile, server, "start")).toEqual([]);
    const before = findLogs(profile);
    expect(before).toHaveLength(1);
    expect(await openOnce(profile, server, "wait", () => expect.poll(() => findLogs(profile), { timeout: CHANGE_MS_MAX }).not.toEqual(before))).toEqual(["waiting"]);
  } finally {
    await server.close();
    removeProfile(profile);
  }
});

/** Opens the engine in a browser of its own, and starts a run or not. The states of runs that were there. */
async function openOnce(profile: string, { url }: TestServer, what: "start" | "wait", until: () => Promise<void> = async () => undefined): Promise<readonly string[]> {
  const context = await launchOnProfile(profile);
  try {
    const page = await context.newPage();
    await page.goto(`${url}pages/engine.html`);
    await page.waitForFunction(() => document.title === "ready");
    const found = await page.evaluate(
      async ([text, doing]) => {
        const { createEngine } = (globalThis as unknown as { page: { createEngine(options: EngineOptions): Promise<Engine> } }).page;
        const engine = await createEngine({ name: "fresh-log" });
        const { records } = await engine.runs.query();
        const workflow = await engine.load(text);
        if (doing === "start") await engine.start(workflow);
        return records.map(({ status }) => status);
      },
      [TEXT, what] as const,
    );
    await until();
    return found;
  } finally {
    await context.close();
  }
}

/** Of LevelDB, by name. */
function findLogs(profile: string): readonly string[] {
  const folder = join(profile, "Default", "IndexedDB");
  return readdirSync(folder).flatMap((origin) => readdirSync(join(folder, origin)).filter((name) => name.endsWith(".log")));
}
