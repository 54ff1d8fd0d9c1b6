// The type checker: what type an expression has, and every mistake of type that can be known before it runs (langdef.md,
// "Gradual Type Checking"). Knows nothing of bytecode. The left sides of long sums and selections are walked in a loop, so
// only brackets need the stack.
import type {
  Ast,
  BinaryNode,
  CallNode,
  ConditionalNode,
  HasNode,
  IdentifierNode,
  IndexNode,
  ListNode,
  LogicNode,
  MapNode,
  SelectNode,
  Spanned,
  UnaryNode,
} from "../ast.js";
import { type ExpressionFindingCode, FindingList } from "../finding-list.js";
import { Spine } from "../spine.js";
import { describeCallFault, describeOperatorFault, suggestName } from "./call-finding.js";
import { ALL_FUNCTIONS, type FunctionSet } from "./library.js";
import { checkBind, checkExtreme, checkLoop, checkOptionalMap, type MacroHost } from "./macro-types.js";
import { typeOfLenientBinary } from "./operator-types.js";
import { type CheckScope, findInContainer } from "./scope.js";
import type { Signature } from "./type-text.js";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  ERROR,
  formatType,
  INT,
  isDynKind,
  isNumericKind,
  isUnknownKind,
  Kind,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  optionalParam,
  STRING,
  TIMESTAMP,
  type Type,
  UINT,
} from "./type.js";
import { mayBePath, typeOfTypeName } from "./type-names.js";
import { instantiate, resolve, substitute, Unifier } from "./unifier.js";

const LITERAL_TYPES = { null: NULL, bool: BOOL, int: INT, uint: UINT, double: DOUBLE, string: STRING, bytes: BYTES } as const;
const OBJECT_AS_MAP = mapOf(STRING, DYN);

/** The type of an expression, without type parameters. What is wrong goes to `findings`. Linear in the size of the tree. */
export function checkExpression(ast: Ast, scope: CheckScope, findings: FindingList): Type {
  const checker = spare ?? new Checker();
  spare = undefined;
  const type = checker.checkWhole(ast, scope, findings);
  spare = checker;
  return type;
}

const NO_LIST = new FindingList();
const NO_SCOPE: CheckScope = { typeOf: () => undefined };
/** What one check leaves to the next: a fresh checker costs as much as a short expression. */
let spare: Checker | undefined;

/** Checks one expression at a time. Who wants to know more than the whole's type derives from it: see watched-checker.ts. */
export class Checker implements MacroHost {
  readonly unifier = new Unifier();
  private scope = NO_SCOPE;
  private findings = NO_LIST;
  isStrict = false;
  protected readonly locals: { readonly name: string; readonly type: Type }[] = [];
  /** Left sides on the way down, of all levels. */
  private readonly spine = new Spine();

  get functions(): FunctionSet {
    return this.scope.functions ?? ALL_FUNCTIONS;
  }

  /** Checks one expression and lets go of it. Where it throws, this checker must serve no other. */
  checkWhole(ast: Ast, scope: CheckScope, findings: FindingList): Type {
    this.scope = scope;
    this.findings = findings;
    this.isStrict = scope.isStrict === true;
    const type = this.check(ast);
    this.scope = NO_SCOPE;
    this.findings = NO_LIST;
    const final = substitute(type, true);
    this.settle();
    this.unifier.clear();
    return final;
  }

  /** Called when all is checked, before type parameters lose what they stand for. */
  protected settle(): void {}

  check(node: Ast): Type {
    switch (node.kind) {
      case "literal":
        return LITERAL_TYPES[node.type];
      case "identifier":
        return this.checkIdentifier(node);
      case "select":
      case "index":
      case "binary":
        return this.checkSpine(node);
      case "call":
        return this.checkCall(node);
      case "unary":
        return this.checkUnary(node);
      case "logic":
        return this.checkLogic(node);
      case "conditional":
        return this.checkConditional(node);
      case "list":
        return this.checkList(node);
      case "map":
        return this.checkMap(node);
      case "has":
        return this.checkHas(node);
      case "loop":
        return checkLoop(this, node);
      case "bind":
        return checkBind(this, node);
      case "optMap":
        return checkOptionalMap(this, node);
      case "message":
        if (this.scope.isClosed)
          this.report("expression/unsupported", `Messages (${node.name}{…}) are not supported`, node.start, node.start + node.name.length);
        return ERROR;
      case "invalid":
        return ERROR;
    }
  }

  bind(name: string, type: Type): void {
    this.locals.push({ name, type });
  }

  unbind(count: number): void {
    this.locals.length -= count;
  }

  /** Must the value be a bool? Says so where it cannot be. */
  expectBool(type: Type, node: Spanned, what: string): void {
    if (!this.unifier.assign(type, BOOL)) this.reportType(`${what} a bool, not ${this.show(type)}`, node);
  }

  report(code: ExpressionFindingCode, message: string, start: number, end: number): void {
    this.findings.report(code, message, start, end);
  }

  reportType(message: string, { start, end }: Spanned): void {
    this.findings.report("expression/no-such-overload", message, start, end);
  }

  show(type: Type): string {
    return formatType(substitute(type, true));
  }

  /** The type of both: of a list's elements, of a choice's branches. Dyn where they have nothing in common. */
  join(previous: Type | undefined, current: Type): Type {
    if (previous === undefined || previous === current) return current;
    return this.unifier.join(previous, current) ?? DYN;
  }

  private checkIdentifier(node: IdentifierNode): Type {
    const local = node.isRooted ? undefined : this.findLocal(node.name);
    return local ?? this.findDeclared(node.name, node.isRooted) ?? this.checkUndeclared(node);
  }

  /** `now`, the name of a type, or a name that means nothing. */
  private checkUndeclared({ name, start, end }: IdentifierNode): Type {
    const known = name === "now" ? TIMESTAMP : typeOfTypeName(name);
    if (known !== undefined) return this.scope.isOpen ? DYN : known;
    if (this.scope.isClosed) this.report("expression/undeclared-variable", `There is no variable "${name}"`, start, end);
    return ERROR;
  }

  private findLocal(name: string): Type | undefined {
    return this.locals.findLast((local) => local.name === name)?.type;
  }

  /** The declared variable that a name means: the container's first, unless the name is rooted. */
  private findDeclared(name: string, isRooted: boolean): Type | undefined {
    return findInContainer(isRooted ? "" : (this.scope.container ?? ""), name, (full) => this.scope.typeOf(full));
  }

  /** `a.b.c` where a variable or a type has that whole name. */
  protected findQualified(node: SelectNode): Type | undefined {
    const path = readPath(node);
    if (path === undefined || (!path.isRooted && this.findLocal(path.first) !== undefined)) return undefined;
    return this.findDeclared(path.name, path.isRooted) ?? typeOfTypeName(path.name);
  }

  private checkSpine(root: Ast): Type {
    const { spine } = this;
    const base = spine.count;
    let node = root;
    let type: Type | undefined;
    while (node.kind === "select" || node.kind === "index" || node.kind === "binary") {
      type = node.kind === "select" && mayBePath(node, this.scope.hasPaths) ? this.findQualified(node) : undefined;
      if (type !== undefined) break;
      spine.push(node);
      node = node.kind === "binary" ? node.left : node.operand;
    }
    let result = type ?? this.check(node);
    while (spine.count > base) {
      const outer = spine.pop();
      result = this.checkOuter(outer, result);
    }
    return result;
  }

  /** One node of a spine, its left side's type being known. */
  protected checkOuter(outer: Ast, inner: Type): Type {
    if (outer.kind === "binary") return this.checkBinary(outer, inner);
    if (outer.kind === "index") return this.checkIndex(outer, inner);
    return outer.kind === "select" ? this.checkField(outer, inner, outer.field, outer.isOptional) : inner;
  }

  private checkBinary(node: BinaryNode, leftType: Type): Type {
    const left = resolve(leftType);
    const right = resolve(this.check(node.right));
    const { operator, operatorStart } = node;
    const signatures = this.isStrict ? this.functions.signaturesOf(operator) : [];
    const type = this.isStrict
      ? this.resolveCall(signatures, false, [left, right])
      : typeOfLenientBinary(operator, left, right, this.unifier);
    if (type !== undefined) return type;
    const candidates = this.isStrict ? signatures : this.functions.signaturesOf(operator);
    this.reportType(describeOperatorFault(operator, candidates, [left, right]), {
      start: operatorStart,
      end: operatorStart + operator.length,
    });
    return ERROR;
  }

  private checkUnary(node: UnaryNode): Type {
    const type = resolve(this.check(node.operand));
    const name = node.operator === "-" ? "unary -" : "!";
    if (name === "unary -" && !this.isStrict && (type.kind === Kind.NUMBER || isDynKind(type.kind))) return type;
    const result = this.resolveCall(this.functions.signaturesOf(name), false, [type]);
    if (result !== undefined) return result;
    this.reportType(`No overload of "${node.operator}" takes ${this.show(type)}`, node);
    return ERROR;
  }

  private checkLogic(node: LogicNode): Type {
    for (const term of node.terms) this.expectBool(this.check(term), term, `"${node.operator}" takes`);
    return BOOL;
  }

  private checkConditional(node: ConditionalNode): Type {
    this.expectBool(this.check(node.test), node.test, "A condition is");
    const yes = this.check(node.yes);
    const no = this.check(node.no);
    if (!this.isStrict) return this.join(yes, no);
    const type = this.resolveCall(this.functions.signaturesOf("_?_:_"), false, [BOOL, yes, no]);
    if (type !== undefined) return type;
    this.reportType(`The branches of a choice have one type, not ${this.show(yes)} and ${this.show(no)}`, node);
    return ERROR;
  }

  private checkList(node: ListNode): Type {
    let item: Type | undefined;
    const { items, optionals } = node;
    let optionalCount = 0;
    for (let index = 0; index < items.length; index += 1) {
      const element = items[index] as Ast;
      const type = this.check(element);
      const isOptional = optionals?.[optionalCount] === index;
      if (isOptional) optionalCount += 1;
      item = this.join(item, isOptional ? this.unwrap(type, element) : type);
    }
    return listOf(item ?? this.unifier.freshParam());
  }

  private checkMap(node: MapNode): Type {
    let key: Type | undefined;
    let value: Type | undefined;
    for (const entry of node.entries) {
      key = this.join(key, this.check(entry.key));
      const type = this.check(entry.value);
      value = this.join(value, entry.isOptional ? this.unwrap(type, entry.value) : type);
    }
    return mapOf(key ?? this.unifier.freshParam(), value ?? this.unifier.freshParam());
  }

  /** What an optional item or entry holds. */
  private unwrap(type: Type, node: Spanned): Type {
    const resolved = resolve(type);
    const inner = optionalParam(resolved);
    if (inner === undefined && !isDynKind(resolved.kind))
      this.reportType(`After "?" stands an optional, not a value of type ${this.show(type)}`, node);
    return inner ?? resolved;
  }

  private checkHas(node: HasNode): Type {
    this.checkField(node, this.check(node.operand), node.field, false);
    return BOOL;
  }

  /** A field of a value of this type: of a map, of an object, of what an optional holds. */
  private checkField(node: Spanned, operand: Type, field: string, isOptional: boolean): Type {
    const resolved = resolve(operand);
    const inner = optionalParam(resolved);
    const type = this.typeOfField(node, inner === undefined ? resolved : resolve(inner), field);
    return inner !== undefined || isOptional ? optionalOf(type) : type;
  }

  private typeOfField(node: Spanned, operand: Type, field: string): Type {
    switch (operand.kind) {
      case Kind.MAP:
        return operand.params[1] as Type;
      case Kind.OBJECT:
        return this.typeOfObjectField(node, operand, field);
      default:
        return this.typeWithinUnknown(node, operand, "fields");
    }
  }

  private typeOfObjectField(node: Spanned, { name, fields, rest }: Type, field: string): Type {
    const type = fields?.get(field) ?? rest;
    if (type !== undefined) return type;
    const hint = suggestName(field, [...(fields?.keys() ?? [])]);
    this.report(
      "expression/no-such-field",
      `A value of type ${name} has no field "${field}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
      node.start,
      node.end,
    );
    return ERROR;
  }

  private checkIndex(node: IndexNode, operandType: Type): Type {
    const key = resolve(this.check(node.index));
    const operand = resolve(operandType);
    const inner = optionalParam(operand);
    const held = inner === undefined ? operand : resolve(inner);
    if (held.kind === Kind.OBJECT && node.index.kind === "literal" && typeof node.index.value === "string") {
      return this.checkField(node, operandType, node.index.value, node.isOptional);
    }
    const type = this.isStrict ? this.typeOfStrictElement(node, operand, key) : this.typeOfElement(node, held, key);
    return !this.isStrict && (inner !== undefined || node.isOptional) ? optionalOf(type) : type;
  }

  private typeOfStrictElement(node: IndexNode, operand: Type, key: Type): Type {
    const container = operand.kind === Kind.OBJECT ? OBJECT_AS_MAP : operand;
    const type = this.resolveCall(this.functions.signaturesOf(node.isOptional ? "_[?_]" : "_[_]"), false, [container, key]);
    if (type !== undefined) return type;
    this.reportType(`A value of type ${this.show(operand)} has no element at a ${this.show(key)}`, node);
    return ERROR;
  }

  private typeOfElement(node: IndexNode, operand: Type, key: Type): Type {
    switch (operand.kind) {
      case Kind.LIST:
        if (!isNumericKind(key.kind) && !isUnknownKind(key.kind))
          this.reportType(`A list has no element at a ${this.show(key)}`, node.index);
        return operand.params[0] as Type;
      case Kind.MAP:
        this.checkKey(node, operand, operand.params[0] as Type, key);
        return operand.params[1] as Type;
      case Kind.OBJECT:
        this.checkKey(node, operand, STRING, key);
        return DYN;
      default:
        return this.typeWithinUnknown(node, operand, "elements");
    }
  }

  /** Of what is no list, map or object: it may still turn out to be one, or has nothing within it. */
  private typeWithinUnknown(node: Spanned, operand: Type, what: "fields" | "elements"): Type {
    switch (operand.kind) {
      case Kind.PARAM:
        this.unifier.assign(DYN, operand);
        return DYN;
      case Kind.DYN:
      case Kind.ERROR:
        return DYN;
      default:
        this.reportType(`A value of type ${this.show(operand)} has no ${what}`, node);
        return ERROR;
    }
  }

  private checkKey(node: IndexNode, operand: Type, wanted: Type, key: Type): void {
    const isNumeric = isNumericKind(resolve(wanted).kind) && isNumericKind(key.kind);
    if (!isNumeric && !this.unifier.assign(key, wanted))
      this.reportType(`A ${this.show(operand)} has no element at a ${this.show(key)}`, node.index);
  }

  private checkCall(node: CallNode): Type {
    const { name, target, args } = node;
    const path = target === undefined ? undefined : this.readNamespace(target);
    if (path === "math" && (name === "greatest" || name === "least") && this.functions.libraries.has("math")) {
      return checkExtreme(this, node);
    }
    const full = path === undefined ? name : `${path}.${name}`;
    const known = this.findFunction(full);
    const isOfLibrary = known === undefined && path !== undefined && !this.scope.isOpen && this.functions.hasNamespace(path);
    const isMember = target !== undefined && !isOfLibrary && (path === undefined || known === undefined);
    const types = isMember ? this.checkArguments(target, args) : args.map((arg) => this.check(arg));
    return this.checkSignatures(node, isMember ? name : (known ?? full), isMember, types);
  }

  /** The types of a method's receiver and arguments: mostly one or two, in an array of just their number. */
  private checkArguments(target: Ast, args: readonly Ast[]): readonly Type[] {
    const [first] = args;
    const type = this.check(target);
    if (first === undefined) return [type];
    return args.length === 1 ? [type, this.check(first)] : [type, ...args.map((arg) => this.check(arg))];
  }

  private checkSignatures(node: CallNode, name: string, isMember: boolean, types: readonly Type[]): Type {
    const type = this.resolveCall(this.functions.signaturesOf(name), isMember, types);
    if (type !== undefined) return type;
    const shown = types.map((item) => substitute(item, true));
    const { code, message } = describeCallFault(name, this.functions, isMember, shown);
    this.report(code, message, node.nameStart, node.nameStart + node.name.length);
    return ERROR;
  }

  /** `a.b` before a function's name, where it names no variable. */
  private readNamespace(target: Ast): string | undefined {
    if ((this.scope.container ?? "") === "" && !this.functions.mayBeNamespace(target)) return undefined;
    const path = readPath(target);
    if (path === undefined || path.isRooted || this.findLocal(path.first) !== undefined) return undefined;
    return this.findDeclared(path.first, false) === undefined ? path.name : undefined;
  }

  /** The full name of a function: the container's first. */
  private findFunction(name: string): string | undefined {
    return findInContainer(this.scope.container ?? "", name, (full) => (this.functions.has(full) ? full : undefined));
  }

  /** The result of the signatures that take these arguments; dyn where several do and differ; undefined where none does. */
  resolveCall(signatures: readonly Signature[], isMember: boolean, types: readonly Type[]): Type | undefined {
    let result: Type | undefined;
    for (const signature of signatures) {
      if (signature.isMember !== isMember || signature.params.length !== types.length) continue;
      const type = this.tryCall(signature, types);
      if (type === undefined) continue;
      if (result === undefined) result = type;
      else if (!isDynKind(result.kind) && !isSameResult(result, type)) result = DYN;
    }
    return result;
  }

  private tryCall(signature: Signature, types: readonly Type[]): Type | undefined {
    const { unifier } = this;
    const mark = unifier.mark();
    const { result, isGeneric } = signature;
    const isPlainResult = result.params.length === 0 && result.kind !== Kind.PARAM;
    let fresh: Map<Type, Type> | undefined;
    for (let index = 0; index < types.length; index += 1) {
      const type = types[index] as Type;
      // Of dyn the result can learn nothing.
      if (isPlainResult && isDynKind(type.kind)) continue;
      const declared = signature.params[index] as Type;
      if (isGeneric) fresh ??= new Map();
      const wanted = fresh === undefined ? declared : instantiate(declared, fresh, unifier);
      if (!unifier.assign(type, wanted)) {
        unifier.undo(mark);
        return undefined;
      }
    }
    if (isPlainResult) return result;
    return isGeneric ? substitute(instantiate(result, fresh ?? new Map(), unifier), false) : result;
  }
}

function isSameResult(left: Type, right: Type): boolean {
  return left === right || formatType(left, true) === formatType(right, true);
}

interface NamePath {
  readonly name: string;
  readonly first: string;
  readonly isRooted: boolean;
}

/** The name that a chain of plain selections spells, or undefined. */
function readPath(node: Ast): NamePath | undefined {
  let inner: Ast = node;
  let path = "";
  while (inner.kind === "select" && !inner.isOptional) {
    path = `.${inner.field}${path}`;
    inner = inner.operand;
  }
  return inner.kind === "identifier" ? { name: inner.name + path, first: inner.name, isRooted: inner.isRooted } : undefined;
}
