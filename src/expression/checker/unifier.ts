// Unification: may a value of one type stand where another is wanted, and what do type parameters stand for then? The rules
// are those of CEL's own checker, so that inferred types agree with it; a JSON number fits any numeric type besides.
import { DYN, isDynKind, isNumericKind, Kind, listOf, mapOf, paramOf, Type, typeOf } from "./type.js";

/** Places kept from one check to the next. */
const KEPT_COUNT_MAX = 256;

/** Bindings of type parameters, undone to a mark where an attempt fails. One check at a time. */
export class Unifier {
  /** Parameters bound, and what each stood for before: two places each. */
  private trail: (Type | undefined)[] = [];
  private count = 0;
  private paramCount = 0;

  /** Forgets all. */
  clear(): void {
    if (this.trail.length > KEPT_COUNT_MAX) this.trail = [];
    this.count = 0;
    this.paramCount = 0;
  }

  freshParam(): Type {
    this.paramCount += 1;
    return paramOf(`_var${this.paramCount}`);
  }

  mark(): number {
    return this.count;
  }

  undo(mark: number): void {
    while (this.count > mark) {
      this.count -= 2;
      (this.trail[this.count] as Type).bound = this.trail[this.count + 1];
    }
  }

  /** May `from` stand where `to` is wanted? Binds parameters of both where it may; leaves no trace where it may not. */
  assign(from: Type, to: Type): boolean {
    if (from === to || (isDynKind(from.kind) && to.kind !== Kind.PARAM)) return true;
    const mark = this.count;
    if (this.fits(from, to)) return true;
    this.undo(mark);
    return false;
  }

  /** The type of a place that both types share; undefined where they do not go together. */
  join(previous: Type, current: Type): Type | undefined {
    if (previous === current) return previous;
    return this.assign(previous, current) ? mostGeneral(previous, current) : undefined;
  }

  private bind(param: Type, type: Type): void {
    this.trail[this.count] = param;
    this.trail[this.count + 1] = param.bound;
    this.count += 2;
    param.bound = type;
  }

  private fits(from: Type, to: Type): boolean {
    if (to.kind === Kind.PARAM) {
      if (this.substitutes(from, to)) return true;
      if (to.bound !== undefined) return false;
    }
    if (from.kind === Kind.PARAM) return this.substitutes(to, from);
    if (isDynKind(from.kind) || isDynKind(to.kind)) return true;
    if (from.kind === Kind.NULL) return canBeNull(to);
    if (to.kind === Kind.NULL) return canBeNull(from);
    switch (from.kind) {
      case Kind.TYPE:
        return to.kind === Kind.TYPE;
      case Kind.LIST:
      case Kind.OPAQUE:
        return from.kind === to.kind && from.name === to.name && this.fitAll(from.params, to.params);
      case Kind.MAP:
        return to.kind === Kind.MAP ? this.fitAll(from.params, to.params) : to.kind === Kind.OBJECT && this.fitsObject(from, to);
      case Kind.OBJECT:
        return to.kind === Kind.OBJECT || (to.kind === Kind.MAP && this.fitsObject(to, from));
      default:
        if (from.kind === to.kind) return true;
        return (from.kind === Kind.NUMBER && isNumericKind(to.kind)) || (to.kind === Kind.NUMBER && isNumericKind(from.kind));
    }
  }

  private fitAll(from: readonly Type[], to: readonly Type[]): boolean {
    if (from.length !== to.length) return false;
    for (let index = 0; index < from.length; index += 1) {
      if (!this.fits(from[index] as Type, to[index] as Type)) return false;
    }
    return true;
  }

  /** An object is a map from strings; its values may be of several types. */
  private fitsObject({ params }: Type, object: Type): boolean {
    const [key, value] = params as readonly [Type, Type];
    if (!this.fits(key, STRING_KEY)) return false;
    return value.kind !== Kind.PARAM || this.fits(value, object.fields?.size === 0 ? (object.rest ?? DYN) : DYN);
  }

  /** Is `type` what `param` stands for, or may it be? */
  private substitutes(type: Type, param: Type): boolean {
    if (type === param) return true;
    const { bound } = param;
    if (bound === undefined) {
      if (isReferencedIn(param, type)) return false;
      this.bind(param, type);
      return true;
    }
    if (isSameType(type, bound)) return true;
    const mark = this.count;
    if (!this.fits(type, bound)) {
      this.undo(mark);
      return false;
    }
    const general = mostGeneral(type, bound);
    if (general !== bound && !isReferencedIn(param, general)) this.bind(param, general);
    return true;
  }
}

const STRING_KEY = new Type(Kind.STRING, "string");

/** Null fits wrappers, and what CEL holds by reference. */
function canBeNull({ kind, isNullable }: Type): boolean {
  return (
    isNullable || kind === Kind.NULL || kind === Kind.OPAQUE || kind === Kind.OBJECT || kind === Kind.TIMESTAMP || kind === Kind.DURATION
  );
}

/** The less specific of two types that go together; beside null, the type that null fits. */
export function mostGeneral(left: Type, right: Type): Type {
  if (left.kind === Kind.NULL) return right;
  if (right.kind === Kind.NULL) return left;
  return isNoMoreSpecific(left, right) ? left : right;
}

function isNoMoreSpecific(left: Type, right: Type): boolean {
  if (isDynKind(left.kind) || left.kind === Kind.PARAM) return true;
  if (isDynKind(right.kind) || right.kind === Kind.PARAM) return false;
  if (left.kind === Kind.NUMBER) return true;
  if (left.kind !== right.kind || left.name !== right.name || left.params.length !== right.params.length) return false;
  if (left.kind === Kind.TYPE) return true;
  if (left.params.length === 0) return left === right || left.isNullable === right.isNullable;
  for (let index = 0; index < left.params.length; index += 1) {
    if (!isNoMoreSpecific(left.params[index] as Type, right.params[index] as Type)) return false;
  }
  return true;
}

export function isSameType(left: Type, right: Type): boolean {
  if (left === right) return true;
  if (left.kind !== right.kind || left.name !== right.name || left.isNullable !== right.isNullable) return false;
  if (left.kind === Kind.PARAM || left.kind === Kind.OBJECT || left.params.length !== right.params.length) return false;
  for (let index = 0; index < left.params.length; index += 1) {
    if (!isSameType(left.params[index] as Type, right.params[index] as Type)) return false;
  }
  return true;
}

/** Does `param` stand somewhere in `type`? Such a binding would have no end. */
function isReferencedIn(param: Type, type: Type): boolean {
  if (param === type) return true;
  if (type.kind === Kind.PARAM) return type.bound !== undefined && isReferencedIn(param, type.bound);
  for (const inner of type.params) if (isReferencedIn(param, inner)) return true;
  return false;
}

/** What a parameter stands for, at the top only: a type that is no bound parameter. */
export function resolve(type: Type): Type {
  let resolved = type;
  while (resolved.kind === Kind.PARAM && resolved.bound !== undefined) resolved = resolved.bound;
  return resolved;
}

/** The type with every bound parameter replaced; `isFinal`: those bound to nothing become dyn. */
export function substitute(type: Type, isFinal: boolean): Type {
  const resolved = resolve(type);
  if (resolved.kind === Kind.PARAM) return isFinal ? DYN : resolved;
  if (resolved.params.length === 0) return resolved;
  let params: Type[] | undefined;
  for (let index = 0; index < resolved.params.length; index += 1) {
    const before = resolved.params[index] as Type;
    const after = substitute(before, isFinal);
    if (after !== before) params ??= [...resolved.params];
    if (params !== undefined) params[index] = after;
  }
  return params === undefined ? resolved : rebuild(resolved, params);
}

function rebuild({ kind, name, fields, rest, isNullable }: Type, params: readonly Type[]): Type {
  if (kind === Kind.LIST && !isNullable) return listOf(params[0] as Type);
  if (kind === Kind.MAP && !isNullable) return mapOf(params[0] as Type, params[1] as Type);
  if (kind === Kind.TYPE) return typeOf(params[0] as Type);
  return new Type(kind, name, params, fields, rest, isNullable);
}

/** Copies a signature's type, its parameters replaced by fresh ones of this use. */
export function instantiate(type: Type, fresh: Map<Type, Type>, unifier: Unifier): Type {
  if (type.kind === Kind.PARAM) {
    let replaced = fresh.get(type);
    if (replaced === undefined) {
      replaced = unifier.freshParam();
      fresh.set(type, replaced);
    }
    return replaced;
  }
  if (type.params.length === 0) return type;
  const params = type.params.map((param) => instantiate(param, fresh, unifier));
  return params.every((param, index) => param === type.params[index]) ? type : rebuild(type, params);
}
