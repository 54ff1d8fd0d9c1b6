import { describe, expect, test } from "vitest";
import { SCENARIOS } from "../../../bench/catalogue.js";
import { OptionsError, parseOptions } from "../../../bench/options.js";

const ids = ["one", "two", "three"];

describe("parseOptions", () => {
  test("reads nothing as the full run", () => {
    expect(parseOptions([], ids)).toEqual({ isQuick: false, isHelp: false, only: [], json: undefined, profile: undefined });
  });

  test("reads values after a space or an equals sign", () => {
    expect(parseOptions(["--quick", "--only", "one", "--json=out.json"], ids)).toMatchObject({ isQuick: true, only: ["one"], json: "out.json" });
  });

  test("keeps the catalogue's order and drops repetitions", () => {
    expect(parseOptions(["--only", "three,one,three"], ids).only).toEqual(["one", "three"]);
  });

  test("an asterisk stands for all that begin so", () => {
    expect(parseOptions(["--only", "t*,one"], ids).only).toEqual(["one", "two", "three"]);
    expect(() => parseOptions(["--only", "x*"], ids)).toThrow(OptionsError);
  });

  test.each([
    [["--only", "four"], 'Unknown scenario "four"; there are: one, two, three'],
    [["--only"], "--only needs a value"],
    [["--json", "--quick"], "--json needs a value"],
    [["--fast"], 'Unknown option "--fast"'],
    [["stray"], 'Unknown option "stray"'],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args, ids)).toThrow(new OptionsError(message));
  });
});

describe("the catalogue", () => {
  test("names every scenario once, every subject once within it, and only subjects in targets", () => {
    expect(new Set(SCENARIOS.map((scenario) => scenario.id)).size).toBe(SCENARIOS.length);
    for (const { subjects, targets } of SCENARIOS) {
      const names = subjects.map((subject) => subject.name);
      expect(new Set(names).size).toBe(names.length);
      for (const target of targets) expect(names).toEqual(expect.arrayContaining([target.ours, ...("peer" in target ? [target.peer] : [])]));
    }
  });
});
