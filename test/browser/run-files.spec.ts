// Runs as files in the playground: exported from one browser, imported by another, by picker and by drop, with the keyboard, under the strict policy.
import { expect, test, type Browser, type Page } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { shoot, watchPlayground } from "./watched-playground.js";

const playground = watchPlayground({ isListening: false });

const tab = (page: Page, name: string) => page.getByRole("tab", { name: new RegExp(`^${name}`) });

async function openPlayground(page: Page): Promise<void> {
  playground.listen(page);
  await page.goto(`${playground.url}#${new URLSearchParams({ text: "sample:document-approval" })}`);
  await expect(page.getByText("Engine ready")).toBeVisible();
}

async function openElsewhere(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await openPlayground(page);
  await tab(page, "Runs").click();
  await expect(page.getByText("No runs yet.")).toBeVisible();
  return page;
}

/** Two runs that wait for an event, and the file of them. */
async function exportTwo(page: Page, fields: { readonly passphrase?: string; readonly redact?: string } = {}): Promise<string> {
  await openPlayground(page);
  for (const count of [1, 2]) {
    await tab(page, "Start").click();
    await page.getByRole("button", { name: "Start run" }).click();
    await expect(page.locator("#panel-tab-run")).toHaveAttribute("aria-selected", "true");
    await tab(page, "Runs").click();
    await expect(page.locator(".run-row")).toHaveCount(count);
  }
  await page.getByRole("button", { name: "Export…" }).click();
  const dialog = page.getByRole("dialog", { name: "Export runs" });
  await expect(dialog.getByLabel("Runs", { exact: true })).toHaveValue("all");
  if (fields.passphrase !== undefined) await dialog.getByLabel(/^Passphrase/).fill(fields.passphrase);
  if (fields.redact !== undefined) await dialog.getByLabel(/^Values to leave out/).fill(fields.redact);
  await shoot(page, "export-dialog");
  const downloading = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Export" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^runs-\d{4}-\d\d-\d\d\.millrace$/);
  await expect(dialog).toBeHidden();
  return download.path();
}

test("runs go from one browser to another, paused, and go on there", async ({ page, browser }) => {
  const path = await exportTwo(page);
  const other = await openElsewhere(browser);
  await other.locator('input[type="file"]').setInputFiles({ name: "runs.millrace", mimeType: "application/octet-stream", buffer: await readFile(path) });
  const dialog = other.getByRole("dialog", { name: "Import runs" });
  await expect(dialog).toContainText("runs.millrace");
  await shoot(other, "import-dialog");
  await dialog.getByRole("button", { name: "Import" }).click();
  await expect(dialog.getByRole("status")).toContainText("2 runs imported.");
  await shoot(other, "import-report");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(other.locator('.run-row [data-status="paused"]')).toHaveCount(2);
  await shoot(other, "imported-list");
  await other.locator(".run-link").first().click();
  await other.getByRole("button", { name: "Resume" }).click();
  await expect(other.locator('.run-head [data-status="waiting"], .run-head [data-status="running"]')).toBeVisible();
  await other.context().close();
});

test("a dropped file that is encrypted asks for its passphrase, and by keyboard alone it is imported", async ({ page, browser }) => {
  const bytes = [...(await readFile(await exportTwo(page, { passphrase: "a secret" })))];
  const other = await openElsewhere(browser);
  const transfer = await other.evaluateHandle((content) => {
    const dropped = new DataTransfer();
    dropped.items.add(new File([Uint8Array.from(content)], "secret.millrace"));
    return dropped;
  }, bytes);
  await other.locator(".runs-panel").dispatchEvent("dragover", { dataTransfer: transfer });
  await expect(other.locator(".runs-panel")).toHaveClass(/is-aimed/);
  await other.locator(".runs-panel").dispatchEvent("drop", { dataTransfer: transfer });
  const dialog = other.getByRole("dialog", { name: "Import runs" });
  await dialog.getByLabel(/^Passphrase/).focus();
  await other.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toContainText("portable/passphrase-needed");
  await other.keyboard.type("another");
  await other.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toContainText("portable/wrong-passphrase");
  await shoot(other, "import-problem");
  await other.keyboard.press("ControlOrMeta+a");
  await other.keyboard.type("a secret");
  await other.keyboard.press("Enter");
  await expect(dialog.getByRole("status")).toContainText("2 runs imported.");
  await other.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(other.locator(".run-row")).toHaveCount(2);
  await other.context().close();
});

test("redacted runs say so, and a wrong path is told", async ({ page, browser }) => {
  const path = await exportTwo(page, { redact: "input.*\n**.by" });
  await page.getByRole("button", { name: "Export…" }).click();
  const asked = page.getByRole("dialog", { name: "Export runs" });
  await asked.getByLabel(/^Values to leave out/).fill("card.number");
  await asked.getByRole("button", { name: "Export" }).click();
  await expect(asked.getByRole("alert")).toContainText("options.redact");
  const other = await openElsewhere(browser);
  await other.locator('input[type="file"]').setInputFiles({ name: "runs.millrace", mimeType: "application/octet-stream", buffer: await readFile(path) });
  const dialog = other.getByRole("dialog", { name: "Import runs" });
  await dialog.getByRole("button", { name: "Import" }).click();
  await expect(dialog.getByRole("status")).toContainText("2 runs cannot go on here");
  await shoot(other, "import-redacted");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(other.getByText("redacted").first()).toBeVisible();
  await other.getByRole("button", { name: /^Delete the run/ }).first().click();
  await expect(other.locator(".run-row")).toHaveCount(1);
  await other.context().close();
});

test("a phone has room for both dialogs", async ({ browser }) => {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 760 } })).newPage();
  await openPlayground(page);
  await page.getByRole("button", { name: /^Runs/ }).click();
  await page.locator('input[type="file"]').setInputFiles({ name: "none.millrace", mimeType: "application/octet-stream", buffer: Buffer.from("nothing of the kind") });
  const dialog = page.getByRole("dialog", { name: "Import runs" });
  await dialog.getByRole("button", { name: "Import" }).click();
  await expect(dialog.getByRole("alert")).toContainText("portable/not-portable");
  await shoot(page, "import-phone");
  await page.context().close();
});
