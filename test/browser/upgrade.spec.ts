// Databases as older code wrote them, one recorded for each version of the schema, are opened by the code as it is: everything is there, and
// what was open goes on to its end. How they are recorded: docs/testing.md.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, type BrowserContext, type Page } from "@playwright/test";
import { createProfile, launchOnProfile, removeProfile } from "./launch.js";
import type { TestServer } from "./server.js";
import type { FixturePage } from "../fixtures/stores/fixture-page.js";
import { openFixturePage, serveFixtures } from "../fixtures/stores/serve-fixtures.js";
import type { Told } from "../fixtures/stores/told.js";

declare const fixtures: FixturePage;

const folder = fileURLToPath(new URL("../fixtures/stores/", import.meta.url));
const names = readdirSync(folder).flatMap((file) => (file.endsWith(".bin") ? [file.replace(".bin", "")] : []));

let server: TestServer;
let profile: string;
let context: BrowserContext;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  server = await serveFixtures();
  profile = createProfile();
  context = await launchOnProfile(profile);
});

test.afterAll(async () => {
  await context?.close();
  await server?.close();
  removeProfile(profile);
});

test("there are recorded databases", () => expect(names).toContain("v1"));

for (const name of names) {
  const wanted = JSON.parse(readFileSync(`${folder}${name}.json`, "utf8")) as Told;
  const records = Object.values(wanted.stored).map((run) => run.record);

  test(`${name}: what was stored is read back`, async () => {
    const page = await openRecorded(`${name} read`, name, wanted.schema);
    const told = await page.evaluate((database) => fixtures.readStored(database), `${name} read`);
    expect(told.sources).toEqual(wanted.sources);
    expect(Object.keys(told.stored)).toEqual(Object.keys(wanted.stored));
    for (const [runId, run] of Object.entries(wanted.stored)) expect(told.stored[runId], runId).toEqual(run);
    await page.close();
  });

  test(`${name}: ended runs tell what they told, open runs go on to their ends`, async () => {
    const page = await openRecorded(`${name} run`, name, wanted.schema);
    const told = await page.evaluate(([database, runs, held]) => fixtures.tell(database, runs, held), [`${name} run`, records, wanted.held] as const);
    for (const part of ["held", "ends"] as const) {
      expect(Object.keys(told[part])).toEqual(Object.keys(wanted[part]));
      for (const [runId, run] of Object.entries(wanted[part])) expect(told[part][runId], `${part} ${runId}`).toEqual(run);
    }
    // The same keys with the same inputs: nothing that was answered is asked again.
    expect(told.calls).toEqual(wanted.calls);
    expect(await page.evaluate(([database, runIds]) => fixtures.find(database, runIds), [`${name} run`, wanted.deleted] as const)).toEqual([]);
    await page.close();
    const again = await openFixturePage(context, server.url);
    const { stored } = await again.evaluate((database) => fixtures.readStored(database), `${name} run`);
    const left = Object.values(stored).filter((run) => run.record.endedAt === undefined);
    expect(left.map((run) => run.record.runId)).toEqual([]);
    for (const [runId, run] of Object.entries(wanted.stored)) if (run.record.endedAt !== undefined) expect(stored[runId], runId).toEqual(run);
    await again.close();
  });
}

async function openRecorded(database: string, name: string, schema: number): Promise<Page> {
  const page = await openFixturePage(context, server.url);
  expect(await page.evaluate(([one, url]) => fixtures.restore(one, url), [database, `/fixtures/${name}.bin`] as const)).toBe(schema);
  return page;
}
