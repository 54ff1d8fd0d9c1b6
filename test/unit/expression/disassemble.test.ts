// What the code of an expression looks like to somebody who debugs it.
import { beforeAll, describe, expect, test } from "vitest";
import { compileExpression, type CompileExpressionOptions, loadExpressions } from "../../../src/create-expressions.js";
import { SHOWN_SIZE_MAX } from "../../../src/expression/disassemble.js";

beforeAll(() => loadExpressions());

const list = async (source: string, options: CompileExpressionOptions = {}) => (await compileExpression(source, options).disassemble()).split("\n");

/** Without the padding between columns. */
const brief = async (source: string, options?: CompileExpressionOptions) => (await list(source, options)).map((line) => line.trim().replace(/ +/g, " "));

test("a variable without a value is blamed where it stands, also where nothing but it is returned", () => {
  let failure: unknown;
  try {
    compileExpression("  missing").evaluate();
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({ code: "expression/unknown-variable", place: { start: 2, end: 9, column: 3 }, message: "missing: the variable has no value" });
});

describe("disassembly", () => {
  test("names variables, constants and fields, and says where each instruction comes from", async () => {
    expect(await brief("user.age >= 18 &&\n  !blocked")).toEqual([
      "0 field r1 = user.age ; 1:1 user.age",
      "1 ge-jump-false r0 = r1 >= 18, false -> 4 ; 1:1 user.age >= 18",
      "2 not r1 = !blocked ; 2:3 !blocked",
      "3 and r0 = r0 && r1 ; 1:1 user.age >= 18 && !blocked",
      "4 return r0 ; 1:1 user.age >= 18 && !blocked",
    ]);
  });

  test("shows calls with their functions, the embedder's among them", async () => {
    const options = { functions: { "score(string, int) -> double": () => 1 }, constants: { LIMIT: { type: "list(double)", value: [1, 2.5] } } };
    const lines = await brief("score(name, size(LIMIT)) + math.abs(-1.5)", options);
    expect(lines).toContainEqual(expect.stringMatching(/call-custom r1 = score\(r2, r3\) ; 1:1 score\(name, size\(LIMIT\)\)$/));
    expect(lines).toContainEqual(expect.stringContaining("call r3 = size(r4) ; 1:13 size(LIMIT)"));
    expect(lines).toContainEqual(expect.stringContaining("move r4 = [1.0, 2.5]"));
    expect(lines).toContainEqual(expect.stringContaining("abs(r3)"));
  });

  test("shows where jumps and loops go", async () => {
    const lines = await brief("items.exists(i, i > 3) ? [a, b] : {'k': now}.k");
    const jumps = lines.flatMap((line) => [...line.matchAll(/-> (\d+)/g)].map((match) => Number(match[1])));
    expect(jumps.length).toBeGreaterThan(4);
    for (const target of jumps) expect(lines[target]).toMatch(new RegExp(`^${target} `));
    expect(lines.join("\n")).toMatch(/iter-start r\d+ = iterator of items, none -> \d+/);
    expect(lines.join("\n")).toMatch(/iter-next r\d+ = next of r\d+, end -> \d+/);
    expect(lines.join("\n")).toMatch(/branch r\d+ false -> \d+, r\d+ = error -> \d+/);
    expect(lines.join("\n")).toMatch(/make-list r\d+ = \[r\d+, r\d+\]/);
  });

  test("spells constants as CEL does, the long ones cut", async () => {
    const text = (await list(`[x, 1, 2u, 3.0, 'a"b', b'x', null, true, int, optional.none(), [1], {'a': 1}, '${"y".repeat(100)}']`)).join("\n");
    for (const shown of [" 1 ", " 2u ", " 3.0 ", String.raw`"a\"b"`, 'bytes "eA=="', " null ", " true ", " int ", "optional.none()", "[1]", '{"a": 1}'])
      expect(text).toContain(`= ${shown.trim()}`);
    expect(text).toContain(`"${"y".repeat(SHOWN_SIZE_MAX - 2)}…`);
    expect(text).not.toContain("y".repeat(SHOWN_SIZE_MAX + 1));
  });

  test("has a line for every instruction of every construct", async () => {
    const sources = [
      "x",
      "x[1] + x[?'a'].orValue(2) - a.?b.or(c).value() / d % e",
      "has(a.b) || !(c in d) ? -e : [f, ?g]",
      "a.map(i, v, i + v).filter(j, j > 1) == b.transformMap(k, v, v)",
      "cel.bind(x, y * 2, x + x).size() != 0 && type(now) == google.protobuf.Timestamp",
      "a.sortBy(i, i.b).exists_one(i, i == 1)",
      "'%s'.format([a]) + {?'a': b}.a",
    ];
    for (const source of sources) {
      const lines = await list(source);
      lines.forEach((line, index) => expect(line).toMatch(new RegExp(`^ *${index}  \\S+ +\\S.* ; 1:\\d+ \\S`)));
      expect(lines.join("\n")).not.toMatch(/undefined|op \d|function \d|slot \d|constant \d/);
    }
  });
});
