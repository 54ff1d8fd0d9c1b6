// What programs depend on besides their texts: declarations and settings, known again by the object that declares them or by their text.
import { argumentError, isRecord } from "../model/arguments.js";
import type { TypeName } from "../model/definition.js";
import type { FunctionSet } from "./checker/library.js";
import type { CheckScope } from "./checker/scope.js";
import type { Type } from "./checker/type.js";
import { VariableSet } from "./checker/variable-set.js";
import type { CompileExpressionOptions } from "./compiled.js";
import { checkCostMax, checkFunctionCosts, type FunctionCosts } from "./cost.js";
import { CustomSet, identifyCustoms } from "./custom/custom-set.js";
import type { ExpressionScope } from "./emitter.js";
import { NameList } from "./numbering.js";

/** Different sets of declared variables that the cache tells apart at a time. */
export const EXPRESSION_VARIANT_COUNT_MAX = 64;

/** What a program depends on besides its text: the scope that all expressions compiled with the same options share. */
export class Variant implements ExpressionScope {
  readonly isStrict: boolean;
  readonly isOpen: boolean;
  readonly isChecked: boolean;
  readonly hasPaths: boolean;
  readonly container: string;
  readonly functions?: FunctionSet;
  readonly customs: CustomSet | undefined;
  view: CheckScope | undefined = undefined;
  readonly functionCosts: FunctionCosts | undefined;
  readonly costMax: number;
  /** Of the expression in hand. */
  private readonly slots = new NameList();
  private readonly variables: VariableSet | undefined;

  constructor(variables: VariableSet | undefined, settings: CompileSettings) {
    const { isStrict = false, container = "", isChecked = true, functions, customs, functionCosts, costMax = Infinity } = settings;
    this.variables = variables;
    this.customs = customs;
    this.functionCosts = checkFunctionCosts(functionCosts);
    this.costMax = checkCostMax(costMax);
    this.isStrict = isStrict;
    this.isOpen = variables === undefined;
    this.isChecked = isChecked;
    this.container = container;
    this.hasPaths = container !== "" || (variables?.hasPaths ?? false);
    if (functions !== undefined) this.functions = functions;
  }

  slotOf(name: string): number {
    return this.slots.indexOf(name);
  }

  /** The names of the slots given so far, which begin anew. */
  takeSlots(): readonly string[] {
    return this.slots.take();
  }

  typeOf(name: string): TypeName | undefined {
    return this.variables?.typeOf(name);
  }

  isDeclared(name: string): boolean {
    return this.variables?.declarationOf(name) !== undefined;
  }

  declarationOf(name: string): Type | undefined {
    return this.variables?.declarationOf(name);
  }
}

export interface CompileSettings {
  readonly isStrict?: boolean;
  readonly container?: string;
  readonly isChecked?: boolean;
  readonly functions?: FunctionSet;
  readonly customs?: CustomSet | undefined;
  readonly costMax?: number;
  readonly functionCosts?: FunctionCosts | undefined;
}

const PLAIN = new Variant(undefined, {});
const STRICT = new Variant(undefined, { isStrict: true });
/** By the declarations' text; the oldest makes room. */
const variants = new Map<string, Variant>();
/** By the object that declares variables, where nothing else is declared: most callers have one. */
const knownVariants = { plain: new WeakMap<object, Variant>(), strict: new WeakMap<object, Variant>() };

/** Found last: most callers compile many texts with the same declarations. */
let last: { readonly options: CompileExpressionOptions; readonly variant: Variant } | undefined;

/** Of the same declarations the same one. Throws WorkflowError `expression/invalid-call`, `expression/invalid-declaration`. */
export function findVariant(options: CompileExpressionOptions): Variant {
  if (typeof options !== "object" || options === null) throw argumentError("expression/invalid-call", "options", options, "an object");
  const { variables, functions, constants, costMax, functionCosts, isStrict = false } = options;
  const isPlain = variables === undefined && functions === undefined && constants === undefined;
  if (isPlain && costMax === undefined && functionCosts === undefined) return isStrict ? STRICT : PLAIN;
  if (last !== undefined && last.variant.isStrict === isStrict) {
    const { options: known } = last;
    const isSame = known.variables === variables && known.functions === functions && known.constants === constants;
    if (isSame && known.costMax === costMax && known.functionCosts === functionCosts) return last.variant;
  }
  const variant = readVariant(options, isStrict);
  last = { options: { ...options }, variant };
  return variant;
}

function readVariant(options: CompileExpressionOptions, isStrict: boolean): Variant {
  const { variables, functions, constants, costMax = Infinity, functionCosts } = options;
  const known = isStrict ? knownVariants.strict : knownVariants.plain;
  const isCosted = costMax !== Infinity || functionCosts !== undefined;
  const isKnown = variables !== undefined && functions === undefined && constants === undefined && !isCosted;
  let variant = isKnown ? known.get(variables) : undefined;
  if (variant !== undefined) return variant;
  checkDeclarations({ variables, functions, constants });
  const costs = isCosted ? `${costMax} ${JSON.stringify(functionCosts)} ` : "";
  const key = `${isStrict ? "strict" : "plain"} ${costs}${JSON.stringify(variables)} ${identifyCustoms({ functions, constants })}`;
  variant =
    variants.get(key) ??
    new Variant(variables === undefined ? undefined : new VariableSet(variables, isStrict), {
      isStrict,
      costMax,
      functionCosts,
      customs: functions === undefined && constants === undefined ? undefined : new CustomSet({ functions, constants }, isStrict),
    });
  if (isKnown) known.set(variables, variant);
  variants.delete(key);
  variants.set(key, variant);
  if (variants.size > EXPRESSION_VARIANT_COUNT_MAX) variants.delete(variants.keys().next().value ?? "");
  return variant;
}

function checkDeclarations(declarations: Readonly<Record<string, unknown>>): void {
  for (const [name, declared] of Object.entries(declarations)) {
    if (declared !== undefined && !isRecord(declared)) throw argumentError("expression/invalid-call", `options.${name}`, declared, "an object");
  }
}
