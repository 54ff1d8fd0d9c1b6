// The CEL conformance cases that the package @bufbuild/cel-spec carries, as far as they need no protobuf messages: they
// run anywhere, with no recorded files. Judged by the same list of expected failures as suite `cel`.
import { readFile } from "node:fs/promises";
import { tests as root } from "@bufbuild/cel-spec/testdata/conformance.js";
import { describe, expect, test } from "vitest";
import type { TypeDeclaration } from "../../src/expression/checker/declaration.js";
import type { ExactValue } from "../../src/model/value.js";
import { type CelCase, celSuite } from "./cel-suite.js";
import { type CaseResult, type ExpectedFailures, judgeResults, nameUniquely } from "./suite.js";

interface SpecSuite {
  readonly name: string;
  readonly suites?: readonly SpecSuite[];
  readonly tests?: readonly { readonly original: SpecCase }[];
}
interface SpecCase {
  readonly name?: string;
  readonly expr: string;
  readonly container?: string;
  readonly disableCheck?: boolean;
  readonly checkOnly?: boolean;
  readonly value?: SpecValue;
  readonly evalError?: { readonly errors: readonly { readonly message: string }[] };
  readonly typedResult?: unknown;
  readonly bindings?: Readonly<Record<string, { readonly value?: SpecValue }>>;
  readonly typeEnv?: readonly { readonly name: string; readonly ident?: { readonly type: Readonly<Record<string, unknown>> } }[];
}
type SpecValue = Readonly<Record<string, unknown>>;

const FILES: ReadonlySet<string> = new Set([
  "basic",
  "bindings_ext",
  "block_ext",
  "comparisons",
  "conversions",
  "encoders_ext",
  "fields",
  "fp_math",
  "integer_math",
  "lists",
  "logic",
  "macros",
  "macros2",
  "math_ext",
  "namespace",
  "optionals",
  "parse",
  "plumbing",
  "string",
  "string_ext",
  "timestamps",
]);
const NEEDS_MESSAGES =
  /google\.protobuf\.(?!Timestamp\b|Duration\b)|TestAllTypes|NestedTestAllTypes|GlobalEnum|NestedEnum|proto[23]|NullValue/;
const PRIMITIVES: Readonly<Record<string, string>> = {
  BOOL: "bool",
  INT64: "int",
  UINT64: "uint",
  DOUBLE: "double",
  STRING: "string",
  BYTES: "bytes",
};

class NeedsMessages extends Error {}

function readCase(file: string, section: string, item: SpecCase): CelCase | undefined {
  if (NEEDS_MESSAGES.test(item.expr) || /\.(test|proto)/.test(item.container ?? "") || item.typedResult !== undefined) return undefined;
  try {
    const bindings = Object.fromEntries(Object.entries(item.bindings ?? {}).map(([name, { value }]) => [name, readValue(value ?? {})]));
    const typeEnv = (item.typeEnv ?? []).map(({ name, ident }) => (ident === undefined ? { name } : { name, type: readType(ident.type) }));
    const [error] = item.evalError?.errors ?? [];
    const expected =
      error === undefined
        ? { value: item.value === undefined ? ({ bool: true } as const) : readValue(item.value) }
        : { error: error.message };
    return {
      file,
      section,
      name: item.name ?? item.expr,
      expr: item.expr,
      bindings,
      typeEnv,
      expect: expected,
      ...(item.container !== undefined && { container: item.container }),
      ...(item.disableCheck !== undefined && { disableCheck: item.disableCheck }),
    };
  } catch (failure) {
    if (failure instanceof NeedsMessages) return undefined;
    throw failure;
  }
}

function readType(type: Readonly<Record<string, unknown>>): TypeDeclaration {
  if (typeof type.primitive === "string") return PRIMITIVES[type.primitive] ?? "dyn";
  if (type.wellKnown === "TIMESTAMP") return "timestamp";
  if (type.wellKnown === "DURATION") return "duration";
  if ("listType" in type) return { list: "dyn" };
  if ("mapType" in type) return { map: ["dyn", "dyn"] };
  if ("messageType" in type) throw new NeedsMessages();
  return "dyn";
}

function readValue(value: SpecValue): ExactValue {
  const [kind, content] = Object.entries(value)[0] ?? ["nullValue", null];
  switch (kind) {
    case "nullValue":
      return { null: true };
    case "boolValue":
      return { bool: content as boolean };
    case "int64Value":
      return { int: String(content) };
    case "uint64Value":
      return { uint: String(content) };
    case "doubleValue":
      return { double: Object.is(content, -0) ? "-0" : (content as number) };
    case "stringValue":
      return { string: content as string };
    case "bytesValue":
      return { bytes: content as string };
    case "typeValue":
      return { type: content as string };
    case "listValue":
      return { list: ((content as { values?: SpecValue[] }).values ?? []).map(readValue) };
    case "mapValue":
      return {
        map: ((content as { entries?: { key: SpecValue; value: SpecValue }[] }).entries ?? []).map(
          ({ key, value: item }) => [readValue(key), readValue(item)] as const,
        ),
      };
    default:
      throw new NeedsMessages();
  }
}

const cases = ((root as unknown as SpecSuite).suites ?? [])
  .filter(({ name }) => FILES.has(name))
  .flatMap((file) =>
    (file.suites ?? []).flatMap((section) => (section.tests ?? []).map(({ original }) => readCase(file.name, section.name, original))),
  )
  .filter((item) => item !== undefined);
const expected = JSON.parse(await readFile(new URL("./expected/cel.json", import.meta.url), "utf8")) as ExpectedFailures;
const results = nameUniquely((await celSuite.run(cases, "cel-spec")) as Iterable<CaseResult>);
const sections = new Map<string, CaseResult[]>();
for (const result of results) {
  const section = result.name.split("/").slice(0, 2).join("/");
  sections.set(section, [...(sections.get(section) ?? []), result]);
}

describe("CEL conformance cases that need no messages", () => {
  test("are enough to mean something", () => {
    expect(cases.length).toBeGreaterThan(900);
  });

  test.each([...sections])("%s", (_section, sectionResults) => {
    const unexpected = judgeResults(sectionResults, expected).filter(({ isUnexpected }) => isUnexpected);
    expect(unexpected.map(({ name, detail }) => `${name}: ${detail ?? "passes, though listed as an expected failure"}`)).toEqual([]);
  });
});
