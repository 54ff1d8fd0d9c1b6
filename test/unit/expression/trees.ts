// Random syntax trees that the parser can give, for the tests of parser and printers.
import fc from "fast-check";
import type { Ast } from "../../../src/expression/ast.js";
import { parseExpression } from "../../../src/expression/parser.js";

const place = { start: 0, end: 0 };
const name = fc
  .stringMatching(/^[a-z_][a-zA-Z0-9_]{0,6}$/)
  .filter((word) => parseExpression(word).findings.length === 0 && parseExpression(word).ast.kind === "identifier");
const field = fc.oneof(
  { weight: 5, arbitrary: name },
  { weight: 1, arbitrary: fc.constantFrom("in", "true", "a-b", "a b", "x/y", "1st", "if") },
);

function toNumber(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const literal = fc.oneof(
  fc.constantFrom<Ast>({ kind: "literal", ...place, type: "null", value: null }, { kind: "literal", ...place, type: "bool", value: true }),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value): Ast => ({ kind: "literal", ...place, type: "int", value: toNumber(value) })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): Ast => ({ kind: "literal", ...place, type: "uint", value: toNumber(value) })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): Ast => ({ kind: "literal", ...place, type: "double", value })),
  fc.string({ unit: "grapheme" }).map((value): Ast => ({ kind: "literal", ...place, type: "string", value })),
  fc.uint8Array().map((value): Ast => ({ kind: "literal", ...place, type: "bytes", value })),
);

/** Any tree: names, operators and macros at random, well typed or not. */
export const anyTree: fc.Arbitrary<Ast> = fc.letrec<{ node: Ast }>((tie) => {
  const node = tie("node");
  const optional = fc.boolean();
  return {
    node: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      literal,
      fc.record({ name, isRooted: fc.boolean() }).map((parts): Ast => ({ kind: "identifier", ...place, ...parts })),
      fc
        .record({ operand: node, field, isOptional: optional })
        .map((parts): Ast => ({ kind: "select", ...place, fieldStart: 0, ...parts })),
      fc.record({ operand: node, index: node, isOptional: optional }).map((parts): Ast => ({ kind: "index", ...place, ...parts })),
      fc
        .record({ target: fc.option(node, { nil: undefined }), args: fc.array(node, { maxLength: 3 }) })
        .map((parts): Ast => ({ kind: "call", ...place, name: "f", nameStart: 0, ...parts })),
      fc
        .record({ operator: fc.constantFrom("==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"), left: node, right: node })
        .map((parts) => ({ kind: "binary", ...place, operatorStart: 0, ...parts }) as Ast),
      fc
        .record({ operator: fc.constantFrom("&&", "||"), terms: fc.array(node, { minLength: 2, maxLength: 4 }) })
        .map((parts) => ({ kind: "logic", ...place, ...parts }) as Ast),
      fc.record({ operator: fc.constantFrom("!", "-"), operand: node }).map((parts) => ({ kind: "unary", ...place, ...parts }) as Ast),
      fc.record({ test: node, yes: node, no: node }).map((parts): Ast => ({ kind: "conditional", ...place, ...parts })),
      fc.array(fc.tuple(optional, node), { maxLength: 3 }).map(makeList),
      fc.array(fc.record({ key: node, value: node, isOptional: optional }), { maxLength: 3 }).map(makeMap),
      fc
        .record({
          range: node,
          variable: name,
          body: node,
          macro: fc.constantFrom("all", "exists", "exists_one", "map", "filter", "sortBy"),
        })
        .map((parts) => ({ kind: "loop", ...place, filter: undefined, ...parts }) as Ast),
      fc
        .record({ range: node, body: node, macro: fc.constantFrom("all", "exists", "exists_one", "transformList", "transformMap") })
        .map((parts) => ({ kind: "loop", ...place, variable: "v1", secondVariable: "v2", filter: undefined, ...parts }) as Ast),
      fc
        .record({ range: node, variable: name, filter: node, body: node })
        .map((parts): Ast => ({ kind: "loop", ...place, macro: "map", ...parts })),
      fc.record({ operand: node, field }).map((parts): Ast => ({ kind: "has", ...place, ...parts })),
      fc.record({ variable: name, value: node, body: node }).map((parts): Ast => ({ kind: "bind", ...place, ...parts })),
      fc
        .record({ operand: node, variable: name, body: node, isFlat: optional })
        .map((parts): Ast => ({ kind: "optMap", ...place, ...parts })),
    ),
  };
}).node;

function makeList(marked: readonly (readonly [boolean, Ast])[]): Ast {
  const items = marked.map(([, item]) => item);
  const optionals = marked.flatMap(([isOptional], index) => (isOptional ? [index] : []));
  if (optionals.length === 0) return { kind: "list", ...place, items, hasOptional: false };
  return { kind: "list", ...place, items, hasOptional: true, optionals };
}

function makeMap(entries: readonly { readonly key: Ast; readonly value: Ast; readonly isOptional: boolean }[]): Ast {
  const hasOptional = entries.some(({ isOptional }) => isOptional);
  return {
    kind: "map",
    ...place,
    hasOptional,
    entries: entries.map(({ isOptional, ...entry }) => (isOptional ? { ...entry, isOptional } : entry)),
  };
}
