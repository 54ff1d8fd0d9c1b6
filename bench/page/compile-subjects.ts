// Who takes part in the compile scenarios. Each is a module of its own, fetched when it is opened.
import type { LoadOf, SubjectTable } from "../subject.js";

export const COMPILE_SUBJECTS: SubjectTable<LoadOf<"compile">> = {
  compile: async (load) => (await import("../ours/compile.js")).openCompile(load, "plain"),
  "compile, typed": async (load) => (await import("../ours/compile.js")).openCompile(load, "typed"),
  "cel-js parse": async (load) => (await import("../peers/cel-js-compile.js")).openCelJsCompile(load, "parse"),
  "cel-js parse and check": async (load) => (await import("../peers/cel-js-compile.js")).openCelJsCompile(load, "check"),
  "cel-js typed": async (load) => (await import("../peers/cel-js-compile.js")).openCelJsCompile(load, "typed"),
};

export const COMPILE_AGAIN_SUBJECTS: SubjectTable<LoadOf<"compile-again">> = {
  compileExpression: async () => (await import("../ours/compile.js")).openCompileAgain("plain"),
  "compileExpression, typed": async () => (await import("../ours/compile.js")).openCompileAgain("typed"),
};
