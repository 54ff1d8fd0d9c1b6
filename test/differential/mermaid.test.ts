// The reader of diagrams against Mermaid's own parser, on random soups of the language's pieces: the same verdict, and the
// same tree of statements. Mermaid's parser is taken from the package without its drawing; its sanitizer needs a browser,
// so what that would change is left out.
import { readdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDiagram } from "../../src/format/mermaid/parser.js";
import { toRecorded } from "../conformance/mermaid-suite.js";

interface MermaidDatabase {
  extract: () => void;
  setAccTitle: () => void;
  setAccDescription: () => void;
  readonly rootDoc: readonly unknown[];
}

interface MermaidDiagram {
  readonly db: MermaidDatabase;
  readonly parser: { readonly parser: { yy: unknown; parse(text: string): unknown } };
}

async function loadMermaid(): Promise<MermaidDiagram> {
  const folder = new URL("../../node_modules/mermaid/dist/chunks/mermaid.core/", import.meta.url);
  const file = readdirSync(fileURLToPath(folder)).find((name) => /^stateDiagram-v2-\w+\.mjs$/.test(name));
  if (file === undefined) throw new Error("The mermaid package has no stateDiagram-v2 module");
  const module = (await import(/* @vite-ignore */ pathToFileURL(fileURLToPath(new URL(file, folder))).href)) as {
    readonly diagram: MermaidDiagram;
  };
  return module.diagram;
}

const mermaid = await loadMermaid();

/** Mermaid's tree of statements, or undefined where it refuses. */
function readWithMermaid(text: string): unknown {
  // A new data base each time it is asked for.
  const { db } = mermaid;
  db.extract = () => {};
  db.setAccTitle = () => {};
  db.setAccDescription = () => {};
  mermaid.parser.parser.yy = db;
  try {
    mermaid.parser.parser.parse(`${prepare(text)}\n`);
  } catch {
    return undefined;
  }
  return db.rootDoc;
}

/** What Mermaid does before its parser: comment lines go, escapes are put out of its way. */
function prepare(text: string): string {
  const withoutComments = text.replace(/^\s*%%(?!\{)[^\n]+\n?/gm, "");
  return withoutComments.replace(/#(\w+);/g, "ﬂ°$1¶ß");
}

function readHere(text: string): unknown {
  const { errors, statements } = parseDiagram(text);
  const refusals = errors.filter(({ code }) => code !== "parse/composite-descriptions");
  return refusals.length > 0 ? undefined : statements.map(toRecorded);
}

/** One form for what is not compared: spaces at ends, empty descriptions, random ids. */
function normalize(tree: unknown): unknown {
  if (tree === undefined) return undefined;
  return JSON.parse(
    JSON.stringify(tree, (key, value: unknown) => {
      if (key === "description" && value === "") return undefined;
      if (Array.isArray(value)) return value.filter((item) => typeof item !== "string" || item.trim() !== "");
      return typeof value === "string"
        ? value
            .trim()
            .replace(/^id-[a-z0-9]+-\d+/, "id-RANDOM")
            .replace(/ﬂ°(\w+)¶ß/g, "#$1;")
        : value;
    }),
  );
}

const pieces = [
  "A",
  "B",
  "c",
  "long_id",
  "a.b",
  "x1",
  "状態",
  "note",
  "state",
  "class",
  "style",
  "direction",
  "default",
  "click",
  "href",
  "end",
  "as",
  "B;",
  "}x",
  "%",
  "a%%b",
  '"',
  "[*]",
  "-->",
  "--",
  "->",
  "---",
  ":",
  ":::",
  "::",
  ";",
  "{",
  "}",
  "#",
  "# remark",
  "#quot;",
  "%% remark",
  "\\",
  "<<choice>>",
  "<<fork>>",
  "<<join>>",
  "[[fork]]",
  "[[choice]]",
  ": label",
  ": x > 1 ? 2 : 3",
  ": a::b",
  ": a;b",
  ": go #semi; on",
  ":::bad",
  "state ",
  "state A {",
  "state B{",
  'state "Some text" as C',
  'state "T" as D {',
  'state "T" as E: more',
  "state f <<fork>>",
  "state two words {",
  "note right of A: text",
  "note left of B",
  "text of a note",
  "end note",
  'note "floating" as N',
  "note over A",
  "direction LR",
  "direction tb",
  "DIRECTION RL",
  "classDef big fill:#fff,stroke:red",
  "classDef big fill:red;",
  "class A,B big",
  "class A, B big",
  "class a",
  "style A fill:#f9f",
  "style A",
  "accTitle: A title",
  "accDescr: text",
  "accDescr { two",
  "scale 350 width",
  "scale 3",
  "hide empty description",
  'click A "https://x.y" "tip"',
  'click A href "https://x.y"',
  "stateDiagram-v2",
];

const soup = fc
  .array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom("\n", "\n", "\n", " ", "", "\n  ", "  ", "\n\n", "\t")), { maxLength: 14 })
  .map((parts) => `stateDiagram-v2\n${parts.map(([piece, gap]) => piece + gap).join("")}`);

/** Mostly sound diagrams, so that many are accepted. */
const statement: fc.Arbitrary<string> = fc.letrec<{ line: string; block: string }>((tie) => ({
  line: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(
      "A --> B",
      "B --> A : go",
      "[*] --> A",
      "A --> [*]",
      "A : text",
      "B",
      "state c <<choice>>",
      'state "T" as D',
      "note right of A : n",
      "note left of B\n x\nend note",
      "direction LR",
      "class A big",
      "--",
      "A:::big --> B",
      "%% remark",
      "# x",
      "state A",
    ),
    fc.tuple(fc.constantFrom("state P {", 'state "T" as Q {', "state A {"), tie("block")).map(([open, block]) => `${open}\n${block}\n}`),
  ),
  block: fc.array(tie("line"), { maxLength: 5 }).map((lines) => lines.join("\n")),
})).block;

test("random soups of pieces are read alike", () => {
  fc.assert(
    fc.property(soup, (text) => {
      // Mermaid drops a semicolon from such lines, whatever they are.
      fc.pre(!/(style|classDef).*:\S*#.*;/.test(text));
      expect(normalize(readHere(text))).toEqual(normalize(readWithMermaid(text)));
    }),
    { numRuns: 3_000 },
  );
});

test("random sound diagrams are read alike", () => {
  let acceptedCount = 0;
  fc.assert(
    fc.property(statement, (block) => {
      const text = `stateDiagram-v2\n${block}`;
      const theirs = readWithMermaid(text);
      if (theirs !== undefined) acceptedCount += 1;
      expect(normalize(readHere(text))).toEqual(normalize(theirs));
    }),
    { numRuns: 1_000 },
  );
  expect(acceptedCount).toBeGreaterThan(300);
});
