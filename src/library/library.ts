// Finds, compiles and caches workflows: the same text is parsed and compiled once. Entries are found by a fast hash and
// the text is compared; a workflow's identity is the SHA-256 of its text, of name and text where the text has no name.
import { compileWorkflow } from "../compile/compile-workflow.js";
import { parseWorkflow } from "../format/parse-workflow.js";
import { type Finding, WorkflowError } from "../model/errors.js";
import type { LibraryPort, LoadedWorkflow } from "../model/ports.js";

/** Compiled workflows kept. The oldest is dropped first; a run keeps its own program. */
export const WORKFLOW_COUNT_MAX = 256;

export function createLibrary(): LibraryPort {
  const cache = new Map<string, Promise<LoadedWorkflow>>();
  return {
    load(source, name) {
      const key = `${name ?? ""}\n${source}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const loading = compileSource(source, name);
      cache.set(key, loading);
      loading.catch(() => cache.delete(key));
      if (cache.size > WORKFLOW_COUNT_MAX) cache.delete(cache.keys().next().value as string);
      return loading;
    },
  };
}

async function compileSource(source: string, name: string | undefined): Promise<LoadedWorkflow> {
  const { definition, findings } = parseWorkflow(source, name === undefined ? {} : { name });
  if (findings.some(isError) || definition === undefined) throw invalid(name, findings);
  const isNamedFromOutside = name !== undefined && definition.name === name && parseWorkflow(source).definition.name !== name;
  const identity = await identify(isNamedFromOutside ? `${name}\n${source}` : source);
  const compiled = compileWorkflow(definition, identity);
  const all = [...findings, ...compiled.findings].sort((a, b) => a.place.start - b.place.start);
  if (compiled.program === undefined) throw invalid(definition.name, all);
  return { identity, name: definition.name, source, program: compiled.program, findings: all };
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
