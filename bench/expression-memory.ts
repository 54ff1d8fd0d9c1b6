// Memory over very many evaluations of mixed expressions, in batches, in one call, and over plain objects: `node bench/expression-memory.mjs`.
import { runInNewContext } from "node:vm";
import { compileExpression, expressionMemory, loadExpressions, precompileExpressions } from "../src/create-expressions.js";
import { formatTable } from "./report.js";

const ITEMS = Array.from({ length: 40 }, (_, index) => ({ price: index * 3.5, qty: index % 3, name: `n${index}` }));
const CONTEXT = { x: 11, items: ITEMS, name: "a123", t: "2026-01-01T00:00:00Z", user: { age: 20, country: "FR", prefs: { theme: "dark" } } };
const SOURCES = [
  "x > 10",
  'user.age >= 18 && user.country in ["DE", "FR"]',
  "items.exists(i, i.price > 1000.0)",
  "items.filter(i, i.qty > 0).map(i, i.price * double(i.qty))",
  'name.startsWith("a") && name.matches("^a[0-9]+$")',
  'timestamp(t) - duration("1h") < now',
  'name + "-" + user.country + "/" + t',
  "1 / (x - 11)",
];
const ROW_COUNT = 100;
const PART_COUNT = 10;
/** Nobody is on time to the byte: what the collector leaves differs by so much. */
const HEAP_SLACK_SIZE = 4 << 20;

/** Memory did not grow after the first tenth. */
export const isFlat = await printMemory(Number(process.argv[2] ?? 100_000_000));

async function printMemory(count: number): Promise<boolean> {
  const collect = runInNewContext("gc") as () => void;
  await loadExpressions({ precompileAfter: Number.POSITIVE_INFINITY });
  const rows: (readonly string[])[] = [];
  const sizes: (readonly [kernel: number, heap: number])[] = [];
  for (let part = 0; part < PART_COUNT; part += 1) {
    if (part === PART_COUNT / 2) await precompileExpressions(SOURCES.map((source) => compileExpression(source)));
    evaluatePart(count / PART_COUNT);
    collect();
    const [kernel, heap] = [expressionMemory(), process.memoryUsage().heapUsed];
    sizes.push([kernel, heap]);
    rows.push([((count / PART_COUNT) * (part + 1)).toLocaleString("en"), part < PART_COUNT / 2 ? "steps" : "functions", kernel.toLocaleString("en"), heap.toLocaleString("en")]);
  }
  console.log(formatTable([["evaluations", "by", "kernel, bytes", "heap, bytes"], ...rows]));
  const [kernel, heap] = sizes[0] as readonly [number, number];
  return sizes.every((each) => each[0] === kernel && each[1] <= heap + HEAP_SLACK_SIZE);
}

/** Most of them in batches, a thousandth in one call, a thousandth over plain objects. */
function evaluatePart(count: number): void {
  const each = count / SOURCES.length;
  for (const source of SOURCES) {
    const expression = compileExpression(source);
    const batch = expression.batch(Array.from({ length: ROW_COUNT }, () => CONTEXT));
    for (let done = 0; done < each; done += ROW_COUNT) batch.countTrue();
    batch.dispose();
    const resident = expression.resident(CONTEXT);
    for (let done = 0; done < each / 1_000; done += 1) attempt(() => resident.evaluate());
    resident.dispose();
    for (let done = 0; done < each / 1_000; done += 1) attempt(() => expression.evaluate(CONTEXT));
  }
}

/** One of them divides by 0. */
function attempt(act: () => unknown): void {
  try {
    act();
  } catch {
    // That is what it is for.
  }
}
