// The scratch-pad's editor for one expression: CodeMirror with everything that the expression service knows.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, StreamLanguage } from "@codemirror/language";
import { type Diagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet, drawSelection, EditorView, keymap, placeholder } from "@codemirror/view";
import { effect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ExpressionDiagnostic } from "../millrace-editor.js";
import { createLook } from "../text/editor-theme.js";
import { expressionSupport, formatAt, type RegionFinder } from "./expression-support.js";
import { padExpression, padOptions, padResult, padVersion } from "./pad.js";

const language = StreamLanguage.define({
  name: "cel",
  token(stream) {
    if (stream.match(/^\/\/.*/)) return "comment";
    if (stream.match(/^[bBrR]{0,2}"(?:[^"\\]|\\.)*"?|^[bBrR]{0,2}'(?:[^'\\]|\\.)*'?/)) return "string";
    if (stream.match(/^(?:true|false|null|in)\b/)) return "bool";
    if (stream.match(/^\d[\w.]*/)) return "number";
    if (stream.match(/^\.\??\s*[A-Za-z_]\w*(?=\s*\()/)) return "keyword";
    if (stream.match(/^\.\??\s*[A-Za-z_]\w*/)) return "propertyName";
    if (stream.match(/^[A-Za-z_]\w*(?=\s*\()/)) return "keyword";
    if (stream.match(/^[A-Za-z_]\w*/)) return null;
    if (stream.match(/^(?:&&|\|\||[<>=!]=|[-+*/%<>!?:])/)) return "operator";
    stream.next();
    return null;
  },
});

const wholeText: RegionFinder = {
  isWholeText: true,
  at: (state) => ({ from: 0, to: state.doc.length, options: padOptions.peek() }),
  list: (state) => [{ from: 0, to: state.doc.length, options: padOptions.peek() }],
};

// --- the part that is pointed at -------------------------------------------------------------------------------------

const pointEffect = StateEffect.define<{ readonly from: number; readonly to: number } | undefined>();
const pointMark = Decoration.mark({ class: "cm-explained" });
const pointField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    let next = transaction.docChanged ? Decoration.none : value;
    for (const change of transaction.effects) {
      if (change.is(pointEffect)) next = change.value === undefined || change.value.to <= change.value.from ? Decoration.none : Decoration.set([pointMark.range(change.value.from, change.value.to)]);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

let view: EditorView | undefined;

let isFocusWanted = false;

/** Gives the editor the focus, at once or as soon as it is there. */
export function focusPad(): void {
  isFocusWanted = view === undefined;
  view?.focus();
}

/** Marks a part of the expression, as long as the pointer or the focus is on what stands for it; none: nothing. */
export function pointAt(place?: { readonly start: number; readonly end: number }): void {
  const size = view?.state.doc.length ?? 0;
  view?.dispatch({ effects: pointEffect.of(place === undefined ? undefined : { from: Math.min(place.start, size), to: Math.min(place.end, size) }) });
}

/** Selects a part of the expression and gives the editor the focus. */
export function selectPlace({ start, end }: { readonly start: number; readonly end: number }): void {
  const size = view?.state.doc.length ?? 0;
  view?.dispatch({ selection: { anchor: Math.min(start, size), head: Math.min(end, size) }, scrollIntoView: true });
  view?.focus();
}

export function formatPad(): void {
  if (view) formatAt(view, wholeText);
}

function toDiagnostic({ place, severity, message, code }: ExpressionDiagnostic, size: number): Diagnostic {
  const from = Math.min(place.start, size);
  return { from, to: Math.min(Math.max(place.end, from), size), severity, message, source: code };
}

function createView(parent: HTMLElement): EditorView {
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: padExpression.peek(),
      extensions: [
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        language,
        pointField,
        expressionSupport(wholeText),
        createLook(),
        EditorView.lineWrapping,
        placeholder("order.total > limit"),
        EditorView.contentAttributes.of({ "aria-label": "Expression", spellcheck: "false", autocapitalize: "off", "aria-describedby": "pad-status" }),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
        EditorView.updateListener.of((update) => {
          const isOutside = update.transactions.some((transaction) => transaction.annotation(Transaction.userEvent) === "replace.outside");
          if (update.docChanged && !isOutside) padExpression.value = update.state.doc.toString();
        }),
      ],
    }),
  });
}

function follow(editor: EditorView): () => void {
  let known = padVersion.peek();
  const stopText = effect(() => {
    const version = padVersion.value;
    if (version === known) return;
    known = version;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: padExpression.peek() },
      annotations: Transaction.userEvent.of("replace.outside"),
    });
  });
  const stopFindings = effect(() => {
    const result = padResult.value;
    const text = editor.state.doc.toString();
    if (result?.expression !== text) return;
    editor.dispatch(setDiagnostics(editor.state, result.findings.map((finding) => toDiagnostic(finding, text.length))));
  });
  return () => {
    stopText();
    stopFindings();
  };
}

/** The editor of the expression. */
export function ExpressionEditor(): VNode {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const editor = createView(host.current);
    view = editor;
    const stop = follow(editor);
    if (isFocusWanted) editor.focus();
    isFocusWanted = false;
    return () => {
      stop();
      view = undefined;
      editor.destroy();
    };
  }, []);
  return <div class="pad-expression" ref={host} />;
}
