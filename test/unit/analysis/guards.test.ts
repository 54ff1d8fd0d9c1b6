import { describe, expect, test } from "vitest";
import { CASE_COUNT_MAX } from "../../../src/analysis/condition.js";
import { ANALYSIS_FINDING_COUNT_MAX } from "../../../src/analysis/finding.js";
import { analyse, findIn, findInWorkflow, writeWorkflow } from "./reading.js";

const front = [
  "variables:",
  "  n: { type: number, initial: 0 }",
  "  i: { type: int, initial: 0 }",
  "  s: { type: string, initial: a }",
  "  b: { type: bool, initial: false }",
  "  any: { type: any, initial: 0 }",
];

/** One state with these guards on one event, then a default. */
function findGuards(...guards: string[]): string[] {
  const ways = guards.map((guard, index) => `A --> B${index} : go [${guard}]`);
  const ends = guards.map((_, index) => `B${index} --> [*]`);
  const use = ["A --> C : stop [n == i && s == 'a' && b && any == 1]", "C --> [*]"];
  return findInWorkflow({ front, diagram: ["[*] --> A", ...ways, ...ends, ...use] }).filter((text) => !text.startsWith("unreachable"));
}

describe("a guard that never holds", () => {
  test.each([
    "n > 3 && n < 2",
    "n > 3 && n <= 3",
    "i > 3 && i < 4",
    "s == 'a' && s == 'b'",
    "s in ['a', 'b'] && !(s in ['a', 'b', 'c'])",
    "b && !b",
    "b && b == false",
    "any == 1 && any == 'x'",
    "any == null && any > 1",
    "n == 'text'",
    "false && n > 1",
    "n < i && i < n",
    "n == i && n != i",
    "n > 1 && !(n > 1)",
    "size(s) > 3 && !(size(s) > 3)",
    "any.x > 5 && any.x < 5",
    "size(s) > 3 && size(s) < 3",
    "b ? n > 1 && n < 1 : n == 2 && n == 3",
    "!(n >= 1 || n < 1 || n == null || true)",
  ])("%s", (guard) => {
    expect(findGuards(guard)).toEqual(["guard-never A B0"]);
  });

  test.each([
    "n > 3 && n < 4",
    "i > 3 && i < 5",
    "n > 3 || n < 2",
    "s == 'a' || s == 'b'",
    "any > 1 && any != 'x'",
    "n >= 3 && n <= 3",
    // Beyond 2^53 neighbours are not told apart.
    "i == 9007199254740993 && i != 9007199254740992",
    // A NaN is neither.
    "!(n > 1) && !(n <= 1)",
    "n < i && i > n",
    "any.x == 1 && any.y == 2",
    "s < 'b' && s > 'a'",
  ])("but not %s", (guard) => {
    expect(findGuards(guard)).toEqual([]);
  });

  test("choices of a parameter that nothing writes are all there is", () => {
    const parameters = ["parameters:", "  team: { type: string, default: red, choices: [red, blue] }"];
    const diagram = ["[*] --> A", "A --> B : go [team == 'green']", "A --> C : go [team == 'red']", "B --> [*]", "C --> [*]"];
    expect(findInWorkflow({ front: parameters, diagram })).toEqual(["unreachable B", "guard-never A B"]);
    expect(findInWorkflow({ front: parameters, diagram, actions: ["C: set team = 'green'"] })).toEqual([]);
  });
});

test("a guard that is never false", () => {
  expect(findGuards("n > 1 || n <= 1 || true")).toEqual(["guard-always A B0"]);
  expect(findGuards("i > 1 || i < 2")).toEqual(["guard-always A B0"]);
  expect(findGuards("n > 1 || n <= 1")).toEqual([]);
  expect(findGuards("b || !b")).toEqual(["guard-always A B0"]);
});

describe("a transition that those before it leave nothing", () => {
  test("behind one without a guard", () => {
    expect(findIn("[*] --> A", "A --> B : go", "A --> C : go", "B --> [*]", "C --> [*]")).toEqual(["shadowed A C", "unreachable C"]);
  });

  test("behind a wider guard, and behind several together", () => {
    expect(findGuards("n > 1", "n > 2")).toEqual(["shadowed A B1"]);
    expect(findGuards("i < 5", "i > 3", "i == 4")).toEqual(["?guards-overlap A B1 B0", "shadowed A B2"]);
    expect(findGuards("s in ['a', 'b']", "s == 'b'")).toEqual(["shadowed A B1"]);
  });

  test("not behind another event, a narrower guard, a failure or a time", () => {
    expect(findGuards("n > 2", "n > 1")).toEqual([]);
    expect(findIn("[*] --> A", "A --> B : go", "A --> C : stop", "B --> [*]", "C --> [*]")).toEqual([]);
    expect(
      findInWorkflow({ diagram: ["[*] --> A", "A --> B", "A --> C : failure", "B --> [*]", "C --> [*]"], actions: ["A: call work"] }),
    ).toEqual([]);
    expect(findIn("[*] --> A", "A --> B : after 1s", "A --> C : after 2s", "B --> [*]", "C --> [*]")).toEqual([]);
  });

  test("an unlabelled way and one of success are tried for the same reason", () => {
    expect(
      findInWorkflow({ diagram: ["[*] --> A", "A --> B", "A --> C : success", "B --> [*]", "C --> [*]"], actions: ["A: call work"] }),
    ).toEqual(["shadowed A C", "unreachable C"]);
  });

  test("all ways of a fork are taken", () => {
    expect(findIn("state F <<fork>>", "state J <<join>>", "[*] --> F", "F --> A", "F --> B", "A --> J", "B --> J", "J --> [*]")).toEqual(
      [],
    );
  });
});

describe("guards that overlap", () => {
  test("are told with values for which both hold", () => {
    const text = writeWorkflow({
      front,
      diagram: ["[*] --> A", "A --> B : go [n > 10]", "A --> C : go [s == 'x']", "B --> [*]", "C --> [*]"],
    });
    const [overlap] = analyse(text).filter(({ code }) => code === "analysis/guards-overlap");
    expect(overlap?.example).toEqual({ n: 11, s: "x" });
    expect(overlap?.certainty).toBe("possible");
  });

  test("not where one is the other's narrower form, nor in a choice, nor where values cannot be named", () => {
    expect(findGuards("n > 10", "n > 5")).toEqual([]);
    expect(findGuards("n > i", "s == 'x'")).toEqual([]);
    expect(
      findInWorkflow({
        front,
        diagram: [
          "state D <<choice>>",
          "[*] --> D",
          "D --> B : [n > 1]",
          "D --> C : [s == 'x']",
          "D --> E",
          "B --> [*]",
          "C --> [*]",
          "E --> [*]",
        ],
      }).filter((text) => !text.startsWith("unused")),
    ).toEqual([]);
  });
});

describe("a choice without a way out", () => {
  const choose = (...guards: string[]) => {
    const ways = guards.flatMap((guard, index) => [`D --> B${index} : [${guard}]`, `B${index} --> [*]`]);
    return analyse(writeWorkflow({ front, diagram: ["state D <<choice>>", "[*] --> D", ...ways] })).filter(
      ({ code }) => code !== "analysis/unused-variable",
    );
  };

  test("is told with values for which no guard holds", () => {
    const [finding] = choose("i > 10", "i < 10");
    expect(finding?.code).toBe("analysis/choice-no-match");
    expect(finding?.example).toEqual({ i: 10 });
    expect(choose("s == 'a'", "s == 'b'")[0]?.example).toEqual({ s: "other" });
  });

  test("not where the guards leave nothing, or nothing that a person would write", () => {
    expect(choose("i > 10", "i <= 10")).toEqual([]);
    expect(choose("n > 10", "n <= 10")).toEqual([]);
    expect(choose("b", "!b")).toEqual([]);
  });
});

test("conditions of too many cases prove nothing", () => {
  const terms = Array.from({ length: Math.ceil(Math.log2(CASE_COUNT_MAX)) }, (_, index) => `(any.a${index} == 1 || any.a${index} == 2)`);
  const contradiction = "(n > 1 || n > 2) && n < 1";
  expect(findGuards(`${terms.slice(0, 3).join(" && ")} && ${contradiction}`)).toEqual(["guard-never A B0"]);
  expect(findGuards(`${terms.join(" && ")} && ${contradiction}`)).toEqual([]);
});

test("findings end at a limit, and say so", () => {
  const count = ANALYSIS_FINDING_COUNT_MAX + 5;
  const ways = Array.from({ length: count }, (_, index) => `A --> B : e${index} [1 > 2]`);
  const found = findIn("[*] --> A", ...ways, "A --> B", "B --> [*]");
  expect(found).toHaveLength(ANALYSIS_FINDING_COUNT_MAX + 1);
  expect(found.some((text) => text.startsWith("too-many-findings"))).toBe(true);
});

describe("a guard that is long or deep", () => {
  test("of conditionals in the tests of conditionals is looked at once a part", () => {
    let guard = "b";
    for (let level = 0; level < 24; level += 1) guard = `(${guard} ? n > ${level} : n < ${level})`;
    expect(findGuards(`${guard} && n > 3 && n < 2`)).toEqual(findGuards("n > 3 && n < 2"));
  });

  test("of thousands of terms is read as a whole", () => {
    const terms = Array.from({ length: 3_500 }, (_, at) => `any.x${at} > 1`);
    expect(findGuards([...terms, "any.x7 < 1"].join(" && "))).toEqual(findGuards("n > 3 && n < 2"));
  });
});
