// What a run asks people, in the playground and in a real browser: a card with the form, mistakes in their place, a deadline, a reload in
// the middle, a pause, keys alone, a phone.
import { expect, test, type Page } from "@playwright/test";
import { watchPlayground } from "./watched-playground.js";

const PREFIX = "millrace-playground:";
const TASKS = ["notify", "reviewDocument", "refundCard", "sendEmail"];
const QUICK = Object.fromEntries(TASKS.map((task) => [task, { outcome: "success", delayMs: 60 }]));

const TWO = `millrace: 1
name: two
tasks:
  first: {action: await, event: say, form: {at: {type: timestamp, required: false}, count: int, list: {type: list, default: [1]}}}
  second: {action: await, event: say, message: A second one}
output: "{{ tasks.first.result }}"
`;

const playground = watchPlayground();

async function open(page: Page, key = "sample:expense-approval", values: Record<string, unknown> = {}): Promise<void> {
  await page.addInitScript(
    ([prefix, entries]) => {
      for (const [name, value] of Object.entries(entries)) if (localStorage.getItem(prefix + name) === null) localStorage.setItem(prefix + name, JSON.stringify(value));
    },
    [PREFIX, { behaviours: QUICK, ...values }] as const,
  );
  await page.goto(`${playground.url}#${new URLSearchParams({ text: key })}`);
  await expect(page.getByText("Engine ready")).toBeVisible();
}

const badge = (page: Page) => page.locator(".run-head [data-status]");
const card = (page: Page) => page.getByRole("form", { name: "Decide" });
const start = (page: Page) => page.getByRole("button", { name: "Start run" }).click();

test("a form is asked, a mistake is told in its place, and the answer is taken", async ({ page }) => {
  await open(page);
  await start(page);
  await expect(card(page)).toContainText("Kim spent 129.5 EUR. Shall it be paid back?");
  await expect(card(page).locator("time.badge")).toHaveText(/2 d 23 h left|3 d 0 h left/);
  await expect(card(page).locator(".silence")).toContainText("Pay it back: no");
  // The other branch went on.
  await expect(page.locator('.state[data-id="check_receipts"]')).toHaveClass(/is-visited/);
  await card(page).getByRole("textbox", { name: "Up to" }).fill("much");
  await card(page).getByRole("button", { name: "Send answer" }).click();
  const choice = card(page).getByRole("radiogroup", { name: /^Pay it back/ });
  await expect(choice).toHaveAttribute("aria-invalid", "true");
  await expect(choice).toHaveAccessibleDescription("Choose an answer.");
  await expect(card(page).getByRole("textbox", { name: "Up to" })).toHaveAccessibleDescription(/In euros.* This is no number\./);
  await expect(card(page).getByRole("radio", { name: "Yes" })).toBeFocused();
  await expect(badge(page)).toHaveAttribute("data-status", "waiting");
  await card(page).getByRole("radio", { name: "Yes" }).check();
  await card(page).getByRole("textbox", { name: "Up to" }).fill("99.5");
  await card(page).getByRole("combobox", { name: "Account" }).selectOption("travel");
  await card(page).getByRole("button", { name: "Send answer" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded");
  await expect(card(page)).toBeHidden();
  await page.getByRole("tab", { name: "Result" }).click();
  await expect(page.locator(".tree")).toContainText("travel");
  await expect(page.locator(".tree")).toContainText("99.5");
});

test("the question is there again after a reload; a paused run keeps its answer", async ({ page }) => {
  await open(page);
  await start(page);
  await expect(card(page)).toBeVisible();
  await page.reload();
  await expect(card(page)).toContainText("Kim spent 129.5 EUR");
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", "paused");
  await expect(card(page)).toContainText("It is kept until the run is resumed.");
  await card(page).getByRole("radio", { name: "No" }).check();
  await card(page).getByRole("button", { name: "Send answer" }).click();
  await expect(page.getByText("held until the run is resumed").first()).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded");
  await expect(page.locator('.state[data-id="pay"]')).not.toHaveClass(/is-visited/);
});

test("a deadline that passes has the answer that the workflow says", async ({ page }) => {
  await open(page);
  await page.getByRole("textbox", { name: "amount" }).fill("20");
  await page.getByRole("textbox", { name: "answerWithin" }).fill("2s");
  await start(page);
  await expect(card(page).locator(".silence")).toContainText("Pay it back: yes");
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded");
  await expect(page.locator('.state[data-id="pay"]')).toHaveClass(/is-visited/);
});

test("keys alone are enough, and cancel ends the question", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Alt+3");
  await page.keyboard.press("Control+Enter");
  await expect(card(page)).toBeVisible();
  const yes = card(page).getByRole("radio", { name: "Yes" });
  await page.keyboard.press("Alt+4");
  for (let count = 0; count < 20 && !(await yes.evaluate((element) => element === document.activeElement)); count += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await expect(card(page).getByRole("radio", { name: "No" })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded");
  await page.getByRole("tab", { name: /^Start/ }).click();
  await start(page);
  await expect(card(page)).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", "canceled");
  await expect(card(page)).toBeHidden();
});

test("of two tasks that wait for one event the first is answered first", async ({ page }) => {
  await open(page, "draft:Two", { drafts: ["Two"], "text:draft:Two": TWO });
  await start(page);
  const first = page.getByRole("form", { name: "First" });
  const second = page.getByRole("form", { name: "Second" });
  await expect(second.getByRole("button")).toBeDisabled();
  await expect(second).toContainText("Another task waits for “say” first.");
  await first.getByRole("textbox", { name: "Count" }).fill("7");
  await first.getByLabel("At").fill("2026-12-24T18:00");
  await first.getByRole("button", { name: "Send answer" }).click();
  await expect(first).toBeHidden();
  await second.getByRole("button", { name: "Send “say”" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded");
  await expect(page.locator(".result-line")).toContainText('"count":7');
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("the card fits, and its targets are big", async ({ page }) => {
    await open(page);
    await page.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: /^Start/ }).tap();
    await page.getByRole("button", { name: "Start run" }).tap();
    await expect(card(page)).toBeVisible();
    const targets = [card(page).locator(".answer").first(), card(page).getByRole("combobox"), card(page).getByRole("button", { name: "Send answer" })];
    for (const target of targets) expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await card(page).locator(".answer", { hasText: "No" }).tap();
    await card(page).getByRole("button", { name: "Send answer" }).tap();
    await expect(badge(page)).toHaveAttribute("data-status", "succeeded");
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });
});
