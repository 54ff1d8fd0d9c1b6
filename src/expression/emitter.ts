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
} from "./ast.js";
import { type CallHost, emitCall } from "./call-emitter.js";
import { checkInScope, type NamedScope, toStaticType } from "./checker/named-scope.js";
import { ALL_FUNCTIONS, type FunctionSet } from "./checker/library.js";
import { mayBePath, typeOfTypeName } from "./checker/type-names.js";
import { DYN, type Type } from "./checker/type.js";
import { CodeLimitError, CodeWriter, type Label, type Operand, type Register } from "./code-writer.js";
import type { CustomConstant } from "./custom/custom-set.js";
import { emitList, emitMap } from "./collection-emitter.js";
import { readConstant } from "./constant.js";
import type { ConstantValue } from "./emitted-code.js";
import { type ExpressionOrigin, FindingList } from "./finding-list.js";
import { Spine } from "./spine.js";
import { emitLoop, type LoopHost } from "./loop-emitter.js";
import { emitOptionalCollection, emitOptionalIndex, emitOptionalMap, type OptionalHost } from "./optional-emitter.js";
import { isAssignable, type StaticType } from "./type.js";

/** The names that an expression may use. */
export interface ExpressionScope extends NamedScope {
  /** The slot of a variable. May add one for a name not seen before; undefined: there can be no such variable. */
  slotOf(name: string): number | undefined;
  /** The declared type, or undefined where nobody declared the variable (a warning). */
  typeOf(name: string): TypeName | undefined;
  /** Does a declared variable have exactly this name, which may hold dots? Default: `typeOf` knows it. */
  isDeclared?(name: string): boolean;
  /** The context may hold any name: no warnings, and a context's own `type`, `int` or `now` wins over CEL's. */
  readonly isOpen?: boolean;
  /** Prefix that names are looked up under first (langdef.md, "Name Resolution"). */
  readonly container?: string;
  /** False: mistakes of type are left to run time. Default true. */
  readonly isChecked?: boolean;
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

const COMPARE_OPS: Readonly<Record<string, readonly [Op, Op, Op]>> = {
  "==": [Op.EQ, Op.EQ_JUMP_FALSE, Op.EQ_JUMP_TRUE],
  "!=": [Op.NE, Op.NE_JUMP_FALSE, Op.NE_JUMP_TRUE],
  "<": [Op.LT, Op.LT_JUMP_FALSE, Op.LT_JUMP_TRUE],
  "<=": [Op.LE, Op.LE_JUMP_FALSE, Op.LE_JUMP_TRUE],
  ">": [Op.GT, Op.GT_JUMP_FALSE, Op.GT_JUMP_TRUE],
  ">=": [Op.GE, Op.GE_JUMP_FALSE, Op.GE_JUMP_TRUE],
};
const ARITHMETIC_OPS: Readonly<Record<string, Op>> = { "+": Op.ADD, "-": Op.SUB, "*": Op.MUL, "/": Op.DIV, "%": Op.MOD, in: Op.IN };
const NO_USES: readonly CustomUse[] = [];
const NULL: ConstantValue = { type: "null", value: null };

/** Emits one expression. `options.text` is its source, for places. Linear in the size of the tree. */
export function emitExpression(ast: Ast, scope: ExpressionScope, options: EmitOptions = {}): EmittedExpression {
  const findings = new FindingList();
  const emitter = spare ?? new Emitter(scope, findings);
  spare = undefined;
  emitter.begin(scope, findings);
  const code = emitter.emitRoot((inner) => inner.emitChecked(ast));
  const { type, inferred, uses } = emitter;
  emitter.begin(NO_SCOPE, findings);
  spare = emitter;
  if (options.expected !== undefined && !isAssignable(type, options.expected)) {
    findings.report(
      "expression/no-such-overload",
      `The expression is of type ${type}; ${options.expected} is needed`,
      ast.start,
      ast.end,
    );
  }
  return { code, findings: findings.resolve(options.text ?? "", options.origin), type, inferred, uses };
}

const NO_SCOPE: ExpressionScope = { slotOf: () => undefined, typeOf: () => undefined };
/** What one expression leaves to the next: a fresh emitter costs as much as a short expression. */
let spare: Emitter | undefined;

/** Emits expressions' code, one at a time. */
export class Emitter implements LoopHost, OptionalHost, CallHost {
  readonly writer = new CodeWriter();
  /** Of the expression checked last, or of what whoever uses the emitter emitted. */
  type: StaticType = "any";
  inferred: Type = DYN;
  functions: FunctionSet = ALL_FUNCTIONS;
  private used: Map<string, CustomUse> | undefined;
  private scope: ExpressionScope;
  private findings: FindingList;
  private hasPaths = true;
  private readonly locals: { readonly name: string; readonly register: Register }[] = [];
  /** Left sides on the way down, of all levels. */
  private readonly spine = new Spine();

  constructor(scope: ExpressionScope, findings: FindingList) {
    this.scope = scope;
    this.findings = findings;
    this.begin(scope, findings);
  }

  begin(scope: ExpressionScope, findings: FindingList): void {
    this.scope = scope;
    this.findings = findings;
    this.functions = scope.customs?.functions ?? scope.functions ?? ALL_FUNCTIONS;
    this.hasPaths = (scope.container ?? "") !== "" || (scope.hasPaths ?? true);
    this.used = undefined;
    if (this.locals.length > 0) this.locals.length = 0;
    this.spine.clear();
  }

  /** The functions and constants of the embedder that were emitted. */
  get uses(): readonly CustomUse[] {
    return this.used === undefined ? NO_USES : [...this.used.values()];
  }

  /** Emits what `emitBody` emits, and the return of its value. A limit passed is a finding, and so is a constant without wire form. */
  emitRoot(emitBody: (emitter: Emitter) => Operand): ExpressionCode {
    try {
      const operand = emitBody(this);
      this.writer.write(Op.RETURN, 0, operand);
    } catch (error) {
      if (error instanceof CodeLimitError) this.findings.report("expression/too-large", error.message, 0, 0);
      else if (error instanceof RangeError)
        this.findings.report("expression/too-deep", "The expression is nested too deep for what is left of the stack", 0, 0);
      else if (error instanceof WorkflowError && error.code === "value/unsupported")
        this.findings.report("expression/unsupported", `A constant is no value: ${String(error.details.reason)}`, 0, 0);
      else throw error;
    }
    return this.writer.finish();
  }

  /** Emits a whole expression, checked before. */
  emitChecked(ast: Ast): Operand {
    this.inferred = (this.scope.isChecked ?? true) ? checkInScope(ast, this.scope, this.findings) : DYN;
    this.type = toStaticType(this.inferred);
    const operand = this.emit(ast);
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
      this.emitSpine(node, dst, COMPARE_OPS[node.operator]?.[when ? 2 : 1], label);
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
        return this.emitConditional(node, dst ?? this.writer.allocate());
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
    if (local !== undefined) return local;
    const declared = this.findDeclared(node.name, node.isRooted);
    if (declared !== undefined) return this.emitVariable(declared, node);
    const constant = this.scope.customs?.constantOf(node.name);
    if (constant !== undefined) return this.emitConstant(constant);
    const builtin = this.emitBuiltin(node, dst);
    return builtin ?? this.emitVariable(node.name, node);
  }

  private emitConstant({ bytes, use }: CustomConstant): Operand {
    this.noteUse(use);
    return this.writer.constant({ type: "wire", value: bytes });
  }

  /** `now` and the names of types, where no declared variable has the name. */
  private emitBuiltin(node: IdentifierNode, dst: Register | undefined): Operand | undefined {
    const { name } = node;
    const { writer, scope } = this;
    const isNow = name === "now";
    if (!isNow && typeOfTypeName(name) === undefined) return undefined;
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
   * that a sum of 10,000 terms needs no deep stack. `jump`: the outermost comparison also jumps.
   */
  private emitSpine(root: Ast, dst: Register, jump?: Op, label?: Label): Operand {
    const { writer } = this;
    const { spine } = this;
    const base = spine.count;
    const mark = writer.mark();
    let node = root;
    let qualified: Operand | undefined;
    while (node.kind === "select" || node.kind === "index" || node.kind === "binary") {
      qualified = node.kind === "select" && mayBePath(node, this.hasPaths) ? this.emitQualified(node) : undefined;
      if (qualified !== undefined) break;
      spine.push(node);
      node = node.kind === "binary" ? node.left : node.operand;
    }
    let operand: Operand = qualified ?? this.emit(node);
    while (spine.count > base) {
      const outer = spine.pop();
      const isRoot = spine.count === base;
      const result: Register = isRoot ? dst : this.placeIntermediate(operand, mark);
      if (outer.kind === "binary") this.emitBinary(outer, operand, result, isRoot ? jump : undefined, label);
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

  private emitBinary(node: BinaryNode, left: Operand, dst: Register, jump?: Op, label?: Label): void {
    const right = this.emit(node.right);
    const { operator } = node;
    this.locate(node);
    if (jump !== undefined && label !== undefined) this.writer.writeJump(jump, label, dst, left, right);
    else this.writer.write(COMPARE_OPS[operator]?.[0] ?? (ARITHMETIC_OPS[operator] as Op), dst, left, right);
  }

  private emitIndex(node: IndexNode, operand: Operand, dst: Register): void {
    const key = this.emit(node.index);
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
    const mark = this.writer.mark();
    const operand = this.emit(node.operand);
    this.writer.release(mark);
    this.locate(node);
    this.writer.write(Op.HAS_FIELD, dst, operand, 0, this.writer.key(node.field));
    this.type = "bool";
    return dst;
  }

  private emitUnary(node: UnaryNode, dst: Register): Operand {
    const mark = this.writer.mark();
    const operand = this.emit(node.operand);
    this.writer.release(mark);
    const { type } = this;
    const isNot = node.operator === "!";
    this.locate(node);
    this.writer.write(isNot ? Op.NOT : Op.NEGATE, dst, operand);
    this.type = isNot ? "bool" : type;
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
        const operand = index < last || isLastJumping ? this.emitJump(term, isOr, decided) : this.emit(term);
        this.locate(node);
        writer.write(isOr ? Op.OR : Op.AND, dst, dst, operand);
      }
      writer.release(mark);
    }
  }

  private emitConditional(node: ConditionalNode, dst: Register): Operand {
    const { writer } = this;
    const otherwise = writer.createLabel();
    const end = writer.createLabel();
    const mark = writer.mark();
    const test = this.emit(node.test);
    this.locate(node.test);
    writer.writeBranch(dst, test, otherwise, end);
    writer.release(mark);
    this.emitInto(node.yes, dst);
    writer.writeJump(Op.JUMP, end);
    writer.place(otherwise);
    this.emitInto(node.no, dst);
    writer.place(end);
    return dst;
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
    if (constant !== undefined) return this.writer.constant(constant);
    const dst = given ?? this.writer.allocate();
    if (node.hasOptional) emitOptionalCollection(this, node, dst);
    else if (kind === "list") emitList(this, node, dst);
    else emitMap(this, node, dst);
    return dst;
  }

  private findLocal(name: string): Register | undefined {
    for (let index = this.locals.length - 1; index >= 0; index -= 1) {
      const local = this.locals[index];
      if (local?.name === name) return local.register;
    }
    return undefined;
  }

  /** The declared variable that a name means: the container's first, unless the name is rooted. */
  private findDeclared(name: string, isRooted: boolean): string | undefined {
    const { scope } = this;
    let prefix = isRooted ? "" : (scope.container ?? "");
    while (prefix !== "") {
      if (this.isDeclared(`${prefix}.${name}`)) return `${prefix}.${name}`;
      prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf(".")));
    }
    return this.isDeclared(name) ? name : undefined;
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

function isComparison(node: Ast): node is BinaryNode {
  return node.kind === "binary" && COMPARE_OPS[node.operator] !== undefined;
}
