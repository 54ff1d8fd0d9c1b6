// The expressions as functions that a programmer would write, over plain objects; and the same bodies as text, made
// functions by `new Function`.
import { CONTEXT_COUNT, type ExpressionId } from "../../contexts.js";
import type { Subject } from "../../subject.js";
import { checkSum, makeWayContexts, type WayLoad, weigh } from "../../ways.js";

interface Item {
  readonly price: number;
  readonly qty: number;
}
interface Fields {
  readonly x: number;
  readonly user: { readonly age: number; readonly country: string; readonly prefs: { readonly theme?: string } };
  readonly items: readonly Item[];
  readonly name: string;
  readonly title: string;
  readonly t: string;
  readonly now: Date;
  readonly results: readonly { readonly score: number }[];
  readonly status: string;
  readonly price: number;
  readonly amount: number;
  readonly rate: number;
  readonly discount: number;
}
interface Integers {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
}
type Nested = { readonly a: { readonly b: { readonly c: { readonly d: { readonly e: { readonly f: { readonly g: { readonly h: number } } } } } } } };
type Flags = Readonly<Record<`f${number}`, number>>;

const isNamedSo = /^a[0-9]+$/;

const FUNCTIONS: Readonly<Record<ExpressionId, (context: never) => unknown>> = {
  "x-gt-10": (context: Fields) => context.x > 10,
  "user-age-country": ({ user }: Fields) => user.age >= 18 && (user.country === "DE" || user.country === "FR"),
  exists: ({ items }: Fields) => items.some((item) => item.price > 100),
  "filter-map": ({ items }: Fields) => items.filter((item) => item.qty > 0).map((item) => item.price * item.qty),
  matches: ({ name }: Fields) => name.startsWith("a") && isNamedSo.test(name),
  timestamps: (context: Fields) => Date.parse(context.t) - 3_600_000 < context.now.getTime(),
  "size-index": ({ results }: Fields) => (results.length > 0 ? results[0]?.score : 0),
  "string-of-5": (context: Fields) => `Dear ${context.title} ${context.name}!`,
  "path-8-deep": (context: Nested) => context.a.b.c.d.e.f.g.h,
  "has-choice": ({ user }: Fields) => (user.prefs.theme !== undefined ? user.prefs.theme : "light"),
  "conjuncts-20": (context: Flags) =>
    (context.f0 ?? 0) > 0 && (context.f1 ?? 0) > 1 && (context.f2 ?? 0) > 2 && (context.f3 ?? 0) > 3 && (context.f4 ?? 0) > 4 &&
    (context.f5 ?? 0) > 5 && (context.f6 ?? 0) > 6 && (context.f7 ?? 0) > 7 && (context.f8 ?? 0) > 8 && (context.f9 ?? 0) > 9 &&
    (context.f10 ?? 0) > 10 && (context.f11 ?? 0) > 11 && (context.f12 ?? 0) > 12 && (context.f13 ?? 0) > 13 && (context.f14 ?? 0) > 14 &&
    (context.f15 ?? 0) > 15 && (context.f16 ?? 0) > 16 && (context.f17 ?? 0) > 17 && (context.f18 ?? 0) > 18 && (context.f19 ?? 0) > 19,
  "int-arithmetic": ({ a, b, c, d, e }: Integers) => (a + b) * c - (d % e),
  "string-equality": (context: Fields) => context.status === "active",
  "double-arithmetic": (context: Fields) => context.price * context.amount * (1 + context.rate) - context.discount,
};

/** What a generator of code would make of the expressions, over the context `c`. */
const BODIES: Readonly<Record<ExpressionId, string>> = {
  "x-gt-10": "c.x > 10",
  "user-age-country": 'c.user.age >= 18 && ["DE", "FR"].includes(c.user.country)',
  exists: "c.items.some((i) => i.price > 100.0)",
  "filter-map": "c.items.filter((i) => i.qty > 0).map((i) => i.price * Number(i.qty))",
  matches: 'c.name.startsWith("a") && /^a[0-9]+$/.test(c.name)',
  timestamps: "Date.parse(c.t) - 3600000 < c.now.getTime()",
  "size-index": "c.results.length > 0 ? c.results[0].score : 0.0",
  "string-of-5": '"Dear " + c.title + " " + c.name + "!"',
  "path-8-deep": "c.a.b.c.d.e.f.g.h",
  "has-choice": 'Object.hasOwn(c.user.prefs, "theme") ? c.user.prefs.theme : "light"',
  "conjuncts-20": Array.from({ length: 20 }, (_, index) => `c.f${index} > ${index}`).join(" && "),
  "int-arithmetic": "(c.a + c.b) * c.c - c.d % c.e",
  "string-equality": 'c.status === "active"',
  "double-arithmetic": "c.price * c.amount * (1.0 + c.rate) - c.discount",
};

export function openHandWritten(load: WayLoad): Subject {
  const evaluate = FUNCTIONS[load.expression] as (context: object) => unknown;
  const contexts: readonly object[] = makeWayContexts(load);
  const answers = contexts.map(evaluate);
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(evaluate(contexts[index % CONTEXT_COUNT] as object));
      checkSum(sum, count, answers);
    },
    answer: () => answers,
  };
}

export function openNewFunction(load: WayLoad): Subject {
  const evaluate = new Function("c", `return ${BODIES[load.expression]};`) as (context: object) => unknown;
  const contexts: readonly object[] = makeWayContexts(load);
  const answers = contexts.map((context) => evaluate(context));
  return {
    run(count) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) sum += weigh(evaluate(contexts[index % CONTEXT_COUNT] as object));
      checkSum(sum, count, answers);
    },
    answer: () => answers,
  };
}
