import { describe, expect, test } from "vitest";
import { createSoleTab } from "../../../src/tabs/sole-tab.js";
import { createTabs } from "../../../src/tabs/web-locks.js";

describe("tabs", () => {
  test("a sole tab drives at once", async () => {
    const tabs = createSoleTab();
    let calls = 0;
    expect(await tabs.elect(() => (calls += 1))).toBe("driver");
    expect(calls).toBe(1);
    expect(tabs.role()).toBe("driver");
    tabs.close();
  });

  test.runIf(navigatorHasNoLocks())("without Web Locks there is one tab", async () => {
    const tabs = createTabs("any");
    expect(await tabs.elect(() => undefined)).toBe("driver");
    tabs.close();
  });
});

function navigatorHasNoLocks(): boolean {
  return typeof navigator === "undefined" || navigator.locks === undefined;
}
