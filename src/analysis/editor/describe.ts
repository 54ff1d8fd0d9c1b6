// How an editor writes types and signatures, and what it says of a function: shared by completion, hover and signature help.
import { ALL_FUNCTIONS } from "../../expression/checker/library.js";
import type { Signature } from "../../expression/checker/type-text.js";
import { formatType, Kind, optionalParam, type Type } from "../../expression/checker/type.js";
import { instantiate, Unifier } from "../../expression/checker/unifier.js";
import type { EditorScope } from "./editor-scope.js";
import { FUNCTION_TEXTS } from "./function-texts.js";

/** Fields named in the text of one type. */
const SHOWN_FIELD_COUNT_MAX = 6;
const PLAIN_NAME = /^[A-Za-z_]\w*$/;

/** A type in CEL's notation; a map whose fields are known with the first of them: `{name: string, age: number}`. */
export function showType(type: Type): string {
  const resolved = type.bound ?? type;
  if (resolved.kind === Kind.OBJECT && resolved.fields !== undefined) {
    const fields = [...resolved.fields].slice(0, SHOWN_FIELD_COUNT_MAX).map(([name, field]) => `${name}: ${showInner(field)}`);
    return `{${fields.join(", ")}${resolved.fields.size > SHOWN_FIELD_COUNT_MAX ? ", …" : ""}}`;
  }
  return showInner(resolved);
}

function showInner(type: Type): string {
  if (type.kind === Kind.OBJECT) return type.name === "object" ? "map" : type.name;
  if (type.kind === Kind.LIST && type.params[0]?.kind === Kind.OBJECT) return `list(${showInner(type.params[0])})`;
  return formatType(type);
}

/** `string.substring(int, int) -> string`, as signatures are declared. */
export function showSignature(name: string, { isMember, params, result }: Signature): string {
  const [first, ...others] = params.map((param) => formatType(param, true));
  const list = isMember ? others : params.length === 0 ? [] : [first, ...others];
  return `${isMember ? `${first}.` : ""}${name}(${list.join(", ")}) -> ${formatType(result, true)}`;
}

/** The signatures of a name that a method's receiver of this type can take, or those of the function that is no method. */
export function signaturesFor(scope: EditorScope, name: string, receiver: Type | undefined): readonly Signature[] {
  const signatures = scope.functions.signaturesOf(name);
  if (receiver === undefined) return signatures.filter(({ isMember }) => !isMember);
  return signatures.filter((signature) => signature.isMember && takesReceiver(signature, receiver));
}

function takesReceiver({ params, isGeneric }: Signature, receiver: Type): boolean {
  const [declared] = params;
  if (declared === undefined) return false;
  const unifier = new Unifier();
  const mark = unifier.mark();
  const fits = unifier.assign(receiver, isGeneric ? instantiate(declared, new Map(), unifier) : declared);
  unifier.undo(mark);
  return fits;
}

/** What is said of a function: an embedder's own text first. */
export function documentFunction(scope: EditorScope, name: string): string {
  const own = scope.documentationOf(name);
  if (own !== "") return own;
  return ALL_FUNCTIONS.has(name) && Object.hasOwn(FUNCTION_TEXTS, name) ? (FUNCTION_TEXTS[name] as string) : "";
}

/** The declared fields of a value of this type, also of one that an optional holds. */
export function fieldsOf(type: Type): ReadonlyMap<string, Type> | undefined {
  const held = optionalParam(type) ?? type;
  return (held.bound ?? held).fields;
}

export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name);
}
