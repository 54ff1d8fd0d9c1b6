// A killed tab loses nothing, nor does a frozen one or a killed browser: with one to four tabs on a profile, ends at random instants, every run comes to the end
// of one that nobody disturbed. `npm run prove-kills` does more of it.
import { expect, test } from "@playwright/test";
import { findFirefox } from "./kills/browsers.js";
import { KILL_KINDS, type KillKind } from "./kills/plan.js";
import { describeKill, describeTakeovers, Proof } from "./kills/proof.js";
import { FIREFOX_KINDS } from "./kills/run-proof.js";
import type { KillReport } from "./kills/trial.js";

const SEED = Number(process.env["MILLRACE_KILL_SEED"] ?? 20);
/** Each of one kill or two. */
const TRIAL_COUNT = 20;
const FIREFOX_TRIAL_COUNT = 4;

test.describe("Chromium", () => {
  test.describe.configure({ mode: "serial" });
  const kills: KillReport[] = [];
  let proof: Proof;

  test.beforeAll(async () => {
    test.setTimeout(180_000);
    proof = await Proof.open({ seed: SEED, tabsMin: 1, tabsMax: 4, kinds: KILL_KINDS });
  });
  test.afterAll(() => proof?.close());

  for (let index = 0; index < TRIAL_COUNT; index += 1) {
    test(`trial ${index + 1} of ${TRIAL_COUNT}, seed ${SEED}`, async () => {
      let report = await proof.play(index);
      // The browser took its own log for damaged after a kill, and deleted all databases of the origin: once in hundreds of kills.
      if (report.isForsaken) report = await proof.play(index);
      expect(report.isForsaken).toBe(false);
      kills.push(...report.kills);
      const lines = report.kills.map((kill) => describeKill(kill, report.seed));
      expect(report.wrongs, `${lines.join("\n")}\nagain: npm run prove-kills -- --count 1 --seed ${report.seed}`).toEqual([]);
    });
  }

  test("the kills were of every kind, and met tasks in hand", () => {
    for (const line of describeTakeovers(kills)) console.log(line);
    expect(kills.length).toBeGreaterThanOrEqual(20);
    expect(new Set<KillKind>(kills.map((kill) => kill.kind))).toEqual(new Set(KILL_KINDS));
    expect(kills.filter((kill) => kill.openCount > 0).length).toBeGreaterThanOrEqual(5);
    expect(kills.filter((kill) => kill.takeoverMs !== undefined).length).toBeGreaterThanOrEqual(1);
  });
});

test("Firefox", async () => {
  test.setTimeout(180_000);
  const browser = findFirefox();
  test.skip(browser === undefined, "this machine has no Firefox");
  const proof = await Proof.open({ seed: SEED, tabsMin: 1, tabsMax: 3, kinds: FIREFOX_KINDS, ...(browser !== undefined && { browser }) });
  try {
    for (let index = 0; index < FIREFOX_TRIAL_COUNT; index += 1) expect((await proof.play(index)).wrongs).toEqual([]);
  } finally {
    await proof.close();
  }
});
