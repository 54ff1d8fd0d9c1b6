import { expect, test } from "vitest";
import { SharedReading } from "../../../src/store/shared-reading.js";

test("who asks while a reading is under way shares the next with all that do, and hears of its failure alone", async () => {
  const readings: { readonly end: (error?: Error) => void }[] = [];
  const shared = new SharedReading(
    () =>
      new Promise((resolve, reject) => {
        readings.push({ end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  );
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
  const ends: string[] = [];
  const read = (name: string): void => void shared.read().then(() => ends.push(name), (error: Error) => ends.push(`${name} ${error.message}`));
  read("a");
  await settle();
  for (const name of ["b", "c"]) read(name);
  await settle();
  expect(readings).toHaveLength(1);
  readings[0]?.end(new Error("failed"));
  await settle();
  expect([readings.length, ends]).toEqual([2, ["a failed"]]);
  read("d");
  readings[1]?.end();
  await settle();
  expect([readings.length, ends]).toEqual([3, ["a failed", "b", "c"]]);
  readings[2]?.end();
  await settle();
  expect(ends).toEqual(["a failed", "b", "c", "d"]);
});
