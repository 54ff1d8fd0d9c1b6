// Types of the macros. Accumulators are typed as CEL's expansion of the macro would have them, so that type parameters end
// up the same.
import type { Ast, BindNode, CallNode, LoopNode, OptionalMapNode, Spanned } from "../ast.js";
import {
  BOOL,
  DOUBLE,
  DYN,
  ERROR,
  INT,
  isDynKind,
  isNumericKind,
  isSimpleKind,
  isUnknownKind,
  Kind,
  listOf,
  mapOf,
  NUMBER,
  optionalOf,
  optionalParam,
  STRING,
  type Type,
  UINT,
} from "./type.js";
import { resolve, type Unifier } from "./unifier.js";

/** What macros need of the checker. */
export interface MacroHost {
  readonly unifier: Unifier;
  readonly isStrict: boolean;
  check(node: Ast): Type;
  bind(name: string, type: Type): void;
  unbind(count: number): void;
  /** Says so where the value cannot be a bool. */
  expectBool(type: Type, node: Spanned, what: string): void;
  reportType(message: string, node: Spanned): void;
  show(type: Type): string;
}

/** What a loop runs over: the type of its one variable, or those of its two. */
interface Range {
  readonly element: Type;
  readonly key: Type;
  readonly value: Type;
}

const UNKNOWN_RANGE: Range = { element: DYN, key: DYN, value: DYN };

function checkRange(host: MacroHost, node: Ast): Range {
  const type = resolve(host.check(node));
  switch (type.kind) {
    case Kind.LIST:
      return { element: type.params[0] as Type, key: INT, value: type.params[0] as Type };
    case Kind.MAP:
      return { element: type.params[0] as Type, key: type.params[0] as Type, value: type.params[1] as Type };
    case Kind.OBJECT:
      return { element: STRING, key: STRING, value: DYN };
    case Kind.PARAM:
      host.unifier.assign(DYN, type);
      return UNKNOWN_RANGE;
    case Kind.DYN:
    case Kind.ERROR:
      return UNKNOWN_RANGE;
    default:
      host.reportType(`A macro runs over a list or a map, not over a value of type ${host.show(type)}`, node);
      return { element: ERROR, key: ERROR, value: ERROR };
  }
}

/** `range.macro(variable, …)` */
export function checkLoop(host: MacroHost, node: LoopNode): Type {
  const range = checkRange(host, node.range);
  const { macro, secondVariable } = node;
  host.bind(node.variable, secondVariable === undefined ? range.element : range.key);
  if (secondVariable !== undefined) host.bind(secondVariable, range.value);
  const filter = node.filter === undefined ? undefined : host.check(node.filter);
  const body = host.check(node.body);
  host.unbind(secondVariable === undefined ? 1 : 2);
  const type = typeOfLoop(host, node, range, body);
  if (filter !== undefined && node.filter !== undefined) host.expectBool(filter, node.filter, `The filter of ${macro}() is`);
  return type;
}

function typeOfLoop(host: MacroHost, node: LoopNode, { element, key }: Range, body: Type): Type {
  switch (node.macro) {
    case "map":
    case "transformList":
      return accumulate(host, body);
    case "transformMap":
      return mapOf(key, body);
    case "transformMapEntry":
      return checkEntry(host, body, node.body);
    case "sortBy":
      checkSortKey(host, body, node.body);
      return listOf(element);
    default: {
      // Quantifiers are wrong at their predicate; the others, whose expansion is a choice, from the macro's name on.
      const isQuantifier = node.macro === "all" || node.macro === "exists";
      const span = isQuantifier ? node.body : { start: node.range.end, end: node.body.end };
      host.expectBool(body, span, `The predicate of ${node.macro}() is`);
      return node.macro === "filter" ? accumulate(host, element) : BOOL;
    }
  }
}

/** The list that grows by elements of this type: `[] + [element]`. */
function accumulate({ unifier }: MacroHost, element: Type): Type {
  const list = listOf(unifier.freshParam());
  const sum = listOf(unifier.freshParam());
  unifier.assign(list, sum);
  unifier.assign(listOf(element), sum);
  unifier.assign(list, sum);
  return list;
}

function checkEntry(host: MacroHost, type: Type, node: Ast): Type {
  const entry = resolve(type);
  if (entry.kind === Kind.MAP) return entry;
  if (!isUnknownKind(entry.kind))
    host.reportType(`transformMapEntry() makes maps of one entry, not values of type ${host.show(entry)}`, node);
  return mapOf(DYN, DYN);
}

function checkSortKey(host: MacroHost, type: Type, node: Ast): void {
  const { kind } = resolve(type);
  const isOrdered = isUnknownKind(kind) || isSimpleKind(kind);
  if (!isOrdered) host.reportType(`sortBy() needs a key that has an order, not a value of type ${host.show(type)}`, node);
}

/** `cel.bind(variable, value, body)`. The values of a block are dyn to CEL's own checker, and so in strict mode. */
export function checkBind(host: MacroHost, node: BindNode): Type {
  const value = host.check(node.value);
  host.bind(node.variable, host.isStrict && node.variable.startsWith("@index") ? DYN : value);
  const type = host.check(node.body);
  host.unbind(1);
  return type;
}

/** `operand.optMap(variable, body)` and `optFlatMap` */
export function checkOptionalMap(host: MacroHost, node: OptionalMapNode): Type {
  const name = node.isFlat ? "optFlatMap" : "optMap";
  const type = resolve(host.check(node.operand));
  const inner = optionalParam(type);
  if (inner === undefined && !isUnknownKind(type.kind)) {
    host.reportType(`${name}() is called on an optional, not on a value of type ${host.show(type)}`, node.operand);
  }
  host.bind(node.variable, inner ?? DYN);
  const body = resolve(host.check(node.body));
  host.unbind(1);
  if (!node.isFlat) return optionalOf(body);
  if (optionalParam(body) !== undefined) return body;
  if (!isUnknownKind(body.kind)) host.reportType(`The body of ${name}() is an optional, not a value of type ${host.show(body)}`, node.body);
  return optionalOf(DYN);
}

const NUMERIC_TYPES: readonly Type[] = [INT, UINT, DOUBLE, NUMBER];

/** `math.greatest(…)` and `math.least(…)`: any number of numbers, or one list of them. Of several types: dyn. */
export function checkExtreme(host: MacroHost, { name, nameStart, args }: CallNode): Type {
  if (args.length === 0)
    host.reportType(`math.${name}() takes 1 or more arguments, not 0`, { start: nameStart, end: nameStart + name.length });
  const types = args.map((arg) => resolve(host.check(arg)));
  const only = types.length === 1 ? types[0] : undefined;
  const items = only?.kind === Kind.LIST ? [resolve(only.params[0] as Type)] : types;
  items.forEach((item, index) => {
    const isNumber = isUnknownKind(item.kind) || isNumericKind(item.kind);
    if (!isNumber) host.reportType(`math.${name}() takes numbers, not values of type ${host.show(item)}`, args[index] as Ast);
  });
  const kind = items[0]?.kind;
  if (kind === undefined || isDynKind(kind) || items.some((item) => item.kind !== kind)) return DYN;
  return NUMERIC_TYPES.find((type) => type.kind === kind) ?? DYN;
}
