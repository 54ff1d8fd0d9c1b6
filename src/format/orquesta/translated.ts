// A value in CEL that was made of one in another language, with what is known of its type.
import type { Ast } from "../../expression/ast.js";
import * as cel from "./cel.js";

/** What is known of a translated value. `outcome`: a bool that is always there. */
export type KnownType = "outcome" | "bool" | "string" | "number" | "any";

export interface Translated {
  readonly ast: Ast;
  readonly type: KnownType;
}

/** The text of a value, as Python writes it. */
export function toText({ ast, type }: Translated): Ast {
  if (type === "string") return ast;
  return type === "number" ? cel.call("string", ast) : cel.toText(ast);
}
