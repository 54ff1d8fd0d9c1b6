// The editor for the workflow's text: CodeMirror with findings in the gutter and under the text.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, Transaction } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { effect, signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Finding } from "../millrace.js";
import { draft, findings } from "./draft.js";
import { editSource, source, sourceVersion } from "./documents.js";
import { expressionSupport } from "../expression/expression-support.js";
import { tellParsed, workflowRegions, workflowRegionState } from "../expression/workflow-regions.js";
import { createLook } from "./editor-theme.js";
import { workflowLanguage } from "./workflow-language.js";

const diagnosticCountMax = 500;

/** The line that the cursor is on, from 1; 0 when the editor has no focus. */
export const cursorLine = signal(0);

let view: EditorView | undefined;

/** Puts the cursor at an offset, scrolls there and gives the editor the focus. */
export function goToOffset(start: number, end = start): void {
  if (!view) return;
  const size = view.state.doc.length;
  const anchor = Math.min(start, size);
  const head = Math.min(Math.max(end, start), size);
  view.dispatch({ selection: { anchor, head }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
  view.focus();
}

/** Gives the editor the focus. */
export function focusEditor(): void {
  view?.focus();
}

function toDiagnostic(finding: Finding, size: number): Diagnostic {
  const from = Math.min(finding.place.start, size);
  return {
    from,
    to: Math.min(Math.max(finding.place.end, from), size),
    severity: finding.severity,
    message: finding.message,
    source: finding.code,
  };
}

function createExtensions(): ConstructorParameters<typeof EditorView>[0] {
  return {
    state: EditorState.create({
      doc: source.peek(),
      extensions: [
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        bracketMatching(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        indentUnit.of("  "),
        workflowLanguage,
        workflowRegionState,
        expressionSupport(workflowRegions),
        createLook(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "Workflow text", spellcheck: "false", autocapitalize: "off" }),
        keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          const isOutside = update.transactions.some((transaction) => transaction.annotation(Transaction.userEvent) === "replace.outside");
          if (update.docChanged && !isOutside) editSource(update.state.doc.toString());
          if (update.selectionSet || update.focusChanged || update.docChanged) {
            cursorLine.value = update.view.hasFocus ? update.state.doc.lineAt(update.state.selection.main.head).number : 0;
          }
        }),
      ],
    }),
  };
}

function followDocument(editor: EditorView): () => void {
  let known = sourceVersion.peek();
  return effect(() => {
    const version = sourceVersion.value;
    if (version === known) return;
    known = version;
    const text = source.peek();
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: text },
      selection: { anchor: 0 },
      annotations: Transaction.userEvent.of("replace.outside"),
      scrollIntoView: true,
    });
  });
}

function followFindings(editor: EditorView): () => void {
  return effect(() => {
    const list = findings.value;
    if (draft.value?.text !== editor.state.doc.toString()) return;
    const size = editor.state.doc.length;
    const shown = list.slice(0, diagnosticCountMax).map((finding) => toDiagnostic(finding, size));
    editor.dispatch(setDiagnostics(editor.state, shown));
  });
}

/** The expressions that the parser has found: what completes and explains them asks for their places. */
function followExpressionPlaces(editor: EditorView): () => void {
  return effect(() => {
    const current = draft.value;
    if (current?.definition === undefined || current.text !== editor.state.doc.toString()) return;
    editor.dispatch({ effects: tellParsed(current.definition, current.text) });
  });
}

/** The text pane's editor. */
export function SourceEditor(): VNode {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const editor = new EditorView({ ...createExtensions(), parent: host.current });
    view = editor;
    const stops = [followDocument(editor), followFindings(editor), followExpressionPlaces(editor)];
    return () => {
      for (const stop of stops) stop();
      view = undefined;
      editor.destroy();
    };
  }, []);
  return <div class="source-editor" ref={host} />;
}
