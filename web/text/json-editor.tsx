// A small editor for JSON: run inputs and event payloads. It says at once where a text stops being JSON.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, Transaction } from "@codemirror/state";
import { drawSelection, EditorView, keymap, placeholder } from "@codemirror/view";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { createLook } from "./editor-theme.js";
import { findJsonFault } from "./json-place.js";

export type JsonReading =
  | { readonly isValid: true; readonly value: unknown }
  | { readonly isValid: false; readonly message: string; readonly offset: number; readonly line: number; readonly column: number };

/** Reads JSON; an empty text is no value at all. A failure has a line and a column. */
export function readJson(text: string): JsonReading {
  if (text.trim() === "") return { isValid: true, value: undefined };
  try {
    return { isValid: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = findJsonFault(text);
    const before = text.slice(0, offset);
    const line = before.split("\n").length;
    return { isValid: false, message: tidyMessage(message), offset, line, column: offset - before.lastIndexOf("\n") };
  }
}

function tidyMessage(message: string): string {
  return message
    .replace(/^JSON\.parse: /, "")
    .replace(/,? ?(?:\.\.\.)?".*" is not valid JSON$/s, "")
    .replace(/ in JSON at position \d+.*$/s, "")
    .replace(/ at position \d+.*$/s, "")
    .replace(/ at line \d+ column \d+.*$/s, "");
}

export interface JsonEditorProperties {
  readonly text: string;
  readonly label: string;
  readonly hint?: string;
  readonly onText: (text: string) => void;
  readonly onSubmit?: () => void;
}

/** Marks where the text stops being JSON: the character there, or the last one. */
function markProblem(view: EditorView | null, text: string): void {
  const reading = readJson(text);
  if (view?.state.doc.toString() !== text) return;
  const to = reading.isValid ? 0 : Math.min(text.length, reading.offset + 1);
  const marks = reading.isValid ? [] : [{ from: Math.max(0, to - 1), to, severity: "error" as const, message: reading.message }];
  view.dispatch(setDiagnostics(view.state, marks));
}

/** An editor bound to `text`; reports each change. */
export function JsonEditor({ text, label, hint, onText, onSubmit }: JsonEditorProperties): VNode {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const latest = useRef({ onText, onSubmit });
  // Texts told to the owner that have not come back as `text` yet: rendering lags behind typing.
  const told = useRef<string[]>([]);
  latest.current = { onText, onSubmit };
  useEffect(() => {
    if (!host.current) return;
    const submit = (): boolean => {
      latest.current.onSubmit?.();
      return latest.current.onSubmit !== undefined;
    };
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          history(),
          drawSelection(),
          bracketMatching(),
          json(),
          createLook(),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
          ...(hint === undefined ? [] : [placeholder(hint)]),
          keymap.of([
            { key: "Mod-Enter", run: submit },
            ...defaultKeymap.filter((binding) => binding.key !== "Mod-Enter"),
            ...historyKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            const isOutside = update.transactions.some(
              (transaction) => transaction.annotation(Transaction.userEvent) === "replace.outside",
            );
            if (!update.docChanged || isOutside) return;
            const next = update.state.doc.toString();
            told.current.push(next);
            latest.current.onText(next);
          }),
        ],
      }),
    });
    editor.current = view;
    return () => view.destroy();
  }, []);
  useEffect(() => {
    const view = editor.current;
    const at = told.current.lastIndexOf(text);
    told.current.splice(0, at + 1);
    if (!view || at >= 0 || view.state.doc.toString() === text) return;
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: text },
      annotations: Transaction.userEvent.of("replace.outside"),
    });
  }, [text]);
  useEffect(() => markProblem(editor.current, text), [text]);
  const reading = readJson(text);
  return (
    <div class="json-editor">
      <div class={`json-box${reading.isValid ? "" : " is-invalid"}`} ref={host} />
      {!reading.isValid && (
        <p class="field-problem" role="alert">
          Line {reading.line}, column {reading.column}: {reading.message}
        </p>
      )}
    </div>
  );
}
