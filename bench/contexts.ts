// The expressions that are compiled and evaluated, the types of their variables, and the contexts they are evaluated over:
// sixteen of them in turn, so that no compiler can lift the evaluation out of the loop. All as data; who takes part turns
// the types and the integers into what it knows.

export const CONTEXT_COUNT = 16;

/** A declared type. An `int` is a JavaScript number or a bigint, by what the reader takes for an integer. */
export type BenchType = "int" | "double" | "string" | "timestamp" | { readonly list: BenchType } | { readonly fields: Readonly<Record<string, BenchType>> };

export type Context = Readonly<Record<string, unknown>>;

export interface ContextOptions {
  /** How many different hidden classes the same fields come in, over the sixteen contexts: 1 to 16. */
  readonly shapeCount?: number;
  /** Items of lists. */
  readonly itemCount?: number;
  /** What an integer is to the reader. Default: a JavaScript number. */
  readonly integer?: (value: number) => unknown;
}

interface BenchExpression {
  readonly text: string;
  readonly variables: Readonly<Record<string, BenchType>>;
  /** The fields of the context with this index, from the parts that `make` makes. */
  readonly makeContext: (index: number, make: PartMaker) => Context;
}

interface PartMaker {
  readonly itemCount: number;
  readonly integer: (value: number) => unknown;
  /** An object of the context's shape. */
  readonly object: (fields: Record<string, unknown>) => Record<string, unknown>;
}

const COUNTRIES = ["DE", "US", "FR", "IT", "DE"] as const;
const CONJUNCT_COUNT = 20;
const DAY_MS = 86_400_000;

function nest(names: readonly string[], inner: BenchType): BenchType {
  return names.reduceRight<BenchType>((type, name) => ({ fields: { [name]: type } }), inner);
}

const PATH = ["b", "c", "d", "e", "f", "g", "h"];
const CONJUNCTS = Array.from({ length: CONJUNCT_COUNT }, (_, index) => `f${index}`);
const ITEMS: BenchType = { list: { fields: { price: "double", qty: "int" } } };

/** Item `index` of a list whose first item with a price above 100 stands at its end. */
function makeItems(count: number, { integer, object }: PartMaker): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => object({ price: index === count - 1 ? 150.5 : (index % 90) + 0.25, qty: integer(index % 4) }));
}

export const EXPRESSIONS = {
  "x-gt-10": {
    text: "x > 10",
    variables: { x: "int" },
    makeContext: (index, { integer, object }) => object({ x: integer((index * 7) % 23) }),
  },
  "user-age-country": {
    text: 'user.age >= 18 && user.country in ["DE","FR"]',
    variables: { user: { fields: { age: "int", country: "string" } } },
    makeContext: (index, { integer, object }) => ({ user: object({ age: integer(12 + ((index * 5) % 31)), country: COUNTRIES[index % COUNTRIES.length] }) }),
  },
  exists: {
    text: "items.exists(i, i.price > 100.0)",
    variables: { items: ITEMS },
    makeContext: (_, make) => ({ items: makeItems(make.itemCount, make) }),
  },
  "filter-map": {
    text: "items.filter(i, i.qty > 0).map(i, i.price * double(i.qty))",
    variables: { items: ITEMS },
    makeContext: (_, make) => ({ items: makeItems(make.itemCount, make) }),
  },
  matches: {
    text: 'name.startsWith("a") && name.matches("^a[0-9]+$")',
    variables: { name: "string" },
    makeContext: (index, { object }) => object({ name: index % 3 === 0 ? "berta" : index % 3 === 1 ? `a${index * 1_000}` : "anna" }),
  },
  timestamps: {
    text: 'timestamp(t) - duration("1h") < now',
    variables: { t: "string", now: "timestamp" },
    makeContext: (index, { object }) => object({ t: new Date(1_767_225_600_000 + index * DAY_MS).toISOString(), now: new Date(1_767_225_600_000 + 8 * DAY_MS) }),
  },
  "size-index": {
    text: "size(results) > 0 ? results[0].score : 0.0",
    variables: { results: { list: { fields: { score: "double" } } } },
    makeContext: (index, { object }) => ({ results: index % 4 === 0 ? [] : [object({ score: index + 0.5 })] }),
  },
  "string-of-5": {
    text: '"Dear " + title + " " + name + "!"',
    variables: { title: "string", name: "string" },
    makeContext: (index, { object }) => object({ title: index % 2 === 0 ? "Ms" : "Mr", name: `Name ${index}` }),
  },
  "path-8-deep": {
    text: `a.${PATH.join(".")}`,
    variables: { a: nest(PATH, "double") },
    makeContext: (index, { object }) => ({ a: PATH.reduceRight<unknown>((inner, name) => object({ [name]: inner }), index + 0.5) }),
  },
  "has-choice": {
    text: 'has(user.prefs.theme) ? user.prefs.theme : "light"',
    variables: { user: { fields: { prefs: { fields: { theme: "string" } } } } },
    makeContext: (index, { object }) => ({ user: object({ prefs: object(index % 2 === 0 ? { theme: "dark" } : {}) }) }),
  },
  "conjuncts-20": {
    text: CONJUNCTS.map((name, index) => `${name} > ${index}`).join(" && "),
    variables: Object.fromEntries(CONJUNCTS.map((name) => [name, "int"])),
    makeContext: (index, { integer, object }) => object(Object.fromEntries(CONJUNCTS.map((name, at) => [name, integer(at + (at < index + 5 ? 1 : 0))]))),
  },
  "int-arithmetic": {
    text: "(a + b) * c - d % e",
    variables: { a: "int", b: "int", c: "int", d: "int", e: "int" },
    makeContext: (index, { integer, object }) => object({ a: integer(index), b: integer(17), c: integer(index + 3), d: integer(1_000 + index), e: integer(7) }),
  },
  "string-equality": {
    text: 'status == "active"',
    variables: { status: "string" },
    makeContext: (index, { object }) => object({ status: index % 2 === 0 ? "active" : "closed" }),
  },
  "double-arithmetic": {
    text: "price * amount * (1.0 + rate) - discount",
    variables: { price: "double", amount: "double", rate: "double", discount: "double" },
    makeContext: (index, { object }) => object({ price: index + 0.25, amount: 2.5, rate: 0.19, discount: 1.75 }),
  },
} as const satisfies Readonly<Record<string, BenchExpression>>;

export type ExpressionId = keyof typeof EXPRESSIONS;
export const EXPRESSION_IDS = Object.keys(EXPRESSIONS) as ExpressionId[];

/** The sixteen contexts of an expression. */
export function makeContexts(id: ExpressionId, { shapeCount = 1, itemCount = 10, integer = (value) => value }: ContextOptions = {}): Context[] {
  const { makeContext }: BenchExpression = EXPRESSIONS[id];
  return Array.from({ length: CONTEXT_COUNT }, (_, index) => {
    let made = index;
    const object = (fields: Record<string, unknown>): Record<string, unknown> => {
      const shape = made % shapeCount;
      made += 1;
      return shape === 0 ? { ...fields } : reshape(fields, shape);
    };
    return makeContext(index, { itemCount, integer, object });
  });
}

/** The same fields in another order, behind one more whose name varies. */
function reshape(fields: Record<string, unknown>, shape: number): Record<string, unknown> {
  const entries = Object.entries(fields);
  const turn = shape % Math.max(1, entries.length);
  return { [`shape${shape}`]: shape, ...Object.fromEntries([...entries.slice(turn), ...entries.slice(0, turn)]) };
}

/** Distinct conditions such as people write them, and a context in which each has a value. */
export function makeConditions(count: number): { readonly texts: readonly string[]; readonly variables: Readonly<Record<string, BenchType>> } {
  const forms: readonly ((index: number) => string)[] = [
    (index) => `order.total > ${index}.5 && user.country == "C${index}"`,
    (index) => `user.age >= ${index} && user.country in ["DE", "FR", "C${index}"]`,
    (index) => `order.items.exists(i, i.price > ${index}.0 && i.qty >= ${index % 7})`,
    (index) => `status == "state-${index}" || size(order.items) > ${index}`,
    (index) => `user.name.startsWith("n${index}") && !(order.total < ${index}.25) && attempt < ${index}`,
  ];
  return {
    texts: Array.from({ length: count }, (_, index) => forms[index % forms.length]?.(index) ?? ""),
    variables: {
      order: { fields: { total: "double", items: ITEMS } },
      user: { fields: { age: "int", country: "string", name: "string" } },
      status: "string",
      attempt: "int",
    },
  };
}

/** A context for all conditions of `makeConditions`. */
export function makeConditionContext(integer: (value: number) => unknown = (value) => value): Context {
  return {
    order: {
      total: 400.5,
      items: [
        { price: 10.5, qty: integer(1) },
        { price: 700.5, qty: integer(5) },
      ],
    },
    user: { age: integer(400), country: "FR", name: "n4" },
    status: "state-8",
    attempt: integer(500),
  };
}
