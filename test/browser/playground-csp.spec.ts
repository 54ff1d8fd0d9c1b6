// The playground under the strict policy plus a style nonce for its editor: it comes up and nobody reports a violation.
import { expect, test } from "@playwright/test";
import { strictPolicy } from "../../scripts/static-server.mjs";
import { serveBuilt } from "./server.js";

test("the playground comes up under its policy", async ({ page }) => {
  const server = await serveBuilt({ hasStyleNonce: true });
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  try {
    const response = await page.goto(server.url);
    const policy = await response?.headerValue("content-security-policy");
    expect(policy?.startsWith(`${strictPolicy}; style-src 'self' 'nonce-`)).toBe(true);
    await expect(page.locator(".cm-editor").first()).toBeVisible();
    await expect(page.locator("svg").first()).toBeVisible();
    // What the editor styles is styled: without the nonce its lines would have no gutter layout.
    expect(
      await page
        .locator(".cm-scroller")
        .first()
        .evaluate((element) => getComputedStyle(element).display),
    ).toBe("flex");
  } finally {
    await server.close();
  }
  expect(server.violations).toEqual([]);
  expect(complaints).toEqual([]);
});
