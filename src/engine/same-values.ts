// Are two decoded values the same? To the bit: 0 is not -0, NaN is NaN, an int is no double.

/** Of what values are made of: primitives, dates, bytes, lists, maps and records. Names without a value are none. O(size) */
export function areSameValues(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Uint8Array) return a.length === (b as Uint8Array).length && a.every((byte, at) => byte === (b as Uint8Array)[at]);
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && a.every((item, at) => areSameValues(item, (b as unknown[])[at]));
  if (a instanceof Map) return areSameValues([...a], [...(b as Map<unknown, unknown>)]);
  const [left, right] = [Object.entries(a), Object.entries(b)].map((entries) => entries.filter(([, value]) => value !== undefined));
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  return left.every(([name, value]) => Object.hasOwn(b, name) && areSameValues(value, (b as Record<string, unknown>)[name]));
}
