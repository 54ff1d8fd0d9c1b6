// Suite `mermaid`: recorded state diagrams with what Mermaid 11.17 makes of them. Compared are the verdict, the states,
// relations, classes and direction of the top level, and the whole tree of statements. HTML escapes and the random ids of
// last regions are brought to one form first.
import { viewDiagram } from "../../src/format/mermaid/mermaid-view.js";
import { parseDiagram } from "../../src/format/mermaid/parser.js";
import type { Diagram, Reference, Statement, StateStatement } from "../../src/format/mermaid/statements.js";
import type { CaseResult, Suite } from "./suite.js";

interface RecordedState {
  readonly id: string;
  readonly type: string;
  readonly descriptions: readonly string[];
  readonly hasDoc?: boolean;
  readonly note?: { readonly position: string; readonly text: string };
  readonly classes?: readonly string[];
  readonly styles?: readonly string[];
}

interface RecordedDiagram {
  readonly ok: boolean;
  readonly error?: string;
  readonly states: readonly RecordedState[];
  readonly relations: readonly { readonly id1: string; readonly id2: string; readonly relationTitle: string }[];
  readonly direction: string;
  readonly classes: readonly { readonly id: string; readonly styles: readonly string[] }[];
  readonly rootDoc: readonly unknown[];
}

interface MermaidCase {
  readonly source: string;
  readonly text: string;
  readonly mermaid: RecordedDiagram;
}

export const mermaidSuite: Suite = {
  name: "mermaid",
  files: ["mermaid/corpus.json", "mermaid/edge-cases.json"],
  run: (cases) => (cases as readonly MermaidCase[]).map(runCase),
};

function runCase({ source, text, mermaid }: MermaidCase): CaseResult {
  const diagram = parseDiagram(text);
  const isOk = diagram.errors.length === 0;
  const ours = isOk ? describeOurs(diagram) : "";
  const theirs = mermaid.ok ? describeTheirs(mermaid) : "";
  if (isOk === mermaid.ok && ours === theirs) return { name: source, status: "passed" };
  const verdicts = `Mermaid: ${mermaid.ok ? "accepts" : `refuses (${mermaid.error?.split("\n")[0]})`}; here: ${isOk ? "accepted" : `refused (${diagram.errors[0]?.message})`}`;
  return { name: source, status: "failed", detail: `${JSON.stringify(text)}\n${verdicts}\nexpected ${theirs}\ngot      ${ours}` };
}

function describeOurs(diagram: Diagram): string {
  const { states, relations, direction, classes } = viewDiagram(diagram);
  return stringify({
    states: states.map(({ id, type, descriptions, hasDoc, note, classes: names, styles }) => ({
      id,
      type,
      descriptions,
      hasDoc,
      note,
      classes: names,
      styles,
    })),
    relations,
    direction,
    classes: [...classes].map(([id, styles]) => ({ id, styles })),
    tree: diagram.statements.map(toRecorded),
  });
}

function describeTheirs(recorded: RecordedDiagram): string {
  return stringify({
    states: recorded.states.map(({ id, type, descriptions, hasDoc = false, note, classes = [], styles = [] }) => ({
      id,
      type,
      descriptions,
      hasDoc,
      note,
      classes,
      styles,
    })),
    relations: recorded.relations,
    direction: recorded.direction,
    classes: recorded.classes.map(({ id, styles }) => ({ id, styles })),
    tree: recorded.rootDoc,
  });
}

/** A statement in the shape of Mermaid's parser. */
export function toRecorded(statement: Statement): unknown {
  switch (statement.kind) {
    case "relation": {
      const { source, target, label } = statement;
      return {
        stmt: "relation",
        state1: toRecordedReference(source),
        state2: toRecordedReference(target),
        ...(label !== "" && { description: label }),
      };
    }
    case "state":
      return toRecordedState(statement);
    case "name":
      return statement.name;
    case "direction":
      return { stmt: "dir", value: statement.direction };
    case "classDef":
      return { stmt: "classDef", id: statement.ids, classes: statement.value };
    case "class":
      return { stmt: "applyClass", id: statement.ids, styleClass: statement.value };
    case "style":
      return { stmt: "style", id: statement.ids, styleClass: statement.value };
    case "click":
      return { stmt: "click", id: toRecordedReference(statement.reference), url: statement.url, tooltip: statement.tooltip };
    default:
      return statement.text;
  }
}

function toRecordedReference({ id, edge, className }: Reference): object {
  return {
    stmt: "state",
    id,
    type: "default",
    description: "",
    ...(edge !== "none" && { start: edge === "start" }),
    ...(className !== "" && { classes: [className] }),
  };
}

function toRecordedState({ reference, type, descriptions, document, note }: StateStatement): object {
  const doc = document === undefined ? {} : { doc: document.map(toRecorded) };
  const start = reference.edge === "none" ? {} : { start: reference.edge === "start" };
  if (note !== undefined) return { stmt: "state", id: reference.id, note, ...start };
  if (type !== "default") return { stmt: "state", id: reference.id, type, ...doc, ...start };
  const description = descriptions.length > 1 ? descriptions : (descriptions[0] ?? "");
  return { ...toRecordedReference(reference), description, ...doc };
}

/** JSON with sorted keys, escapes and random ids in one form. */
function stringify(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === "description" && inner === "") return undefined;
    if (typeof inner === "string") return normalize(key === "" || Number(key) >= 0 ? inner.trim() : inner);
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

/** `#quot;` stands in Mermaid's data between markers of its own; DOMPurify writes HTML its own way. */
function normalize(text: string): string {
  return text
    .replace(/ﬂ°°?(\w+)¶ß/g, "#$1;")
    .replace(/^id-[a-z0-9]+-\d+/, "id-RANDOM")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replace(/<br\s*\/?>/g, "<br>");
}
