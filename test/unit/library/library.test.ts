// The library: one text is compiled once, identity is the text's, and a text that does not load says everything at once.
import { expect, test } from "vitest";
import { WORKFLOW_COUNT_MAX, createLibrary } from "../../../src/library/library.js";

const GOOD = "stateDiagram-v2\n  [*] --> A\n  A --> [*]: go\n";

test("the same text is compiled once, and its identity is the SHA-256 of the text", async () => {
  const library = createLibrary();
  const [first, second] = await Promise.all([library.load(GOOD), library.load(GOOD)]);
  expect(second).toBe(first);
  expect(first?.identity).toMatch(/^[0-9a-f]{64}$/);
  expect((await library.load(`${GOOD}\n`)).identity).not.toBe(first?.identity);
  expect((await library.load(GOOD, "other")).name).toBe("other");
});

test("a name from outside belongs to the identity, where the text has none of its own", async () => {
  const library = createLibrary();
  const [plain, a, b] = await Promise.all([library.load(GOOD), library.load(GOOD, "a"), library.load(GOOD, "b")]);
  expect(new Set([plain?.identity, a?.identity, b?.identity]).size).toBe(3);
  const named = `---\nname: own\n---\n${GOOD}`;
  const [own, other, same] = await Promise.all([library.load(named), library.load(named, "other"), library.load(named, "own")]);
  expect([own?.identity, own?.identity]).toEqual([other?.identity, same?.identity]);
});

test("a text that does not load rejects with all its findings and the first one's place, again each time", async () => {
  const library = createLibrary();
  const bad = "stateDiagram-v2\n  [*] --> A\n  A --> B: [1 +]\n  B --> A: [2 ==]\n";
  for (const _ of [1, 2]) {
    const error = await library.load(bad).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "parse/invalid", place: { line: 3 } });
    expect(
      (error as { findings: readonly { severity: string; place: { line: number } }[] }).findings
        .filter(({ severity }) => severity === "error")
        .map(({ place }) => place.line),
    ).toEqual([3, 4]);
  }
});

test("the cache is bounded: the oldest text is compiled again", async () => {
  const library = createLibrary();
  const first = await library.load(GOOD);
  for (let index = 0; index < WORKFLOW_COUNT_MAX; index += 1) await library.load(`${GOOD}%% ${index}\n`);
  const again = await library.load(GOOD);
  expect(again).not.toBe(first);
  expect(again.identity).toBe(first.identity);
});
