// The scratch-pad for expressions, and what the workflow's editor knows of the expressions in its text: as built, under the
// strict policy, with the keyboard, in both schemes and on a phone.
import { expect, test, type Page } from "@playwright/test";
import { shoot, watchPlayground } from "./watched-playground.js";

const playground = watchPlayground();

const expression = (page: Page) => page.getByRole("textbox", { name: "Expression" });
const context = (page: Page) => page.getByRole("textbox", { name: "Context as JSON" });
const result = (page: Page) => page.getByRole("region", { name: "Result" });

/** Takes a completion with the keyboard: the list heeds keys only once it has been there for a moment. */
async function accept(page: Page, name: RegExp, key: string): Promise<void> {
  await expect(page.locator(".cm-tooltip-autocomplete").getByRole("option", { name }).first()).toBeVisible();
  await page.waitForTimeout(150);
  await page.keyboard.press(key);
}

async function openPad(page: Page): Promise<void> {
  await page.goto(`${playground.url}#view=expressions`);
  await expect(result(page)).toContainText("unit");
}

async function write(page: Page, text: string): Promise<void> {
  await expression(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
}

test("an expression over pasted JSON: value, type, cost, paths, and how it comes about", async ({ page }) => {
  await openPad(page);
  await context(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText('{"user": {"name": "Ada", "age": 36, "tags": ["a", "b"]}}');
  await write(page, 'user.age > 18 && user.tags.exists(tag, tag == "b")');
  await expect(result(page).locator(".pad-value")).toHaveText("true");
  await expect(result(page)).toContainText("bool");
  await expect(page.locator(".pad-path")).toHaveText(["user.age", "user.tags[]"]);
  await expect(page.locator(".explanation")).toContainText('tag = "b"');
  await expect(page.getByRole("status").filter({ hasText: "Value true, type bool, cost" })).toBeAttached();

  await write(page, "false && user.name == 'x'");
  await expect(page.locator(".part-value.is-skipped").first()).toHaveText("not evaluated");
  await write(page, "int(user.age) / 0");
  await expect(result(page).locator(".pad-value")).toContainText("expression/divide-by-zero");
});

test("findings lead to their place and are mended", async ({ page }) => {
  await openPad(page);
  await write(page, "order.totl > 1");
  const finding = page.locator(".pad-finding");
  await expect(finding).toContainText('did you mean "total"');
  await expect(page.locator(".pad-expression .cm-lintRange-warning")).toHaveText("totl");
  await page.getByRole("button", { name: "Use total" }).click();
  await expect(expression(page)).toHaveText("order.total > 1");
  await expect(result(page).locator(".pad-value")).toHaveText("true");
  await write(page, "order.total >");
  await expect(page.locator(".finding-error")).toContainText("expression/unexpected-token");
});

test("what is wrong with the JSON stands in its place", async ({ page }) => {
  await openPad(page);
  await context(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText('{\n  "a": 1,\n  "b": oops\n}');
  await expect(page.locator(".pad-context .field-problem")).toContainText("Line 3");
  await expect(page.locator(".pad-context .cm-lintRange-error")).toBeAttached();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText("[1]");
  await expect(page.locator(".pad-context .field-problem")).toContainText("the JSON is an object");
});

test("with the keyboard alone: there, completion, signature help, the next place, format, and back", async ({ page }) => {
  await page.goto(playground.url);
  await expect(page.getByText("Engine ready")).toBeVisible();
  await page.keyboard.press("Alt+8");
  await expect(expression(page)).toBeFocused();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("order.it");
  await accept(page, /^items/, "Enter");
  await page.keyboard.type(".exi");
  await accept(page, /^exists/, "Enter");
  await expect(expression(page)).toHaveText("order.items.exists(item, )");
  await expect(page.locator(".cm-expression-tip")).toContainText("predicate");
  await page.keyboard.type("item.pri");
  await accept(page, /^price/, "Tab");
  await page.keyboard.type(" >    100");
  await expect(result(page).locator(".pad-value")).toHaveText("true");
  await page.keyboard.press("Shift+Alt+F");
  await expect(expression(page)).toHaveText("order.items.exists(item, item.price > 100)");
  await write(page, "limit > 1 && limit < 500");
  await page.keyboard.press("Home");
  await expect(page.locator(".cm-same-path")).toHaveCount(2);
  await page.keyboard.press("F12");
  await page.keyboard.insertText("order.total + ");
  await expect(expression(page)).toHaveText("limit > 1 && order.total + limit < 500");
  await page.keyboard.press("Alt+1");
  await expect(page.getByRole("textbox", { name: "Workflow text" })).toBeFocused();
  expect(page.url()).not.toContain("view=expressions");
});

test("both texts are kept, and the address leads back", async ({ page }) => {
  await openPad(page);
  await write(page, "order.total * 2.0");
  await expect(result(page).locator(".pad-value")).toHaveText("375");
  await page.reload();
  await expect(expression(page)).toHaveText("order.total * 2.0");
  await expect(result(page).locator(".pad-value")).toHaveText("375");
  await page.getByRole("button", { name: "Workflow", exact: true }).click();
  await expect(page.getByRole("textbox", { name: "Workflow text" })).toBeVisible();
  await page.goBack();
  await expect(result(page)).toBeVisible();
});

test("pointing at a part marks it in the expression", async ({ page }) => {
  await openPad(page);
  await write(page, "(limit + 1) * 2 > 100 || order.total > 1");
  await page.locator(".part-text", { hasText: /^\(limit \+ 1\) \* 2$/ }).focus();
  await expect(page.locator(".cm-explained")).toHaveText("(limit + 1) * 2");
});

test("hover says what a name is", async ({ page }) => {
  await openPad(page);
  await write(page, "size(order.items) > 1");
  await page.locator(".pad-expression .cm-line").hover({ position: { x: 20, y: 10 } });
  await expect(page.locator(".cm-expression-tip")).toContainText("How many");
});

test("the workflow's editor completes and explains the expressions in its text", async ({ page }) => {
  const text = "---\nname: pages\nparameters:\n  - {name: service, type: string, default: shop}\nvariables:\n  pages: 0\nevents: [go]\n---\n\n```mermaid\nstateDiagram-v2\n  [*] --> Idle\n  Idle --> [*] : go [pages < 3]\n```\n";
  await page.addInitScript(([draft]) => {
    localStorage.setItem("millrace-playground:drafts", '["d"]');
    localStorage.setItem("millrace-playground:text:draft:d", JSON.stringify(draft));
  }, [text] as const);
  await page.goto(`${playground.url}#text=draft:d`);
  // Nothing reads the parameter yet, which is told a little later than what parsing finds.
  await expect(page.getByRole("region", { name: "Findings" }).getByText("analysis/unused-variable")).toBeVisible();
  const editor = page.getByRole("textbox", { name: "Workflow text" });
  await editor.locator(".cm-line", { hasText: "[pages < 3]" }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type(" && serv");
  await accept(page, /^service/, "Enter");
  await page.keyboard.type(".starts");
  await accept(page, /^startsWith/, "Enter");
  await expect(editor).toContainText("[pages < 3 && service.startsWith()]");
  await expect(page.locator(".cm-expression-tip", { hasText: "string.startsWith(string) -> bool" })).toBeVisible();
  await page.keyboard.type("'a'");
  await expect(page.getByText("No findings")).toBeVisible();
  await page.keyboard.press("ControlOrMeta+ ");
  await page.keyboard.press("Escape");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type(" && pages == pages");
  await expect(page.locator(".finding")).toContainText("editor/same-operands");
  await shoot(page, "workflow-completion");
});

test("pictures: desktop and phone, light and dark, without anything wider than the page", async ({ page }) => {
  for (const [width, height] of [[1280, 860], [390, 844]] as const) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await openPad(page);
      await expect(page.locator(".explanation")).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await shoot(page, `pad-${width}-${colorScheme}`);
      if (width === 390) {
        await page.locator(".explanation").scrollIntoViewIfNeeded();
        await shoot(page, `pad-${width}-${colorScheme}-below`);
      }
    }
  }
  await page.setViewportSize({ width: 1280, height: 860 });
  await write(page, "order.items.exists(item, item.");
  await page.keyboard.press("ControlOrMeta+ ");
  await expect(page.locator(".cm-tooltip-autocomplete").getByRole("option").first()).toBeVisible();
  await page.waitForTimeout(200);
  await shoot(page, "pad-completion");
});
