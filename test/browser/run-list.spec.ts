// The list of all runs in the playground: 100,000 of them on disk, searched, sorted and scrolled; what is done with many at once; the address.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { shoot, watchPlayground } from "./watched-playground.js";

const playground = watchPlayground({ isListening: false });

const grid = (page: Page): Locator => page.getByRole("grid", { name: "Runs" });
const count = (page: Page): Locator => page.locator(".runs-number");

async function open(page: Page, hash = ""): Promise<void> {
  playground.listen(page);
  await page.goto(`${playground.url}#text=sample:document-approval&view=runs${hash}`);
  await expect(page.getByText("Engine ready")).toBeVisible();
}

async function makeSamples(page: Page, total: number): Promise<void> {
  await page.getByRole("combobox", { name: "Make sample runs" }).selectOption(String(total));
  await expect(page.getByText(`Made ${total.toLocaleString("en")} sample runs`)).toBeVisible({ timeout: 240_000 });
}

/** The sample runs, as sample-runs.ts makes them. */
function describeSamples(total: number) {
  return Array.from({ length: total }, (_, number) => {
    const scattered = (number * 2_654_435_761) % 4_294_967_296;
    const sum = (scattered % 4_000) * 1.25;
    const status = sum > 4_900 ? "failed" : number % 50 === 0 ? "waiting" : "succeeded";
    return { status, sum, customer: `c-${scattered % 500}`, region: ["north", "south", "east", "west"][scattered % 4] };
  });
}

/** Long tasks of the page from now on, ms. */
async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: number[] = ((window as unknown as { longTasks: number[] }).longTasks = []);
    new PerformanceObserver((list) => seen.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  });
}

const readTasks = (page: Page): Promise<number[]> => page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));

/** Rows stand where their numbers say, and none is missing in view. */
async function expectWhole(page: Page): Promise<void> {
  await expect(page.locator(".run-row.is-unread")).toHaveCount(0);
  const { gaps, rowCount } = await page.locator(".run-scroll").evaluate((scroller) => {
    const rows = [...scroller.querySelectorAll(".run-row")].map((row) => ({ number: Number(row.getAttribute("aria-rowindex")), top: row.getBoundingClientRect().top, bottom: row.getBoundingClientRect().bottom }));
    const { bottom } = scroller.getBoundingClientRect();
    const view = { top: scroller.querySelector(".run-head-row")?.getBoundingClientRect().bottom ?? 0, bottom };
    const inView = rows.filter((row) => row.bottom > view.top && row.top < view.bottom).sort((a, b) => a.number - b.number);
    const isWhole = (inView[0]?.top ?? 1e9) <= view.top + 1 && (inView.at(-1)?.bottom ?? 0) >= view.bottom - 1;
    return { gaps: inView.filter(({ number }, at) => at > 0 && number !== (inView[at - 1]?.number ?? 0) + 1).length + (isWhole ? 0 : 1), rowCount: rows.length };
  });
  expect(gaps).toBe(0);
  expect(rowCount).toBeLessThan(80);
}

type Sample = ReturnType<typeof describeSamples>[number];

/** What a test of many runs works with. */
interface Bench {
  readonly page: Page;
  readonly samples: readonly Sample[];
  readonly figures: Record<string, number>;
  time(name: string, act: () => Promise<void>): Promise<void>;
  /** The list has found these, to the run. */
  found(wanted: (sample: Sample) => boolean): Promise<void>;
}

function createBench(page: Page, total: number): Bench {
  const samples = describeSamples(total);
  const figures: Record<string, number> = {};
  return {
    page,
    samples,
    figures,
    async time(name, act) {
      const startedAt = performance.now();
      await act();
      figures[`${name}, ms`] = Math.round(performance.now() - startedAt);
    },
    async found(wanted) {
      const number = samples.filter(wanted).length;
      await expect(count(page)).toHaveText(`${number.toLocaleString("en")} of ${total.toLocaleString("en")}`);
      await expect(grid(page)).toHaveAttribute("aria-rowcount", String(number + 1));
    },
  };
}

async function lookForSome({ page, samples, time, found }: Bench): Promise<void> {
  await time("status", async () => {
    await page.getByRole("combobox", { name: "Status" }).selectOption("failed");
    await found(({ status }) => status === "failed");
  });
  await page.getByRole("combobox", { name: "Status" }).selectOption("all");
  await page.getByRole("button", { name: /^Conditions/ }).click();
  await page.getByRole("combobox", { name: "Name of value 1" }).fill("customer");
  await time("value", async () => {
    await page.getByLabel("What value 1 is").fill("c-17");
    await found(({ customer }) => customer === "c-17");
  });
  await shoot(page, "runs-search-light");
  await page.getByRole("combobox", { name: "Name of value 1" }).fill("total");
  await page.getByLabel("What value 1 is").fill("100..500");
  await found(({ sum, status }) => status === "succeeded" && sum >= 100 && sum <= 500);
  await page.getByRole("button", { name: "Clear" }).click();
  await time("condition in CEL", async () => {
    await page.getByLabel(/^Condition in CEL/).fill('status == "waiting" && fields.region == "north"');
    await found(({ status, region }) => status === "waiting" && region === "north");
  });
  await page.getByLabel(/^Condition in CEL/).fill("status == ");
  await expect(page.locator("#search-filter-problem")).toContainText("^");
  await expect(page.getByLabel(/^Condition in CEL/)).toHaveAttribute("aria-invalid", "true");
  await shoot(page, "runs-filter-problem");
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(page.locator("#search-filter-problem")).toHaveCount(0);
  await page.getByRole("button", { name: /^Conditions/ }).click();
  await expect(grid(page)).toHaveAttribute("aria-rowcount", String(samples.length + 1));
}

/** ms of the rows in the page, in their order. */
async function readDurations(page: Page): Promise<number[]> {
  const texts = await page.locator(".run-row .duration").allTextContents();
  return texts.map((text) => Number.parseFloat(text) * (text.endsWith(" ms") ? 1 : 1_000));
}

async function sortSome({ page, time }: Bench): Promise<void> {
  const settled = (): Promise<void> => expect(page.locator(".runs-found")).toHaveAttribute("aria-busy", "false");
  await time("sorted by duration", async () => {
    await page.getByRole("button", { name: "Duration" }).click();
    await expect(page.getByRole("columnheader", { name: /^Duration/ })).toHaveAttribute("aria-sort", "descending");
    await settled();
  });
  const longest = await readDurations(page);
  expect(longest).toEqual(longest.toSorted((a, b) => b - a));
  await page.getByRole("button", { name: "Duration" }).click();
  await expect(page.getByRole("columnheader", { name: /^Duration/ })).toHaveAttribute("aria-sort", "ascending");
  await settled();
  const shortest = await readDurations(page);
  expect(shortest).toEqual(shortest.toSorted((a, b) => a - b));
  expect(shortest[0]).toBeLessThan(longest[0] ?? 0);
  await page.getByRole("button", { name: "Started" }).click();
  await settled();
}

async function scrollThrough({ page, samples, figures, time }: Bench): Promise<void> {
  const last = String(samples.length + 1);
  const scroller = page.locator(".run-scroll");
  await readTasks(page);
  await grid(page).focus();
  await page.keyboard.press("ArrowDown");
  await time("to the last run", async () => {
    await page.keyboard.press("End");
    await expect(page.locator(`.run-row[aria-rowindex="${last}"]:not(.is-unread)`)).toBeVisible();
  });
  await expectWhole(page);
  await expect(page.locator(".run-row.is-active")).toHaveAttribute("aria-rowindex", last);
  expect(await grid(page).getAttribute("aria-activedescendant")).toBe(await page.locator(".run-row.is-active").getAttribute("id"));
  await time("to the middle", async () => {
    await scroller.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
    await page.waitForTimeout(30);
    await expect(page.locator(".run-row.is-unread")).toHaveCount(0, { timeout: 30_000 });
  });
  await expectWhole(page);
  await scroller.evaluate((element) => (element.scrollTop = 0));
  await scroller.hover();
  for (let turn = 0; turn < 120; turn += 1) {
    await page.mouse.wheel(0, 900);
    await page.waitForTimeout(16);
  }
  await expectWhole(page);
  const tasks = await readTasks(page);
  figures["long tasks while scrolling"] = tasks.length;
  figures["longest of them, ms"] = Math.round(Math.max(0, ...tasks));
  await scroller.evaluate((element) => (element.scrollTop = 0));
}

async function deleteAll({ page, samples, time }: Bench, live: number): Promise<void> {
  await page.getByRole("checkbox", { name: /^Select all/ }).check();
  await page.getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete runs" });
  await time("all that have ended deleted", async () => {
    await dialog.getByRole("button", { name: /^Delete / }).click();
    await dialog.getByRole("button", { name: "Close" }).click();
    await expect(page.locator(".bulk-strip")).toContainText("Deleting");
    await expect(dialog.getByRole("status")).toHaveText(`${(samples.length - live).toLocaleString("en")} runs deleted.`, { timeout: 120_000 });
  });
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(count(page)).toHaveText(`${live.toLocaleString("en")} in all, ${live.toLocaleString("en")} not ended`);
}

test("100,000 runs on disk are counted, searched, sorted and scrolled to their end", async ({ page }) => {
  test.setTimeout(420_000);
  const total = Number(process.env.MILLRACE_SAMPLE_RUNS ?? 100_000);
  const bench = createBench(page, total);
  const live = bench.samples.filter(({ status }) => status === "waiting").length;
  await open(page);
  await page.getByRole("button", { name: "Runs on the whole page" }).click();
  await bench.time("made", () => makeSamples(page, total));
  await page.reload();
  await bench.time("first page after a reload", async () => {
    await expect(count(page)).toHaveText(`${total.toLocaleString("en")} in all, ${live.toLocaleString("en")} not ended`, { timeout: 60_000 });
    await expect(page.locator(".run-row").first()).toBeVisible();
  });
  await expect(grid(page)).toHaveAttribute("aria-rowcount", String(total + 1));
  await watchTasks(page);
  await shoot(page, "runs-wide-light");
  await lookForSome(bench);
  await sortSome(bench);
  await scrollThrough(bench);
  for (const _scheme of ["light", "dark"]) await page.getByRole("button", { name: /^Colour scheme/ }).click();
  await page.waitForTimeout(200);
  await shoot(page, "runs-wide-dark");
  await deleteAll(bench, live);
  console.log(bench.figures);
});

test("many runs are selected, canceled, exported and deleted at once", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  await makeSamples(page, 1_000);
  const samples = describeSamples(1_000);
  const live = samples.filter(({ status }) => status === "waiting").length;
  await expect(count(page)).toHaveText(`1,000 in all, ${live} not ended`);
  await page.getByRole("combobox", { name: "Status" }).selectOption("live");
  await expect(count(page)).toHaveText(`${live} of 1,000`);
  await page.locator(".run-row input").first().check();
  await page.locator(".run-row input").nth(1).check();
  const bar = page.getByRole("group", { name: "Selected runs" });
  await expect(bar).toContainText("2 selected");
  await shoot(page, "runs-panel-selected");
  await bar.getByRole("button", { name: "Cancel…" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel runs" });
  await dialog.getByRole("button", { name: "Cancel 2 runs" }).click();
  await expect(dialog.getByRole("status")).toHaveText("2 runs canceled.");
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(count(page)).toHaveText(`${live - 2} of 1,000`);
  await expect(bar).toBeHidden();
  // All that the search finds, by keyboard.
  await grid(page).focus();
  await page.keyboard.press("ControlOrMeta+a");
  await expect(bar).toContainText(`All ${live - 2} selected`);
  await bar.getByRole("button", { name: "Cancel…" }).click();
  await dialog.getByRole("button", { name: `Cancel ${live - 2} runs` }).click();
  await expect(dialog.getByRole("status")).toHaveText(`${live - 2} runs canceled.`);
  await page.keyboard.press("Escape");
  await expect(page.getByText("No run is like this.")).toBeVisible();
  await page.getByRole("combobox", { name: "Status" }).selectOption("canceled");
  await expect(count(page)).toHaveText(`${live} of 1,000`);
  await page.getByRole("checkbox", { name: /^Select all/ }).check();
  await bar.getByRole("button", { name: "Export…" }).click();
  const downloading = page.waitForEvent("download");
  await expect(page.getByLabel("Runs", { exact: true }).and(page.locator("select"))).toHaveValue("selected");
  await page.getByRole("dialog", { name: "Export runs" }).getByRole("button", { name: "Export" }).click();
  await downloading;
  await bar.getByRole("button", { name: "Delete…" }).click();
  const asked = page.getByRole("dialog", { name: "Delete runs" });
  await shoot(page, "runs-delete-question");
  await asked.getByRole("button", { name: "Keep them" }).click();
  await expect(count(page)).toHaveText(`${live} of 1,000`);
  await bar.getByRole("button", { name: "Delete…" }).click();
  await asked.getByRole("button", { name: `Delete ${live} runs` }).click();
  await expect(asked.getByRole("status")).toHaveText(`${live} runs deleted.`);
  await asked.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(count(page)).toHaveText(`${1_000 - live} in all, 0 not ended`);
});

test("runs that come do not move whoever has scrolled, from other tabs too", async ({ page, context }) => {
  test.setTimeout(120_000);
  await open(page);
  await makeSamples(page, 1_000);
  await expect(count(page)).toContainText("1,000 in all");
  const scroller = page.locator(".run-scroll");
  await scroller.evaluate((element) => (element.scrollTop = 20_000));
  // The rows of that place are drawn, and then read.
  await expect(page.locator(".run-row").first()).toHaveAttribute("aria-rowindex", /^\d{3}$/);
  await expect(page.locator(".run-row.is-unread")).toHaveCount(0);
  const shown = () => page.locator(".run-row").evaluateAll((rows) => rows.map((row) => `${row.getAttribute("aria-rowindex")} ${row.querySelector(".run-id")?.textContent}`).sort());
  const before = await shown();
  const other = await context.newPage();
  await open(other);
  await makeSamples(other, 1_000);
  await expect(page.getByRole("button", { name: "1,000 new" })).toBeVisible();
  expect(await shown()).toEqual(before);
  await shoot(page, "runs-panel-new");
  await page.getByRole("button", { name: "1,000 new" }).click();
  await expect(page.getByRole("button", { name: /new$/ })).toHaveCount(0);
  await expect(grid(page)).toHaveAttribute("aria-rowcount", "2001");
  expect(await scroller.evaluate((element) => element.scrollTop)).toBe(0);
  // At the beginning the list follows by itself, and runs that the other tab drives are shown as they go on.
  await other.close();
  await page.getByRole("combobox", { name: "Status" }).selectOption("waiting");
  await expect(grid(page)).not.toHaveAttribute("aria-rowcount", "2001");
});

test("the address holds what is looked for, and the way back leads through it", async ({ page, context }) => {
  await open(page);
  await makeSamples(page, 1_000);
  await page.getByRole("combobox", { name: "Status" }).selectOption("failed");
  await expect(page).toHaveURL(/status=failed/);
  const failed = describeSamples(1_000).filter(({ status }) => status === "failed").length;
  await expect(count(page)).toHaveText(`${failed} of 1,000`);
  await page.locator(".run-link").first().click();
  await expect(page.locator("#panel-tab-run")).toHaveAttribute("aria-selected", "true");
  await expect(page.locator(".run-head [data-status]")).toHaveAttribute("data-status", "failed");
  await expect(page).toHaveURL(/run=/);
  await page.goBack();
  await expect(page.locator("#panel-tab-runs")).toHaveAttribute("aria-selected", "true");
  await expect(count(page)).toHaveText(`${failed} of 1,000`);
  await page.goBack();
  await expect(page.getByRole("combobox", { name: "Status" })).toHaveValue("all");
  await expect(count(page)).toContainText("1,000 in all");
  await page.goForward();
  await expect(count(page)).toHaveText(`${failed} of 1,000`);
  // The same in another tab.
  const other = await context.newPage();
  await open(other, "&status=failed&field=region:north&sort=duration&order=oldest");
  const north = describeSamples(1_000).filter(({ status, region }) => status === "failed" && region === "north").length;
  await expect(count(other)).toHaveText(`${north} of 1,000`);
  await expect(other.getByRole("combobox", { name: "Order" })).toHaveValue("duration oldest");
});

test("the first search is a step of the way back, however soon it comes", async ({ page }) => {
  await page.addInitScript(() => {
    // A page that has just been opened.
    const start = performance.now();
    performance.now = () => Math.min(1_000, Performance.prototype.now.call(performance) - start);
  });
  await open(page);
  await page.getByRole("combobox", { name: "Status" }).selectOption("failed");
  await expect(page).toHaveURL(/status=failed/);
  await page.goBack();
  await expect(page.getByRole("combobox", { name: "Status" })).toHaveValue("all");
});

test("keys go through the list, select and open", async ({ page }) => {
  await open(page);
  await makeSamples(page, 1_000);
  await grid(page).focus();
  const active = page.locator(".run-row.is-active");
  await page.keyboard.press("ArrowDown");
  await expect(active).toHaveAttribute("aria-rowindex", "2");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await expect(active).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Shift+ArrowDown");
  await expect(page.locator('.run-row[aria-selected="true"]')).toHaveCount(2);
  await page.keyboard.press("PageDown");
  await page.keyboard.press("PageDown");
  const number = Number(await active.getAttribute("aria-rowindex"));
  expect(number).toBeGreaterThan(5);
  expect(await active.evaluate((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    const head = document.querySelector(".run-head-row")?.getBoundingClientRect().bottom ?? 0;
    return top >= head - 1 && bottom <= (document.querySelector(".run-scroll")?.getBoundingClientRect().bottom ?? 0) + 1;
  })).toBe(true);
  await page.keyboard.press("Home");
  await expect(active).toHaveAttribute("aria-rowindex", "2");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("group", { name: "Selected runs" })).toBeHidden();
  await page.keyboard.press("End");
  await expect(active).toHaveAttribute("aria-rowindex", "1001");
  await page.getByRole("combobox", { name: "Status" }).selectOption("failed");
  const failed = describeSamples(1_000).filter(({ status }) => status === "failed").length;
  await expect(grid(page)).toHaveAttribute("aria-rowcount", String(failed + 1));
  await grid(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Delete");
  const dialog = page.getByRole("dialog", { name: "Delete runs" });
  await dialog.getByRole("button", { name: "Delete 1 run" }).press("Enter");
  await expect(dialog.getByRole("button", { name: "Done" })).toBeVisible();
  // It is gone before the next key: one that came to a dialog without content would be lost.
  const isGone = await dialog.evaluate(async (sheet) => {
    [...sheet.querySelectorAll("button")].find((button) => button.textContent === "Done")?.click();
    await new Promise((resolve) => setTimeout(resolve));
    return !(sheet as HTMLDialogElement).open;
  });
  expect(isGone).toBe(true);
  await expect(grid(page)).toHaveAttribute("aria-rowcount", String(failed));
  await grid(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.locator("#panel-tab-run")).toHaveAttribute("aria-selected", "true");
});

for (const scheme of ["light", "dark"] as const) {
  test(`a phone shows cards, ${scheme}`, async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: scheme });
    const page = await context.newPage();
    await open(page);
    await expect(page.getByText("No runs yet.")).toBeVisible();
    await shoot(page, `runs-phone-empty-${scheme}`);
    await makeSamples(page, 1_000);
    await expect(page.locator(".run-grid")).toHaveClass(/is-cards/);
    await page.waitForTimeout(300);
    await shoot(page, `runs-phone-${scheme}`);
    await page.getByRole("button", { name: /^Conditions/ }).tap();
    await page.getByLabel(/^Condition in CEL/).fill("fields.total > ");
    await expect(page.locator("#search-filter-problem")).toBeVisible();
    await page.locator("#search-filter-problem").scrollIntoViewIfNeeded();
    await shoot(page, `runs-phone-search-${scheme}`);
    await page.getByRole("button", { name: "Clear" }).tap();
    await page.getByRole("button", { name: /^Conditions/ }).tap();
    await page.locator(".run-row input").first().tap();
    await shoot(page, `runs-phone-selected-${scheme}`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await page.locator(".run-link").nth(1).tap();
    await expect(page.locator(".run-head")).toBeVisible();
    await context.close();
  });
}
