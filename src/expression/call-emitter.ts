// Emits calls: finds the kernel's function by its name (a library's with the library's name before it) and the number of
// arguments. Types are the checker's business, or the kernel's, where nothing is known of them before.
import { ARGUMENT_COUNT_MAX, type Fn, Op } from "../../assembly/abi.js";
import type { CustomFunction } from "../model/custom-function.js";
import type { Ast, CallNode } from "./ast.js";
import type { FunctionSet } from "./checker/library.js";
import { type FunctionCosts, isSizedFunction, TEXT_RATE } from "./cost.js";
import { CodeLimitError, type Operand, type Register } from "./code-writer.js";
import { emitAlternative, type OptionalHost } from "./optional-emitter.js";

/** What calls need of the emitter that they are part of. */
export interface CallHost extends OptionalHost {
  readonly functions: FunctionSet;
  /** Costs in the place of those that cel-go counts. */
  readonly functionCosts: FunctionCosts | undefined;
  emitInto(node: Ast, dst: Register): void;
  /** Does the name mean a variable here, and so no library? */
  isVariable(name: string, isRooted: boolean): boolean;
  /** The embedder's function of a name. */
  customOf(node: CallNode, name: string, isMember: boolean): CustomFunction | undefined;
}

/** The name of the library function that a call means: `math.abs(x)`; undefined: the target is a value. */
function readLibraryName(host: CallHost, target: Ast | undefined, name: string): string | undefined {
  if (target === undefined || !host.functions.mayBeNamespace(target)) return undefined;
  let path = "";
  let inner = target;
  while (inner.kind === "select" && !inner.isOptional) {
    path = `.${inner.field}${path}`;
    inner = inner.operand;
  }
  if (inner.kind !== "identifier" || !host.functions.hasNamespace(inner.name + path)) return undefined;
  if (host.isVariable(inner.name, inner.isRooted)) return undefined;
  const full = `${inner.name}${path}.${name}`;
  return host.functions.has(full) ? full : undefined;
}

/** Emits a call with its result in `dst`. A call of no function is an error of the run, where it is reached: the checker has spoken before. */
export function emitCall(host: CallHost, node: CallNode, dst: Register): Operand {
  const { writer } = host;
  const { target, args } = node;
  const library = readLibraryName(host, target, node.name);
  const name = library ?? node.name;
  if (name === "optional.none" && args.length === 0) {
    writer.charge(1);
    return writer.constant({ type: "none", value: null });
  }
  const isMember = target !== undefined && library === undefined;
  if (isMember && args.length === 1 && (name === "or" || name === "orValue"))
    return emitAlternative(host, node, target, args[0] as Ast, dst);
  const count = args.length + (isMember ? 1 : 0);
  if (count > ARGUMENT_COUNT_MAX)
    throw new CodeLimitError(`A call of ${name}() has ${count} arguments; the limit is ${ARGUMENT_COUNT_MAX}`);
  const mark = writer.mark();
  const base = writer.allocate(count);
  let next = base;
  if (isMember) host.emitInto(target, next++);
  for (const arg of args) host.emitInto(arg, next++);
  writer.release(mark);
  host.locate(node);
  const known = host.functions.find(name);
  const custom = known !== undefined && known.fn === undefined ? host.customOf(node, name, isMember) : undefined;
  if (known?.fn !== undefined && known.takes(isMember, count)) {
    writer.write(Op.CALL, dst, base, count, known.fn);
    chargeCall(host, name, known.fn);
  } else if (custom !== undefined) {
    writer.write(Op.CALL_CUSTOM, dst, base, count, writer.custom(custom));
    writer.charge(host.functionCosts?.[name]?.perCall ?? 1);
  } else writer.write(Op.NEGATE, dst, writer.constant({ type: "null", value: null }));
  return dst;
}

/** Counts the call written last, or leaves it to the kernel, where it depends on sizes. */
function chargeCall({ writer, functionCosts }: CallHost, name: string, fn: Fn): void {
  const { perCall, perCharacter } = functionCosts?.[name] ?? {};
  if (perCall !== undefined || !isSizedFunction(fn)) writer.charge(perCall ?? 1);
  else writer.setCost(writer.lastInstruction, perCharacter === undefined ? TEXT_RATE : Math.round(perCharacter * 1000));
}
