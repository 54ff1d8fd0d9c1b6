// The machines as our subjects below the engine meet them: compiled programs.
import { compileWorkflow } from "../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../src/doors/format.js";
import type { Definition } from "../../src/model/definition.js";
import type { Program } from "../../src/model/program.js";

export function compileText(text: string): Program {
  const { definition, findings } = parseWorkflow(text);
  if (definition === undefined) throw new Error(`the machine does not parse: ${findings[0]?.message ?? ""}`);
  return compileDefinition(definition);
}

export function compileDefinition(definition: Definition): Program {
  const { program, findings } = compileWorkflow(definition, "");
  if (program === undefined) throw new Error(`the machine does not compile: ${findings[0]?.message ?? ""}`);
  return program;
}
