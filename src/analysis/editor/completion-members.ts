// What may stand behind a dot: fields of the value, methods and macros that take it, and the functions of a namespace.
import type { Ast } from "../../expression/ast.js";
import { isUnknownKind, Kind, optionalParam, type Type } from "../../expression/checker/type.js";
import { readPath } from "../paths.js";
import { type Offers, RANK_FIELD, RANK_FUNCTION, RANK_MACRO, RANK_VARIABLE } from "./completion-offers.js";
import { documentFunction, fieldsOf, isPlainName, showSignature, showType, signaturesFor } from "./describe.js";
import type { EditorScope } from "./editor-scope.js";
import { GLOBAL_MACRO_TEXTS, LOOP_TEXTS, type MacroText, OPTIONAL_MACRO_TEXTS } from "./function-texts.js";

/** Can a field of this name be written in backticks? */
const QUOTABLE_NAME = /^[\w ./-]+$/;
const RESERVED = new Set(["in", "true", "false", "null"]);

/** Fields, methods and macros of a value. `isFieldOnly`: behind `?`, and within has(). */
export function offerMembers(offers: Offers, operand: Ast, type: Type, scope: EditorScope, isFieldOnly: boolean): void {
  offerFields(offers, operand, type, scope);
  if (isFieldOnly) return;
  const loopName = nameElement(operand);
  for (const [name, macro] of Object.entries(macrosOf(type))) {
    const { signature, text, argumentsText } = macro;
    offers.addCall({ label: name, kind: "macro", detail: signature, documentation: text, rank: RANK_MACRO }, argumentsText.replace("NAME", loopName), true);
  }
  for (const name of scope.functions.names) {
    if (name.includes(".")) continue;
    const signatures = signaturesFor(scope, name, type);
    const [first] = signatures;
    if (first === undefined) continue;
    const detail = `${showSignature(name, first)}${signatures.length > 1 ? ` (+${signatures.length - 1})` : ""}`;
    const takesArguments = signatures.some(({ params }) => params.length > 1);
    offers.addCall({ label: name, kind: "method", detail, documentation: documentFunction(scope, name), rank: RANK_FUNCTION }, "", takesArguments);
  }
}

function offerFields(offers: Offers, operand: Ast, type: Type, scope: EditorScope): void {
  const path = readPath(operand);
  const prefix = path === undefined ? "" : [path.name, ...path.steps].join(".");
  for (const [name, field] of fieldsOf(type) ?? []) {
    const documentation = prefix === "" ? "" : scope.documentationOf(`${prefix}.${name}`);
    const offer = { label: name, kind: "field", detail: showType(field), documentation, rank: RANK_FIELD } as const;
    if (isPlainName(name) && !RESERVED.has(name)) offers.add(offer);
    else if (QUOTABLE_NAME.test(name)) offers.add({ ...offer, insert: `\`${name}\`` });
  }
}

function macrosOf(type: Type): Readonly<Record<string, MacroText>> {
  const resolved = type.bound ?? type;
  if (resolved.kind === Kind.LIST || resolved.kind === Kind.MAP || resolved.kind === Kind.OBJECT) return LOOP_TEXTS;
  if (optionalParam(resolved) !== undefined) return OPTIONAL_MACRO_TEXTS;
  return isUnknownKind(resolved.kind) ? { ...LOOP_TEXTS, ...OPTIONAL_MACRO_TEXTS } : {};
}

/** A name for an element: `item` of `order.items`, `x` where the list's name says nothing. */
function nameElement(operand: Ast): string {
  const name = operand.kind === "select" ? operand.field : operand.kind === "identifier" ? operand.name : "";
  if (!isPlainName(name) || name.length < 3) return "x";
  if (/[^aeiou]ies$/.test(name)) return `${name.slice(0, -3)}y`;
  if (/(s|x|ch|sh)es$/.test(name)) return name.slice(0, -2);
  return /[^s]s$/.test(name) ? name.slice(0, -1) : "x";
}

/** Offers what a namespace holds; false where the name is none, or something else has it. */
export function offerNamespace(offers: Offers, name: string, scope: EditorScope): boolean {
  const [first = ""] = name.split(".");
  if (scope.typeOf(first) !== undefined || scope.typeOf(name) !== undefined) return false;
  const prefix = `${name}.`;
  let count = 0;
  for (const full of scope.functions.names) {
    if (!full.startsWith(prefix)) continue;
    count += 1;
    const label = full.slice(prefix.length);
    const [signature] = signaturesFor(scope, full, undefined);
    const detail = signature === undefined ? `${full}(number, …)` : showSignature(full, signature);
    offers.addCall({ label, kind: "function", detail, documentation: documentFunction(scope, full), rank: RANK_FUNCTION }, "", signature?.params.length !== 0);
  }
  for (const [full, { signature, text, argumentsText }] of Object.entries(GLOBAL_MACRO_TEXTS)) {
    if (!full.startsWith(prefix)) continue;
    count += 1;
    offers.addCall({ label: full.slice(prefix.length), kind: "macro", detail: signature, documentation: text, rank: RANK_MACRO }, argumentsText, true);
  }
  for (const full of scope.variableNames) {
    const type = full.startsWith(prefix) ? scope.typeOf(full) : undefined;
    if (type === undefined) continue;
    count += 1;
    offers.add({ label: full.slice(prefix.length), kind: "variable", detail: showType(type), documentation: scope.documentationOf(full), rank: RANK_VARIABLE });
  }
  return count > 0;
}
