// What the functions of YAQL and Jinja ask of the translation that they are part of.
import type { Ast } from "../../expression/ast.js";
import type { Language, Term } from "./terms.js";
import type { Translated } from "./translated.js";

/** What functions need of the translation that they are part of. */
export interface FunctionContext {
  readonly language: Language;
  /** A task has ended, well or not. */
  readonly hasOutcome: boolean;
  translate(term: Term): Translated;
  refuse(message: string, term: Term): never;
  /** A variable of the workflow's context. */
  readContext(name: string, term: Term): Translated;
  isContext(term: Term): boolean;
  /** Translates `body` with `name` (`$`) as the element. */
  translateLoop(range: Ast, body: Term, name: string, make: (variable: string, body: Translated) => Ast): Ast;
}
