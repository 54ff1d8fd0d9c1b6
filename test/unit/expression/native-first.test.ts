import { expect, it } from "vitest";
import { compileExpression, loadExpressions } from "../../../src/create-expressions.js";
it("works", async () => {
  await loadExpressions();
  const items = Array.from({ length: 10 }, (_, i) => ({ price: i * 15, qty: i % 3 }));
  for (const [source, context] of [
    ["x > 10", { x: 11 }], ["x > 10", { x: 3n }], ["x > 10", {}], ["x > 10", { x: "a" }], ["x * 2 + y", { x: 3, y: 4n }],
    ['user.age >= 18 && user.country in ["DE","FR"]', { user: { age: 20, country: "FR" } }],
    ["items.exists(i, i.price > 100.0)", { items }],
    ["items.filter(i, i.qty > 0).map(i, i.price * double(i.qty))", { items }],
    ['has(user.prefs.theme) ? user.prefs.theme : "light"', { user: { prefs: {} } }],
    ["size(results) > 0 ? results[0].score : 0.0", { results: [{ score: 3 }] }],
  ] as const) {
    const e = compileExpression(source);
    const run = () => { try { return e.evaluateWithCost(context as never); } catch (error) { return [(error as { code: string }).code, (error as Error).message, (error as {place: unknown}).place]; } };
    const before = run();
    expect(await e.precompile()).toBe(true);
    expect(run(), source).toEqual(before);
    console.log(source, JSON.stringify(run(), (_, v) => typeof v === "bigint" ? String(v) : v));
    e.dispose();
  }
});
