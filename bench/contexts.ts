// The expressions of the expression scenarios and the contexts they are evaluated over: sixteen of them in turn, so that
// no compiler can lift the evaluation out of the loop.

export const CONTEXT_COUNT = 16;

export const EXPRESSION_TEXTS = {
  "x-gt-10": "x > 10",
  "user-age-country": 'user.age >= 18 && user.country in ["DE","FR"]',
} as const;
export type ExpressionId = keyof typeof EXPRESSION_TEXTS;

export interface NumberContext {
  readonly x: number;
}
export interface UserContext {
  readonly user: { readonly age: number; readonly country: string };
}

const COUNTRIES = ["DE", "US", "FR", "IT", "DE"] as const;

export function makeNumberContexts(): NumberContext[] {
  return Array.from({ length: CONTEXT_COUNT }, (_, index) => ({ x: (index * 7) % 23 }));
}

export function makeUserContexts(): UserContext[] {
  return Array.from({ length: CONTEXT_COUNT }, (_, index) => ({ user: { age: 12 + ((index * 5) % 31), country: COUNTRIES[index % COUNTRIES.length] ?? "DE" } }));
}

export function makeContexts(id: ExpressionId): (NumberContext | UserContext)[] {
  return id === "x-gt-10" ? makeNumberContexts() : makeUserContexts();
}
