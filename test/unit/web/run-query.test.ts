// The form of the runs page: which query it means, and that the address keeps all of it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ENDED_STATUSES, EVERY_RUN, LIVE_STATUSES, narrowStatus, readRange, readSearch, type RunSearch, toQuery, writeSearch } from "../../../web/run/run-query.js";

const text = fc.oneof(fc.string(), fc.constantFrom("", "a:b", "ü", "100..", "x && y"));
const search: fc.Arbitrary<RunSearch> = fc.record({
  status: fc.constantFrom("all", "live", ...LIVE_STATUSES, ...ENDED_STATUSES),
  workflow: text,
  tag: text,
  errorCode: text,
  startedFrom: fc.constantFrom("", "2026-01-02T03:04"),
  startedTo: fc.constantFrom("", "2026-01-02T03:04:05"),
  durationMin: fc.constantFrom("", "1.5"),
  durationMax: fc.constantFrom("", "3"),
  fields: fc.array(fc.record({ name: fc.constantFrom("total", "customer"), value: text }), { maxLength: 3 }),
  filter: text,
  sort: fc.constantFrom("started", "updated", "ended", "duration"),
  order: fc.constantFrom("newest", "oldest"),
});

test("the address keeps a search", () => {
  fc.assert(
    fc.property(search, (given) => {
      const address = new URLSearchParams({ text: "sample:x", run: "r" });
      writeSearch(given, address);
      expect(readSearch(new URLSearchParams(address.toString()))).toEqual(given);
    }),
  );
});

test("what could not have been written is left out", () => {
  const address = new URLSearchParams("status=odd&sort=id&order=up&field=:x&field=none&tag=a");
  expect(readSearch(address)).toEqual({ ...EVERY_RUN, tag: "a" });
});

test("an empty form asks for every run", () => {
  expect(toQuery(EVERY_RUN)).toEqual({ sort: "started", order: "newest" });
});

test("a full form asks for all of it", () => {
  const query = toQuery({
    ...EVERY_RUN,
    status: "live",
    workflow: " order ",
    tag: "a",
    errorCode: "x",
    startedFrom: "2026-01-02T03:04",
    startedTo: "2026-01-02T03:04",
    durationMin: "1.5",
    durationMax: "no",
    fields: [{ name: "total", value: "100..500" }, { name: "", value: "x" }],
    filter: " 1 == 1 ",
  });
  const time = new Date(2026, 0, 2, 3, 4).getTime();
  expect(query).toEqual({ status: LIVE_STATUSES, workflow: "order", tag: "a", errorCode: "x", startedFrom: time, startedTo: time + 59_999, durationMin: 1_500, fields: { total: { from: 100, to: 500 } }, filter: "1 == 1", sort: "started", order: "newest" });
});

test.each([
  ["", {}],
  ["c-17", "c-17"],
  ["17", 17],
  ['"17"', "17"],
  ["-1.5e3", -1_500],
  ["true", true],
  ["100..500", { from: 100, to: 500 }],
  ["100..", { from: 100 }],
  ["..b", { to: "b" }],
  ["1..b", { from: "1", to: "b" }],
  ["..", {}],
  ["a..b..c", "a..b..c"],
  ["2026-01-01..2026-02-01", { from: "2026-01-01", to: "2026-02-01" }],
])("%s is what is looked for", (text, range) => {
  expect(readRange(text)).toEqual(range);
});

test("a query is narrowed to statuses, or finds nothing", () => {
  expect(narrowStatus({ tag: "a" }, ENDED_STATUSES)).toEqual({ tag: "a", status: ENDED_STATUSES });
  expect(narrowStatus({ status: ["failed", "running"] }, ENDED_STATUSES)).toEqual({ status: ["failed"] });
  expect(narrowStatus({ status: "running" }, ENDED_STATUSES)).toBeUndefined();
});
