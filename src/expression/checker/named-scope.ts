// Joins the checker with the scopes that expressions are compiled in: their variables have the plain types of a definition,
// or a declaration that says more.
import type { TypeName } from "../../model/definition.js";
import type { Ast } from "../ast.js";
import type { FindingList } from "../finding-list.js";
import type { CustomSet } from "../custom/custom-set.js";
import type { StaticType } from "../type.js";
import { checkExpression } from "./checker.js";
import type { FunctionSet } from "./library.js";
import type { CheckScope } from "./scope.js";
import { namedType } from "./type-text.js";
import { Kind, type Type } from "./type.js";

/** What the checker needs of a scope. */
export interface NamedScope {
  typeOf(name: string): TypeName | undefined;
  isDeclared?(name: string): boolean;
  /** The whole type of a variable, where more than a name is known of it. */
  declarationOf?(name: string): Type | undefined;
  readonly functions?: FunctionSet;
  /** Functions and constants of an embedder; declared variables hide its constants. */
  readonly customs?: CustomSet | undefined;
  readonly isOpen?: boolean;
  readonly isStrict?: boolean;
  readonly container?: string;
  /** May a name have dots, a variable's own or because of the container? Default true. */
  readonly hasPaths?: boolean;
  /** How the checker sees the scope; made at the first check. */
  view?: CheckScope | undefined;
}

class ScopeView implements CheckScope {
  readonly functions?: FunctionSet;
  readonly container: string;
  readonly isOpen: boolean;
  readonly isStrict: boolean;
  readonly hasPaths: boolean;
  private readonly scope: NamedScope;

  constructor(scope: NamedScope) {
    this.scope = scope;
    this.container = scope.container ?? "";
    this.isOpen = scope.isOpen ?? false;
    this.isStrict = scope.isStrict ?? false;
    this.hasPaths = scope.hasPaths ?? true;
    const functions = scope.customs?.functions ?? scope.functions;
    if (functions !== undefined) this.functions = functions;
  }

  typeOf(name: string): Type | undefined {
    const { scope } = this;
    return this.typeOfVariable(name) ?? scope.customs?.constantOf(name)?.type;
  }

  private typeOfVariable(name: string): Type | undefined {
    const { scope } = this;
    if (scope.isDeclared !== undefined && !scope.isDeclared(name)) return undefined;
    const declared = scope.declarationOf?.(name);
    if (declared !== undefined) return declared;
    const plain = scope.typeOf(name);
    return plain === undefined ? undefined : namedType(plain);
  }
}

/** Checks an expression in the scope that it is compiled in. Names that nobody declares are not its business. */
export function checkInScope(ast: Ast, scope: NamedScope, findings: FindingList): Type {
  scope.view ??= new ScopeView(scope);
  return checkExpression(ast, scope.view, findings);
}

const STATIC_TYPES: Readonly<Partial<Record<Kind, StaticType>>> = {
  [Kind.NULL]: "null",
  [Kind.BOOL]: "bool",
  [Kind.INT]: "int",
  [Kind.UINT]: "uint",
  [Kind.DOUBLE]: "double",
  [Kind.NUMBER]: "number",
  [Kind.STRING]: "string",
  [Kind.BYTES]: "bytes",
  [Kind.TIMESTAMP]: "timestamp",
  [Kind.DURATION]: "duration",
  [Kind.TYPE]: "type",
  [Kind.LIST]: "list",
  [Kind.MAP]: "map",
  [Kind.OBJECT]: "map",
};

/** The type by its plain name; `any` where it has none, and where it may be null. */
export function toStaticType({ kind, isNullable }: Type): StaticType {
  return isNullable ? "any" : (STATIC_TYPES[kind] ?? "any");
}
