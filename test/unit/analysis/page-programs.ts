// The programs of a page of the documentation, run as they stand: what is written behind `// =>` is what comes out.
import { runInThisContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as door from "../../../src/doors/editor.js";

/** A value of the page's programs, as it stands behind `// =>`. */
const EXAMPLE = /^(.+); \/\/ => (.+)$/gm;

/** Tests of all programs that import from `millrace/editor`; there are so many at least. */
export function describePrograms(page: string, countMin: number): void {
  describe("programs do what they say", () => {
    const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
    test("there are some", () => expect(programs.length).toBeGreaterThanOrEqual(countMin));
    test.each(programs)("%s", async (program) => {
      const body = program
        .replace(/^import (\{.*\}) from "millrace\/editor";$/m, "const $1 = door;")
        .replace(EXAMPLE, (_, code: string, value: string) => `compare(${code}, ${value});`);
      const run = runInThisContext(`(async (door, compare) => {${body}})`) as (from: typeof door, compare: (actual: unknown, expected: unknown) => void) => Promise<void>;
      let count = 0;
      await run(door, (actual, expected) => {
        count += 1;
        expect(actual).toEqual(expected);
      });
      expect(count).toBe([...program.matchAll(EXAMPLE)].length);
      expect(count).toBeGreaterThan(2);
    });
  });
}
