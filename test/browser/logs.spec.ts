// The Logs part of the run panel: what handlers and the engine said comes live, is narrowed by level and text, reached by keys, and shown as text
// whatever stands in it; from another tab, too.
import { expect, test, type Page } from "@playwright/test";
import { shoot, watchPlayground } from "./watched-playground.js";

const PREFIX = "millrace-playground:";
const SCRIPT = "<img src=x onerror=document.title='broken'>";
const TEXT = `millrace: 1
name: deliveries
tasks:
  pay: {action: chargeCard, input: {currency: "${SCRIPT}", order: "A-17"}, next: ship}
  ship: {action: shipOrder, retry: {count: 1, delay: 300ms}, input: {order: "A-17"}, on_error: tell}
  tell: {action: notify}
`;

const playground = watchPlayground({ isListening: false });

async function openPlayground(page: Page): Promise<void> {
  playground.listen(page);
  const behaviours = { chargeCard: { outcome: "success", delayMs: 60 }, shipOrder: { outcome: "failure", delayMs: 60 }, notify: { outcome: "ask", delayMs: 0 } };
  await page.addInitScript(
    ([prefix, entries]) => {
      for (const [key, value] of Object.entries(entries)) if (localStorage.getItem(prefix + key) === null) localStorage.setItem(prefix + key, JSON.stringify(value));
    },
    [PREFIX, { behaviours, drafts: ["deliveries"], "text:draft:deliveries": TEXT }] as const,
  );
  await page.goto(`${playground.url}#${new URLSearchParams({ text: "draft:deliveries" })}`);
  await expect(page.getByText("Engine ready")).toBeVisible();
}

const lines = (page: Page) => page.getByRole("list", { name: "Log" }).getByRole("listitem");

async function startAndOpenLogs(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start run" }).click();
  await page.getByRole("tab", { name: "Logs" }).click();
}

test("entries come live, are narrowed by level and text, and are shown as text", async ({ page, context }) => {
  await openPlayground(page);
  await startAndOpenLogs(page);
  await expect(lines(page)).toContainText([
    "chargeCard begins: currency <img src=x onerror=document.title='broken'>, order A-17",
    "chargeCard is done",
    "shipOrder begins: order A-17",
    "shipOrder gives up",
    /Task "shipOrder" failed and is tried again in \d+ ms \(attempt 1\)/,
    "shipOrder begins again, attempt 2: order A-17",
    "shipOrder gives up",
    'Task "shipOrder" failed (attempt 2)',
    "notify begins",
  ]);
  await shoot(page, "logs");
  await lines(page).first().getByRole("button").click();
  await expect(lines(page).first().locator("pre")).toContainText(SCRIPT);
  await page.getByRole("button", { name: "Warnings" }).click();
  await expect(lines(page)).toHaveCount(4);
  await expect(lines(page).first().getByText("Warning:")).toBeAttached();
  await page.getByRole("searchbox", { name: "Search the log" }).fill("ATTEMPT 2)");
  await expect(lines(page)).toHaveCount(1);
  await expect(page.getByRole("status").filter({ hasText: "1 entry" })).toBeVisible();
  await shoot(page, "logs-searched");
  await page.getByRole("searchbox", { name: "Search the log" }).fill("no such thing");
  await expect(page.getByText("No entry fits.")).toBeVisible();
  await page.getByRole("searchbox", { name: "Search the log" }).fill("");
  await page.getByRole("button", { name: "All" }).click();
  await expect(lines(page)).toHaveCount(9);
  // Another tab follows the same run.
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByRole("tab", { name: "Logs" }).click();
  await expect(lines(other)).toHaveCount(9);
  await page.getByRole("list", { name: "Tasks at work" }).getByRole("button", { name: "Succeed" }).click();
  for (const each of [page, other]) await expect(lines(each)).toHaveCount(10);
  expect([await page.title(), await page.locator("img").count()]).toEqual([expect.not.stringContaining("broken"), 0]);
  await page.reload();
  await page.getByRole("tab", { name: "Logs" }).click();
  await expect(lines(page)).toHaveCount(10);
});

test("whoever scrolls away from the end and takes a line at once stays there", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 560 });
  await openPlayground(page);
  await startAndOpenLogs(page);
  await expect(lines(page)).toHaveCount(9);
  await expect(page.getByRole("list", { name: "Tasks at work" })).toBeVisible();
  const first = lines(page).first().getByRole("button");
  await first.evaluate((button: HTMLElement) => {
    button.scrollIntoView();
    // Before the page tells anybody that it was scrolled.
    button.focus({ preventScroll: true });
  });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await expect(first).toBeInViewport({ ratio: 1 });
});

test("everything is reached by keys", async ({ page }) => {
  await openPlayground(page);
  await startAndOpenLogs(page);
  await expect(lines(page)).toHaveCount(9);
  await page.getByRole("tab", { name: "Logs" }).focus();
  for (const name of ["All", "Info", "Warnings", "Errors"]) {
    await page.keyboard.press("Tab");
    if (name === "All" && !(await page.getByRole("button", { name }).evaluate((button) => button === document.activeElement))) await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name, exact: true })).toBeFocused();
  }
  await page.keyboard.press("Tab");
  await page.keyboard.type("chargecard");
  await expect(lines(page)).toHaveCount(2);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("checkbox", { name: "Follow" })).toBeFocused();
  await page.keyboard.press("Space");
  await expect(page.getByRole("checkbox", { name: "Follow" })).not.toBeChecked();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(lines(page).first().getByRole("button")).toHaveAttribute("aria-expanded", "true");
  await page.keyboard.press("ArrowDown");
  await expect(lines(page).nth(1).getByRole("button")).toBeFocused();
});

for (const scheme of ["light", "dark"] as const) {
  test(`a phone has room for the log, ${scheme}`, async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width: 390, height: 760 }, colorScheme: scheme });
    const page = await context.newPage();
    await openPlayground(page);
    await page.getByRole("button", { name: /^(Run|Start)/ }).first().click();
    await startAndOpenLogs(page);
    await expect(lines(page)).toHaveCount(9);
    await page.getByRole("searchbox", { name: "Search the log" }).scrollIntoViewIfNeeded();
    await lines(page).last().scrollIntoViewIfNeeded();
    await shoot(page, `logs-phone-${scheme}`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await context.close();
  });
}
