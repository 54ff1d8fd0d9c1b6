// Whether an object is read as a record, and its own fields: what the writer of values would take. Asking for an object's
// prototype is a slow call in V8 wherever it has not seen the shape, so it is the last thing that is asked.

const OBJECT_PROTOTYPE = Object.prototype;
const toTag = OBJECT_PROTOTYPE.toString;
export const hasOwn = OBJECT_PROTOTYPE.hasOwnProperty;
/** Nothing of its own: what it has, all plain objects have. */
const EMPTY: Readonly<Record<string, unknown>> = {};

/** Is an object (no list) taken as a map of its own fields? */
export function isRecord(value: object): boolean {
  return value.constructor === Object || isRecordOtherwise(value);
}

/** The same of what has no prototype, a constructor of its own, or a field of that name. */
function isRecordOtherwise(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === OBJECT_PROTOTYPE || prototype === null || (!Array.isArray(value) && toTag.call(value) === "[object Object]");
}

/** Are all of its fields its own but those that all plain objects have? */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === OBJECT_PROTOTYPE || prototype === null;
}

/** Do all plain objects have it? */
export function isCommonField(key: string): boolean {
  return key in EMPTY;
}

/** Has somebody given all objects a field? None of them can then be told from an object's own without being asked. */
export function areObjectsTainted(): boolean {
  for (const _ in EMPTY) return true;
  return false;
}

/** An own field; undefined: it has none. */
export function readOwn(object: object, key: string): unknown {
  return hasOwn.call(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}
