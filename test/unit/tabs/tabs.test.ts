import { describe, expect, test } from "vitest";
import type { TabsHooks } from "../../../src/model/ports.js";
import { CALL_SILENCE_MS } from "../../../src/tabs/call-table.js";
import { isTabMessage, TABS_VERSION } from "../../../src/tabs/messages.js";
import { findTabPlatform } from "../../../src/tabs/platform.js";
import { ANSWER_MS, createTabs, HEARTBEAT_MS, SILENCE_MS, SWEEP_MS } from "../../../src/tabs/shared-tabs.js";
import { createSoleTab } from "../../../src/tabs/sole-tab.js";
import { SimulatedClock } from "../../../src/testing/simulated-clock.js";
import { type ChannelFaults, SimulatedBrowser, type SimulatedTab } from "../../../src/testing/simulated-tabs.js";

/** A tab with what it was told, one text each. */
interface Told {
  readonly tab: SimulatedTab;
  readonly tabs: ReturnType<typeof createTabs>;
  readonly log: string[];
  readonly open: Set<number>;
  group: number;
}

function join(browser: SimulatedBrowser, journalCount = 3, answer: (method: string) => unknown = (method) => method): Told {
  const tab = browser.openTab();
  const tabs = createTabs("t", tab);
  const told: Told = { tab, tabs, log: [], open: new Set(), group: 0 };
  const hooks: TabsHooks = {
    onGain: async (journal, isHome) => {
      told.log.push(`${isHome ? "home" : "heir"} ${journal}`);
      return isHome || told.open.has(journal);
    },
    onLoss: (journal) => void told.log.push(`lost ${journal}`),
    onGroup: (journal, group) => void told.log.push(`group ${journal} ${group}`),
    onCall: async (journal, method) => {
      told.log.push(`call ${journal} ${method}`);
      return answer(method);
    },
    hasOpenRuns: (journal) => told.open.has(journal),
    lastGroup: () => told.group,
  };
  void tabs.join(hooks, journalCount);
  return told;
}

describe("tabs", () => {
  test("a lock that was granted to a frozen tab and stolen from it is not taken up when it wakes up", async () => {
    const clock = new SimulatedClock();
    const browser = new SimulatedBrowser(clock);
    const [first, second, third] = [join(browser), join(browser), join(browser)];
    await clock.advance(10);
    expect(second.log).toContain("home 1");
    for (const told of [first, third]) told.open.add(1);
    first.tab.freeze();
    second.tab.kill();
    await clock.advance(SILENCE_MS + 2 * ANSWER_MS + 2 * HEARTBEAT_MS);
    expect(third.log).toContain("heir 1");
    first.log.length = 0;
    first.tab.thaw();
    await clock.advance(2 * HEARTBEAT_MS);
    expect(first.log.filter((line) => line.startsWith("heir") || line.startsWith("home"))).not.toContain("heir 1");
  });

  test("a driver that was replaced and not told steps down when it hears of groups that it does not know", async () => {
    const clock = new SimulatedClock();
    const browser = new SimulatedBrowser(clock);
    const first = join(browser);
    await clock.advance(10);
    const second = join(browser);
    second.open.add(0);
    await clock.advance(10);
    first.group = 4;
    second.group = 5;
    browser.grantTwice("millrace:t:0");
    await clock.advance(2 * HEARTBEAT_MS);
    expect(second.log).toContain("heir 0");
    expect(second.log).not.toContain("lost 0");
    expect(first.log).toContain("lost 0");
    expect(first.log).toContain("home 2");
  });

  test("a sole tab drives what there is", async () => {
    const tabs = createSoleTab();
    const log: string[] = [];
    await tabs.join(
      {
        onGain: async (journal, isHome) => log.push(`${journal} ${isHome}`) > 0,
        onLoss: () => undefined,
        onGroup: () => undefined,
        onCall: async () => undefined,
        hasOpenRuns: (journal) => journal === 2,
        lastGroup: () => 0,
      },
      4,
    );
    expect(log).toEqual(["0 true", "2 false"]);
    expect(await tabs.tryAcquire(3)).toBe(true);
    await expect(tabs.call(0, "any", [])).rejects.toMatchObject({ code: "engine/no-answer" });
    tabs.close();
  });

  test("Node has no locks to share", () => expect(findTabPlatform()).toBeUndefined());

  test("each tab has a home, and who comes late the first that becomes free", async () => {
    const clock = new SimulatedClock();
    const browser = new SimulatedBrowser(clock);
    const joined = [join(browser, 2), join(browser, 2), join(browser, 2)];
    await clock.advance(HEARTBEAT_MS);
    expect(joined.map(({ log }) => log)).toEqual([["home 0"], ["home 1"], []]);
    joined[1]?.tabs.close();
    await clock.advance(HEARTBEAT_MS);
    expect(joined[2]?.log).toEqual(["home 1"]);
  });

  test("what a dead tab leaves is one other tab's", async () => {
    const clock = new SimulatedClock();
    const browser = new SimulatedBrowser(clock);
    const joined = [join(browser), join(browser), join(browser)];
    await clock.advance(HEARTBEAT_MS);
    for (const told of joined) told.open.add(0);
    joined[0]?.tab.kill();
    await clock.settle();
    const heirs = joined.slice(1).filter(({ log }) => log.includes("heir 0"));
    expect(heirs).toHaveLength(1);
    await clock.advance(10 * SILENCE_MS);
    expect(joined.slice(1).flatMap(({ log }) => log.filter((line) => line.startsWith("heir 0")))).toHaveLength(1);
  });

  test("a frozen driver is robbed within two seconds, a silent one that answers is not", async () => {
    const clock = new SimulatedClock();
    const browser = new SimulatedBrowser(clock);
    const [driver, heir] = [join(browser), join(browser)];
    heir.open.add(0);
    await clock.advance(10 * SILENCE_MS);
    // Once at first, and in each of two sweeps.
    expect(heir.log).toEqual(["home 1", "heir 2", "heir 2", "heir 2"]);
    driver.tab.freeze();
    await clock.advance(SILENCE_MS + HEARTBEAT_MS + 2 * ANSWER_MS + 10);
    expect(heir.log).toEqual(["home 1", "heir 2", "heir 2", "heir 2", "heir 0"]);
    driver.tab.thaw();
    await clock.advance(HEARTBEAT_MS);
    expect(driver.log.slice(-2)).toEqual(["lost 0", "home 2"]);
  });

  test("journals that nobody drives are looked into while there are other tabs, and once after that", async () => {
    const clock = new SimulatedClock();
    const browser = new SimulatedBrowser(clock);
    const [driver, other] = [join(browser), join(browser)];
    const looks = (): number => driver.log.filter((line) => line === "heir 2").length;
    await clock.advance(2 * SWEEP_MS + 2 * HEARTBEAT_MS);
    const seen = looks();
    expect(seen).toBeGreaterThanOrEqual(2);
    other.tab.kill();
    await clock.advance(10 * SWEEP_MS);
    expect(looks() - seen).toBeLessThanOrEqual(2);
    expect(looks()).toBeGreaterThan(seen);
  });

  test("groups are told, and missed ones found out by the next sign of life", async () => {
    const clock = new SimulatedClock();
    let copies = 1;
    const browser = new SimulatedBrowser(clock, undefined, { delay: () => 3, copies: () => copies });
    const [driver, watcher] = [join(browser), join(browser)];
    await clock.advance(HEARTBEAT_MS);
    driver.group = 7;
    driver.tabs.tellGroup(0, 7);
    await clock.advance(5);
    expect(watcher.log).toEqual(["home 1", "heir 2", "group 0 7"]);
    watcher.group = 7;
    copies = 0;
    driver.group = 8;
    driver.tabs.tellGroup(0, 8);
    await clock.advance(5);
    copies = 1;
    await clock.advance(2 * HEARTBEAT_MS);
    expect(watcher.log.slice(3)).toContain("group 0 8");
  });

  test("a call is done once though its message comes twice, and its answer comes back", async () => {
    const clock = new SimulatedClock();
    const browser = new SimulatedBrowser(clock, undefined, { delay: () => 1, copies: () => 2 });
    const [driver, caller] = [join(browser), join(browser)];
    await clock.advance(HEARTBEAT_MS);
    const call = caller.tabs.call(0, "ask", [1]);
    await clock.advance(10);
    expect(await call).toBe("ask");
    expect(driver.log.filter((line) => line.startsWith("call"))).toEqual(["call 0 ask"]);
  });

  test("errors come back with their code; silence is one, too", async () => {
    const clock = new SimulatedClock();
    const faults: { -readonly [K in keyof ChannelFaults]: ChannelFaults[K] } = { delay: () => 1, copies: () => 1 };
    const browser = new SimulatedBrowser(clock, undefined, faults);
    const driver = join(browser, 3, () => {
      throw Object.assign(new Error("no"), { code: "any" });
    });
    const caller = join(browser);
    await clock.advance(HEARTBEAT_MS);
    const failing = expect(caller.tabs.call(0, "ask", [])).rejects.toMatchObject({ message: "no" });
    await clock.advance(10);
    await failing;
    driver.tab.freeze();
    const silent = expect(caller.tabs.call(0, "ask", [])).rejects.toMatchObject({ code: "engine/no-answer", isRetryable: true });
    await clock.advance(CALL_SILENCE_MS + 2 * HEARTBEAT_MS);
    await silent;
  });

  test("a journal that is free is had for a while", async () => {
    const clock = new SimulatedClock();
    const browser = new SimulatedBrowser(clock);
    const [one, two] = [join(browser), join(browser)];
    await clock.advance(HEARTBEAT_MS);
    expect([await one.tabs.tryAcquire(1), await one.tabs.tryAcquire(2), await two.tabs.tryAcquire(2)]).toEqual([false, true, false]);
    one.tabs.release(2);
    await clock.settle();
    expect(await two.tabs.tryAcquire(2)).toBe(true);
  });

  test("messages of other versions and of strangers are not heard", () => {
    const head = { version: TABS_VERSION, from: "a" };
    expect(isTabMessage({ ...head, kind: "hello" })).toBe(true);
    expect(isTabMessage({ ...head, kind: "alive", journals: [{ journal: 0, group: 1 }] })).toBe(true);
    const strange = [null, 1, "hello", {}, { ...head, version: 0, kind: "hello" }, { ...head, kind: "shout" }, { ...head, kind: "alive", journals: [{}] }, { ...head, kind: "call", to: "b", id: 1, journal: 0, method: 3, args: [] }, { ...head, kind: "call", id: 1, journal: 0, method: "event", args: [] }, { ...head, kind: "group", journal: "0", group: 1 }, { ...head, kind: "reply" }];
    for (const message of strange) expect(isTabMessage(message)).toBe(false);
  });
});
