// The playground with ten thousand items and a thousand calls at a time. Nothing is timed: it is counted what stands in the page, how often
// it is drawn, and what is read out.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { watchPlayground } from "./watched-playground.js";

const ITEM_COUNT = 10_000;
const CALL_COUNT = 1_024;
/** More rows than this are in no view. */
const ROW_COUNT_MAX = 80;

const TEXT = `millrace: 1
name: many-checks
vars: {answered: 0}
tasks:
  list_servers:
    action: pass
    input: "{{ lists.range(${ITEM_COUNT}).map(n, 'server-' + string(n)) }}"
    next: [check]
  check:
    with: {items: "{{ tasks.list_servers.result }}", concurrency: ${CALL_COUNT}, on_failure: continue}
    action: runChecks
    input: {host: "{{ item }}", number: "{{ index }}"}
    next:
      - publish: {answered: "{{ size(result) }}"}
output: {answered: "{{ vars.answered }}"}
`;

const playground = watchPlayground();

async function start(page: Page, behaviour: object): Promise<void> {
  await page.addInitScript(
    (entries) => {
      for (const [name, value] of Object.entries(entries)) localStorage.setItem(`millrace-playground:${name}`, JSON.stringify(value));
    },
    { drafts: ["Many"], "text:draft:Many": TEXT, behaviours: { runChecks: behaviour } },
  );
  await page.goto(`${playground.url}#${new URLSearchParams({ text: "draft:Many" })}`);
  await expect(page.getByText("Engine ready")).toBeVisible();
  await page.evaluate(countDrawings);
  await page.getByRole("button", { name: "Start run" }).click();
  await expect(badge(page)).toBeVisible();
}

const badge = (page: Page) => page.locator(".run-head [data-status]");
const calls = (page: Page) => page.getByRole("list", { name: "Tasks at work" });
const history = (page: Page) => page.getByRole("list", { name: "History" });
const rows = (list: Locator) => list.locator(":scope > li");
const counts = (page: Page) => page.locator(".items-counts");

interface Drawings {
  /** The most rows of a list that were in the page at the end of a frame. */
  rowCountMax: number;
  /** How often progress was written in one frame, at most. */
  writtenInFrameMax: number;
  writtenCount: number;
  spoken: string[];
}

declare global {
  interface Window {
    drawings: Drawings;
  }
}

/** Runs in the page. */
function countDrawings(): void {
  const drawings: Drawings = { rowCountMax: 0, writtenInFrameMax: 0, writtenCount: 0, spoken: [] };
  window.drawings = drawings;
  let writtenInFrame = 0;
  let shown = "";
  new MutationObserver(() => {
    const text = document.querySelector(".items-counts")?.textContent ?? "";
    if (text !== shown) {
      shown = text;
      writtenInFrame += 1;
      drawings.writtenCount += 1;
    }
    const spoken = document.querySelector(".items-part [role=status]")?.textContent ?? "";
    if (spoken !== "" && spoken !== drawings.spoken.at(-1)) drawings.spoken.push(spoken);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
  const look = (): void => {
    for (const list of document.querySelectorAll(".virtual-list")) drawings.rowCountMax = Math.max(drawings.rowCountMax, list.childElementCount);
    drawings.writtenInFrameMax = Math.max(drawings.writtenInFrameMax, writtenInFrame);
    writtenInFrame = 0;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

test("ten thousand items are drawn by the view, shown once a frame and told now and then", async ({ page }) => {
  await start(page, { outcome: "success", delayMs: 60 });
  await expect(counts(page)).toHaveText(/^[\d,]+ \/ 10,000$/);
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded", { timeout: 60_000 });
  await expect(history(page).locator(".line-ended")).toBeVisible();
  const drawings = await page.evaluate(() => window.drawings);
  expect(drawings.rowCountMax).toBeGreaterThan(0);
  expect(drawings.rowCountMax).toBeLessThanOrEqual(ROW_COUNT_MAX);
  expect(drawings.writtenInFrameMax).toBe(1);
  expect(drawings.writtenCount).toBeGreaterThan(1);
  expect(drawings.spoken.length).toBeLessThanOrEqual(11);
  expect(drawings.spoken.at(-1)).toBe("Check: 10,000 of 10,000 done");
  // The story tells of them in one line.
  await expect(history(page).locator(".line-itemsStarted")).toContainText("10,000 of 10,000 done");
  expect(await rows(history(page)).count()).toBeLessThan(20);
  await expect(page.locator('.state[data-id="check"] .progress-text')).toHaveText("10,000 / 10,000");
});

test("a history of twenty thousand lines has a line wherever it is scrolled to", async ({ page }) => {
  await start(page, { outcome: "success", delayMs: 0 });
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded", { timeout: 60_000 });
  await page.getByRole("button", { name: "All", exact: true }).click();
  await expect(history(page).locator(".line-ended")).toBeInViewport();
  await expect(page.getByText("The run succeeded.")).toBeVisible();
  // Whoever is at the end stays there when the view becomes lower.
  await page.setViewportSize({ width: 1_280, height: 560 });
  await expect.poll(() => page.locator("#run-section").evaluate((scroller) => scroller.clientHeight)).toBeLessThan(300);
  await expect(history(page).locator(".line-ended")).toBeInViewport();
  await page.setViewportSize({ width: 1_280, height: 900 });
  await expect(history(page).locator(".line-ended")).toBeInViewport();
  const size = Number(await rows(history(page)).first().getAttribute("aria-setsize"));
  expect(size).toBeGreaterThan(15_000);
  expect(size).toBeLessThanOrEqual(20_000);
  await expect(page.getByText(/earlier lines are no longer kept/)).toBeAttached();
  for (const share of [0.75, 0.5, 0.25, 0.1, 0.9]) {
    const places = await page.locator("#run-section").evaluate(scrollTo, share);
    expect(places.filter((place) => place < 0)).toEqual([]);
    expect(places).toEqual([...places].sort((left, right) => left - right));
    expect(Math.abs((places[0] ?? 0) / size - share)).toBeLessThan(0.02);
  }
  expect(await rows(history(page)).count()).toBeLessThanOrEqual(ROW_COUNT_MAX);
  await history(page).locator(".line-row[tabindex='0']").focus();
  await page.keyboard.press("Home");
  await expect(rows(history(page)).first().locator(".line-row")).toBeFocused();
  await expect(rows(history(page)).first()).toHaveAttribute("aria-posinset", "1");
  await page.keyboard.press("End");
  await expect(history(page).locator(".line-ended .line-row")).toBeFocused();
});

/** Runs in the page: scrolls, and reads which rows stand at heights of the view, -1 where none does. */
async function scrollTo(scroller: HTMLElement | SVGElement, share: number): Promise<number[]> {
  scroller.scrollTop = scroller.scrollHeight * share;
  for (let frame = 0; frame < 3; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
  const box = scroller.getBoundingClientRect();
  return [0.1, 0.3, 0.5, 0.7, 0.9].map((part) => {
    const row = document.elementFromPoint(box.left + box.width / 2, box.top + 60 + (box.height - 70) * part)?.closest("li");
    return Number(row?.getAttribute("aria-posinset") ?? -1);
  });
}

test("one of a thousand calls is answered by hand, with the mouse and with keys", async ({ page }) => {
  await start(page, { outcome: "ask", delayMs: 0 });
  await expect(page.getByRole("heading", { name: "1,024 tasks at work" })).toBeVisible();
  await expect(rows(calls(page)).first()).toHaveAttribute("aria-setsize", String(CALL_COUNT));
  expect(await rows(calls(page)).count()).toBeLessThanOrEqual(ROW_COUNT_MAX);

  await page.locator(".calls-scroll").evaluate((scroller) => (scroller.scrollTop = scroller.scrollHeight / 2));
  const middle = rows(calls(page)).filter({ hasText: /item 520(?!\d)/ });
  await middle.getByRole("button", { name: "Succeed" }).click();
  await expect(counts(page)).toHaveText("1 / 10,000");
  await expect(middle).toHaveCount(0);

  const stop = calls(page).locator("button[tabindex='0']").first();
  await stop.focus();
  await page.keyboard.press("End");
  const focused = page.locator(":focus");
  await expect(rows(calls(page)).last()).toHaveAttribute("aria-posinset", String(CALL_COUNT));
  await expect(rows(calls(page)).last().getByRole("button", { name: "Succeed" })).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(focused.locator("xpath=ancestor::li")).toContainText(/item 1,023(?!\d)/);
  await page.keyboard.press("Tab");
  await expect(focused).toHaveText("Fail");
  await page.keyboard.press("Enter");
  await expect(counts(page)).toHaveText("2 / 10,000 1 failed");
  // The row is gone; whoever answered it stands on the same button of the next one.
  await expect(focused).toHaveText("Fail");
  await expect(focused.locator("xpath=ancestor::li")).toContainText(/item 1,024(?!\d)/);
  await page.keyboard.press("Enter");
  await expect(counts(page)).toHaveText("3 / 10,000 2 failed");
  await page.keyboard.press("Home");
  await expect(rows(calls(page)).first().getByRole("button", { name: "Fail" })).toBeFocused();
  await expect(history(page).locator(".line-taskFailed", { hasText: "item 1023" })).toBeVisible();
  await expect(rows(calls(page)).first()).toHaveAttribute("aria-setsize", String(CALL_COUNT));

  // The tab key leaves the list behind its row.
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "One step back" })).toBeFocused();
  await expect(calls(page).locator(":focus")).toHaveCount(0);
});

test("a thousand calls are paused, changed and canceled at once", async ({ page }) => {
  await start(page, { outcome: "ask", delayMs: 0 });
  await expect(page.getByRole("heading", { name: "1,024 tasks at work" })).toBeVisible();
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", /paus/);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("tab", { name: /^Tasks/ }).click();
  await expect(page.getByText("1,024 at work", { exact: true })).toBeVisible();
  expect(await page.locator(".calls > li").count()).toBeLessThanOrEqual(ROW_COUNT_MAX);
  await page.getByRole("group", { name: "How runChecks ends" }).getByRole("button", { name: "Succeeds" }).click();
  await page.getByRole("tab", { name: /^Run/ }).first().click();
  await expect(counts(page)).not.toHaveText("0 / 10,000");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", "canceled");
  await expect(calls(page)).toHaveCount(0);
});
