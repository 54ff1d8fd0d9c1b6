// What an editor knows of the names in an expression: declared variables, those of a sample, an embedder's functions and
// constants. Read once for each object of options.
import type { CheckScope } from "../../expression/checker/scope.js";
import { ALL_FUNCTIONS, type FunctionSet } from "../../expression/checker/library.js";
import type { Type } from "../../expression/checker/type.js";
import { type VariableDeclarations, VariableSet } from "../../expression/checker/variable-set.js";
import { CustomSet } from "../../expression/custom/custom-set.js";
import { argumentError, isRecord } from "../../model/arguments.js";
import type { CustomConstants, CustomFunctions } from "../../model/custom-function.js";
import type { TypeName } from "../../model/definition.js";
import { declareSample, type SampleContext } from "./sample.js";

/** What an expression may use. An object of options is read once: one given again must not have changed. */
export interface ExpressionEditorOptions {
  /** As in `compileExpression`. Without it any name may be a variable. */
  readonly variables?: VariableDeclarations;
  /** An example of a context: gives variables, fields and types where `variables` says nothing of a name. */
  readonly sampleContext?: SampleContext;
  readonly functions?: CustomFunctions;
  readonly constants?: CustomConstants;
  /** Prefix that names are looked up under first, `a.b`. Default: none. */
  readonly container?: string;
  /** CEL's rules to the letter, as in `compileExpression`. Default false. */
  readonly isStrict?: boolean;
  /** What is to be said of variables, fields (by path, `user.age`), functions and constants of your own, by name. */
  readonly documentation?: Readonly<Record<string, string>>;
}

/** Names and types as an editor's functions use them. */
export class EditorScope implements CheckScope {
  /** Names of declared variables and of the sample's, each once, in their order. */
  readonly variableNames: readonly string[];
  readonly constantNames: readonly string[];
  readonly functions: FunctionSet;
  readonly customs: CustomSet | undefined;
  readonly container: string;
  readonly hasPaths: boolean;
  readonly isStrict: boolean;
  /** Nothing declares variables: a sample is an example only, so any name may be one. */
  readonly isOpen: boolean;
  /** As they were given. */
  readonly declarations: VariableDeclarations | undefined;
  readonly #declared: VariableSet | undefined;
  readonly #sampled: VariableSet | undefined;
  readonly #documentation: Readonly<Record<string, string>>;

  constructor(options: ExpressionEditorOptions) {
    const { variables, sampleContext, functions, constants, container = "", isStrict = false, documentation = {} } = options;
    this.isStrict = isStrict;
    this.container = container;
    this.isOpen = variables === undefined;
    this.declarations = variables;
    this.#declared = variables === undefined ? undefined : new VariableSet(variables, isStrict);
    const sample = sampleContext === undefined ? {} : declareSample(sampleContext);
    this.#sampled = sampleContext === undefined ? undefined : new VariableSet(sample, isStrict);
    this.customs = functions === undefined && constants === undefined ? undefined : new CustomSet({ functions, constants }, isStrict);
    this.functions = this.customs?.functions ?? ALL_FUNCTIONS;
    this.variableNames = [...new Set([...Object.keys(variables ?? {}), ...Object.keys(sample)])];
    this.constantNames = Object.keys(constants ?? {}).filter((name) => !this.variableNames.includes(name));
    this.hasPaths = container !== "" || (this.#declared?.hasPaths ?? false);
    this.#documentation = documentation;
  }

  /** Of a variable or constant. */
  typeOf(name: string): Type | undefined {
    return this.declarationOf(name) ?? this.#sampled?.declarationOf(name);
  }

  /** Of a variable that is declared, or of a constant: not what a sample says. */
  declarationOf(name: string): Type | undefined {
    return this.#declared?.declarationOf(name) ?? this.customs?.constantOf(name)?.type;
  }

  isSampled(name: string): boolean {
    return this.#declared?.declarationOf(name) === undefined && this.#sampled?.declarationOf(name) !== undefined;
  }

  plainTypeOf(name: string): TypeName | undefined {
    return this.#declared?.typeOf(name);
  }

  isVariableDeclared(name: string): boolean {
    return this.#declared?.declarationOf(name) !== undefined;
  }

  documentationOf(name: string): string {
    return Object.hasOwn(this.#documentation, name) ? String(this.#documentation[name]) : "";
  }
}

const NO_OPTIONS: ExpressionEditorOptions = {};
const scopes = new WeakMap<ExpressionEditorOptions, EditorScope>();

/**
 * The scope of these options; the same for the same object.
 * @throws WorkflowError `expression/invalid-call` for options that are no object, `expression/invalid-declaration`
 */
export function openScope(options: ExpressionEditorOptions = NO_OPTIONS): EditorScope {
  let scope = typeof options === "object" && options !== null ? scopes.get(options) : undefined;
  if (scope !== undefined) return scope;
  checkOptions(options);
  scope = new EditorScope(options);
  scopes.set(options, scope);
  return scope;
}

function checkOptions(options: ExpressionEditorOptions): void {
  if (!isRecord(options)) throw argumentError("expression/invalid-call", "options", options, "an object");
  const { variables, sampleContext, functions, constants, documentation, container } = options;
  for (const [name, value] of Object.entries({ variables, sampleContext, functions, constants, documentation })) {
    if (value !== undefined && !isRecord(value)) throw argumentError("expression/invalid-call", `options.${name}`, value, "an object");
  }
  if (container !== undefined && typeof container !== "string") throw argumentError("expression/invalid-call", "options.container", container, "a text");
}

/** The same text, or throws `expression/invalid-call`. */
export function checkSource(source: string): string {
  if (typeof source !== "string") throw argumentError("expression/invalid-call", "source", source, "a text");
  return source;
}

/** The offset within the text nearest to this one; throws `expression/invalid-call` for what is no number. */
export function checkOffset(offset: number, source: string): number {
  if (typeof offset !== "number" || Number.isNaN(offset)) throw argumentError("expression/invalid-call", "offset", offset, "a number");
  return Math.max(0, Math.min(source.length, Math.trunc(offset)));
}
