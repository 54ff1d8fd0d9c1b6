// The style of the house, enforced: imports, loops, lengths, names, single doors. The checks are tried on bad samples first.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkExports, checkImports, checkLengths, checkLoops, checkNames, checkOpenings, checkSingleDoors, checkTexts } from "./tidy/checks.js";
import { rooms } from "./tidy/import-table.js";
import { parseSource, readSources } from "./tidy/source-file.js";

const root = fileURLToPath(new URL("..", import.meta.url));

describe("the checks find what they are for", () => {
  const model = parseSource("src/model/run.ts", "// A run.\nexport interface RunText { readonly id: string }\n");

  it("an import that the table does not permit", () => {
    const bad = parseSource("src/store/journal.ts", 'import type { Engine } from "../engine/loop.js";\n');
    const engine = parseSource("src/engine/loop.ts", "export type Engine = 1;\n");
    expect(checkImports([bad, engine])).toEqual(["src/store/journal.ts:1: store may not import engine (src/engine/loop.ts)"]);
    const good = parseSource("src/store/journal.ts", 'import type { RunText } from "../model/run.js";\n');
    expect(checkImports([good, model])).toEqual([]);
  });

  it("every way to write an import", () => {
    const engine = parseSource("src/engine/loop.ts", "export type Engine = 1;\n");
    const ways = ['export { Engine } from "../engine/loop.js";', 'type A = import("../engine/loop.js").Engine;', 'const a = import("../engine/loop.js");'];
    for (const way of ways) expect(checkImports([parseSource("src/tasks/registry.ts", way), engine])).toHaveLength(1);
  });

  it("a format that reaches behind the parser of expressions", () => {
    const emitter = parseSource("src/expression/emit.ts", "export const emit = 1;\n");
    const parser = parseSource("src/expression/parse.ts", "export const parse = 1;\n");
    expect(checkImports([parseSource("src/format/rules.ts", 'import { emit } from "../expression/emit.js";'), emitter])).toHaveLength(1);
    expect(checkImports([parseSource("src/format/rules.ts", 'import { parse } from "../expression/parse.js";'), parser])).toEqual([]);
  });

  it("a package behind its single door, an unknown package, a module of Node", () => {
    const sources = ["comlink", "left-pad", "node:fs"].map((name) => parseSource("src/engine/loop.ts", `import "${name}";`));
    expect(checkImports(sources)).toHaveLength(3);
    expect(checkImports([parseSource("src/worker/client.ts", 'import "comlink";')])).toEqual([]);
  });

  it("the playground behind the doors", () => {
    const bad = parseSource("web/main.ts", 'import { RunText } from "../src/model/run.js";');
    expect(checkImports([bad, model])).toHaveLength(1);
  });

  it("a loop, of type imports too", () => {
    const first = parseSource("src/base/first.ts", 'import type { B } from "./second.js";');
    const second = parseSource("src/base/second.ts", 'import { A } from "./first.js";');
    expect(checkLoops([first, second])).toEqual(["import loop: src/base/first.ts -> src/base/second.ts -> src/base/first.ts"]);
    expect(checkLoops([second])).toEqual([]);
  });

  it("exports without names", () => {
    expect(checkExports([parseSource("src/base/all.ts", 'export * from "./first.js";\nexport default 1;')])).toHaveLength(2);
  });

  it("long files and long functions", () => {
    expect(checkLengths([parseSource("src/base/long.ts", "//\n".repeat(601))])).toHaveLength(1);
    const body = "  work();\n".repeat(69);
    expect(checkLengths([parseSource("src/base/long.ts", `function walk(): void {\n${body}}\n`)])).toHaveLength(1);
    expect(checkLengths([parseSource("src/base/long.ts", `function walk(): void {\n${body.slice(10)}}\n`)])).toEqual([]);
    expect(checkLengths([parseSource("assembly/long.ts", `@inline\nexport function walk(): void {\n${body}}\n`)])).toHaveLength(1);
    expect(checkLengths([parseSource("test/long.ts", `describe("a", () => {\n${body}});\n`)])).toEqual([]);
    expect(checkLengths([parseSource("test/long.ts", `it("a", () => {\n${body}});\n`)])).toHaveLength(1);
  });

  it("names", () => {
    expect(checkNames([parseSource("src/base/runStore.ts", "")])).toHaveLength(1);
    expect(checkNames([parseSource("src/base/run-helper.ts", "")])).toHaveLength(1);
    expect(checkNames([parseSource("src/base/store.ts", "export class RunManager {}")])).toHaveLength(1);
    expect(checkNames([parseSource("src/base/workflow.ts", "export const overflowCount = 1;")])).toEqual([]);
  });

  it("names of the platform outside their door, and code from strings", () => {
    const text = "const m = WebAssembly.compile(b); navigator.locks.request(n, f); new BroadcastChannel(n); eval(s); new Function(s);";
    expect(checkSingleDoors([parseSource("src/engine/loop.ts", text)])).toHaveLength(5);
    expect(checkSingleDoors([parseSource("src/kernel/load.ts", "WebAssembly.compile(b);")])).toEqual([]);
  });

  it("forbidden texts", () => {
    const texts = ["// TO" + "DO later", "// @ts-" + "ignore", 'open("/' + 'tmp/a");', "../" + "shared/x"];
    expect(checkTexts(texts.map((text) => ({ path: "a.ts", text })))).toHaveLength(4);
    expect(checkTexts([{ path: "a.ts", text: "import a from './work/a.js'; // ${base}/home/page" }])).toEqual([]);
  });

  it("a file that does not say what it is for", () => {
    expect(checkOpenings([model])).toEqual([]);
    expect(checkOpenings([parseSource("src/base/bare.ts", "export const a = 1;")])).toHaveLength(1);
  });
});

describe("the house is tidy", () => {
  const sources = readSources(root);

  it("has sources in every floor that stands", () => {
    expect(sources.length).toBeGreaterThan(20);
    for (const room of rooms.filter((item) => item.name === "model" || item.name === "assembly")) {
      expect(sources.some((source) => room.files.test(source.path))).toBe(true);
    }
  });

  it("imports what the table permits", () => expect(checkImports(sources)).toEqual([]));
  it("has no import loops", () => expect(checkLoops(sources)).toEqual([]));
  it("exports names", () => expect(checkExports(sources)).toEqual([]));
  it("has files and functions that can be read", () => expect(checkLengths(sources)).toEqual([]));
  it("is named in kebab-case and by words that say something", () => expect(checkNames(sources)).toEqual([]));
  it("keeps single doors", () => expect(checkSingleDoors(sources)).toEqual([]));
  it("says in each file what it is for", () => {
    expect(checkOpenings(sources.filter((source) => !source.path.startsWith("test/")))).toEqual([]);
  });
  it("holds no forbidden words", () => expect(checkTexts(readTexts())).toEqual([]));
});

/** Every text that is, or is about to be, in the repository; `.ci/run` alone may name the folder beside the project. */
function readTexts(): { path: string; text: string }[] {
  return listFiles()
    .filter((path) => path !== "" && path !== ".ci/run" && path !== "package-lock.json" && !/\.(png|ico|woff2?|wasm|bin)$/.test(path))
    .filter((path) => existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** What git knows of; without git, all files of the folders that hold the project's own. */
function listFiles(): string[] {
  try {
    return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8", stdio: "pipe" }).split("\n");
  } catch {
    const folders = ["assembly", "src", "web", "bench", "test", "docs", "scripts"].filter((folder) => existsSync(join(root, folder)));
    return folders.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name))),
    );
  }
}
