// Times of making 100 expressions into one generated module: emitting, compiling and instantiating it, and the first evaluation of each. The texts differ
// from round to round, so that each is made for the first time.
import type { JSHandle } from "playwright";
import { EXPRESSIONS } from "./contexts.js";
import { type FindBrowser, type ServePages, withLibraryPage } from "./library-page.js";
import { formatTable } from "./report.js";

const EXPRESSION_COUNT = 100;
const ROUND_COUNT = 25;

type Door = typeof import("../src/doors/expression.js");

interface Reading {
  readonly madeMs: number;
  readonly firstCallsMs: number;
}

/** What runs in the page. */
async function measureInPage({ door, texts, count, roundCount }: { readonly door: Door; readonly texts: readonly string[]; readonly count: number; readonly roundCount: number }): Promise<Reading[]> {
  await door.loadExpressions({ precompileAfter: Number.POSITIVE_INFINITY });
  const readings: Reading[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    const expressions = Array.from({ length: count }, (_, index) => {
      const text = texts[index % texts.length] ?? "";
      return door.compileExpression(`${text}${" ".repeat(1 + Math.floor(index / texts.length) + round * count)}`);
    });
    // Their programs stand in the kernel before the clock starts.
    for (const expression of expressions) expression.resident().dispose();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const startedAt = performance.now();
    await door.precompileExpressions(expressions);
    const madeAt = performance.now();
    for (const expression of expressions) {
      try {
        expression.resident().evaluate();
      } catch {
        // There are no variables: an error is as good.
      }
    }
    readings.push({ madeMs: madeAt - startedAt, firstCallsMs: performance.now() - madeAt });
    for (const expression of expressions) expression.dispose();
  }
  return readings;
}

/** Measures and prints. */
export function measurePrecompile(findBrowser: FindBrowser, serve: ServePages): Promise<number> {
  return withLibraryPage(findBrowser, serve, async (page) => {
    const door = (await page.evaluateHandle("import('/dist/expression.js')")) as JSHandle<Door>;
    const texts = Object.values(EXPRESSIONS).map(({ text }) => text);
    const readings = await page.evaluate(measureInPage, { door, texts, count: EXPRESSION_COUNT, roundCount: ROUND_COUNT });
    const tell = (name: string, read: (reading: Reading) => number): string[] => {
      const sorted = readings.slice(5).map(read).sort((a, b) => a - b);
      return [name, (readings[0] === undefined ? 0 : read(readings[0])).toFixed(2), (sorted[0] ?? 0).toFixed(2), (sorted[sorted.length >> 1] ?? 0).toFixed(2)];
    };
    const rows = [tell("emitted, compiled and instantiated", ({ madeMs }) => madeMs), tell("evaluated for the first time", ({ firstCallsMs }) => firstCallsMs)];
    console.log(formatTable([[`${EXPRESSION_COUNT} expressions`, "first round, ms", "least, ms", "median, ms"], ...rows]));
  });
}
