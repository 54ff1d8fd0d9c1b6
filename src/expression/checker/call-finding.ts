// Says why a call fits no signature of its function, or that there is no such function: words for findings.
import type { ExpressionFindingCode } from "../finding-list.js";
import type { FunctionSet } from "./library.js";
import type { Signature } from "./type-text.js";
import { formatType, type Type } from "./type.js";

/** Signatures named in one message. */
export const CANDIDATE_COUNT_MAX = 8;

export interface CallFault {
  readonly code: ExpressionFindingCode;
  readonly message: string;
}

/** Why no signature takes a call. `types`: the arguments' types, the receiver's first where `isMember`. */
export function describeCallFault(name: string, functions: FunctionSet, isMember: boolean, types: readonly Type[]): CallFault {
  const signatures = functions.signaturesOf(name);
  if (signatures.length === 0) {
    const hint = suggestName(name, functions.names) ?? suggestName(name.slice(name.lastIndexOf(".") + 1), functions.names);
    return {
      code: "expression/unknown-function",
      message: `There is no function "${name}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
    };
  }
  const styled = signatures.filter((signature) => signature.isMember === isMember);
  if (styled.length === 0) {
    const message = isMember
      ? `${name}() is called as ${name}(value), not as a method`
      : `${name}() is a method: call it as value.${name}(…)`;
    return { code: "expression/unknown-function", message };
  }
  const own = isMember ? 1 : 0;
  const counts = styled.map(({ params }) => params.length - own);
  const count = types.length - own;
  if (!counts.includes(count))
    return { code: "expression/no-such-overload", message: `${name}() takes ${describeCounts(counts)}, not ${count}` };
  const shown = formatCall(name, isMember, types, false);
  return { code: "expression/no-such-overload", message: `There is no overload ${shown}${describeCandidates(name, styled, types.length)}` };
}

/** Why an operator does not take its operands. */
export function describeOperatorFault(operator: string, signatures: readonly Signature[], types: readonly Type[]): string {
  const operands = types.map((type) => formatType(type));
  const candidates = signatures.map(({ params }) => params.map((param) => formatType(param, true)).join(` ${operator} `));
  return `No overload of "${operator}" takes ${operands.join(" and ")}${describeList(types.length === 1 ? [] : candidates)}`;
}

function describeCandidates(name: string, signatures: readonly Signature[], count: number): string {
  return describeList(
    signatures.filter(({ params }) => params.length === count).map(({ isMember, params }) => formatCall(name, isMember, params, true)),
  );
}

function describeList(candidates: readonly string[]): string {
  if (candidates.length === 0) return "";
  const shown = candidates.slice(0, CANDIDATE_COUNT_MAX).join(", ");
  return `; there is ${shown}${candidates.length > CANDIDATE_COUNT_MAX ? " and more" : ""}`;
}

function formatCall(name: string, isMember: boolean, types: readonly Type[], isDeclared: boolean): string {
  const [first, ...others] = types.map((type) => formatType(type, isDeclared));
  if (first === undefined) return `${name}()`;
  return isMember ? `${first}.${name}(${others.join(", ")})` : `${name}(${[first, ...others].join(", ")})`;
}

function describeCounts(counts: readonly number[]): string {
  const min = Math.min(...counts);
  const max = Math.max(...counts);
  if (min === max) return max === 1 ? "1 argument" : `${max === 0 ? "no" : max} arguments`;
  return `${min} to ${max} arguments`;
}

/** What people write out of habit from other languages. */
const HABITS: readonly (readonly [RegExp, string])[] = [
  [/^to_?lower/i, "lowerAscii"],
  [/^to_?upper/i, "upperAscii"],
  [/^(len|length|count)$/i, "size"],
  [/^(includes|include|has)$/i, "contains"],
  [/^(some|any)$/i, "exists"],
  [/^every$/i, "all"],
  [/^(tostring|str)$/i, "string"],
  [/^(todouble|float|number)$/i, "double"],
  [/^(toint|integer)$/i, "int"],
];

/** The known name nearest to `name`, for a hint; undefined where none is near. */
export function suggestName(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const habit = HABITS.find(([pattern]) => pattern.test(name))?.[1];
  if (habit !== undefined && (names.includes(habit) || habit === "exists" || habit === "all")) return habit;
  const near = names.find((known) => known.toLowerCase() === wanted);
  if (near !== undefined) return near;
  return names.find((known) => {
    const lower = known.toLowerCase();
    return (
      (lower.length > 3 && (wanted.startsWith(lower) || (wanted.length > 2 && lower.startsWith(wanted)))) || isOneEditAway(lower, wanted)
    );
  });
}

/** Do the names differ by one character left out, put in, changed, or two exchanged? */
function isOneEditAway(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1 || Math.min(left.length, right.length) < 3) return false;
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let end = 0;
  const room = Math.min(left.length, right.length) - start;
  while (end < room && left[left.length - 1 - end] === right[right.length - 1 - end]) end += 1;
  const leftRest = left.slice(start, left.length - end);
  const rightRest = right.slice(start, right.length - end);
  if (leftRest.length <= 1 && rightRest.length <= 1) return true;
  return leftRest.length === 2 && rightRest.length === 2 && leftRest[0] === rightRest[1] && leftRest[1] === rightRest[0];
}
