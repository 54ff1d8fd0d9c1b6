// Reads types and signatures from their text: `map(string, list(A))`, `(list(A), int) A`, `.(string) int` for a method.
// One capital letter is a type parameter.
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  Kind,
  LIST_OF_DYN,
  listOf,
  MAP_OF_DYN,
  mapOf,
  NULL,
  NUMBER,
  opaqueOf,
  paramOf,
  STRING,
  TIMESTAMP,
  type Type,
  TYPE,
  typeOf,
  UINT,
} from "./type.js";

/** One way to call a function. A method's first parameter is its receiver. */
export interface Signature {
  readonly isMember: boolean;
  readonly params: readonly Type[];
  readonly result: Type;
  /** Has type parameters, so every use needs fresh ones. */
  readonly isGeneric: boolean;
}

/** Types that their bare name says all of. */
const NAMED: ReadonlyMap<string, Type> = new Map([
  ["dyn", DYN],
  ["any", DYN],
  ["null", NULL],
  ["null_type", NULL],
  ["bool", BOOL],
  ["int", INT],
  ["uint", UINT],
  ["double", DOUBLE],
  ["number", NUMBER],
  ["string", STRING],
  ["bytes", BYTES],
  ["timestamp", TIMESTAMP],
  ["duration", DURATION],
  ["list", LIST_OF_DYN],
  ["map", MAP_OF_DYN],
  ["type", TYPE],
]);

/** The type that a bare name says, or undefined. */
export function namedType(name: string): Type | undefined {
  return NAMED.get(name);
}

/** The type of this name and parameters. */
export function composeType(name: string, params: readonly Type[]): Type {
  const [first, second] = params;
  if (first === undefined) return NAMED.get(name) ?? opaqueOf(name, params);
  if (name === "list") return listOf(first);
  if (name === "type") return typeOf(first);
  if (name === "map" && second !== undefined) return mapOf(first, second);
  return opaqueOf(name, params);
}

/** Reads a signature; throws RangeError where the text is none. */
export function readSignature(text: string): Signature {
  const reader = new TypeReader(text);
  return reader.readSignature();
}

/** Reads a type; throws RangeError where the text is none. */
export function readType(text: string): Type {
  const reader = new TypeReader(text);
  const type = reader.readType();
  reader.expectEnd();
  return type;
}

class TypeReader {
  private readonly text: string;
  private at = 0;
  private readonly letters = new Map<string, Type>();

  constructor(text: string) {
    this.text = text;
  }

  readSignature(): Signature {
    const isMember = this.take(".");
    const params = this.readParams();
    const result = this.readType();
    this.expectEnd();
    return { isMember, params, result, isGeneric: this.letters.size > 0 };
  }

  readType(): Type {
    this.skipSpace();
    const start = this.at;
    while (/[\w.]/.test(this.text.charAt(this.at))) this.at += 1;
    const name = this.text.slice(start, this.at);
    if (name === "") this.refuse();
    if (/^[A-Z]$/.test(name)) return this.readLetter(name);
    return this.text.charAt(this.at) === "(" ? composeType(name, this.readParams()) : composeType(name, []);
  }

  expectEnd(): void {
    this.skipSpace();
    if (this.at < this.text.length) this.refuse();
  }

  private readLetter(name: string): Type {
    const known = this.letters.get(name);
    if (known !== undefined) return known;
    const param = paramOf(name);
    this.letters.set(name, param);
    return param;
  }

  private readParams(): Type[] {
    const params: Type[] = [];
    if (!this.take("(")) this.refuse();
    if (this.take(")")) return params;
    do params.push(this.readType());
    while (this.take(","));
    if (!this.take(")")) this.refuse();
    return params;
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.text.charAt(this.at) !== character) return false;
    this.at += 1;
    return true;
  }

  private skipSpace(): void {
    while (this.text.charAt(this.at) === " ") this.at += 1;
  }

  private refuse(): never {
    throw new RangeError(`"${this.text}" is no type: see character ${this.at + 1}`);
  }
}

/** Is a type parameter somewhere in the type? */
export function hasParam({ kind, params }: Type): boolean {
  return kind === Kind.PARAM || params.some(hasParam);
}
