import { expect, test } from "vitest";
import { readTimeZone } from "../../../src/base/time-zone.js";

/** The offset that a table has for an instant, in hours. */
function offsetAt(name: string, instant: string): number {
  const zone = readTimeZone(name);
  if (zone === undefined) throw new Error(`no zone ${name}`);
  const second = Date.parse(instant) / 1000;
  const index = zone.starts.findLastIndex((start) => start <= second);
  return (zone.offsets[Math.max(0, index)] ?? Number.NaN) / 3600;
}

test.each([
  ["Europe/Berlin", "2026-03-29T00:59:59Z", 1],
  ["Europe/Berlin", "2026-03-29T01:00:00Z", 2],
  ["Europe/Berlin", "2026-10-25T00:59:59Z", 2],
  ["Europe/Berlin", "2026-10-25T01:00:00Z", 1],
  ["Asia/Kathmandu", "2009-02-13T23:31:30Z", 5.75],
  ["Australia/Lord_Howe", "2026-01-01T00:00:00Z", 11],
  ["America/St_Johns", "2009-02-13T02:00:00Z", -3.5],
  ["US/Central", "1970-01-01T00:00:00Z", -6],
])("%s at %s", (name, instant, hours) => {
  expect(offsetAt(name, instant)).toBe(hours);
});

test("starts ascend and neighbours differ", () => {
  const { starts = [], offsets = [] } = readTimeZone("Africa/Casablanca") ?? {};
  expect(starts.length).toBeGreaterThan(50);
  starts.forEach((start, index) => {
    if (index === 0) return;
    expect(start).toBeGreaterThan(starts[index - 1] as number);
    expect(offsets[index]).not.toBe(offsets[index - 1]);
  });
});

test("no zone", () => {
  expect(["Mars/Olympus", "", "+01:00", "Europe/Berlin; x"].map(readTimeZone)).toEqual([undefined, undefined, undefined, undefined]);
});
