// Turns a syntax tree into bytecode, and finds on the way what can be known to be wrong: unknown functions, operands that
// no overload takes, variables that nobody declared. Operands are read from slots and constants where they stand;
// registers are taken like a stack. Errors are values, so && || ?: and the macros are the only code that looks at them.
import { Builtin, Op } from "../../assembly/abi.js";
import type { CustomFunction, CustomUse } from "../model/custom-function.js";
import type { TypeName } from "../model/definition.js";
import { type Finding, WorkflowError } from "../model/errors.js";
import type { ExpressionCode } from "../model/program.js";
import type {
  Ast,
  BinaryNode,
  BindNode,
  CallNode,
  HasNode,
  IdentifierNode,
  IndexNode,
  ListNode,
  LogicNode,
  MapNode,
  SelectNode,
  Spanned,
  UnaryNode,
} from "./ast.js";
import { type CallHost, emitCall } from "./call-emitter.js";
import { ALL_FUNCTIONS, type FunctionSet } from "./checker/library.js";
import { checkInScope, type NamedScope, toStaticType } from "./checker/named-scope.js";
import { findInContainer } from "./checker/scope.js";
import { mayBePath, typeOfTypeName } from "./checker/type-names.js";
import { DYN, type Type } from "./checker/type.js";
import { CodeLimitError, CodeWriter, type Label, type Operand, type Register } from "./code-writer.js";
import { emitList, emitMap } from "./collection-emitter.js";
import { costOfRoot, emitConditional } from "./conditional-emitter.js";
import { readConstant } from "./constant.js";
import { costOfLiteral, type FunctionCosts, isChain, isChainRoot, LIST_COST, MAP_COST } from "./cost.js";
import type { CustomConstant } from "./custom/custom-set.js";
import type { ConstantValue } from "./emitted-code.js";
import { type ExpressionOrigin, FindingList } from "./finding-list.js";
import { emitLoop, type LoopHost } from "./loop-emitter.js";
import { emitNamespace, emitPresence } from "./namespace-emitter.js";
import { isComparison, opOf } from "./operator-code.js";
import { emitOptionalCollection, emitOptionalIndex, emitOptionalMap, type OptionalHost } from "./optional-emitter.js";
import { Spine } from "./spine.js";
import { isAssignable, type StaticType } from "./type.js";

/** The names that an expression may use. */
export interface ExpressionScope extends NamedScope {
  /** The slot of a variable. May add one for a name not seen before; undefined: there can be no such variable. */
  slotOf(name: string): number | undefined;
  /** The declared type, or undefined where nobody declared the variable (a warning). */
  typeOf(name: string): TypeName | undefined;
  /** Does a declared variable have exactly this name, which may hold dots? Default: `typeOf` knows it. */
  isDeclared?(name: string): boolean;
  /** The fields of a name that stands for variables `name.field`: alone it is a map of those that have a value. */
  namespaceOf?(name: string): readonly string[] | undefined;
  /** The context may hold any name: no warnings, and a context's own `type`, `int` or `now` wins over CEL's. */
  readonly isOpen?: boolean;
  /** Prefix that names are looked up under first (langdef.md, "Name Resolution"). */
  readonly container?: string;
  /** False: mistakes of type are left to run time. Default true. */
  readonly isChecked?: boolean;
  /** Costs of functions in the place of cel-go's. */
  readonly functionCosts?: FunctionCosts | undefined;
}

export interface EmitOptions {
  readonly origin?: ExpressionOrigin;
  /** The expression's text, for places. */
  readonly text?: string;
  /** What the result must be, e.g. `bool` for a guard. */
  readonly expected?: TypeName;
}

export interface EmittedExpression {
  /** Runs only where `findings` has no error. */
  readonly code: ExpressionCode;
  readonly findings: readonly Finding[];
  /** What is known of the result's type. */
  readonly type: StaticType;
  /** The same in full: `list(int)`. */
  readonly inferred: Type;
  /** The functions and constants of the embedder that it uses. */
  readonly uses: readonly CustomUse[];
}

const NO_USES: readonly CustomUse[] = [];
const NULL: ConstantValue = { type: "null", value: null };

const NO_OPTIONS: EmitOptions = {};

/** Emits one expression. `options.text` is its source, for places. Linear in the size of the tree. */
export function emitExpression(ast: Ast, scope: ExpressionScope, options: EmitOptions = NO_OPTIONS): EmittedExpression {
  const emitter = spare ?? new Emitter(scope, new FindingList());
  spare = undefined;
  const { code, isWhole } = emitter.emitWhole(ast, scope);
  const { findings, inferred, type, uses } = emitter;
  if (isWhole) spare = emitter;
  if (options.expected !== undefined && !isAssignable(type, options.expected)) {
    findings.report("expression/no-such-overload", `The expression is of type ${type}; ${options.expected} is needed`, ast.start, ast.end);
  }
  return { code, findings: findings.take(options.text ?? "", options.origin), type, inferred, uses };
}

const NO_SCOPE: ExpressionScope = { slotOf: () => undefined, typeOf: () => undefined };
/** What one expression leaves to the next: a fresh emitter costs as much as a short expression. */
let spare: Emitter | undefined;

/** Emits expressions' code, one at a time. */
export class Emitter implements LoopHost, OptionalHost, CallHost {
  readonly writer = new CodeWriter();
  readonly findings: FindingList;
  /** Of the expression checked last. */
  inferred: Type = DYN;
  private used: Map<string, CustomUse> | undefined;
  private scope: ExpressionScope;
  private readonly locals: { readonly name: string; readonly register: Register }[] = [];
  /** Left sides on the way down, of all levels. */
  private readonly spine = new Spine();

  constructor(scope: ExpressionScope, findings: FindingList) {
    this.scope = scope;
    this.findings = findings;
  }

  get functions(): FunctionSet {
    return this.scope.customs?.functions ?? this.scope.functions ?? ALL_FUNCTIONS;
  }

  get functionCosts(): FunctionCosts | undefined {
    return this.scope.functionCosts;
  }

  /** Of the expression checked last. */
  get type(): StaticType {
    return toStaticType(this.inferred);
  }

  /** The functions and constants of the embedder that were emitted. */
  get uses(): readonly CustomUse[] {
    return this.used === undefined ? NO_USES : [...this.used.values()];
  }

  /** Emits one expression and lets go of it; false: a limit was passed, and this emitter must serve no other. */
  emitWhole(ast: Ast, scope: ExpressionScope): { readonly code: ExpressionCode; readonly isWhole: boolean } {
    this.scope = scope;
    this.used = undefined;
    let isWhole = true;
    try {
      this.writer.write(Op.RETURN, 0, this.emitChecked(ast));
    } catch (error) {
      this.reportLimit(error);
      isWhole = false;
    }
    this.scope = NO_SCOPE;
    return { code: this.writer.finish(), isWhole };
  }

  /** Emits what `emitBody` emits, and the return of its value. */
  emitRoot(emitBody: () => Operand): ExpressionCode {
    try {
      this.writer.write(Op.RETURN, 0, emitBody());
    } catch (error) {
      this.reportLimit(error);
    }
    return this.writer.finish();
  }

  /** A limit passed is a finding, and so is a constant without wire form. */
  private reportLimit(error: unknown): void {
    const { findings } = this;
    // Where it stood when the limit was met.
    const { spanStart, spanEnd } = this.writer;
    if (error instanceof CodeLimitError) findings.report("expression/too-large", error.message, spanStart, spanEnd);
    else if (error instanceof RangeError)
      findings.report("expression/too-deep", "The expression is nested too deep for what is left of the stack", 0, 0);
    else if (error instanceof WorkflowError && error.code === "value/unsupported")
      findings.report("expression/unsupported", `A constant is no value: ${String(error.details.reason)}`, 0, 0);
    else throw error;
  }

  /** Emits a whole expression, checked before. */
  emitChecked(ast: Ast): Operand {
    this.inferred = this.scope.isChecked === false ? DYN : checkInScope(ast, this.scope, this.findings);
    const operand = this.emitAt(ast, undefined);
    // What returns the value comes from the whole: an absent variable is found out there.
    this.locate(ast);
    return operand;
  }

  emit(node: Ast): Operand {
    return this.emitAt(node, undefined);
  }

  /** Emits into a register that the caller took. */
  emitInto(node: Ast, dst: Register): void {
    const operand = this.emitAt(node, dst);
    if (operand !== dst) {
      this.locate(node);
      this.writer.write(Op.MOVE, dst, operand);
    }
  }

  emitRange(node: Ast): Operand {
    return this.emit(node);
  }

  emitSettled(node: Ast): Operand {
    const dst = this.writer.allocate();
    this.emitInto(node, dst);
    return dst;
  }

  emitJump(node: Ast, when: boolean, label: Label): Operand {
    if (isComparison(node)) {
      const dst = this.writer.allocate();
      this.emitJumpInto(node, when, label, dst);
      return dst;
    }
    if (node.kind === "logic" && (node.operator === "||") === when) {
      const dst = this.writer.allocate();
      this.emitTerms(node, dst, label, label, true);
      return dst;
    }
    const operand = this.emit(node);
    this.locate(node);
    this.writer.writeJump(when ? Op.JUMP_TRUE : Op.JUMP_FALSE, label, 0, operand);
    return operand;
  }

  /** As `emitJump`, with the value in `dst` whether it jumps or not. */
  private emitJumpInto(node: Ast, when: boolean, label: Label, dst: Register): void {
    if (isComparison(node)) {
      // The comparisons stand in the same order with a jump and without.
      this.emitSpine(node, dst, (when ? Op.EQ_JUMP_TRUE : Op.EQ_JUMP_FALSE) - Op.EQ, label);
      return;
    }
    this.emitInto(node, dst);
    this.locate(node);
    this.writer.writeJump(when ? Op.JUMP_TRUE : Op.JUMP_FALSE, label, 0, dst);
  }

  bind(name: string, register: Register): void {
    this.locals.push({ name, register });
  }

  unbind(): void {
    this.locals.pop();
  }

  isBoundNode(node: Ast): boolean {
    return node.kind === "literal" || (node.kind === "identifier" && !node.isRooted && this.findLocal(node.name) !== undefined);
  }

  /** Emits the value; where it is computed, it goes to `dst`, or to a register taken here. */
  private emitAt(node: Ast, dst: Register | undefined): Operand {
    switch (node.kind) {
      case "literal":
        return this.writer.constant(node);
      case "identifier":
        return this.emitIdentifier(node, dst);
      case "select":
      case "index":
      case "binary":
        return this.emitSpine(node, dst ?? this.writer.allocate());
      case "call":
        return emitCall(this, node, dst ?? this.writer.allocate());
      case "unary":
        return this.emitUnary(node, dst ?? this.writer.allocate());
      case "logic":
        return this.emitLogic(node, dst ?? this.writer.allocate());
      case "conditional":
        return emitConditional(this, node, dst ?? this.writer.allocate());
      case "list":
      case "map":
        return this.emitCollection(node, dst);
      case "has":
        return this.emitHas(node, dst ?? this.writer.allocate());
      case "loop":
        this.locate(node);
        return emitLoop(this, node, dst ?? this.writer.allocate());
      case "bind":
        return this.emitBind(node, dst ?? this.writer.allocate());
      case "optMap":
        return emitOptionalMap(this, node, dst ?? this.writer.allocate());
      case "message":
        return this.rejectUnsupported(node, `Messages (${node.name}{…}) are not supported`);
      case "invalid":
        return this.writer.constant(NULL);
    }
  }

  private emitIdentifier(node: IdentifierNode, dst: Register | undefined): Operand {
    const local = node.isRooted ? undefined : this.findLocal(node.name);
    if (local !== undefined) {
      this.writer.charge(1);
      return local;
    }
    const fields = this.scope.namespaceOf?.(node.name);
    if (fields !== undefined) return emitNamespace(this, node, fields, (name) => this.scope.slotOf(name), dst ?? this.writer.allocate());
    const declared = this.findDeclared(node.name, node.isRooted);
    if (declared !== undefined) return this.emitVariable(declared, node);
    const constant = this.scope.customs?.constantOf(node.name);
    if (constant !== undefined) return this.emitConstant(constant);
    const builtin = this.emitBuiltin(node, dst);
    return builtin ?? this.emitVariable(node.name, node);
  }

  private emitConstant({ bytes, use }: CustomConstant): Operand {
    this.writer.charge(1);
    this.noteUse(use);
    return this.writer.constant({ type: "wire", value: bytes });
  }

  /** `now` and the names of types, where no declared variable has the name. */
  private emitBuiltin(node: IdentifierNode, dst: Register | undefined): Operand | undefined {
    const { name } = node;
    const { writer, scope } = this;
    const isNow = name === "now";
    if (!isNow && typeOfTypeName(name) === undefined) return undefined;
    if (isNow) writer.charge(1);
    const operand = isNow ? writer.builtin(Builtin.NOW) : writer.constant({ type: "type", value: name });
    const slot = scope.isOpen ? scope.slotOf(name) : undefined;
    if (slot === undefined) return operand;
    // The context decides at run time: its own variable where it has one.
    const result = dst ?? writer.allocate();
    const absent = writer.createLabel();
    const end = writer.createLabel();
    this.locate(node);
    writer.write(Op.MOVE, result, writer.slot(slot));
    writer.writeJump(Op.JUMP_ERROR, absent, 0, result);
    writer.writeJump(Op.JUMP, end);
    writer.place(absent);
    writer.write(Op.MOVE, result, operand);
    writer.place(end);
    return result;
  }

  private emitVariable(name: string, node: Ast): Operand {
    const { scope } = this;
    this.writer.charge(1);
    const slot = scope.slotOf(name);
    if (slot === undefined) {
      this.findings.report("expression/undeclared-variable", `There is no variable "${name}"`, node.start, node.end);
      return this.writer.constant(NULL);
    }
    if (!scope.isOpen && scope.typeOf(name) === undefined) {
      this.findings.report("expression/undeclared-variable", `Nobody declares the variable "${name}"`, node.start, node.end, "warning");
    }
    return this.writer.slot(slot);
  }

  /**
   * Selections, indexes, arithmetic and comparisons, which all lean to the left: goes down the left side in a loop, so
   * that a sum of 10,000 terms needs no deep stack. `jump`: the outermost comparison also jumps to
   * `label`; how far its instruction is from that of the plain comparison.
   */
  private emitSpine(root: Ast, dst: Register, jump = 0, label?: Label): Operand {
    const { writer } = this;
    const { spine } = this;
    const base = spine.count;
    const mark = writer.mark();
    let node = root;
    let qualified: Operand | undefined;
    while (node.kind === "select" || node.kind === "index" || node.kind === "binary") {
      qualified = node.kind === "select" && mayBePath(node, this.scope.hasPaths) ? this.emitQualified(node) : undefined;
      if (qualified !== undefined) break;
      spine.push(node);
      node = node.kind === "binary" ? node.left : node.operand;
    }
    let operand: Operand = qualified ?? this.emit(node);
    let isChain = isChainRoot(node) || qualified !== undefined;
    while (spine.count > base) {
      const outer = spine.pop();
      const isRoot = spine.count === base;
      // A chain of selections costs a unit each and one for what it begins with.
      if (outer.kind !== "binary") writer.charge(isChain ? 1 : 2);
      isChain = outer.kind !== "binary";
      const result: Register = isRoot ? dst : this.placeIntermediate(operand, mark);
      if (outer.kind === "binary") this.emitBinary(outer, operand, result, isRoot ? jump : 0, label);
      else if (outer.kind === "index") this.emitIndex(outer, operand, result);
      else if (outer.kind === "select") this.emitSelect(outer, operand, result);
      writer.release(isRoot ? mark : result + 1);
      operand = result;
    }
    writer.release(mark);
    return operand;
  }

  private placeIntermediate(operand: Operand, mark: Register): Register {
    // The operand's own register may be written over: an instruction reads before it writes.
    return operand >= mark && operand < this.writer.mark() ? operand : this.writer.allocate();
  }

  private emitBinary(node: BinaryNode, left: Operand, dst: Register, jump: number, label: Label | undefined): void {
    const right = this.emit(node.right);
    const op = opOf(node.operator);
    this.locate(node);
    if (op !== Op.IN) this.writer.charge(1);
    if (label !== undefined && jump !== 0) this.writer.writeJump(op + jump, label, dst, left, right);
    else this.writer.write(op, dst, left, right);
  }

  private emitIndex(node: IndexNode, operand: Operand, dst: Register): void {
    const key = this.emit(node.index);
    this.writer.charge(-costOfRoot(this, node.index));
    this.locate(node);
    if (node.isOptional) emitOptionalIndex(this, node, operand, key, dst);
    else this.writer.write(Op.INDEX, dst, operand, key);
  }

  private emitSelect(node: SelectNode, operand: Operand, dst: Register): void {
    this.locate(node);
    if (node.isOptional) emitOptionalIndex(this, node, operand, this.writer.constant({ type: "string", value: node.field }), dst);
    else this.writer.write(Op.FIELD, dst, operand, 0, this.writer.key(node.field));
  }

  private emitHas(node: HasNode, dst: Register): Operand {
    const { operand: outer, field } = node;
    if (outer.kind === "identifier" && this.findLocal(outer.name) === undefined && this.scope.namespaceOf?.(outer.name)?.includes(field) === true) {
      const slot = this.scope.slotOf(`${outer.name}.${field}`);
      if (slot !== undefined) return emitPresence(this, node, slot, dst);
    }
    const mark = this.writer.mark();
    const operand = this.emit(node.operand);
    this.writer.release(mark);
    this.writer.charge(isChain(node.operand) ? 1 : 2);
    this.locate(node);
    this.writer.write(Op.HAS_FIELD, dst, operand, 0, this.writer.key(node.field));
    return dst;
  }

  private emitUnary(node: UnaryNode, dst: Register): Operand {
    const mark = this.writer.mark();
    const operand = this.emit(node.operand);
    this.writer.release(mark);
    this.writer.charge(1);
    this.locate(node);
    this.writer.write(node.operator === "!" ? Op.NOT : Op.NEGATE, dst, operand);
    return dst;
  }

  private emitLogic(node: LogicNode, dst: Register): Operand {
    const { writer } = this;
    const decided = writer.createLabel();
    const end = writer.createLabel();
    this.emitTerms(node, dst, end, decided, false);
    if (decided.last >= 0) {
      writer.writeJump(Op.JUMP, end);
      writer.place(decided);
      writer.write(Op.MOVE, dst, writer.constant({ type: "bool", value: node.operator === "||" }));
    }
    writer.place(end);
    return dst;
  }

  /**
   * The terms of && or ||, joined in `dst`. The first jumps to `first` with the deciding value in `dst`; the others jump
   * to `decided` with `dst` not written; the last only where `isLastJumping`. Falls through undecided or, without that, done.
   */
  private emitTerms(node: LogicNode, dst: Register, first: Label, decided: Label, isLastJumping: boolean): void {
    const { writer } = this;
    const isOr = node.operator === "||";
    const last = node.terms.length - 1;
    for (let index = 0; index <= last; index += 1) {
      const term = node.terms[index] as Ast;
      const mark = writer.mark();
      if (index === 0) {
        this.emitJumpInto(term, isOr, first, dst);
      } else {
        const undecided = writer.lastJump;
        const outer = writer.beginPart();
        const operand = index < last || isLastJumping ? this.emitJump(term, isOr, decided) : this.emit(term);
        writer.setCost(undecided, writer.endPart(outer));
        this.locate(node);
        writer.write(isOr ? Op.OR : Op.AND, dst, dst, operand);
      }
      writer.release(mark);
    }
  }

  isVariable(name: string, isRooted: boolean): boolean {
    if (!isRooted && this.findLocal(name) !== undefined) return true;
    return this.findDeclared(name, isRooted) !== undefined || this.scope.customs?.constantOf(name) !== undefined;
  }

  customOf({ nameStart, name: shown }: CallNode, name: string, isMember: boolean): CustomFunction | undefined {
    const group = this.scope.customs?.groupOf(name, isMember);
    if (group === undefined) return undefined;
    for (const use of group.uses) this.noteUse(use);
    if (group.called === undefined) {
      const message = `The function "${name}" is registered in the page, where the worker cannot call it: give the address of its module as functionsUrl`;
      this.findings.report("expression/unreachable-function", message, nameStart, nameStart + shown.length);
    }
    return group.called;
  }

  private noteUse(use: CustomUse): void {
    this.used ??= new Map();
    this.used.set(use.name, use);
  }

  private emitBind(node: BindNode, dst: Register): Operand {
    const mark = this.writer.mark();
    const value = this.writer.allocate();
    // cel.bind() is a loop over an empty list to cel-go; cel.block(), which is read as binds, is not.
    if (!node.variable.startsWith("@")) this.writer.charge(LIST_COST);
    this.emitInto(node.value, value);
    this.bind(node.variable, value);
    this.emitInto(node.body, dst);
    this.unbind();
    this.writer.release(mark);
    return dst;
  }

  private emitCollection(node: ListNode | MapNode, given: Register | undefined): Operand {
    const { kind } = node;
    const constant = node.hasOptional ? undefined : readConstant(node);
    if (constant !== undefined) {
      this.writer.charge(costOfLiteral(node));
      return this.writer.constant(constant);
    }
    this.writer.charge(kind === "list" ? LIST_COST : MAP_COST);
    const dst = given ?? this.writer.allocate();
    if (node.hasOptional) emitOptionalCollection(this, node, dst);
    else if (kind === "list") emitList(this, node, dst);
    else emitMap(this, node, dst);
    return dst;
  }

  private findLocal(name: string): Register | undefined {
    return this.locals.findLast((local) => local.name === name)?.register;
  }

  /** The declared variable that a name means: the container's first, unless the name is rooted. */
  private findDeclared(name: string, isRooted: boolean): string | undefined {
    return findInContainer(isRooted ? "" : (this.scope.container ?? ""), name, (full) => (this.isDeclared(full) ? full : undefined));
  }

  private isDeclared(name: string): boolean {
    return this.scope.isDeclared?.(name) ?? this.scope.typeOf(name) !== undefined;
  }

  /** `a.b.c` where a variable has that whole name, or a type. */
  private emitQualified(node: SelectNode): Operand | undefined {
    let inner: Ast = node;
    let path = "";
    while (inner.kind === "select" && !inner.isOptional) {
      path = `.${inner.field}${path}`;
      inner = inner.operand;
    }
    if (inner.kind !== "identifier" || (!inner.isRooted && this.findLocal(inner.name) !== undefined)) return undefined;
    const name = inner.name + path;
    const declared = this.scope.isDeclared === undefined ? undefined : this.findDeclared(name, inner.isRooted);
    if (declared !== undefined) return this.emitVariable(declared, node);
    const isType = (inner.name === "google" || inner.name === "net") && typeOfTypeName(name) !== undefined;
    return isType ? this.writer.constant({ type: "type", value: name }) : undefined;
  }

  locate(node: Spanned): void {
    this.writer.spanStart = node.start;
    this.writer.spanEnd = node.end;
  }

  private rejectUnsupported(node: Spanned, message: string): Operand {
    this.findings.report("expression/unsupported", message, node.start, node.end);
    return this.writer.constant(NULL);
  }
}
