// Time travel in the playground: the slider by keyboard, what it says, what diagram and context show then, a fork with other input, and all of it
// while the run goes on.
import { expect, test, type Page } from "@playwright/test";
import { serveBuilt } from "./server.js";

const TEXT = `---
name: parcel
parameters:
  weight: { type: number, default: 2 }
variables:
  stops: { type: list, initial: [] }
  paid: any
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> Paying
  Paying --> Travelling : success
  Travelling --> Travelling : stop / set stops = stops + [event.at]
  Travelling --> Arrived : arrive
  Arrived --> [*] : sign
\`\`\`
## Actions
- Paying: call pay with weight=weight result paid
`;
const SHOTS = process.env.MILLRACE_SHOTS;

async function open(page: Page, url: string, theme = "light"): Promise<void> {
  await page.addInitScript(
    (entries) => {
      for (const [name, value] of Object.entries(entries)) if (localStorage.getItem(`millrace-playground:${name}`) === null) localStorage.setItem(`millrace-playground:${name}`, JSON.stringify(value));
    },
    { drafts: ["Parcel"], "text:draft:Parcel": TEXT, behaviours: { pay: { outcome: "success", delayMs: 20 } }, theme },
  );
  await page.goto(`${url}#${new URLSearchParams({ text: "draft:Parcel" })}`);
  await expect(page.getByText("Engine ready")).toBeVisible();
}

async function register(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Register a simulated handler" }).locator("visible=true").first().click();
}

async function send(page: Page, name: string, at?: string): Promise<void> {
  if (at !== undefined) {
    // By keys, as a person would: where `fill` replaces all of it at once, Chromium gives the new line the style of the old, which the policy refuses.
    await page.getByLabel("Event payload as JSON").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("Delete");
    await page.keyboard.type(JSON.stringify({ at }));
  }
  await page.getByRole("button", { name: new RegExp(`^${name}`) }).click();
}

test("a run is looked at step by step, by keyboard, and forked from the past with other input", async ({ page }) => {
  const server = await serveBuilt({ hasStyleNonce: true });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await open(page, server.url);
  await register(page);
  await page.getByRole("button", { name: "Start run" }).click();
  const slider = page.getByRole("slider", { name: "Step of the run" });
  await expect(slider).toHaveAttribute("aria-valuetext", /^Step 2 of 2, now; .+; .*pay/);
  await page.getByRole("button", { name: "With a payload" }).click();
  for (const at of ["Oslo", "Bonn", "Rome"]) await send(page, "stop", at);
  await expect(slider).toHaveAttribute("max", "5");
  await page.getByRole("tab", { name: "Context" }).click();
  const context = page.getByRole("group", { name: "Context" });
  await expect(context).toContainText("[ 3 ]");
  const active = page.locator(".canvas .is-active");

  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(slider).toHaveAttribute("aria-valuetext", /^Step 4 of 5; .+; Event stop, taken$/);
  await expect(context).toContainText("[ 2 ]");
  await expect(context.locator(".is-marked")).toHaveText(/stops/);
  await page.keyboard.press("Home");
  await expect(slider).toHaveAttribute("aria-valuetext", /^Step 0 of 5; .+; Not begun$/);
  await expect(active).toHaveCount(0);
  await page.keyboard.press("ArrowRight");
  await expect(active).toContainText("Paying");
  await expect(context).not.toContainText("Oslo");
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/past-desktop-light.png` });

  // The run goes on meanwhile; what is looked at stays.
  await send(page, "arrive");
  await expect(slider).toHaveAttribute("aria-valuetext", /^Step 1 of 6; /);
  await expect(active).toContainText("Paying");
  await slider.focus();
  await page.keyboard.press("End");
  await expect(slider).toHaveAttribute("aria-valuetext", /^Step 6 of 6, now; /);
  await expect(active).toContainText("Arrived");
  await page.keyboard.press("PageDown");
  await expect(page.getByRole("button", { name: "Back to now" })).toBeVisible();
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect(active).toContainText("Arrived");

  await slider.focus();
  for (let step = 6; step > 3; step -= 1) await page.keyboard.press("ArrowLeft");
  await page.getByRole("button", { name: "Fork from here" }).click();
  const form = page.getByRole("form", { name: "Fork from step 3" });
  await form.getByLabel(/weight/).fill("9");
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/fork-desktop-light.png` });
  await form.getByRole("button", { name: "Start the fork" }).click();
  await expect(page.getByText(/^Fork of .+ after step 3$/)).toBeVisible();
  await expect(slider).toHaveAttribute("max", "3");
  await expect(context).toContainText("9");
  await expect(context).toContainText("[ 1 ]");
  await send(page, "arrive");
  await expect(active).toContainText("Arrived");
  await page.getByText(/^Fork of/).getByRole("button").click();
  await expect(slider).toHaveAttribute("max", "6");
  expect(complaints).toEqual([]);
  expect(server.violations).toEqual([]);
  await server.close();
});

for (const [name, width, height] of [
  ["desktop", 1_280, 800],
  ["phone", 390, 844],
] as const)
  for (const theme of ["light", "dark"] as const)
    test(`the slider fits, ${name}, ${theme}`, async ({ page }) => {
      const server = await serveBuilt({ hasStyleNonce: true });
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme });
      await open(page, server.url, theme);
      if (name === "phone") await page.locator(".phone-bar").getByRole("button", { name: "Start" }).click();
      await register(page);
      await page.getByRole("button", { name: "Start run" }).click();
      const slider = page.getByRole("slider", { name: "Step of the run" });
      await expect(slider).toHaveAttribute("max", "2");
      await page.getByRole("button", { name: "With a payload" }).click();
      for (const at of ["Oslo", "Bonn"]) await send(page, "stop", at);
      await expect(slider).toHaveAttribute("max", "4");
      await page.getByRole("tab", { name: "Context" }).click();
      await slider.focus();
      await page.keyboard.press("ArrowLeft");
      await expect(page.locator(".is-marked")).toHaveCount(1);
      const box = await slider.boundingBox();
      expect(box?.width ?? 0).toBeGreaterThan(150);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      if (SHOTS !== undefined) {
        await slider.scrollIntoViewIfNeeded();
        await page.screenshot({ path: `${SHOTS}/travel-${name}-${theme}.png` });
        await page.getByRole("button", { name: "Fork from here" }).click();
        await page.getByRole("button", { name: "Start the fork" }).scrollIntoViewIfNeeded();
        await page.screenshot({ path: `${SHOTS}/fork-${name}-${theme}.png` });
      }
      await server.close();
    });
