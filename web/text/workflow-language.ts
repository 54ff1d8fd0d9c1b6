// Colours for a workflow's text as the editor shows it: a task graph in YAML, or YAML front matter, Markdown with an Actions list, and the state
// diagram in its fence. Line by line and forgiving; meaning comes from the parser, never from here.
import { StreamLanguage, type StringStream } from "@codemirror/language";

type Mode = "begin" | "front" | "yaml" | "prose" | "diagram";

interface LineState {
  mode: Mode;
  /** Within the current line: after the colon of a transition label, or after `- State:` of an action. */
  isLabel: boolean;
  isFenced: boolean;
}

const DIAGRAM_WORDS =
  /^(?:stateDiagram(?:-v2)?|state|note|end note|direction|as|of|left|right|classDef|class|TB|TD|BT|LR|RL|accTitle|accDescr)\b/;
const ACTION_WORDS = /^(?:log|set|wait|call|run|workflow|prompt|abort|with|result|execute|delegate|to|debug|info|warning|error|await)\b/i;
const LABEL_WORDS = /^(?:after|always|default|event)\b/;

function readFront(stream: StringStream, state: LineState): string | null {
  if (state.mode === "front" && stream.sol() && stream.match(/^---\s*$/)) {
    state.mode = "prose";
    return "meta";
  }
  if (stream.match(/^#.*/)) return "comment";
  if (stream.match(/^\s*-\s/)) return "punctuation";
  if (stream.match(/^[\w-]+(?=\s*:)/)) return "propertyName";
  if (stream.match(/^"(?:[^"\\]|\\.)*"|^'[^']*'/)) return "string";
  if (stream.match(/^(?:true|false|null)\b/)) return "bool";
  if (stream.match(/^-?\d+(?:\.\d+)?\b/)) return "number";
  if (stream.match(/^[:,[\]{}]/)) return "punctuation";
  if (stream.match(/^[\w./-]+/)) return null;
  stream.next();
  return null;
}

function readExpression(stream: StringStream): string | null {
  if (stream.match(/^"(?:[^"\\]|\\.)*"|^'(?:[^'\\]|\\.)*'/)) return "string";
  if (stream.match(/^\$?\{\{?|^\}\}?/)) return "keyword";
  if (stream.match(/^(?:true|false|null|in)\b/)) return "bool";
  if (stream.match(/^\d+(?:\.\d+)?(?:ms|s|m|h|d)?\b/)) return "number";
  if (stream.match(/^(?:&&|\|\||[<>=!]=|[-+*/%<>!?]|=)/)) return "operator";
  if (stream.match(/^[\w]+/)) return null;
  stream.next();
  return null;
}

function readDiagram(stream: StringStream, state: LineState): string | null {
  if (stream.sol()) state.isLabel = false;
  if (state.isFenced && stream.sol() && stream.match(/^\s*```\s*$/)) {
    state.mode = "prose";
    return "meta";
  }
  if (stream.match(/^%%.*/)) return "comment";
  if (state.isLabel) {
    if (stream.match(LABEL_WORDS)) return "keyword";
    if (stream.match(/^[[\]`]/)) return "punctuation";
    return readExpression(stream);
  }
  if (stream.match(/^<<\w+>>/)) return "typeName";
  if (stream.match(/^\[\*\]/)) return "atom";
  if (stream.match(/^(?:-->|--)/)) return "operator";
  if (stream.match(/^"[^"]*"/)) return "string";
  if (stream.match(/^:::?/)) {
    state.isLabel = true;
    return "punctuation";
  }
  if (stream.match(/^[{}]/)) return "bracket";
  if (stream.match(DIAGRAM_WORDS)) return "keyword";
  if (stream.match(/^[\w-]+?(?=\s*-->)|^\w+/)) return "className";
  stream.next();
  return null;
}

function readProse(stream: StringStream, state: LineState): string | null {
  if (stream.sol()) {
    state.isLabel = false;
    if (stream.match(/^\s*```\s*mermaid\s*$/)) {
      state.mode = "diagram";
      state.isFenced = true;
      return "meta";
    }
    if (stream.match(/^#{1,6}\s.*/)) return "heading";
    if (stream.match(/^\s*[-*]\s+/)) {
      if (stream.match(/^[\w -]+?(?=:)/)) state.isLabel = true;
      return state.isLabel ? "className" : "punctuation";
    }
  }
  if (!state.isLabel) {
    if (stream.match(/^`[^`]*`/)) return "string";
    if (!stream.match(/^[^`]+/)) stream.next();
    return null;
  }
  if (stream.match(ACTION_WORDS)) return "keyword";
  return readExpression(stream);
}

/** The language of workflow texts. */
export const workflowLanguage = StreamLanguage.define<LineState>({
  name: "workflow",
  startState: () => ({ mode: "begin", isLabel: false, isFenced: false }),
  copyState: (state) => ({ ...state }),
  token(stream, state) {
    if (state.mode === "begin") {
      if (stream.match(/^---\s*$/)) {
        state.mode = "front";
        return "meta";
      }
      // A heading of Markdown, or a comment of YAML: the next lines tell.
      if (stream.match(/^#.*/)) return "heading";
      const isYaml = stream.match(/^[\w-]+\s*:(?:\s|$)/, false);
      state.mode = isYaml ? "yaml" : stream.match(/^\s*(?:stateDiagram|%%)/, false) ? "diagram" : "prose";
    }
    if (state.mode === "front" || state.mode === "yaml") return readFront(stream, state);
    return state.mode === "diagram" ? readDiagram(stream, state) : readProse(stream, state);
  },
  languageData: { commentTokens: { line: "%%" } },
});
