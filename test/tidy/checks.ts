// The tidy checks: sources in, one line per breach out.
import {
  bundledPackages,
  emptyWords,
  fileLinesMax,
  functionLinesMax,
  longFiles,
  longFunctions,
  nodeFiles,
  type Room,
  rooms,
  singleDoorNames,
  singleDoorPackages,
} from "./import-table.js";
import { resolveImport, type SourceFile } from "./source-file.js";

/** Which room owns a file. */
export function findRoom(path: string): Room | undefined {
  return rooms.find((room) => room.files.test(path));
}

/** Imports that the table does not permit, packages behind their single door, Node's modules in browser code. */
export function checkImports(sources: readonly SourceFile[]): string[] {
  const paths = new Set(sources.map((source) => source.path));
  const breaches: string[] = [];
  for (const source of sources) {
    const room = findRoom(source.path);
    if (room === undefined) {
      breaches.push(`${source.path}: belongs to no room`);
      continue;
    }
    for (const { specifier, line } of source.imports) {
      const breach = specifier.startsWith(".") ? checkRelative(source, room, specifier, paths) : checkPackage(source, room, specifier);
      if (breach !== undefined) breaches.push(`${source.path}:${line}: ${breach}`);
    }
  }
  return breaches;
}

const assetEnding = /\.(css|json|svg|md|mmd)$|\?(raw|url|worker|inline)/;

function checkRelative(source: SourceFile, room: Room, specifier: string, paths: ReadonlySet<string>): string | undefined {
  if (assetEnding.test(specifier)) return undefined;
  if (source.path.startsWith("src/") && !specifier.endsWith(".js")) return `the import "${specifier}" must end in .js`;
  const target = resolveImport(source.path, specifier, paths);
  if (target === undefined) return source.path.startsWith("src/") ? `the import "${specifier}" leads nowhere` : undefined;
  const targetRoom = findRoom(target);
  if (targetRoom === undefined || targetRoom === room || room.imports.includes("*")) return undefined;
  if (!room.imports.includes(targetRoom.name)) return `${room.name} may not import ${targetRoom.name} (${target})`;
  const narrowed = room.narrowed?.[targetRoom.name];
  if (narrowed !== undefined && !narrowed.test(target)) return `${room.name} may import only some files of ${targetRoom.name}, not ${target}`;
  return undefined;
}

function checkPackage(source: SourceFile, room: Room, specifier: string): string | undefined {
  if (specifier === "#kernel-bytes" || specifier === "#explorer-bytes") return room.name === "kernel" ? undefined : "only kernel may import the kernel's bytes";
  if (specifier === "#pack-codec") return room.name === "store" ? undefined : "only store may import its codec";
  if (!source.path.startsWith("src/")) return undefined;
  if (specifier.startsWith("node:")) return nodeFiles.test(source.path) ? undefined : `${specifier}: Node's modules stay out of src/`;
  const name = specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  const owner = singleDoorPackages[name];
  if (owner !== undefined && !room.name.startsWith(owner)) return `only ${owner} may import ${name}`;
  return bundledPackages.includes(name) ? undefined : `the package ${name} is not one of those that are bundled`;
}

/** Import loops, type imports included; each loop once, as a path. */
export function checkLoops(sources: readonly SourceFile[]): string[] {
  const paths = new Set(sources.map((source) => source.path));
  const edges = new Map<string, string[]>();
  for (const source of sources) {
    const targets = source.imports.filter((item) => item.specifier.startsWith(".")).map((item) => resolveImport(source.path, item.specifier, paths));
    edges.set(source.path, targets.filter((target) => target !== undefined));
  }
  const done = new Set<string>();
  const trail: string[] = [];
  const loops: string[] = [];
  const walk = (path: string): void => {
    const at = trail.indexOf(path);
    if (at >= 0) loops.push(`import loop: ${[...trail.slice(at), path].join(" -> ")}`);
    if (at >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of edges.get(path) ?? []) walk(target);
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) walk(path);
  return loops;
}

/** `export *` anywhere, default exports in src/. */
export function checkExports(sources: readonly SourceFile[]): string[] {
  return sources.flatMap((source) => [
    ...source.exportsAll.map((line) => `${source.path}:${line}: export * hides what a file offers; name it`),
    ...(source.path.startsWith("src/") ? source.exportsDefault.map((line) => `${source.path}:${line}: named exports only`) : []),
  ]);
}

/** Files and functions that are too long to read. */
export function checkLengths(sources: readonly SourceFile[]): string[] {
  return sources.flatMap((source) => {
    const long = source.functions.filter((item) => !item.isTestList && item.lineCount > findLinesMax(source.path, item.name));
    const breaches = long.map((item) => `${source.path}:${item.line}: ${item.name} has ${item.lineCount} lines; the limit is ${functionLinesMax}`);
    const linesMax = longFiles.find(({ path }) => path === source.path)?.linesMax ?? fileLinesMax;
    if (source.lineCount > linesMax) breaches.push(`${source.path}: ${source.lineCount} lines; the limit is ${linesMax}`);
    return breaches;
  });
}

function findLinesMax(path: string, name: string): number {
  return longFunctions.find((item) => item.path === path && item.name === name)?.linesMax ?? functionLinesMax;
}

/** File names: kebab-case, no empty words. Exported names of src/: no empty words. */
export function checkNames(sources: readonly SourceFile[]): string[] {
  return sources.flatMap((source) => {
    const breaches: string[] = [];
    const fileName = source.path.split("/").at(-1) ?? "";
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.(ts|tsx|mjs)$/.test(fileName)) breaches.push(`${source.path}: file names are kebab-case`);
    const fileWord = fileName.split(/[-.]/).find((word) => emptyWords.includes(word));
    if (fileWord !== undefined) breaches.push(`${source.path}: "${fileWord}" names nothing`);
    if (!source.path.startsWith("src/")) return breaches;
    for (const { name, line } of source.exportedNames) {
      const word = splitWords(name).find((candidate) => emptyWords.includes(candidate));
      if (word !== undefined) breaches.push(`${source.path}:${line}: ${name}: "${word}" names nothing`);
    }
    return breaches;
  });
}

function splitWords(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[ _]/)
    .map((word) => word.toLowerCase());
}

/** Names of the platform outside their single door; code made from strings. */
export function checkSingleDoors(sources: readonly SourceFile[]): string[] {
  return sources
    .filter((source) => /^(src|web)\//.test(source.path))
    .flatMap((source) => [
      ...source.evaluations.map((line) => `${source.path}:${line}: code from a string; a strict policy blocks it`),
      ...singleDoorNames
        .filter((door) => source.path.startsWith("src/") && !door.files.test(source.path))
        .flatMap((door) =>
          source.names.filter((item) => item.name === door.name).map((item) => `${source.path}:${item.line}: ${door.name} has a single door`),
        ),
    ]);
}

// Written in pieces, so that this file passes its own check.
const marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|");
// A kernel's decorator is nothing that TypeScript knows; editors are told so.
const compilerSilencers = "@ts-" + "ignore(?!: decorator)|@ts-" + "nocheck";
const machinePaths = "/(work|tmp|root|home)" + "/\\w";
const outsideFolder = "\\.\\./" + "shared";
const forbiddenTexts = new RegExp(`\\b(${marks})\\b|${compilerSilencers}|(?<![\\w.$}])${machinePaths}|${outsideFolder}`, "g");

/** Words that no file may hold: unfinished work, silenced errors, paths of somebody's machine. */
export function checkTexts(files: readonly { readonly path: string; readonly text: string }[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((lineText, index) => {
      const found = lineText.match(forbiddenTexts);
      return found === null ? [] : [`${path}:${index + 1}: "${found[0]}" may not stand here`];
    }),
  );
}

/** Every file of the product opens by saying what it is for. */
export function checkOpenings(sources: readonly SourceFile[]): string[] {
  return sources
    .filter((source) => !/^\s*(\/\/|\/\*|#!)/.test(source.text))
    .map((source) => `${source.path}: opens without a comment that says what it is for`);
}
