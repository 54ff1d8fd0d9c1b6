// Markup and addresses with script in everything that an author or a run may name or say: the playground shows them as text. Its policy would keep such
// a script from running; that is the second wall, so the test asks that no element is made of them.
import { expect, type Page, test } from "@playwright/test";
import { serveBuilt } from "./server.js";

const PREFIX = "millrace-playground:";
const MARKUP = "<img src=x onerror=window.hit=1>";
const TASK = "<img/src=x/onerror=window.hit=1>";
const ADDRESS = "javascript:window.hit=1";
const TEXT = `millrace: 1
name: "${MARKUP} ${ADDRESS}"
tasks:
  call: {action: "${TASK}", input: {text: "${MARKUP}", link: "${ADDRESS}"}, next: stop}
  stop: {action: fail, message: "No ${MARKUP} ${ADDRESS}"}
`;

test("script in names, errors and payloads is shown as text", async ({ page }) => {
  const server = await serveBuilt({ hasStyleNonce: true });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  try {
    await prepare(page);
    await page.goto(`${server.url}#${new URLSearchParams({ text: `draft:${MARKUP}` })}`);
    await expect(page.getByText("Engine ready")).toBeVisible();
    await page.getByRole("button", { name: "Start run" }).click();
    await expect(page.locator(".run-head [data-status]")).toHaveAttribute("data-status", "failed");
    await expect(page.getByText(`No ${MARKUP} ${ADDRESS}`).first()).toBeVisible();
    for (const name of ["History", "Context", "Runs", "Metrics"]) {
      const tab = page.getByRole("tab", { name: new RegExp(`^${name}`) });
      if ((await tab.count()) === 0) continue;
      await tab.first().click();
      await checkNothingMade(page);
      if (name === "History") await expect(page.locator(".line-taskSucceeded", { hasText: TASK }).first()).toBeVisible();
      if (name === "Runs") await expect(page.getByRole("tabpanel").getByText(`${MARKUP} ${ADDRESS}`).first()).toBeVisible();
    }
    await page.reload();
    await expect(page.getByText("Engine ready")).toBeVisible();
    await checkNothingMade(page);
  } finally {
    await server.close();
  }
  expect(server.violations).toEqual([]);
  expect(complaints).toEqual([]);
});

async function prepare(page: Page): Promise<void> {
  const values = { drafts: [MARKUP], [`text:draft:${MARKUP}`]: TEXT, "added-tasks": [TASK], behaviours: { [TASK]: { outcome: "success", delayMs: 30 } } };
  await page.addInitScript(
    ([prefix, entries]) => {
      for (const [key, value] of Object.entries(entries)) localStorage.setItem(prefix + key, JSON.stringify(value));
    },
    [PREFIX, values] as const,
  );
}

async function checkNothingMade(page: Page): Promise<void> {
  expect(await page.locator("img[onerror], [onerror], a[href^='javascript:'], [src^='javascript:']").count()).toBe(0);
  expect(await page.evaluate(() => "hit" in window)).toBe(false);
}
