// Large charts are looked at in a time that fits an editor, and text of any kind without a throw.
import fc from "fast-check";
import { expect, test } from "vitest";
import { analyseDefinition } from "../../../src/analysis/analyse-workflow.js";
import { parseWorkflow } from "../../../src/doors/format.js";
import { writeWorkflow } from "./reading.js";

test("a chart of 2,000 states in scopes, with forks and joins, has no findings", () => {
  const blocks = Array.from({ length: 200 }, (_, index) => {
    const next = index === 199 ? "[*]" : `C${index + 1}`;
    const inside = [
      `state C${index} {`,
      `[*] --> A${index}`,
      `state F${index} <<fork>>`,
      `state J${index} <<join>>`,
      `A${index} --> F${index} : go`,
    ];
    const branches = [`F${index} --> X${index}`, `F${index} --> Y${index}`, `X${index} --> J${index}`, `Y${index} --> J${index}`];
    return [...inside, ...branches, `J${index} --> B${index}`, `B${index} --> [*] : on [n > ${index}]`, "}", `C${index} --> ${next}`];
  });
  const front = ["variables:", "  n: { type: number, initial: 0 }", "  v: int"];
  const actions = Array.from({ length: 200 }, (_, index) => [`A${index}: set v = ${index}`, `B${index}: log "\${v}"`]).flat();
  const { definition, findings } = parseWorkflow(writeWorkflow({ front, diagram: ["[*] --> C0", ...blocks.flat()], actions }));
  expect(findings).toEqual([]);
  expect(definition.states.length).toBeGreaterThanOrEqual(1_800);
  expect(analyseDefinition(definition)).toEqual([]);
});

const name = fc.constantFrom("A", "B", "C", "D", "E", "[*]");
const label = fc.constantFrom(
  "",
  " : go",
  " : [x > 1]",
  " : go [x < 1 && x > 2]",
  " : after 1s",
  " : success",
  " : failure",
  " : go / set x = y",
);
const line = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(name, name, label).map(([from, to, text]) => `${from} --> ${to}${text}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("state A <<choice>>", "state B <<fork>>", "state C <<join>>", "state D {", "}", "--", "state E {"),
  },
);

test("any diagram is looked at without a throw, also one with errors", () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 25 }), (lines) => {
      const { definition } = parseWorkflow(["stateDiagram-v2", ...lines].join("\n"));
      for (const { message, place } of analyseDefinition(definition)) {
        expect(message).not.toMatch(/undefined|NaN/);
        expect(place.end).toBeGreaterThanOrEqual(place.start);
      }
    }),
    { numRuns: 1_000 },
  );
});
