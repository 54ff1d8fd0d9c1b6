// The playground in a real browser, as built and under the strict policy with a style nonce: samples, live findings,
// runs with events, pause, resume, cancel, reload in mid-run, a second tab, keyboard only, phone width, a large chart.
import { expect, test, type BrowserContext, type Page } from "@playwright/test";
import { serveBuilt, type TestServer } from "./server.js";

const PREFIX = "millrace-playground:";
const TASKS = [
  "chargeCard",
  "refundCard",
  "reserveStock",
  "shipOrder",
  "sendEmail",
  "notify",
  "reviewDocument",
  "publishDocument",
  "pageOnCall",
];
const MORE_TASKS = ["runChecks", "build", "test", "deploy", "rollback", "scoreLead", "enrichLead", "createAccount", "provision", "prompt"];
const QUICK = Object.fromEntries([...TASKS, ...MORE_TASKS].map((task) => [task, { outcome: "success", delayMs: 60 }]));

/** The samples, with the events that a person would send to bring each to its end. */
const SAMPLES: readonly { id: string; title: string; state: string; events: readonly string[] }[] = [
  { id: "order-fulfilment", title: "Order fulfilment", state: "Charge", events: [] },
  { id: "document-approval", title: "Document approval", state: "EditorDecides", events: ["approve", "clear"] },
  { id: "incident-response", title: "Incident response", state: "WaitForAnswer", events: ["acknowledge", "mitigated"] },
  { id: "release-pipeline", title: "Release pipeline", state: "Deploy", events: ["release"] },
  { id: "lead-scoring", title: "Lead scoring", state: "Score", events: ["accept"] },
  { id: "onboarding", title: "Onboarding", state: "PrepareDesk", events: ["deskReady", "firstDayDone"] },
  { id: "charging-station", title: "Charging station", state: "Free", events: ["plugIn", "tick", "answer"] },
];

let server: TestServer;
let complaints: string[];

test.beforeEach(async ({ page }) => {
  server = await serveBuilt({ hasStyleNonce: true });
  complaints = [];
  listen(page);
});

test.afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
  expect(complaints).toEqual([]);
});

function listen(page: Page): void {
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
}

interface Opening {
  readonly text?: string;
  readonly behaviours?: object;
  readonly draft?: { readonly name: string; readonly text: string };
}

/** Remembered values as a visit before would have left them; set once, not again on a reload. */
async function prepare(page: Page, { behaviours = QUICK, draft }: Opening): Promise<void> {
  const values: Record<string, unknown> = { behaviours };
  if (draft) {
    values["drafts"] = [draft.name];
    values[`text:draft:${draft.name}`] = draft.text;
  }
  await page.addInitScript(
    ([prefix, entries]) => {
      if (localStorage.getItem(`${prefix}prepared`) !== null) return;
      localStorage.setItem(`${prefix}prepared`, "1");
      for (const [key, value] of Object.entries(entries)) localStorage.setItem(prefix + key, JSON.stringify(value));
    },
    [PREFIX, values] as const,
  );
}

async function open(page: Page, opening: Opening): Promise<void> {
  await prepare(page, opening);
  const key = opening.draft ? `draft:${opening.draft.name}` : (opening.text ?? "sample:order-fulfilment");
  await page.goto(`${server.url}#${new URLSearchParams({ text: key })}`);
  await expect(page.getByText("Engine ready")).toBeVisible();
}

const badge = (page: Page) => page.locator(".run-head [data-status]");
const state = (page: Page, id: string) => page.locator(`.state[data-id="${id}"]`);
const tab = (page: Page, name: string) => page.getByRole("tab", { name: new RegExp(`^${name}`) });

async function start(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start run" }).click();
  await expect(badge(page)).toBeVisible();
}

/** Sends the given events whenever they are awaited, until the run has ended. */
async function drive(page: Page, events: readonly string[]): Promise<void> {
  await expect(async () => {
    const status = await badge(page).getAttribute("data-status");
    for (const name of events) {
      const button = page.locator(".event-button.is-awaited", { hasText: name });
      if ((await button.count()) > 0 && (await button.first().isEnabled())) await button.first().click({ timeout: 1_000 });
    }
    expect(status).toBe("succeeded");
  }).toPass({ timeout: 60_000, intervals: [150] });
}

for (const { id, title, state: watched, events } of SAMPLES) {
  test(`the sample "${title}" draws without findings and runs to its end`, async ({ page }) => {
    await open(page, { text: `sample:${id}` });
    await expect(page.getByText("No findings")).toBeVisible();
    await expect(page.locator(".state").first()).toBeVisible();
    expect(await page.locator(".edge").count()).toBeGreaterThan(5);
    await start(page);
    await expect(state(page, watched)).toHaveClass(/is-active|is-visited/);
    await drive(page, events);
    await expect(page.getByText("The run succeeded.")).toBeVisible();
    await expect(page.locator(".line-ended")).toContainText("succeeded");
    await expect(page.locator(".edge.was-taken").first()).toBeAttached();
  });
}

test("a trip that cannot be paid is undone, and the story tells it", async ({ page }) => {
  const quick = Object.fromEntries(["book", "cancelBooking", "sendEmail"].map((task) => [task, { outcome: "success", delayMs: 60 }]));
  await open(page, { text: "sample:trip-booking", behaviours: { ...quick, chargeCard: { outcome: "failure", delayMs: 60 } } });
  await expect(page.getByText("No findings")).toBeVisible();
  await start(page);
  await drive(page, []);
  await expect(page.getByText("Undoing hotel")).toBeVisible();
  await expect(page.getByText("Undoing flight")).toBeVisible();
  await expect(page.getByText(/undoes flight/).first()).toBeVisible();
  await expect(state(page, "apologise")).toHaveClass(/is-visited/);
  await expect(state(page, "flight")).not.toHaveClass(/is-visited/);
});

test("typing gives findings with places, and a finding leads to its text", async ({ page }) => {
  await open(page, {});
  await page.getByRole("textbox", { name: "Workflow text" }).click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("- Nowhere: log 1");
  const finding = page.locator(".finding-error").first();
  await expect(finding).toContainText("Nowhere");
  await expect(finding.locator(".finding-snippet")).toContainText("^");
  await expect(page.locator(".cm-lintRange-error").first()).toBeVisible();
  await expect(page.locator(".cm-lint-marker-error").first()).toBeVisible();
  await tab(page, "Start").click();
  await expect(page.getByRole("button", { name: "Start run" })).toBeDisabled();
  await page.keyboard.press("ControlOrMeta+Home");
  await finding.click();
  await expect(page.locator(".cm-activeLine")).toContainText("Nowhere");
  await page.getByRole("button", { name: "Back to the sample's original text" }).click();
  await expect(page.getByText("No findings")).toBeVisible();
});

test("a state leads to its text and the cursor marks its state", async ({ page }) => {
  await open(page, {});
  await state(page, "Reserve").click();
  await expect(page.locator(".cm-activeLine")).toContainText("Reserve");
  await expect(state(page, "Reserve")).toHaveClass(/is-located/);
});

test("drafts are kept", async ({ page }) => {
  await open(page, {});
  await page.getByRole("button", { name: "New draft" }).click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("- Rejected: log 7");
  await expect(page.locator(".source-editor .cm-content")).toContainText("log 7");
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Workflow text" })).toHaveValue("draft:Untitled");
  await expect(page.locator(".source-editor .cm-content")).toContainText("log 7");
  await page.getByRole("button", { name: "Rename this draft" }).click();
  await page.keyboard.type("Greeting");
  await page.keyboard.press("Enter");
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Workflow text" })).toHaveValue("draft:Greeting");
});

test("input is checked as JSON, and what the workflow needs is named", async ({ page }) => {
  await open(page, {});
  await page.getByRole("button", { name: "JSON", exact: true }).click();
  const editor = page.getByRole("textbox", { name: "Run input as JSON" });
  await editor.click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type('{ "total": "much" ');
  await expect(page.locator(".json-editor .field-problem")).toContainText("Line 1");
  await expect(page.getByRole("button", { name: "Start run" })).toBeDisabled();
  await editor.click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type('{ "total": "much" }');
  await page.getByRole("button", { name: "Start run" }).click({ timeout: 15_000 });
  await expect(page.locator(".start-panel .notice-bad")).toContainText("total");
});

test("pause holds events, resume delivers them, cancel ends the run", async ({ page }) => {
  await open(page, { text: "sample:document-approval" });
  await start(page);
  await expect(badge(page)).toHaveAttribute("data-status", "waiting");
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", "paused");
  await expect(page.getByRole("button", { name: "Pause" })).toBeDisabled();
  await page.getByRole("button", { name: "approve" }).click();
  await expect(page.getByText("held until the run is resumed")).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(state(page, "LegalDecides")).toHaveClass(/is-active/);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(badge(page)).toHaveAttribute("data-status", "canceled");
  await expect(page.getByText("The run was canceled.")).toBeVisible();
  await tab(page, "Runs").click();
  await expect(page.locator(".run-row")).toHaveCount(1);
  await page.getByRole("combobox", { name: "Status" }).selectOption("succeeded");
  await expect(page.getByText("No run is like this.")).toBeVisible();
  await page.getByRole("combobox", { name: "Status" }).selectOption("all");
  await page.getByRole("button", { name: /^Delete the run/ }).click();
  await expect(page.getByText("No runs yet.")).toBeVisible();
});

test("a task can be told to fail while it is at work", async ({ page }) => {
  await open(page, { behaviours: { ...QUICK, chargeCard: { outcome: "success", delayMs: 600_000 } } });
  await start(page);
  await expect(page.getByRole("list", { name: "Tasks at work" })).toContainText("chargeCard");
  await tab(page, "Tasks").click();
  await page.getByRole("group", { name: "How chargeCard ends" }).getByRole("button", { name: "Fails" }).click();
  await page.getByRole("textbox", { name: "chargeCard takes, in seconds" }).fill("0");
  await tab(page, "Run").first().click();
  await expect(state(page, "AskForCard")).toHaveClass(/is-active/);
  await expect(page.locator(".event-button.is-awaited")).toHaveText([/cancelOrder/, /cardUpdated/]);
});

async function reloadMidRun(page: Page): Promise<void> {
  await open(page, { behaviours: { ...QUICK, chargeCard: { outcome: "ask", delayMs: 0 } } });
  await start(page);
  await expect(page.getByRole("list", { name: "Tasks at work" })).toContainText("chargeCard");
}

async function finishAfterReload(page: Page): Promise<void> {
  await expect(badge(page)).toHaveAttribute("data-status", /running|waiting/);
  await expect(state(page, "Charge")).toHaveClass(/is-active/);
  await page.getByRole("list", { name: "Tasks at work" }).getByRole("button", { name: "Succeed" }).click();
  await drive(page, []);
  await page.getByRole("tab", { name: "History" }).click();
  await expect(page.locator(".line-taskSucceeded", { hasText: "chargeCard" })).toHaveCount(1);
  await page.getByRole("tab", { name: "Context" }).click();
  await expect(page.locator(".tree")).toContainText("paymentId");
}

test("a run goes on after a reload in its middle", async ({ page }) => {
  await reloadMidRun(page);
  await page.reload();
  await finishAfterReload(page);
});

test("a run goes on in a new tab after its own was closed", async ({ page, context }) => {
  await reloadMidRun(page);
  const address = page.url();
  await page.close();
  const next = await openTab(context, address);
  await finishAfterReload(next);
});

async function openTab(context: BrowserContext, address: string): Promise<Page> {
  const next = await context.newPage();
  listen(next);
  await next.goto(address);
  return next;
}

test("a second tab sees and controls the runs of the first, and has them when that is gone", async ({ page, context }) => {
  await open(page, { text: "sample:document-approval" });
  await start(page);
  await expect(badge(page)).toHaveAttribute("data-status", "waiting");
  const second = await openTab(context, page.url());
  await expect(second.getByText("Engine ready")).toBeVisible();
  await expect(state(second, "EditorDecides")).toHaveClass(/is-active/);
  await second.getByRole("button", { name: "reject" }).click();
  await expect(badge(second)).toHaveAttribute("data-status", "succeeded");
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded");
  await tab(page, "Start").click();
  await start(page);
  await expect(badge(page)).toHaveAttribute("data-status", "waiting");
  const address = page.url();
  await page.close();
  await second.goto(address);
  await expect(badge(second)).toHaveAttribute("data-status", "waiting");
  await second.getByRole("button", { name: "reject" }).click();
  await expect(badge(second)).toHaveAttribute("data-status", "succeeded");
});

test("keys alone are enough", async ({ page }) => {
  await open(page, { text: "sample:document-approval" });
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "How this works" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.keyboard.press("Alt+3");
  await expect(tab(page, "Start")).toBeFocused();
  await page.keyboard.press("Control+Enter");
  await expect(badge(page)).toHaveAttribute("data-status", "waiting");
  await page.keyboard.press("Alt+p");
  await expect(badge(page)).toHaveAttribute("data-status", "paused");
  await page.keyboard.press("Alt+p");
  await expect(badge(page)).toHaveAttribute("data-status", "waiting");
  await page.keyboard.press("Alt+4");
  const reject = page.getByRole("button", { name: "reject" });
  for (let count = 0; count < 20 && !(await reject.evaluate((element) => element === document.activeElement)); count += 1)
    await page.keyboard.press("Tab");
  await expect(reject).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(badge(page)).toHaveAttribute("data-status", "succeeded");
  await page.keyboard.press("Alt+4");
  await page.keyboard.press("ArrowRight");
  await expect(tab(page, "Runs")).toBeFocused();
  await expect(page.locator(".run-row")).toHaveCount(1);
  await page.keyboard.press("Alt+1");
  await expect(page.getByRole("textbox", { name: "Workflow text" })).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("textbox", { name: "Workflow text" })).not.toBeFocused();
  await page.keyboard.press("Alt+2");
  await expect(page.locator(".canvas")).toBeFocused();
  const before = await page.locator(".canvas svg > g").getAttribute("transform");
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowLeft");
  expect(await page.locator(".canvas svg > g").getAttribute("transform")).not.toBe(before);
});

test("an unknown task can be registered from the page", async ({ page }) => {
  const text = "stateDiagram-v2\n  [*] --> Ship\n  Ship --> [*] : success\n";
  const whole = `---\nname: Teleport\n---\n\n\`\`\`mermaid\n${text}\`\`\`\n\n## Actions\n\n- Ship: call teleport with order="A-17"\n`;
  await open(page, { draft: { name: "Teleport", text: whole } });
  await expect(page.locator(".findings").getByText("No handler is registered for the task")).toBeVisible();
  await page.getByRole("button", { name: "Register a simulated handler" }).click();
  await expect(page.locator(".findings").getByText("No handler is registered for the task")).toBeHidden();
  await expect(page.getByText("Engine ready")).toBeVisible();
  await start(page);
  await drive(page, []);
  await page.reload();
  await expect(page.getByText("Engine ready")).toBeVisible();
  await expect(page.locator(".findings").getByText("No handler is registered for the task")).toBeHidden();
});

test("a thousand states are drawn, and the page stays alive", async ({ page }) => {
  const lines = Array.from({ length: 999 }, (_, index) => `  S${index} --> S${index + 1} : next`);
  await open(page, { draft: { name: "Large", text: `stateDiagram-v2\n  [*] --> S0\n${lines.join("\n")}\n` } });
  await expect(page.locator(".state")).toHaveCount(1_001);
  await expect(page.getByText("1,001 states, drawn in rows.")).toBeVisible();
  await page.getByRole("button", { name: "Fit the diagram" }).click();
  await expect(page.locator(".canvas svg")).toHaveAttribute("data-detail", "shapes");
  await start(page);
  await expect(state(page, "S0")).toHaveClass(/is-active/);
  await page.locator(".event-button.is-awaited").click();
  await expect(state(page, "S1")).toHaveClass(/is-active/);
  await expect(page.locator(".state.is-out")).toHaveCount(0);
  for (let count = 0; count < 12; count += 1) await page.getByRole("button", { name: "Zoom in" }).click();
  await expect.poll(() => page.locator(".state.is-out").count()).toBeGreaterThan(800);
  await page.locator(".event-button.is-awaited").click();
  await expect(state(page, "S2")).not.toHaveClass(/is-out/);
  await expect(state(page, "S2")).toBeInViewport();
});

const PARCELS = `---
name: parcels
variables:
  held: 0
---

\`\`\`mermaid
stateDiagram-v2
  [*] --> Empty
  Empty --> Held : arrive / set held = held + 1
  Held --> Empty : send
  Empty --> Lost : lose
  Empty --> [*] : close
  Held : arrive / set held = held + 1
\`\`\`

## Invariants

- never more than two: held <= 2
`;

test("what can happen is explored, and the way to a deadlock replayed", async ({ page }) => {
  await open(page, { draft: { name: "Parcels", text: PARCELS } });
  await expect(page.locator(".finding", { hasText: "analysis/dead-end" }).first()).toBeVisible();
  await expect(state(page, "Held").locator(".state-detail")).toContainText("arrive / set held");
  await page.keyboard.press("Alt+7");
  await page.getByRole("combobox", { name: "at most" }).selectOption("10000");
  await page.getByRole("button", { name: "Explore everything" }).click();
  const deadlock = page.locator(".found", { hasText: "rests in Lost" });
  await expect(deadlock).toBeVisible();
  await expect(page.locator(".found", { hasText: "never more than two" })).toBeVisible();
  await deadlock.getByRole("button", { name: /^Replay the 2 steps/ }).click();
  await expect(state(page, "Empty")).toHaveClass(/is-witness/);
  await deadlock.getByRole("button", { name: "Step on" }).click();
  await expect(state(page, "Lost")).toHaveClass(/is-witness/);
  await expect(state(page, "Empty")).not.toHaveClass(/is-witness/);
  await expect(deadlock.getByRole("slider", { name: "Step of the replay" })).toHaveAttribute("aria-valuetext", /Step 2 of 2: Event lose/);
  await deadlock.getByRole("button", { name: "End the replay" }).first().click();
  await expect(page.locator(".is-witness")).toHaveCount(0);
});

test("an exploration that sees everything says so", async ({ page }) => {
  await open(page, { draft: { name: "Small", text: "stateDiagram-v2\n  [*] --> A\n  A --> B : go\n  B --> [*] : go\n" } });
  await tab(page, "Prove").click();
  await page.getByRole("button", { name: "Explore everything" }).click();
  await expect(page.getByText("Proved: no run can get stuck.")).toBeVisible();
});

test("without WebAssembly the page says what to do and goes on drawing", async ({ page }) => {
  await server.close();
  server = await serveBuilt({ hasStyleNonce: true, policy: "default-src 'self'; script-src 'self'; worker-src 'self'" });
  await prepare(page, {});
  await page.goto(server.url);
  await expect(page.getByText("The engine did not start.")).toBeVisible();
  await expect(page.locator(".engine-problem")).toContainText("kernel/wasm-blocked");
  await expect(page.locator(".engine-problem")).toContainText("wasm-unsafe-eval");
  await expect(page.locator(".state").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Start run" })).toBeDisabled();
  await server.close();
  server = { ...server, violations: [] };
  complaints.length = 0;
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("one pane at a time, and a run is watched and steered on one page", async ({ page }) => {
    await open(page, { text: "sample:document-approval" });
    const bar = page.getByRole("navigation", { name: "Panes" });
    const go = (name: string) => bar.getByRole("button", { name: new RegExp(`^${name}`) }).tap();
    await expect(page.locator(".diagram-pane")).toBeVisible();
    await expect(page.locator(".text-pane")).toBeHidden();
    await go("Text");
    await expect(page.getByRole("textbox", { name: "Workflow text" })).toBeVisible();
    await expect(page.locator(".diagram-pane")).toBeHidden();
    await go("Start");
    await page.getByRole("button", { name: "Start run" }).tap();
    await expect(badge(page)).toHaveAttribute("data-status", "waiting");
    await expect(page.locator(".diagram-pane")).toBeVisible();
    await expect(state(page, "EditorDecides")).toHaveClass(/is-active/);
    const approve = page.getByRole("button", { name: "approve" });
    for (const target of [approve, page.getByRole("button", { name: "Pause" }), bar.getByRole("button").first()]) {
      expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    await approve.tap();
    await expect(state(page, "LegalDecides")).toHaveClass(/is-active/);
    await go("Runs");
    await expect(page.locator(".run-row")).toHaveCount(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });
});
