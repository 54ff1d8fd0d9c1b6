// Chooses the overload of a call by what is known of its arguments' types, or says why none fits.
import type { ExpressionFindingCode } from "./finding-list.js";
import { type Overload, suggestFunction } from "./function-table.js";
import { describeType, isAssignable, type StaticType } from "./type.js";

export type CallChoice = { readonly overload: Overload } | { readonly code: ExpressionFindingCode; readonly message: string };

/**
 * @param overloads of the function's name; undefined where there is no such function
 * @param types the arguments' types, the receiver's first where `isMethod`
 */
export function chooseOverload(
  name: string,
  overloads: readonly Overload[] | undefined,
  isMethod: boolean,
  types: readonly StaticType[],
): CallChoice {
  if (overloads === undefined) {
    const hint = suggestFunction(name);
    return {
      code: "expression/unknown-function",
      message: `There is no function "${name}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
    };
  }
  const styled = overloads.filter(({ receiver }) => (receiver !== undefined) === isMethod);
  if (styled.length === 0) {
    const message = isMethod
      ? `${name}() is called as ${name}(value), not as a method`
      : `${name}() is a method: call it as value.${name}(…)`;
    return { code: "expression/unknown-function", message };
  }
  const argCount = types.length - (isMethod ? 1 : 0);
  const counted = styled.filter(({ args, argCountMin, isVariadic }) => argCount >= argCountMin && (isVariadic || argCount <= args.length));
  if (counted.length === 0) {
    return { code: "expression/no-such-overload", message: `${name}() takes ${describeCounts(styled)}, not ${argCount}` };
  }
  const overload = counted.find((candidate) => isFitting(candidate, types));
  if (overload !== undefined) return { overload };
  const shown = isMethod
    ? `${describeType(types[0] ?? "any")}.${name}(${types.slice(1).map(describeType).join(", ")})`
    : `${name}(${types.map(describeType).join(", ")})`;
  return { code: "expression/no-such-overload", message: `There is no overload ${shown}` };
}

function isFitting({ receiver, args }: Overload, types: readonly StaticType[]): boolean {
  const wanted = receiver === undefined ? args : [receiver, ...args];
  const last = wanted.length - 1;
  return types.every((type, index) => wanted[Math.min(index, last)]?.some((option) => isAssignable(type, option)) ?? false);
}

function describeCounts(overloads: readonly Overload[]): string {
  const min = Math.min(...overloads.map(({ argCountMin }) => argCountMin));
  if (overloads.some(({ isVariadic }) => isVariadic)) return `${min} or more arguments`;
  const max = Math.max(...overloads.map(({ args }) => args.length));
  if (min === max) return max === 1 ? "1 argument" : `${max === 0 ? "no" : max} arguments`;
  return `${min} to ${max} arguments`;
}
