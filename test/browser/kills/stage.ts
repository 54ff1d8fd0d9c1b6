// A browser on a profile, and its tabs, to be killed: by their processes' ids, which the browser tells. After the whole browser was killed another one is
// started on the same profile.
import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, CDPSession, Page } from "@playwright/test";
import { createProfile, removeProfile } from "../launch.js";
import type { TestServer } from "../server.js";
import type { KnownRun, PlannedRun, TabMessage, TabPage, ToldEnd } from "./messages.js";

declare const tab: TabPage;

/** Chromium has deleted all databases of the origin, one among them that was written to once and never again: no engine could keep anything. */
export class OriginForsaken extends Error {}

/** An answer of a tab that lives comes within this time, ms. */
const ANSWER_MS_MAX = 30_000;

export interface StageOptions {
  readonly server: TestServer;
  launch(profile: string): Promise<BrowserContext>;
  /** Ids of the processes: undefined where this browser does not tell them. */
  findProcesses(context: BrowserContext, profile: string, type: "renderer" | "browser"): Promise<readonly number[]>;
}

export interface StageTab {
  readonly name: string;
  readonly page: Page;
  /** Of its renderer; undefined where it is not known. */
  readonly processId: number | undefined;
}

/** Where messages of tabs go. */
export interface Listener {
  take(message: TabMessage): void;
  tellRun(runId: string): KnownRun;
}

export class Stage {
  readonly #options: StageOptions;
  readonly #profile = createProfile();
  readonly #listeners = new Map<string, Listener>();
  readonly #frozen = new Set<number>();
  #context: BrowserContext | undefined;
  #tabCount = 0;
  #isMarked = false;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const context = await this.#options.launch(this.#profile);
    await context.exposeFunction("tellTest", (message: TabMessage) => this.#listeners.get(message.trial)?.take(message));
    await context.exposeFunction("askTest", (trial: string, runId: string) => this.#listeners.get(trial)?.tellRun(runId));
    this.#context = context;
  }

  listen(trial: string, listener: Listener): void {
    this.#listeners.set(trial, listener);
  }

  /** Tabs are to be opened one after the other: so their processes are told apart. */
  async openTab(trial: string, taskMs: number): Promise<StageTab> {
    const before = new Set(await this.#processes("renderer"));
    const page = await this.#open().newPage();
    await page.goto(`${this.#options.server.url}pages/engine.html`);
    await page.waitForFunction(() => document.title === "ready");
    await page.addScriptTag({ url: "/kills/page.js", type: "module" });
    await page.waitForFunction(() => globalThis.tab !== undefined);
    const isKept = await within("a look for the mark", page.evaluate(() => tab.findMark()));
    if (this.#isMarked && !isKept) {
      await page.close();
      throw new OriginForsaken("the browser deleted all databases of the origin");
    }
    this.#isMarked = true;
    this.#tabCount += 1;
    const name = `${this.#tabCount}`;
    const fresh = (await this.#processes("renderer")).filter((id) => !before.has(id));
    await within(`tab ${name} opens`, page.evaluate((options) => tab.open(options), { trial, tab: name, database: trial, taskMs }));
    return { name, page, processId: fresh.length === 1 && (fresh[0] ?? 0) > 1 ? fresh[0] : undefined };
  }

  pursue({ name, page }: StageTab, runs: readonly PlannedRun[]): Promise<void> {
    return within(`tab ${name} pursues`, page.evaluate((planned) => tab.pursue(planned), runs));
  }

  doing({ name, page }: StageTab): Promise<Readonly<Record<string, string>>> {
    return within(`tab ${name} tells what it does`, page.evaluate(() => tab.doing()));
  }

  listStored({ name, page }: StageTab): Promise<string> {
    return within(`tab ${name} lists what is stored`, page.evaluate(() => tab.listStored()));
  }

  isBlocked({ name, page }: StageTab): Promise<boolean> {
    return within(`tab ${name} tells whether it is blocked`, page.evaluate(() => tab.isBlocked()));
  }

  tell({ name, page }: StageTab): Promise<readonly ToldEnd[]> {
    return within(`tab ${name} tells the ends`, page.evaluate(() => tab.tell()));
  }

  async leave({ name, page }: StageTab): Promise<void> {
    await within(`tab ${name} closes`, page.evaluate(() => tab.close())).catch(() => undefined);
    await page.close();
  }

  // --- ends of tabs ------------------------------------------------------------------------------------------------

  async crash({ page }: StageTab): Promise<void> {
    const isGone = page.waitForEvent("crash");
    const session = await this.#session(page);
    session.send("Page.crash").catch(() => undefined);
    await within("a crash", isGone);
    await page.close();
  }

  async killRenderer({ page, processId }: StageTab): Promise<void> {
    if (processId === undefined) throw new Error("the tab's process is not known");
    const isGone = page.waitForEvent("crash");
    process.kill(processId, "SIGKILL");
    await within("the end of a renderer", isGone);
    await page.close();
  }

  async closeTab({ page }: StageTab): Promise<void> {
    await page.close({ runBeforeUnload: false });
  }

  /** The browser and all tabs are gone. */
  async killBrowser(): Promise<void> {
    const context = this.#open();
    const ids = await this.#processes("browser");
    if (ids.length === 0) throw new Error("the browser's process is not known");
    const isGone = new Promise<void>((resolve) => context.once("close", () => resolve()));
    for (const id of ids) process.kill(id, "SIGKILL");
    // What is frozen does not hear that its browser is gone, and would be left over.
    this.#thawAll();
    await within("the end of the browser", isGone);
    await context.close().catch(() => undefined);
    this.#context = undefined;
  }

  freeze({ processId }: StageTab): void {
    if (processId === undefined) throw new Error("the tab's process is not known");
    process.kill(processId, "SIGSTOP");
    this.#frozen.add(processId);
  }

  thaw({ processId }: StageTab): void {
    if (processId === undefined || !this.#frozen.delete(processId)) return;
    process.kill(processId, "SIGCONT");
  }

  async close(): Promise<void> {
    this.#thawAll();
    await this.#context?.close().catch(() => undefined);
    removeProfile(this.#profile);
  }

  #thawAll(): void {
    for (const id of this.#frozen) {
      try {
        process.kill(id, "SIGCONT");
      } catch {
        // It is gone with its browser.
      }
    }
    this.#frozen.clear();
  }

  #open(): BrowserContext {
    if (this.#context === undefined) throw new Error("there is no browser");
    return this.#context;
  }

  #processes(type: "renderer" | "browser"): Promise<readonly number[]> {
    return this.#options.findProcesses(this.#open(), this.#profile, type);
  }

  #session(page: Page): Promise<CDPSession> {
    return this.#open().newCDPSession(page);
  }
}

/** A tab that does not answer must not keep the test for ever. */
async function within<T>(what: string, promise: Promise<T>, msMax = ANSWER_MS_MAX): Promise<T> {
  const stopping = new AbortController();
  const late = sleep(msMax, undefined, { signal: stopping.signal }).then(() => {
    throw new Error(`${what}: no answer within ${msMax} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    stopping.abort();
  }
}
