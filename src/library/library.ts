// Finds, compiles and caches workflows: the same text is parsed and compiled once. Entries are found by a fast hash and
// the text is compared; a workflow's identity is the SHA-256 of its text, of name and text where the text has no name.
import type { TimeZone } from "../base/time-zone.js";
import { compileWorkflow } from "../compile/compile-workflow.js";
import { parseWorkflow } from "../format/parse-workflow.js";
import { type Finding, WorkflowError } from "../model/errors.js";
import type { LibraryPort, LoadedWorkflow } from "../model/ports.js";

/** Compiled workflows kept. The oldest is dropped first; a run keeps its own program. */
export const WORKFLOW_COUNT_MAX = 256;

/** Functions and constants of the embedder, as the compiler takes them. */
export type LibraryCustoms = NonNullable<Parameters<typeof compileWorkflow>[2]>;
/** Versions longer than this (of large constants) are told by their SHA-256. */
const VERSION_SIZE_MAX = 64;

export function createLibrary(customs?: LibraryCustoms): LibraryPort {
  const cache = new Map<string, Promise<LoadedWorkflow>>();
  return {
    load(source, name, zones) {
      const key = `${name ?? ""}\n${zones === undefined ? "" : JSON.stringify(zones)}\n${source}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const loading = compileSource(source, { name, customs, zones });
      cache.set(key, loading);
      loading.catch(() => cache.delete(key));
      if (cache.size > WORKFLOW_COUNT_MAX) cache.delete(cache.keys().next().value as string);
      return loading;
    },
    async versionOf(custom) {
      const version = customs?.versionOf(custom);
      return version === undefined ? undefined : shortenVersion(version);
    },
  };
}

async function shortenVersion(version: string): Promise<string> {
  return version.length > VERSION_SIZE_MAX ? identify(version) : version;
}

interface CompileOptions {
  readonly name: string | undefined;
  readonly customs: LibraryCustoms | undefined;
  readonly zones: readonly TimeZone[] | undefined;
}

async function compileSource(source: string, { name, customs: registered, zones: given }: CompileOptions): Promise<LoadedWorkflow> {
  const { definition, findings } = parseWorkflow(source, name === undefined ? {} : { name });
  if (findings.some(isError) || definition === undefined) throw invalid(name, findings);
  const isNamedFromOutside = name !== undefined && definition.name === name && parseWorkflow(source).definition.name !== name;
  const textIdentity = await identify(isNamedFromOutside ? `${name}\n${source}` : source);
  const compiled = compileWorkflow(definition, textIdentity, registered, given);
  const all = [...findings, ...compiled.findings].sort((a, b) => a.place.start - b.place.start);
  const { program } = compiled;
  if (program === undefined) throw invalid(definition.name, all);
  const { zones = [] } = program;
  const customs = await Promise.all((program.customs ?? []).map(async ({ name: of, version }) => ({ name: of, version: await shortenVersion(version) })));
  customs.sort((a, b) => (a.name < b.name ? -1 : 1));
  // Another version of a function or of a time zone makes another program of the same text.
  const parts = [textIdentity, ...(customs.length > 0 ? [JSON.stringify(customs)] : []), ...(zones.length > 0 ? [JSON.stringify(zones)] : [])];
  const identity = parts.length === 1 ? textIdentity : await identify(parts.join("\n"));
  return { identity, name: definition.name, source, program: { ...program, identity }, findings: all, customs };
}

function isError(finding: Finding): boolean {
  return finding.severity === "error";
}

function invalid(name: string | undefined, findings: readonly Finding[]): WorkflowError {
  const errors = findings.filter(isError);
  const first = errors[0];
  const where = first === undefined ? "" : `: ${first.message} (line ${first.place.line}, column ${first.place.column})`;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  return new WorkflowError("parse/invalid", `The workflow ${name === undefined ? "" : `"${name}" `}does not load${where}${more}`, {
    findings,
    ...(first && { place: first.place }),
  });
}

async function identify(source: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
