// Reads how a custom function is declared, `score(string, list(int)) -> double` or `string.slug() -> string`: its name, whether
// it is a method, what it takes and what it gives.
import { ARGUMENT_COUNT_MAX } from "../../../assembly/abi.js";
import { readKnownType, refuseUnknown } from "../checker/declaration.js";
import { ALL_FUNCTIONS } from "../checker/library.js";
import { readSignature, type Signature } from "../checker/type-text.js";
import { formatType, type Type } from "../checker/type.js";
import { isMacroName } from "../macro.js";
import { isReservedWord } from "../lexer.js";

/** UTF-16 units of one signature. */
export const SIGNATURE_SIZE_MAX = 1_000;

const NAME = /^[A-Za-z_]\w*$/;
/** `a.b`: what may stand before the name of a function that is no method. */
const PATH = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

export interface NamedSignature extends Signature {
  /** As it is called; with its namespace, where it has one. */
  readonly name: string;
  /** The same for every way of writing it. */
  readonly text: string;
}

/** Reads a signature. Throws RangeError, its message saying what is wrong with it. */
export function readNamedSignature(text: string): NamedSignature {
  if (text.length > SIGNATURE_SIZE_MAX) throw new RangeError(`it has ${text.length} characters; the limit is ${SIGNATURE_SIZE_MAX}`);
  const arrow = text.indexOf("->");
  const head = text.slice(0, arrow).trim();
  const open = arrow < 0 ? -1 : findOpening(head);
  if (open < 0) throw new RangeError(`it must read like "name(type, type) -> type" or "type.name(type) -> type"`);
  const { receiver, name } = readHead(head.slice(0, open).trim());
  const args = head.slice(open + 1, -1).trim();
  const params = [receiver ?? "", args].filter((part) => part !== "").join(", ");
  const signature = readSignature(`${receiver === undefined ? "" : "."}(${params}) ${text.slice(arrow + 2).trim()}`);
  for (const type of [...signature.params, signature.result]) refuseUnknown(type);
  if (signature.params.length > ARGUMENT_COUNT_MAX)
    throw new RangeError(`it has ${signature.params.length} parameters; the limit is ${ARGUMENT_COUNT_MAX}`);
  return { ...signature, name, text: formatSignature(name, signature) };
}

/** The parenthesis that the last one closes, or -1. */
function findOpening(head: string): number {
  if (!head.endsWith(")")) return -1;
  let depth = 0;
  for (let at = head.length - 1; at >= 0; at -= 1) {
    const character = head.charAt(at);
    if (character === ")") depth += 1;
    else if (character === "(" && --depth === 0) return at;
  }
  return -1;
}

/** What stands before the arguments: a name, with the type of a receiver or with a namespace before it. */
function readHead(head: string): { readonly receiver: string | undefined; readonly name: string } {
  const dot = head.lastIndexOf(".");
  const before = head.slice(0, Math.max(0, dot)).trim();
  const own = head.slice(dot + 1).trim();
  if (!NAME.test(own) || isReservedWord(own)) throw new RangeError(`"${own}" cannot be the name of a function`);
  const receiver = dot >= 0 && isType(before) ? before : undefined;
  if (dot >= 0 && receiver === undefined && !PATH.test(before)) throw new RangeError(`"${before}" is neither a type nor a namespace`);
  const name = dot < 0 || receiver !== undefined ? own : `${before}.${own}`;
  if (ALL_FUNCTIONS.has(name) || isMacroName(name)) throw new RangeError(`"${name}" is a function of CEL`);
  return { receiver, name };
}

function isType(text: string): boolean {
  try {
    readKnownType(text);
    return true;
  } catch {
    return false;
  }
}

function formatSignature(name: string, { isMember, params, result }: Signature): string {
  const [first, ...others] = params.map(formatDeclared);
  const list = (isMember ? others : [first, ...others]).filter((item) => item !== undefined).join(", ");
  return `${isMember ? `${first}.` : ""}${name}(${list}) -> ${formatDeclared(result)}`;
}

function formatDeclared(type: Type): string {
  return formatType(type, true);
}
