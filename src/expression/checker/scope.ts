// What the checker must be told: the variables, the functions, and how strict it shall be.
import type { FunctionSet } from "./library.js";
import type { Type } from "./type.js";

export interface CheckScope {
  /** The declared type of a variable, which may have dots in its name; undefined: nobody declares it. */
  typeOf(name: string): Type | undefined;
  /** Default: all of CEL and its libraries. */
  readonly functions?: FunctionSet;
  /** Prefix that names are looked up under first (langdef.md, "Name Resolution"). */
  readonly container?: string;
  /** May a name have dots, a variable's own or because of the container? Default true. */
  readonly hasPaths?: boolean;
  /**
   * CEL's rules to the letter: only equal types are compared, the branches of a choice have one type. Default false:
   * numbers compare with each other, anything is equal or not, and a JSON number fits every numeric type.
   */
  readonly isStrict?: boolean;
  /** Any name may be a variable, and a variable's name wins over the name of a type. Default false. */
  readonly isOpen?: boolean;
  /** A name that nobody declares is an error, and so is a message. Default false: somebody else looks after them. */
  readonly isClosed?: boolean;
}

/** Looks a name up in the container first, then in those around it, then as it stands; undefined where `find` knows none of these. */
export function findInContainer<T>(container: string, name: string, find: (name: string) => T | undefined): T | undefined {
  for (let prefix = container; prefix !== ""; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf(".")))) {
    const found = find(`${prefix}.${name}`);
    if (found !== undefined) return found;
  }
  return find(name);
}
