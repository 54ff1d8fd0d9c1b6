// Engine and worker under exactly the strict policy: a run goes on after a reload, and nobody reports a violation.
import { expect, test } from "@playwright/test";
import { strictPolicy } from "../../scripts/static-server.mjs";
import type { Engine, EngineOptions } from "../../src/model/engine.js";
import { serveBuilt } from "./server.js";

declare const page: { createEngine(options?: EngineOptions): Promise<Engine>; violations: string[] };

const workflowText = `---
name: Two steps
parameters:
  amount: { type: number }
variables:
  receipt: { type: string }
events: [confirm]
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> Charging
  Charging --> Waiting: success
  Waiting --> Done: confirm
  Done --> [*]
\`\`\`
## Actions
- Charging: call charge with amount=amount result receipt
`;

const functionsText = `---
name: Slug
parameters:
  title: { type: string }
variables:
  label: { type: string }
---
\`\`\`mermaid
stateDiagram-v2
  [*] --> Labelling
  Labelling --> [*]
\`\`\`
## Actions
- Labelling: set label = title.slug() + SIGN
`;

test("a run is durable under the strict policy", async ({ page: tab }) => {
  const server = await serveBuilt();
  const complaints: string[] = [];
  tab.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  tab.on("pageerror", (error) => complaints.push(error.message));
  try {
    const response = await tab.goto(`${server.url}pages/engine.html`);
    expect(await response?.headerValue("content-security-policy")).toBe(
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
    );
    await expect(tab).toHaveTitle("ready");
    const runId = await tab.evaluate(async (text) => {
      const engine = await page.createEngine({ tasks: { charge: ({ amount }: { amount: number }) => `paid ${amount}` } });
      const run = await engine.start(await engine.load(text), { amount: 12 });
      for await (const event of run.events()) if (event.type === "stateEntered" && event.state === "Waiting") break;
      return run.id;
    }, workflowText);
    await tab.reload();
    await expect(tab).toHaveTitle("ready");
    const after = await tab.evaluate(async (id) => {
      const engine = await page.createEngine({ tasks: { charge: () => "never again" } });
      const run = await engine.runs.get(id);
      const before = await run.status();
      const sent = await engine.send(id, "confirm");
      await run.result;
      const found = { before, sent: sent.status, status: await run.status(), context: await run.context(), violations: page.violations };
      await engine.close();
      return found;
    }, runId);
    expect(after).toMatchObject({ before: "waiting", sent: "taken", status: "succeeded", context: { receipt: "paid 12" }, violations: [] });
  } finally {
    await server.close();
  }
  expect(server.violations).toEqual([]);
  expect(complaints).toEqual([]);
});

test("the worker imports functions from a module of the page's own origin", async ({ page: tab }) => {
  const server = await serveBuilt();
  try {
    await tab.goto(`${server.url}pages/engine.html`);
    await expect(tab).toHaveTitle("ready");
    const found = await tab.evaluate(async (text) => {
      const codesOf = async (options: EngineOptions, source: string) => {
        try {
          const engine = await page.createEngine({ ...options, store: "memory" });
          await engine.load(source).finally(() => engine.close());
          return [];
        } catch (error) {
          const { code, findings, message } = error as { code: string; message: string; findings: { code: string }[] };
          return [code, ...findings.map((finding) => finding.code), message.includes("functionsUrl")];
        }
      };
      const engine = await page.createEngine({ functionsUrl: "functions.mjs", constants: { SIGN: { type: "string", value: "!" } } });
      const run = await engine.start(await engine.load(text), { title: "Big Deal" });
      const result = await run.result;
      await engine.close();
      return {
        result,
        inPage: await codesOf({ functions: { "string.slug() -> string": (title: string) => title }, constants: { SIGN: { type: "string", value: "!" } } }, text),
        missing: (await codesOf({ functionsUrl: "missing.mjs" }, text))[0],
        violations: page.violations,
      };
    }, functionsText);
    expect(found).toEqual({
      result: { title: "Big Deal", label: "big-deal!" },
      inPage: ["parse/invalid", "expression/unreachable-function", true],
      missing: "engine/functions-unavailable",
      violations: [],
    });
  } finally {
    await server.close();
  }
  expect(server.violations).toEqual([]);
});

test("generated WebAssembly is compiled under the strict policy, on request and by itself", async ({ page: tab }) => {
  const server = await serveBuilt();
  try {
    await tab.goto(`${server.url}pages/engine.html`);
    await expect(tab).toHaveTitle("ready");
    const found = await tab.evaluate(async () => {
      const address = "/dist/expression.js";
      const door = (await import(address)) as typeof import("../../src/doors/expression.js");
      await door.loadExpressions({ precompileAfter: 50 });
      const expression = door.compileExpression("items.exists(i, i.price > 100.0) && name == 'a'");
      const items = Array.from({ length: 40 }, (_, index) => ({ price: index * 3 }));
      const before = [expression.evaluate({ items, name: "a" }), expression.evaluate({ items: [], name: "a" })];
      const isCompiled = await expression.precompile();
      const after = [expression.evaluate({ items, name: "a" }), expression.evaluate({ items: [], name: "a" })];
      const other = door.compileExpression("x * 2 > 10");
      for (let count = 0; count < 60; count += 1) other.evaluate({ x: count });
      await new Promise((resolve) => setTimeout(resolve, 700));
      return { before, isCompiled, after, isNative: (other as unknown as { readonly isNative: boolean }).isNative, violations: page.violations };
    });
    expect(found).toEqual({ before: [true, false], isCompiled: true, after: [true, false], isNative: true, violations: [] });
  } finally {
    await server.close();
  }
  expect(server.violations).toEqual([]);
});

test("without 'wasm-unsafe-eval' the engine says which directive it needs", async ({ page: tab }) => {
  const server = await serveBuilt({ policy: strictPolicy.replace(" 'wasm-unsafe-eval'", "") });
  try {
    await tab.goto(`${server.url}pages/engine.html`);
    await expect(tab).toHaveTitle("ready");
    const failure = await tab.evaluate(async () => {
      try {
        await page.createEngine();
        return undefined;
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        return { code, message };
      }
    });
    expect(failure?.code).toBe("kernel/wasm-blocked");
    expect(failure?.message).toContain("wasm-unsafe-eval");
  } finally {
    await server.close();
  }
});
