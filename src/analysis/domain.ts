// Sets of values that a variable may have, as far as guards tell them apart: intervals of numbers, finite and cofinite sets of
// texts, bools, null and everything else. Used to prove that a condition has no solution; so every set may be too large.

/** A range of numbers; infinite bounds are closed. */
export interface Interval {
  readonly low: number;
  readonly isLowOpen: boolean;
  readonly high: number;
  readonly isHighOpen: boolean;
}

export interface Domain {
  /** Ascending, apart from each other. */
  readonly numbers: readonly Interval[];
  readonly hasNan: boolean;
  /** These texts, or, `isInverted`, all but these. */
  readonly texts: { readonly isInverted: boolean; readonly values: ReadonlySet<string> };
  readonly hasTrue: boolean;
  readonly hasFalse: boolean;
  readonly hasNull: boolean;
  /** Lists, maps, times … */
  readonly hasOther: boolean;
}

const NO_VALUES: ReadonlySet<string> = new Set();
const NO_TEXTS = { isInverted: false, values: NO_VALUES } as const;
const ALL_TEXTS = { isInverted: true, values: NO_VALUES } as const;
export const ALL_NUMBERS: Interval = { low: -Infinity, isLowOpen: false, high: Infinity, isHighOpen: false };

export const NOTHING: Domain = {
  numbers: [],
  hasNan: false,
  texts: NO_TEXTS,
  hasTrue: false,
  hasFalse: false,
  hasNull: false,
  hasOther: false,
};
export const ANYTHING: Domain = {
  numbers: [ALL_NUMBERS],
  hasNan: true,
  texts: ALL_TEXTS,
  hasTrue: true,
  hasFalse: true,
  hasNull: true,
  hasOther: true,
};

/** What may stand in a variable of a declared type, null included. */
export function domainOfType(type: string): Domain {
  switch (type) {
    case "bool":
      return { ...NOTHING, hasTrue: true, hasFalse: true, hasNull: true };
    case "int":
    case "uint":
      return { ...NOTHING, numbers: [ALL_NUMBERS], hasNull: true };
    case "double":
    case "number":
      return { ...NOTHING, numbers: [ALL_NUMBERS], hasNan: true, hasNull: true };
    case "string":
      return { ...NOTHING, texts: ALL_TEXTS, hasNull: true };
    case "any":
      return ANYTHING;
    default:
      return { ...NOTHING, hasNull: true, hasOther: true };
  }
}

/** Exactly this value; undefined where it cannot be told apart from others (large numbers, lists). */
export function domainOfValue(value: unknown): Domain | undefined {
  if (value === null) return { ...NOTHING, hasNull: true };
  if (typeof value === "boolean") return { ...NOTHING, hasTrue: value, hasFalse: !value };
  if (typeof value === "string") return { ...NOTHING, texts: { isInverted: false, values: new Set([value]) } };
  if (typeof value !== "number" || !Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return undefined;
  return { ...NOTHING, numbers: [{ low: value, isLowOpen: false, high: value, isHighOpen: false }] };
}

export function isEmpty({ numbers, hasNan, texts, hasTrue, hasFalse, hasNull, hasOther }: Domain): boolean {
  const hasTexts = texts.isInverted || texts.values.size > 0;
  return numbers.length === 0 && !hasNan && !hasTexts && !hasTrue && !hasFalse && !hasNull && !hasOther;
}

export function intersect(a: Domain, b: Domain): Domain {
  return {
    numbers: a.numbers.flatMap((left) => b.numbers.flatMap((right) => cutInterval(left, right))),
    hasNan: a.hasNan && b.hasNan,
    texts: intersectTexts(a.texts, b.texts),
    hasTrue: a.hasTrue && b.hasTrue,
    hasFalse: a.hasFalse && b.hasFalse,
    hasNull: a.hasNull && b.hasNull,
    hasOther: a.hasOther && b.hasOther,
  };
}

export function invert(domain: Domain): Domain {
  const { isInverted, values } = domain.texts;
  return {
    numbers: invertNumbers(domain.numbers),
    hasNan: !domain.hasNan,
    texts: { isInverted: !isInverted, values },
    hasTrue: !domain.hasTrue,
    hasFalse: !domain.hasFalse,
    hasNull: !domain.hasNull,
    hasOther: !domain.hasOther,
  };
}

export function unite(a: Domain, b: Domain): Domain {
  return invert(intersect(invert(a), invert(b)));
}

function intersectTexts(a: Domain["texts"], b: Domain["texts"]): Domain["texts"] {
  if (a.isInverted && b.isInverted) return { isInverted: true, values: new Set([...a.values, ...b.values]) };
  const [finite, other] = a.isInverted ? [b, a] : [a, b];
  const values = [...finite.values].filter((value) => other.values.has(value) !== other.isInverted);
  return { isInverted: false, values: new Set(values) };
}

function cutInterval(a: Interval, b: Interval): Interval[] {
  const low = Math.max(a.low, b.low);
  const high = Math.min(a.high, b.high);
  const isLowOpen = (a.low === low && a.isLowOpen) || (b.low === low && b.isLowOpen);
  const isHighOpen = (a.high === high && a.isHighOpen) || (b.high === high && b.isHighOpen);
  if (low > high || (low === high && (isLowOpen || isHighOpen))) return [];
  return [{ low, isLowOpen, high, isHighOpen }];
}

function invertNumbers(intervals: readonly Interval[]): Interval[] {
  return intervals.reduce<Interval[]>((left, cut) => left.flatMap((interval) => outside(interval, cut)), [ALL_NUMBERS]);
}

function outside(interval: Interval, cut: Interval): Interval[] {
  const parts: Interval[] = [];
  if (cut.low !== -Infinity || cut.isLowOpen)
    parts.push(...cutInterval(interval, { low: -Infinity, isLowOpen: false, high: cut.low, isHighOpen: !cut.isLowOpen }));
  if (cut.high !== Infinity || cut.isHighOpen)
    parts.push(...cutInterval(interval, { low: cut.high, isLowOpen: !cut.isHighOpen, high: Infinity, isHighOpen: false }));
  return parts;
}

/** The same without numbers that no integer is. */
export function keepIntegers(domain: Domain): Domain {
  const numbers = domain.numbers.flatMap((interval) => {
    const low = Number.isInteger(interval.low) && interval.isLowOpen ? interval.low + 1 : Math.ceil(interval.low);
    const high = Number.isInteger(interval.high) && interval.isHighOpen ? interval.high - 1 : Math.floor(interval.high);
    return low > high ? [] : [{ low, isLowOpen: false, high, isHighOpen: false }];
  });
  return { ...domain, numbers, hasNan: false };
}

/** One value of the set that reads well; undefined where only odd ones are left. */
export function pickValue(domain: Domain): { readonly value: unknown } | undefined {
  const [interval] = domain.numbers;
  if (domain.numbers.some((item) => contains(item, 0))) return { value: 0 };
  if (interval !== undefined) return { value: pickNumber(interval) };
  if (domain.hasTrue || domain.hasFalse) return { value: domain.hasTrue };
  const { isInverted, values } = domain.texts;
  if (!isInverted && values.size > 0) return { value: [...values][0] };
  if (isInverted) return { value: values.has("other") ? `other${values.size}` : "other" };
  return domain.hasNull ? { value: null } : undefined;
}

function contains({ low, isLowOpen, high, isHighOpen }: Interval, value: number): boolean {
  return (isLowOpen ? low < value : low <= value) && (isHighOpen ? value < high : value <= high);
}

function pickNumber(interval: Interval): number {
  const { low, high } = interval;
  const tries = [Math.ceil(low), Math.floor(low) + 1, Math.floor(high), Math.ceil(high) - 1, (low + high) / 2, low, high];
  return tries.find((value) => Number.isFinite(value) && contains(interval, value)) ?? low;
}
