// All that is said of an expression, with its place and what would mend it.
import { describe, expect, test } from "vitest";
import { diagnoseExpression } from "../../../src/analysis/editor/diagnostics.js";
import { compileAnew } from "../../../src/create-expressions.js";
import type { WorkflowError } from "../../../src/model/errors.js";
import { EXPRESSION_TEXTS } from "../../fuzz/corpus.js";

const variables = { user: { fields: { name: "string", age: "number" }, rest: false }, open: { fields: { total: "number" } }, count: "int", text: "string" } as const;

function codes(text: string, options: Parameters<typeof diagnoseExpression>[1] = { variables }): string[] {
  return diagnoseExpression(text, options).map(({ code, severity }) => `${severity} ${code}`);
}

test("errors are those of the compiler, for every expression of the corpus", () => {
  for (const text of EXPRESSION_TEXTS) {
    const said = diagnoseExpression(text).filter(({ code }) => code.startsWith("expression/"));
    let compiled: readonly { readonly code: string }[];
    try {
      compiled = compileAnew(text).findings;
    } catch (error) {
      compiled = (error as WorkflowError).findings;
    }
    expect(said.map(({ code }) => code).sort(), text).toEqual(compiled.map(({ code }) => code).sort());
  }
});

describe("what is doubted", () => {
  test.each([
    ["count > 5 && count < 3", ["warning editor/always-same"]],
    ["1 == 1 || count > 2", ["warning editor/always-same"]],
    ["count > 1 && 2 > 1", ["warning editor/always-same"]],
    ["count == text", ["warning editor/never-equal"]],
    ["count == count", ["warning editor/same-operands"]],
    ["open.totl > 1", ["warning editor/unknown-field"]],
    ["open.other > 1", ["info editor/unknown-field"]],
    ["has(open.other)", []],
    ["user.nam == 'x'", ["error expression/no-such-field"]],
    ["cel.bind(x, 1, count)", ["info editor/unused-name"]],
    ["cuont > 1", ["warning expression/undeclared-variable"]],
    ["text.len() > 1", ["error expression/unknown-function"]],
    ["true", []],
    ["count > 1 && text == 'a'", []],
    ["[1, 2].exists(x, x == count)", []],
    ["", ["error expression/empty"]],
  ])("%s", (text, wanted) => expect(codes(text)).toEqual(wanted));

  test("several at once, in the order of the text", () => {
    const found = diagnoseExpression("user.nam == 1 &&\n  text.len() >", { variables });
    expect(found.map(({ code }) => code)).toEqual(["expression/no-such-field", "expression/unknown-function", "expression/unexpected-token"]);
    expect(found[1]?.place).toMatchObject({ line: 2, column: 8, start: 24, end: 27 });
  });

  test("what would mend it", () => {
    const mend = (text: string, options = { variables }) => {
      const [found] = diagnoseExpression(text, options);
      const { start, end, text: better } = found?.suggestion ?? { start: 0, end: 0, text: "" };
      return text.slice(0, start) + better + text.slice(end);
    };
    expect(mend("user.nam == 'x'")).toBe("user.name == 'x'");
    expect(mend("1 < cuont")).toBe("1 < count");
    expect(mend("text.startWith('a')")).toBe("text.startsWith('a')");
    expect(mend("open.totl > 1")).toBe("open.total > 1");
  });

  test("a sample speaks, and declares nothing", () => {
    const options = { sampleContext: { user: { name: "Ada" } } };
    expect(codes("user.nme == 'a'", options)).toEqual(["warning editor/unknown-field"]);
    expect(codes("usr.name == 'a'", options)).toEqual(["warning editor/unknown-name"]);
    expect(codes("other.name == 'a'", options)).toEqual(["info editor/unknown-name"]);
    expect(codes("user.name == 1", options)).toEqual([]);
    expect(codes("[1].exists(x, x > 0 || int(now) > 1)", options)).toEqual([]);
  });
});
