// Times of the expression editor's functions, as a page that is being typed in sees them: the built library in a Chromium of
// its own, each text changed a little before every call, so that nothing is found in a cache that a person would not find there.
import type { JSHandle } from "playwright";
import { type FindBrowser, type ServePages, withLibraryPage } from "./library-page.js";
import { formatTable } from "./report.js";

const CALL_COUNT = 60;

type Editor = typeof import("../src/doors/editor.js");

interface Reading {
  readonly text: string;
  readonly name: string;
  readonly firstMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** What runs in the page. */
async function measureInPage({ editor, callCount, texts }: { readonly editor: Editor; readonly callCount: number; readonly texts: readonly (readonly [string, string])[] }): Promise<Reading[]> {
  await editor.loadExpressions();
  const items = Array.from({ length: 20 }, (_, index) => ({ name: `item ${index}`, price: index * 3, tags: ["a", "b"] }));
  const sampleContext = { user: { name: "Ada", age: 36, level: "gold" }, order: { total: 120, items }, limit: 100 };
  const options = { sampleContext };
  const functions: readonly (readonly [string, (text: string) => unknown])[] = [
    ["complete", (text) => editor.completeExpression(`${text} && user.`, text.length + 9, options)],
    ["hover", (text) => editor.hoverExpression(text, text.length >> 1, options)],
    ["diagnostics", (text) => editor.diagnoseExpression(text, options)],
    ["signature", (text) => editor.findSignature(`${text} && size(`, text.length + 9, options)],
    ["references", (text) => editor.readReferences(text, options)],
    ["format", (text) => editor.formatExpression(text)],
    ["explain", (text) => editor.explainExpression(text, sampleContext, options)],
  ];
  return texts.flatMap(([title, text]) =>
    functions.map(([name, call]) => {
      const taken: number[] = [];
      for (let index = 0; index < callCount; index += 1) {
        const changed = text.replace("999", String(100 + index));
        const startedAt = performance.now();
        call(changed);
        taken.push(performance.now() - startedAt);
      }
      const [firstMs = 0] = taken;
      const sorted = taken.slice(10).sort((a, b) => a - b);
      return { text: title, name, firstMs, medianMs: sorted[sorted.length >> 1] ?? 0, p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0 };
    }),
  );
}

function repeatTo(size: number, parts: readonly string[], between: string): string {
  let text = "limit > 999";
  for (let index = 0; text.length < size; index += 1) text += between + (parts[index % parts.length] ?? "");
  return text;
}

/** 1 KB each: conditions as people write them, and a sum, whose tree is as deep as a text can make it without brackets. */
const TEXTS: readonly (readonly [string, string])[] = [
  [
    "conditions",
    repeatTo(
      1_000,
      [
        "user.age >= 18 && user.level in ['gold', 'silver']",
        "order.items.exists(item, item.price > 50 && 'a' in item.tags)",
        "has(user.name) && user.name.startsWith('A')",
        "order.total * 1.2 < (user.level == 'gold' ? 500.0 : 100.0)",
      ],
      " || ",
    ),
  ],
  ["a sum", repeatTo(1_000, ["order.total", "1", "user.age"], " + ").replace("limit > 999", "limit + 999")],
];

/** Measures and prints. */
export function measureEditor(findBrowser: FindBrowser, serve: ServePages): Promise<number> {
  return withLibraryPage(findBrowser, serve, async (page) => {
    const editor = (await page.evaluateHandle("import('/dist/editor.js')")) as JSHandle<Editor>;
    const readings = await page.evaluate(measureInPage, { editor, callCount: CALL_COUNT, texts: TEXTS });
    const rows = readings.map(({ text, name, firstMs, medianMs, p95Ms }) => [text, name, firstMs.toFixed(2), medianMs.toFixed(2), p95Ms.toFixed(2)]);
    console.log(formatTable([["text of 1 KB", "function", "first, ms", "median, ms", "95 %, ms"], ...rows]));
  });
}
