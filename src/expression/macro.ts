// Recognises CEL's macros among the calls (langdef.md, "Macros"). A call that only looks like one (other argument count)
// stays a call.
import type { Ast, CallNode, LoopMacro } from "./ast.js";
import type { FindingList } from "./finding-list.js";

const LOOP_MACROS: ReadonlyMap<string, LoopMacro> = new Map([
  ["all", "all"],
  ["exists", "exists"],
  ["exists_one", "exists_one"],
  ["existsOne", "exists_one"],
  ["map", "map"],
  ["filter", "filter"],
]);

/** The macro that a call is, or the call itself. Reports a macro whose arguments cannot be meant. */
export function readMacro(call: CallNode, findings: FindingList): Ast {
  const { target, args, name } = call;
  if (target === undefined) return name === "has" && args.length === 1 ? readHas(call, args[0] as Ast, findings) : call;
  const macro = LOOP_MACROS.get(name);
  if (macro === undefined) return call;
  const isFilteredMap = macro === "map" && args.length === 3;
  if (args.length !== 2 && !isFilteredMap) return call;
  const [variable, second, third] = args;
  if (variable === undefined || second === undefined) return call;
  if (variable.kind !== "identifier" || variable.isRooted) {
    if (variable.kind === "call" && variable.target?.kind === "identifier" && variable.target.name === "cel") {
      findings.report("expression/unsupported", `The function cel.${variable.name}() is not supported yet`, variable.start, variable.end);
    } else if (variable.kind !== "invalid") {
      findings.report(
        "expression/invalid-macro",
        `The first argument of ${name}() is the name of a variable`,
        variable.start,
        variable.end,
      );
    }
    return { kind: "invalid", start: call.start, end: call.end };
  }
  return {
    kind: "loop",
    start: call.start,
    end: call.end,
    macro,
    range: target,
    variable: variable.name,
    filter: third === undefined ? undefined : second,
    body: third ?? second,
  };
}

function readHas(call: CallNode, argument: Ast, findings: FindingList): Ast {
  const { start, end } = call;
  if (argument.kind === "select" && !argument.isOptional)
    return { kind: "has", start, end, operand: argument.operand, field: argument.field };
  if (argument.kind === "select")
    findings.report("expression/unsupported", "has() of an optional field is not supported yet", argument.start, argument.end);
  else if (argument.kind !== "invalid")
    findings.report("expression/invalid-macro", "has() takes a field selection such as has(a.b)", argument.start, argument.end);
  return { kind: "invalid", start, end };
}
