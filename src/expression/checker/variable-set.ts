// The variables that an embedder declares for expressions: read once, shared by every expression compiled with them.
import type { TypeName } from "../../model/definition.js";
import { WorkflowError } from "../../model/errors.js";
import { readDeclaration, type TypeDeclaration } from "./declaration.js";
import { toStaticType } from "./named-scope.js";
import { DOUBLE, Kind, Type } from "./type.js";

export type VariableDeclarations = Readonly<Record<string, TypeDeclaration>>;

export class VariableSet {
  /** Some name has dots. */
  readonly hasPaths: boolean;
  private readonly types = new Map<string, Type>();

  /**
   * @param isStrict JSON numbers are doubles
   * @throws WorkflowError `expression/invalid-declaration`, its details naming the variable
   */
  constructor(declarations: VariableDeclarations, isStrict: boolean) {
    let hasPaths = false;
    for (const [name, declaration] of Object.entries(declarations)) {
      const type = readVariable(name, declaration);
      this.types.set(name, isStrict ? withoutNumbers(type) : type);
      hasPaths ||= name.includes(".");
    }
    this.hasPaths = hasPaths;
  }

  declarationOf(name: string): Type | undefined {
    return this.types.get(name);
  }

  /** The declared type by its plain name. */
  typeOf(name: string): TypeName | undefined {
    const type = this.types.get(name);
    if (type === undefined) return undefined;
    const plain = toStaticType(type);
    return plain === "null" || plain === "type" ? "any" : plain;
  }
}

function readVariable(name: string, declaration: TypeDeclaration): Type {
  try {
    return readDeclaration(declaration);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new WorkflowError("expression/invalid-declaration", `Variable "${name}": ${error.message}`, { details: { name } });
  }
}

function withoutNumbers(type: Type): Type {
  if (type.kind === Kind.NUMBER) return type.isNullable ? new Type(Kind.DOUBLE, "double", [], undefined, undefined, true) : DOUBLE;
  if (type.params.length === 0 && type.fields === undefined) return type;
  const { kind, name, params, fields, rest, isNullable } = type;
  const inner = fields === undefined ? undefined : new Map([...fields].map(([field, held]) => [field, withoutNumbers(held)] as const));
  return new Type(kind, name, params.map(withoutNumbers), inner, rest === undefined ? undefined : withoutNumbers(rest), isNullable);
}
