// The browsers that are killed: Chromium, which tells the ids of its processes, and Firefox, where the machine has it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type BrowserContext, firefox } from "@playwright/test";
import { launchMsMax, launchOnProfile } from "../launch.js";
import type { StageOptions } from "./stage.js";

type BrowserParts = Pick<StageOptions, "launch" | "findProcesses">;

export const CHROMIUM: BrowserParts = {
  // A renderer that is kept in reserve would hide which one belongs to a new tab.
  launch: (profile) => launchOnProfile(profile, ["--disable-features=SpareRendererForSitePerProcess"]),
  async findProcesses(context, _profile, type) {
    const browser = context.browser();
    if (browser === null) throw new Error("the context has no browser");
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    await session.detach();
    return processInfo.filter((one) => one.type === type).map((one) => one.id);
  },
};

/** Firefox as Debian or Mozilla installs it; undefined where there is none. Its renderers are not told apart: only the browser is killed by its id. */
export function findFirefox(): BrowserParts | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/snap/bin", "/Applications/Firefox.app/Contents/MacOS"];
  const executablePath = folders.flatMap((folder) => ["firefox-esr", "firefox"].map((name) => join(folder, name))).find((path) => existsSync(path));
  if (executablePath === undefined) return undefined;
  return {
    launch: (profile): Promise<BrowserContext> =>
      firefox.launchPersistentContext(profile, { channel: "moz-firefox", executablePath, headless: true, timeout: launchMsMax }),
    findProcesses: async (_context, profile, type) => (type === "browser" ? listProcesses(profile) : []),
  };
}

/** Those whose command names the profile and that are no process of a tab. */
function listProcesses(profile: string): number[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => {
      try {
        const command = readFileSync(`/proc/${id}/cmdline`, "utf8");
        return command.includes(profile) && !command.includes("-contentproc");
      } catch {
        return false;
      }
    })
    .map(Number);
}
