// The guarded loop as our subjects meet it: its text, and its compiled program for those that stand below the engine.
import { compileWorkflow } from "../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../src/doors/format.js";
import type { Program } from "../../src/model/program.js";
import text from "../workflows/guarded-loop.md?raw";

export const LOOP_TEXT: string = text;

export function compileLoop(): Program {
  const { definition, findings } = parseWorkflow(LOOP_TEXT);
  if (definition === undefined) throw new Error(`the loop does not parse: ${findings[0]?.message ?? ""}`);
  const { program, findings: more } = compileWorkflow(definition, "");
  if (program === undefined) throw new Error(`the loop does not compile: ${more[0]?.message ?? ""}`);
  return program;
}
