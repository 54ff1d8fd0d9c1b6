// Suite `orquesta-validation`: workflows with what Orquesta's own validator finds in them. A case passes where our verdict is the
// same and everything it finds is found at its place by us, in our own words. What we find besides does not matter.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { parseWorkflow } from "../../src/doors/format.js";
import type { Finding } from "../../src/doors/format.js";
import type { CaseResult, Suite } from "./suite.js";

interface ExpectedFinding {
  readonly message: string;
  /** `tasks.task1.next[0].do`; null at the top. */
  readonly spec_path: string | null;
}

interface ValidationCase {
  readonly name: string;
  readonly workflow_yaml_path: string;
  readonly expected_errors: Readonly<Record<string, readonly ExpectedFinding[]>>;
}

export const orquestaValidationSuite: Suite = {
  name: "orquesta-validation",
  files: ["orquesta/validation-cases.json"],
  run(cases, _file, folder = ".") {
    return (cases as readonly ValidationCase[]).map((each) => runCase(each, folder));
  },
};

function runCase({ name, workflow_yaml_path, expected_errors }: ValidationCase, folder: string): CaseResult {
  const text = readFileSync(join(folder, workflow_yaml_path), "utf8");
  const errors = parseWorkflow(text, { dialect: "orquesta" }).findings.filter(({ severity }) => severity === "error");
  const expected = Object.values(expected_errors).flat();
  const shown = errors.map(({ code, message, place }) => `${code} ${place.line}:${place.column} ${message}`).join("\n");
  if (expected.length === 0) return errors.length === 0 ? { name, status: "passed" } : { name, status: "failed", detail: `no finding is expected, found:\n${shown}` };
  const missed = expected.filter((finding) => !errors.some((error) => isSame(error, finding, text)));
  if (missed.length === 0) return { name, status: "passed" };
  return { name, status: "failed", detail: `not found: ${missed.map(({ spec_path, message }) => `${spec_path}: ${message}`).join("; ")}\nfound:\n${shown}` };
}

/** Does it lie within what the path names, and speak of the same name? */
function isSame({ place, message }: Finding, { spec_path, message: expected }: ExpectedFinding, text: string): boolean {
  const name = /"(\w+)"/.exec(expected)?.[1];
  if (name !== undefined && !message.includes(`"${name}"`)) return false;
  if (spec_path === null) return true;
  const keys = spec_path.split(/[.[\]]+/).filter((key) => key !== "").map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  const document = parseDocument(text);
  const node = document.getIn(keys, true) as { readonly range?: readonly number[] } | undefined;
  // Parameters in one line have no nodes of their own: the line stands for them.
  const range = node?.range ?? (document.getIn(keys.slice(0, -1), true) as { readonly range?: readonly number[] } | undefined)?.range;
  // A finding about a task as a whole stands at its name, which is before its body.
  const start = (range?.[0] ?? 0) - `${keys[keys.length - 1]}:\n    `.length;
  return place.start >= start - 4 && place.start <= (range?.[1] ?? text.length);
}
