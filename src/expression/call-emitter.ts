// Emits calls of functions: finds the function by its name (a library's with the library's name before it), its overload by
// what is known of the arguments, and writes the call of the kernel's function.
import { ARGUMENT_COUNT_MAX, Op } from "../../assembly/abi.js";
import type { Ast, CallNode } from "./ast.js";
import { chooseOverload } from "./call.js";
import { CodeLimitError, type CodeWriter, type Operand, type Register } from "./code-writer.js";
import type { FindingList } from "./finding-list.js";
import { overloadsOf } from "./function-table.js";
import type { StaticType } from "./type.js";

/** What calls need of the emitter that they are part of. */
export interface CallHost {
  readonly writer: CodeWriter;
  readonly findings: FindingList;
  /** False: mistakes of type are left to run time. */
  readonly isChecked: boolean;
  /** Of the value emitted last. */
  type: StaticType;
  emitInto(node: Ast, dst: Register): void;
  locate(node: Ast): void;
  /** Does the name mean a variable here, and so no library? */
  isVariable(name: string, isRooted: boolean): boolean;
}

/** The name of the library function that a call means: `math.abs(x)`; undefined: the target is a value. */
function readLibraryName(host: CallHost, { name, target }: CallNode): string | undefined {
  let path = name;
  let inner = target;
  while (inner?.kind === "select" && !inner.isOptional) {
    path = `${inner.field}.${path}`;
    inner = inner.operand;
  }
  if (inner?.kind !== "identifier" || host.isVariable(inner.name, inner.isRooted)) return undefined;
  path = `${inner.name}.${path}`;
  return overloadsOf(path) === undefined ? undefined : path;
}

/** Emits a call with its result in `dst`. A call without overload is a finding, or, unchecked, an error where it is reached. */
export function emitCall(host: CallHost, node: CallNode, dst: Register): Operand {
  const { writer, findings } = host;
  const { target, args, nameStart } = node;
  if (node.target?.kind === "identifier" && node.target.name === "optional" && node.name === "none" && args.length === 0) {
    host.type = "any";
    return writer.constant({ type: "none", value: null });
  }
  const library = readLibraryName(host, node);
  const name = library ?? node.name;
  const isMethod = target !== undefined && library === undefined;
  const operands = isMethod ? [target, ...args] : args;
  if (operands.length > ARGUMENT_COUNT_MAX)
    throw new CodeLimitError(`A call of ${name}() has ${operands.length} arguments; the limit is ${ARGUMENT_COUNT_MAX}`);
  const mark = writer.mark();
  const base = writer.allocate(operands.length);
  const types = operands.map((operand, index) => {
    host.emitInto(operand, base + index);
    return host.type;
  });
  writer.release(mark);
  const choice = chooseOverload(name, overloadsOf(name), isMethod, types);
  host.locate(node);
  if ("overload" in choice) {
    writer.write(Op.CALL, dst, base, operands.length, choice.overload.fn);
    host.type = choice.overload.result;
    return dst;
  }
  // The checker has said what is wrong with the call; the table of what the kernel has may still be narrower than the language.
  if (host.isChecked && findings.errorCount === 0) findings.report(choice.code, choice.message, nameStart, nameStart + node.name.length);
  // Unchecked: the mistake is an error of the run, and only where the call is reached.
  writer.write(Op.NEGATE, dst, writer.constant({ type: "null", value: null }));
  host.type = "any";
  return dst;
}
