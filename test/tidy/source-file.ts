// Reads the project's sources and parses them to what the tidy checks ask about. Knows nothing of the rules.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseAst } from "vite";

export interface ImportOf {
  readonly specifier: string;
  readonly line: number;
}
export interface FunctionOf {
  readonly name: string;
  readonly line: number;
  readonly lineCount: number;
  /** A `describe` callback holds tests; it is a list, not a function to read at once. */
  readonly isTestList: boolean;
}
export interface NameOf {
  readonly name: string;
  readonly line: number;
}
export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
  readonly imports: readonly ImportOf[];
  readonly exportsAll: readonly number[];
  readonly exportsDefault: readonly number[];
  readonly exportedNames: readonly NameOf[];
  readonly functions: readonly FunctionOf[];
  /** Identifiers and property names as they are used. */
  readonly names: readonly NameOf[];
  /** `eval(…)` and `new Function(…)`. */
  readonly evaluations: readonly number[];
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const sourceFolders = ["assembly", "src", "web", "bench", "test", "scripts"];
const skippedFolders = new Set(["node_modules", "fixtures", "results", "dist", "build"]);
const sourceEnding = /\.(ts|tsx|mjs)$/;

/** Every source file under the root, and the configuration files at it. */
export function readSources(root: string): SourceFile[] {
  const paths = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && sourceEnding.test(entry.name))
    .map((entry) => entry.name);
  for (const folder of sourceFolders) collectPaths(root, folder, paths);
  return paths.sort().map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));
}

function collectPaths(root: string, folder: string, paths: string[]): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) collectPaths(root, path, paths);
    } else if (sourceEnding.test(entry.name)) paths.push(path);
  }
}

/** Parses one file. Decorators of the kernel's language, which TypeScript does not allow there, are blanked. */
export function parseSource(path: string, text: string): SourceFile {
  const plain = path.startsWith("assembly/") ? text.replace(/^([ \t]*)(@[a-z]+(\([^)\n]*\))?[ \t]*)+/gm, (match) => " ".repeat(match.length)) : text;
  const lang = path.endsWith(".tsx") ? "tsx" : path.endsWith(".mjs") ? "js" : "ts";
  const program = parseAst(plain, { lang }, path) as unknown as SyntaxNode;
  return { path, text, lineCount: text.replace(/\n$/, "").split("\n").length, ...collectFacts(program, plain) };
}

function collectFacts(program: SyntaxNode, text: string): Omit<SourceFile, "path" | "text" | "lineCount"> {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  const lineOf = (offset: number): number => findLine(lineStarts, offset);
  const facts = {
    imports: [] as ImportOf[],
    exportsAll: [] as number[],
    exportsDefault: [] as number[],
    exportedNames: [] as NameOf[],
    functions: [] as FunctionOf[],
    names: [] as NameOf[],
    evaluations: [] as number[],
  };
  visit(program, undefined, (node, parent) => {
    const line = lineOf(node.start);
    const source = node.source;
    if (importTypes.has(node.type) && isNode(source) && typeof source.value === "string") facts.imports.push({ specifier: source.value, line });
    if (node.type === "ExportAllDeclaration") facts.exportsAll.push(line);
    if (node.type === "ExportDefaultDeclaration") facts.exportsDefault.push(line);
    if (node.type === "ExportNamedDeclaration" && isNode(node.declaration)) {
      for (const name of readDeclaredNames(node.declaration)) facts.exportedNames.push({ name, line });
    }
    if (functionTypes.has(node.type)) {
      const lineCount = lineOf(node.end) - line + 1;
      facts.functions.push({ name: readFunctionName(node, parent), line, lineCount, isTestList: isTestList(parent) });
    }
    if (node.type === "Identifier" && typeof node.name === "string") facts.names.push({ name: node.name, line });
    const isCallOfEval = node.type === "CallExpression" && isNode(node.callee) && node.callee.name === "eval";
    const isNewFunction = /^(New|Call)Expression$/.test(node.type) && isNode(node.callee) && node.callee.name === "Function";
    if (isCallOfEval || isNewFunction) facts.evaluations.push(line);
  });
  return facts;
}

const importTypes = new Set(["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ImportExpression", "TSImportType"]);
const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

function visit(node: SyntaxNode, parent: SyntaxNode | undefined, see: (node: SyntaxNode, parent: SyntaxNode | undefined) => void): void {
  see(node, parent);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const child of value) if (isNode(child)) visit(child, node, see);
    } else if (isNode(value)) visit(value, node, see);
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function findLine(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

function readName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (typeof node.name === "string") return node.name;
  return typeof node.value === "string" ? node.value : undefined;
}

function readDeclaredNames(declaration: SyntaxNode): string[] {
  if (Array.isArray(declaration.declarations)) {
    return declaration.declarations.flatMap((item: unknown) => (isNode(item) ? (readName(item.id) ?? []) : []));
  }
  const name = readName(declaration.id);
  return name === undefined ? [] : [name];
}

function readFunctionName(node: SyntaxNode, parent: SyntaxNode | undefined): string {
  return readName(node.id) ?? readName(parent?.key) ?? readName(parent?.id) ?? "(anonymous)";
}

function isTestList(parent: SyntaxNode | undefined): boolean {
  if (parent?.type !== "CallExpression") return false;
  let callee: unknown = parent.callee;
  while (isNode(callee) && callee.type === "CallExpression") callee = callee.callee;
  if (!isNode(callee)) return false;
  const names = callee.type === "MemberExpression" ? [readName(callee.object), readName(callee.property)] : [readName(callee)];
  return names.includes("describe");
}

/** The project's file that a relative import means, or undefined where there is none. */
export function resolveImport(from: string, specifier: string, paths: ReadonlySet<string>): string | undefined {
  const path = posix.normalize(posix.join(posix.dirname(from), specifier));
  const stem = path.replace(/\.js$/, "");
  return [path, `${stem}.ts`, `${stem}.tsx`, `${path}.ts`].find((candidate) => paths.has(candidate));
}
