// Where there is no site, there is nothing to be told.
import { expect, test } from "vitest";
import { readSiteStorage, requestPersistence } from "../../../src/doors/local.js";

test("in Node there is no storage of a site", async () => {
  expect(await readSiteStorage()).toBeUndefined();
  expect(await requestPersistence()).toBe(false);
});
