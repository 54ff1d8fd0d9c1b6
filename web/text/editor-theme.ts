// How editors look. Colours are the page's custom properties, so both schemes need one theme only; the rules reach the
// page in a style element that carries the policy's nonce.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: tags.propertyName, color: "var(--code-property)" },
  { tag: tags.className, color: "var(--code-state)" },
  { tag: tags.typeName, color: "var(--code-type)" },
  { tag: [tags.operator, tags.punctuation, tags.bracket, tags.separator], color: "var(--code-operator)" },
  { tag: tags.heading, color: "var(--ink)", fontWeight: "650" },
  { tag: tags.meta, color: "var(--code-comment)" },
]);

const wavy = (colour: string): Record<string, string> => ({
  backgroundImage: "none",
  paddingBottom: "0",
  textDecoration: `underline wavy ${colour} 1px`,
  textUnderlineOffset: "3px",
  textDecorationSkipInk: "none",
});

const marker = (colour: string, radius: string): Record<string, string> => ({
  content: '""',
  display: "block",
  width: "8px",
  height: "8px",
  margin: "5px 3px",
  borderRadius: radius,
  backgroundColor: colour,
});

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "var(--code-size)", backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6", overscrollBehavior: "contain" },
  ".cm-content": { padding: "10px 0 40px", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0 14px 0 8px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ink-faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "30px", padding: "0 6px 0 4px" },
  ".cm-activeLine": { backgroundColor: "var(--line-active)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-matchingBracket": { backgroundColor: "transparent" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)", color: "inherit" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface-raised)",
    color: "var(--ink)",
    border: "1px solid var(--edge)",
    borderRadius: "8px",
    boxShadow: "var(--shadow)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete": { padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", fontSize: "13px", maxHeight: "15em", minWidth: "240px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { display: "flex", gap: "14px", alignItems: "baseline", padding: "4px 8px", borderRadius: "5px", lineHeight: "1.4" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--selection)", color: "var(--ink)" },
  ".cm-completionLabel": { flex: "none" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent)", fontWeight: "650" },
  ".cm-completionDetail": {
    flex: "1",
    marginLeft: "auto",
    maxWidth: "300px",
    overflow: "hidden",
    textAlign: "right",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    color: "var(--ink-faint)",
    fontSize: "11.5px",
    fontStyle: "normal",
  },
  ".cm-tooltip.cm-completionInfo": { padding: "8px 11px", maxWidth: "300px", fontFamily: "var(--font-sans)", fontSize: "13px", lineHeight: "1.45" },
  ".cm-expression-tip": { display: "grid", gap: "4px", padding: "7px 11px", maxWidth: "min(460px, 86vw)", fontSize: "13px", lineHeight: "1.45" },
  ".tip-code": { display: "block", fontFamily: "var(--font-mono)", fontSize: "12.5px", overflowWrap: "anywhere" },
  ".tip-active": { color: "var(--accent)", fontWeight: "700" },
  ".tip-count": { color: "var(--ink-faint)", fontSize: "12px" },
  ".tip-words": { margin: "0", color: "var(--ink-soft)", fontFamily: "var(--font-sans)" },
  ".cm-same-path": { backgroundColor: "var(--accent-soft)", borderRadius: "3px" },
  ".cm-explained": { backgroundColor: "var(--selection)", borderRadius: "3px" },
  ".cm-diagnostic": {
    padding: "7px 10px",
    borderLeft: "3px solid transparent",
    fontFamily: "var(--font-sans)",
    fontSize: "13px",
    maxWidth: "420px",
  },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-diagnostic-info": { borderLeftColor: "var(--accent)" },
  ".cm-lintRange-error": wavy("var(--bad)"),
  ".cm-lintRange-warning": wavy("var(--warn)"),
  ".cm-lintRange-info": wavy("var(--accent)"),
  ".cm-lintRange-active": { backgroundColor: "var(--selection)" },
  ".cm-gutter-lint": { width: "14px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0" },
  ".cm-lint-marker-error": marker("var(--bad)", "50%"),
  ".cm-lint-marker-warning": marker("var(--warn)", "2px"),
  ".cm-lint-marker-info": marker("var(--accent)", "2px"),
});

/** The nonce that the page's policy gives to styles; empty where there is none. */
export function readNonce(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"], meta[property="csp-nonce"]');
  return meta?.nonce || meta?.getAttribute("nonce") || meta?.content || document.documentElement.dataset["nonce"] || "";
}

/**
 * Typing over a selection is done here: left to itself, the browser would keep the look of what it replaces in a style
 * attribute, which the page's policy blocks and reports.
 */
const typeOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || event.data === null || event.isComposing || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

/** Look, colours and nonce for every editor of the playground. */
export function createLook(): Extension {
  const nonce = readNonce();
  return [look, typeOverSelection, syntaxHighlighting(colours), ...(nonce === "" ? [] : [EditorView.cspNonce.of(nonce)])];
}
