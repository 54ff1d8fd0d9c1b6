// What a workflow declares searchable is computed beside its program: here its expressions are only looked over, with what is known of the
// types of input and output.
import type { ExpressionScope } from "../expression/emitter.js";
import { emitValue } from "../expression/value-source.js";
import type { Definition } from "../model/definition.js";
import type { Finding } from "../model/errors.js";

/** Functions and constants of the embedder are not there: what is stored of a run must not depend on who stores it. */
const SCOPE: ExpressionScope = {
  slotOf: (name) => (name === "input" ? 0 : name === "output" ? 1 : undefined),
  typeOf: (name) => (name === "input" ? "map" : "any"),
};

/** What is to be said of the declarations. O(size) */
export function checkSearch({ search = [] }: Definition): readonly Finding[] {
  return search.flatMap(({ expression }) => emitValue({ kind: "expression", expression }, SCOPE, {}).findings);
}
