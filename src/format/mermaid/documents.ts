// The tree of documents after reading: `[*]` gets the id of its scope's start or end, and `--` makes regions of the
// statements between it.
import type { Reference, StateStatement, Statement } from "./statements.js";

/** Id of the region after the last `--`: Mermaid draws a random one. */
export const LAST_REGION_ID = "id-RANDOM";

/** Puts ids of `[*]` and regions in place, in the whole tree. */
export function translateDocuments(root: Statement[]): void {
  let dividerCount = 0;
  const number = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind !== "state") continue;
      if (statement.type === "divider") {
        dividerCount += 1;
        statement.reference.id = `divider-id-${dividerCount}`;
      }
      if (statement.document !== undefined) number(statement.document);
    }
  };
  number(root);
  translate("root", root);
}

function translate(scope: string, statements: readonly Statement[]): void {
  for (const statement of statements) {
    switch (statement.kind) {
      case "relation":
        name(scope, statement.source, true);
        name(scope, statement.target, false);
        break;
      case "state":
        name(scope, statement.reference, true);
        if (statement.document === undefined) break;
        statement.document = groupRegions(statement.document);
        translate(statement.reference.id, statement.document);
        break;
    }
  }
}

function name(scope: string, reference: Reference, isFirst: boolean): void {
  if (reference.id !== "[*]") return;
  reference.id = scope + (isFirst ? "_start" : "_end");
  reference.edge = isFirst ? "start" : "end";
}

/** Statements between dividers become the document of the divider after them; a document that ends with a divider stays flat. */
function groupRegions(statements: Statement[]): Statement[] {
  const regions: Statement[] = [];
  let region: Statement[] = [];
  for (const statement of statements) {
    if (statement.kind === "state" && statement.type === "divider") {
      regions.push({ ...statement, document: region });
      region = [];
    } else {
      region.push(statement);
    }
  }
  const first = region[0];
  const last = region[region.length - 1];
  if (regions.length === 0 || first === undefined || last === undefined) return statements;
  const reference: Reference = { id: LAST_REGION_ID, edge: "none", className: "", start: first.start, end: last.end };
  const closing: StateStatement = {
    kind: "state",
    reference,
    type: "divider",
    descriptions: [],
    document: region,
    note: undefined,
    isBare: false,
    start: first.start,
    end: last.end,
  };
  regions.push(closing);
  return regions;
}

/** The first composite state with more than one description, wherever they stand: Mermaid refuses to draw it. */
export function findDescribedGroup(root: readonly Statement[]): StateStatement | undefined {
  const counts = new Map<string, number>();
  const groups = new Map<string, StateStatement>();
  const count = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind !== "state") continue;
      const { id } = statement.reference;
      if (statement.descriptions.length > 0 && statement.descriptions[0] !== "")
        counts.set(id, (counts.get(id) ?? 0) + statement.descriptions.length);
      if (statement.document === undefined) continue;
      if (statement.type !== "divider" && !groups.has(id)) groups.set(id, statement);
      count(statement.document);
    }
  };
  count(root);
  for (const [id, group] of groups) if ((counts.get(id) ?? 0) > 1) return group;
  return undefined;
}
