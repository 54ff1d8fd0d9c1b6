// A run that failed goes on in a new one, in the playground: what had been done is not done again.
import { expect, test } from "@playwright/test";
import { serveBuilt } from "./server.js";

const TEXT = `millrace: 1
name: parcels
vars: {label: none}
scopes:
  packing: {description: Everything on the table, tasks: [wrap, weigh]}
tasks:
  fetch: {action: fetchParcel, next: [{publish: {label: L-7}, do: wrap}]}
  wrap: {action: wrapParcel, next: weigh}
  weigh: {action: weighParcel, next: post}
  post: {action: postParcel}
output: {label: "{{ vars.label }}", posted: "{{ tasks.post.result.at }}"}
`;
const QUICK = { outcome: "success", delayMs: 20 };
const BEHAVIOURS = { fetchParcel: QUICK, wrapParcel: QUICK, weighParcel: QUICK, postParcel: { outcome: "failure", delayMs: 20 } };

test("a failed run says what can be told of its output, and goes on from its failure", async ({ page }) => {
  const server = await serveBuilt({ hasStyleNonce: true });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.addInitScript(
    (entries) => {
      for (const [name, value] of Object.entries(entries)) localStorage.setItem(`millrace-playground:${name}`, JSON.stringify(value));
    },
    { drafts: ["Parcels"], "text:draft:Parcels": TEXT, behaviours: BEHAVIOURS },
  );
  await page.goto(`${server.url}#${new URLSearchParams({ text: "draft:Parcels" })}`);
  await expect(page.getByText("Engine ready")).toBeVisible();
  await page.getByRole("button", { name: "Register simulated handlers" }).click();
  await page.getByRole("button", { name: "Start run" }).click();
  const badge = page.locator(".run-head [data-status]");
  await expect(badge).toHaveAttribute("data-status", "failed");
  await expect(page.getByRole("alert")).toContainText('"L-7"');
  if (process.env.MILLRACE_SHOT !== undefined) await page.screenshot({ path: process.env.MILLRACE_SHOT });
  await page.getByRole("button", { name: "Run on" }).press("Enter");
  await expect(page.getByText("A new run goes on from where this one came to")).toBeVisible();
  await expect(badge).toHaveAttribute("data-status", "failed");
  await page.getByRole("tab", { name: /Runs/ }).click();
  await expect(page.getByRole("row", { name: /Parcels .*failed/ })).toHaveCount(2);
  expect(complaints).toEqual([]);
  expect(server.violations).toEqual([]);
  await server.close();
});
