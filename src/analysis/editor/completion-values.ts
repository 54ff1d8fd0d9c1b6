// What may stand where a value begins: names in scope, functions, namespaces, macros, keywords and names of types.
import type { LocalName } from "../../expression/checker/watched-checker.js";
import { type Offers, RANK_FUNCTION, RANK_KEYWORD, RANK_LOCAL, RANK_MACRO, RANK_TYPE, RANK_VARIABLE } from "./completion-offers.js";
import { documentFunction, isPlainName, showSignature, showType, signaturesFor } from "./describe.js";
import type { EditorScope } from "./editor-scope.js";
import { GLOBAL_MACRO_TEXTS, NAMESPACE_TEXTS, NOW_TEXT } from "./function-texts.js";

const TYPE_NAMES = ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"] as const;

/** Everything that a value can begin with. `locals`: the innermost name that a macro binds there. */
export function offerValues(offers: Offers, scope: EditorScope, locals: LocalName | undefined): void {
  for (let local = locals; local !== undefined; local = local.outer) {
    if (!isPlainName(local.name)) continue;
    offers.add({ label: local.name, kind: "variable", detail: showType(local.type), documentation: "", rank: RANK_LOCAL });
  }
  offerVariables(offers, scope);
  for (const [name, { signature, text, argumentsText }] of Object.entries(GLOBAL_MACRO_TEXTS)) {
    offers.addCall({ label: name, kind: "macro", detail: signature, documentation: text, rank: RANK_MACRO }, argumentsText, true);
  }
  offerFunctions(offers, scope);
  offers.addKeyword("true");
  offers.addKeyword("false");
  offers.addKeyword("null");
  for (const name of TYPE_NAMES) offers.add({ label: name, kind: "type", detail: "type", documentation: "", rank: RANK_TYPE });
}

function offerVariables(offers: Offers, scope: EditorScope): void {
  for (const [names, kind] of [[scope.variableNames, "variable"], [scope.constantNames, "constant"]] as const) {
    for (const name of names) {
      const type = scope.typeOf(name);
      if (type === undefined || !name.split(".").every(isPlainName)) continue;
      offers.add({ label: withoutContainer(name, scope.container), kind, detail: showType(type), documentation: scope.documentationOf(name), rank: RANK_VARIABLE });
    }
  }
  offers.add({ label: "now", kind: "variable", detail: "timestamp", documentation: NOW_TEXT, rank: RANK_KEYWORD });
}

/** Names in the container are called without it. */
function withoutContainer(name: string, container: string): string {
  return container !== "" && name.startsWith(`${container}.`) ? name.slice(container.length + 1) : name;
}

function offerFunctions(offers: Offers, scope: EditorScope): void {
  const namespaces = new Set<string>();
  for (const name of scope.functions.names) {
    const signatures = signaturesFor(scope, name, undefined);
    const isVariadic = scope.functions.signaturesOf(name).length === 0;
    const [first] = signatures;
    if (first === undefined && !isVariadic) continue;
    if (name.includes(".")) namespaces.add(name.slice(0, name.indexOf(".")));
    const detail = first === undefined ? `${name}(number, …)` : `${showSignature(name, first)}${signatures.length > 1 ? ` (+${signatures.length - 1})` : ""}`;
    const takesArguments = first === undefined || signatures.some(({ params }) => params.length > 0);
    offers.addCall({ label: name, kind: "function", detail, documentation: documentFunction(scope, name), rank: RANK_FUNCTION }, "", takesArguments);
  }
  for (const name of namespaces) {
    if (scope.typeOf(name) !== undefined || scope.functions.has(name)) continue;
    offers.add({ label: name, kind: "namespace", detail: "namespace", documentation: NAMESPACE_TEXTS[name] ?? "", rank: RANK_FUNCTION, insert: `${name}.` });
  }
}
