// When is a condition true, and when is it false? Both as a list of cases, each a set of values per path and of assumptions
// about what is not understood. The cases cover all there are and may cover more, so no case at all is a proof.
import type { Ast, BinaryNode, LogicNode } from "../expression/ast.js";
import { printExpression } from "../expression/print.js";
import { floatOf, readLiteral } from "./constant.js";
import { ANYTHING, type Domain, domainOfValue, type Interval, intersect, invert, isEmpty, keepIntegers, NOTHING, unite } from "./domain.js";
import { readPath } from "./paths.js";

/** One way for a condition to come out: all of it must hold together. */
export interface Case {
  /** By path, as it is printed. */
  readonly domains: ReadonlyMap<string, Domain>;
  /** Parts that are not understood, by text; their values. Equal texts have equal values. */
  readonly opaque: ReadonlyMap<string, boolean>;
  /** How two operands may stand to each other, by their texts: bits of RELATION_…. */
  readonly relations: ReadonlyMap<string, number>;
}

/** Cases of one condition beyond which nothing is proved. */
export const CASE_COUNT_MAX = 256;

const RELATION_LESS = 1;
const RELATION_EQUAL = 2;
const RELATION_GREATER = 4;
/** Neither: of different kinds, or a NaN. */
const RELATION_NONE = 8;

const EMPTY_CASE: Case = { domains: new Map(), opaque: new Map(), relations: new Map() };
export const ANY_CASE: readonly Case[] = [EMPTY_CASE];

const MIRRORED: Readonly<Record<string, string>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!=" };

/** Knows what is declared of variables. */
export interface Declared {
  /** What may stand in the variable, by its name. */
  domainOf(name: string): Domain;
  isInteger(name: string): boolean;
}

/** The cases in which the condition is exactly `wanted`. */
export function solve(ast: Ast, wanted: boolean, declared: Declared): readonly Case[] {
  return new Solver().solve(ast, wanted).filter((item) => isPossible(item, declared));
}

/** The cases in which one of the first and one of the second hold together. */
export function solveBoth(a: readonly Case[], b: readonly Case[], declared: Declared): readonly Case[] {
  return product(a, b).filter((item) => isPossible(item, declared));
}

/** What may stand at a path in a case, with what is declared. */
export function domainIn({ domains }: Case, path: string, declared: Declared): Domain {
  const domain = intersect(domains.get(path) ?? ANYTHING, declared.domainOf(path));
  return declared.isInteger(path) ? keepIntegers(domain) : domain;
}

function isPossible(item: Case, declared: Declared): boolean {
  for (const bits of item.relations.values()) if (bits === 0) return false;
  for (const path of item.domains.keys()) if (isEmpty(domainIn(item, path, declared))) return false;
  return true;
}

/** Looks at each part once for each way that it can come out: the test of a conditional is asked for both. */
class Solver {
  readonly #solved = { true: new Map<Ast, readonly Case[]>(), false: new Map<Ast, readonly Case[]>() };

  solve(node: Ast, wanted: boolean): readonly Case[] {
    const known = this.#solved[`${wanted}`];
    const cases = known.get(node) ?? this.#solveNode(node, wanted);
    known.set(node, cases);
    return cases;
  }

  #solveNode(node: Ast, wanted: boolean): readonly Case[] {
    switch (node.kind) {
      case "literal":
        return node.type === "bool" && node.value === wanted ? ANY_CASE : [];
      case "unary":
        return node.operator === "!" ? this.solve(node.operand, !wanted) : [];
      case "logic":
        return this.#solveLogic(node, wanted);
      case "conditional":
        return join(
          product(this.solve(node.test, true), this.solve(node.yes, wanted)),
          product(this.solve(node.test, false), this.solve(node.no, wanted)),
        );
      case "binary":
        return solveBinary(node, wanted);
      default: {
        const path = readPath(node);
        if (path === undefined) return [assume(printExpression(node), wanted)];
        return [restrict(printExpression(node), { ...NOTHING, hasTrue: wanted, hasFalse: !wanted })];
      }
    }
  }

  /** && is true where all terms are, and false where one is: the others may even fail. */
  #solveLogic({ operator, terms }: LogicNode, wanted: boolean): readonly Case[] {
    const solved = terms.map((term) => this.solve(term, wanted));
    return (operator === "&&") === wanted ? conjoin(solved) : solved.reduce(join);
  }
}

function solveBinary(node: BinaryNode, wanted: boolean): readonly Case[] {
  const { operator, left, right } = node;
  if (operator === "in") return [solveIn(node, wanted)];
  const mirrored = MIRRORED[operator];
  // A sum is no bool: it never is exactly true or false.
  if (mirrored === undefined) return [];
  if (right.kind === "literal" && readPath(left) !== undefined) return [compare(left, operator, right, wanted) ?? relate(node, wanted)];
  if (left.kind === "literal" && readPath(right) !== undefined) return [compare(right, mirrored, left, wanted) ?? relate(node, wanted)];
  return [relate(node, wanted)];
}

/** A path beside a constant. Undefined: the constant has no place in a domain. */
function compare(path: Ast, operator: string, literal: Ast & { readonly kind: "literal" }, wanted: boolean): Case | undefined {
  const value = readLiteral(literal);
  const plain = literal.type === "int" || literal.type === "uint" || literal.type === "double" ? floatOf(value) : literal.value;
  const exact = domainOfValue(plain);
  if (exact === undefined) return undefined;
  if (operator === "==" || operator === "!=")
    return restrict(printExpression(path), (operator === "==") === wanted ? exact : invert(exact));
  if (typeof plain !== "number") return undefined;
  const holds = rangeOf(operator, plain);
  // A NaN stands in no order, and another type than a number is an error: neither true nor false.
  const numbers = { ...NOTHING, numbers: wanted ? [holds] : invert({ ...NOTHING, numbers: [holds] }).numbers, hasNan: !wanted };
  return restrict(printExpression(path), numbers);
}

function rangeOf(operator: string, value: number): Interval {
  const isOpen = operator === "<" || operator === ">";
  if (operator === "<" || operator === "<=") return { low: -Infinity, isLowOpen: false, high: value, isHighOpen: isOpen };
  return { low: value, isLowOpen: isOpen, high: Infinity, isHighOpen: false };
}

/** `path in [constants]`. */
function solveIn(node: BinaryNode, wanted: boolean): Case {
  const { left, right } = node;
  const text = printExpression(node);
  if (readPath(left) === undefined || right.kind !== "list" || right.hasOptional) return assume(text, wanted);
  let domain = NOTHING;
  for (const item of right.items) {
    if (item.kind !== "literal") return assume(text, wanted);
    const isNumber = item.type === "int" || item.type === "uint" || item.type === "double";
    const exact = domainOfValue(isNumber ? floatOf(readLiteral(item)) : item.value);
    if (exact === undefined) return assume(text, wanted);
    domain = unite(domain, exact);
  }
  return restrict(printExpression(left), wanted ? domain : invert(domain));
}

/** Two operands that are no constants: how they stand to each other. */
function relate({ operator, left, right }: BinaryNode, wanted: boolean): Case {
  const texts = [printExpression(left), printExpression(right)] as const;
  const isSwapped = texts[0] > texts[1];
  let bits = 0;
  if (operator === "==" || operator === "!=")
    bits = (operator === "==") === wanted ? RELATION_EQUAL : RELATION_LESS | RELATION_GREATER | RELATION_NONE;
  else {
    const holds = (operator.startsWith("<") ? RELATION_LESS : RELATION_GREATER) | (operator.endsWith("=") ? RELATION_EQUAL : 0);
    bits = wanted ? holds : ~holds & (RELATION_LESS | RELATION_EQUAL | RELATION_GREATER | RELATION_NONE);
  }
  if (isSwapped)
    bits =
      (bits & (RELATION_EQUAL | RELATION_NONE)) |
      (bits & RELATION_LESS ? RELATION_GREATER : 0) |
      (bits & RELATION_GREATER ? RELATION_LESS : 0);
  const key = isSwapped ? `${texts[1]} ? ${texts[0]}` : `${texts[0]} ? ${texts[1]}`;
  return { ...EMPTY_CASE, relations: new Map([[key, bits]]) };
}

function restrict(path: string, domain: Domain): Case {
  return { ...EMPTY_CASE, domains: new Map([[path, domain]]) };
}

function assume(text: string, value: boolean): Case {
  return { ...EMPTY_CASE, opaque: new Map([[text, value]]) };
}

function join(a: readonly Case[], b: readonly Case[]): readonly Case[] {
  return a.length + b.length > CASE_COUNT_MAX ? ANY_CASE : [...a, ...b];
}

/** One case of each list together. What has one case only is merged first, and all at once: there may be thousands. */
function conjoin(lists: readonly (readonly Case[])[]): readonly Case[] {
  const singles = lists.filter((cases) => cases.length === 1).map(([only]) => only as Case);
  const merged = merge(singles);
  return merged === undefined ? [] : lists.filter((cases) => cases.length !== 1).reduce(product, [merged]);
}

function product(a: readonly Case[], b: readonly Case[]): readonly Case[] {
  // Leaving conditions out only adds cases, so the first list alone covers what both do.
  if (a.length * b.length > CASE_COUNT_MAX) return a;
  return a.flatMap((left) => b.flatMap((right) => merge([left, right]) ?? []));
}

/** All of them together. Undefined: they contradict each other. */
function merge(cases: readonly Case[]): Case | undefined {
  const domains = new Map<string, Domain>();
  const opaque = new Map<string, boolean>();
  const relations = new Map<string, number>();
  for (const item of cases) {
    for (const [path, domain] of item.domains) {
      const known = domains.get(path);
      const both = known === undefined ? domain : intersect(known, domain);
      if (isEmpty(both)) return undefined;
      domains.set(path, both);
    }
    for (const [text, value] of item.opaque) {
      if (opaque.has(text) && opaque.get(text) !== value) return undefined;
      opaque.set(text, value);
    }
    for (const [key, bits] of item.relations) {
      const both = (relations.get(key) ?? 15) & bits;
      if (both === 0) return undefined;
      relations.set(key, both);
    }
  }
  return { domains, opaque, relations };
}
