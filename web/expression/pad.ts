// What the scratch-pad knows: the expression and the JSON that a person has typed, kept as drafts are, and what comes of them.
import { computed, effect, signal } from "@preact/signals";
import { createRemembered } from "../app/preferences.js";
import { toProblem } from "../app/problem.js";
import {
  diagnoseExpression,
  type ExplainedPart,
  explainExpression,
  type ExpressionDiagnostic,
  type ExpressionEditorOptions,
  loadExpressions,
  type PathReference,
  readReferences,
} from "../millrace-editor.js";
import { type JsonReading, readJson } from "../text/json-editor.js";

export interface PadExample {
  readonly title: string;
  readonly expression: string;
  readonly context: unknown;
}

const ORDER = {
  order: {
    id: "A-1042",
    total: 187.5,
    customer: { name: "Ada", level: "gold", since: "2023-04-01T00:00:00Z" },
    items: [
      { sku: "lamp", price: 129.5, count: 1 },
      { sku: "bulb", price: 7.25, count: 8 },
    ],
  },
  limit: 100,
};

export const EXAMPLES: readonly PadExample[] = [
  { title: "A guard", expression: 'order.total > limit && order.items.exists(item, item.price > 100) || order.customer.level == "gold"', context: ORDER },
  { title: "A list made of another", expression: "order.items.filter(item, item.count > 1).map(item, {\"sku\": item.sku, \"sum\": item.price * item.count})", context: ORDER },
  { title: "What may be missing", expression: 'order.?discount.?code.orValue("none") + " / " + string(has(order.total))', context: ORDER },
  { title: "Times", expression: 'timestamp(order.customer.since) + duration("72h") < now', context: ORDER },
];

const first = EXAMPLES[0] as PadExample;

export const padExpression = createRemembered<string>("pad-expression", first.expression);
export const padContext = createRemembered<string>("pad-context", JSON.stringify(first.context, null, 2));
/** Goes up whenever the expression was replaced from outside its editor. */
export const padVersion = signal(0);
/** The kernel: undefined until it is there, a problem where it cannot be. */
export const padKernel = signal<"loading" | "ready" | { readonly code: string; readonly message: string }>("loading");

export const padJson = computed<JsonReading>(() => {
  const reading = readJson(padContext.value);
  if (!reading.isValid || reading.value === undefined || (typeof reading.value === "object" && reading.value !== null && !Array.isArray(reading.value))) return reading;
  return { isValid: false, message: "Variables are named: the JSON is an object, { … }", offset: 0, line: 1, column: 1 };
});

/** The last context that could be read: it goes on saying what variables there are while the JSON is being changed. */
const lastContext = signal<Readonly<Record<string, unknown>>>({});
export const padOptions = computed<ExpressionEditorOptions>(() => ({ sampleContext: lastContext.value }));

export interface PadResult {
  readonly expression: string;
  readonly findings: readonly ExpressionDiagnostic[];
  readonly references: readonly PathReference[];
  /** Undefined where the text has errors, or the kernel or the JSON is not there. */
  readonly explanation: ExplainedPart | undefined;
  /** Why there is none, where that is neither a finding nor the JSON. */
  readonly problem: string | undefined;
}

export const padResult = signal<PadResult | undefined>(undefined);

const DELAY_MS = 60;

/** Replaces both texts. */
export function openExample({ expression, context }: PadExample): void {
  padContext.value = JSON.stringify(context, null, 2);
  replaceExpression(expression);
}

export function replaceExpression(text: string): void {
  padExpression.value = text;
  padVersion.value += 1;
}

/** Begins to follow both texts; gives what ends it. Loads the kernel when first called. */
export function followPad(): () => void {
  if (padKernel.peek() !== "ready") void load();
  const stopContext = effect(() => {
    const reading = padJson.value;
    if (reading.isValid) lastContext.value = (reading.value ?? {}) as Record<string, unknown>;
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delayMs = 0;
  const stop = effect(() => {
    const expression = padExpression.value;
    const options = padOptions.value;
    const isReady = padKernel.value === "ready" && padJson.value.isValid;
    clearTimeout(timer);
    timer = setTimeout(() => (padResult.value = look(expression, options, isReady)), delayMs);
    delayMs = DELAY_MS;
  });
  return () => {
    clearTimeout(timer);
    stop();
    stopContext();
  };
}

async function load(): Promise<void> {
  padKernel.value = "loading";
  try {
    await loadExpressions();
    padKernel.value = "ready";
  } catch (error) {
    padKernel.value = toProblem(error);
  }
}

function look(expression: string, options: ExpressionEditorOptions, isReady: boolean): PadResult {
  const findings = diagnoseExpression(expression, options);
  const references = readReferences(expression, options);
  const isWrong = findings.some(({ severity }) => severity === "error");
  const explained = isReady && !isWrong ? explain(expression, options) : undefined;
  return { expression, findings, references, explanation: explained?.part, problem: explained?.problem };
}

function explain(expression: string, options: ExpressionEditorOptions): { readonly part?: ExplainedPart; readonly problem?: string } {
  const context = options.sampleContext ?? {};
  try {
    return { part: explainExpression(expression, context) };
  } catch (error) {
    return { problem: toProblem(error).message };
  }
}
