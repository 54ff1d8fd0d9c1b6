// What an editor does for the expressions in its text: completion, hover, signature help, marks on what a path is read by,
// the way from one to the next, and formatting. Where expressions stand is somebody else's business.
import { acceptCompletion, autocompletion, type Completion as Choice, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { type EditorState, type Extension, Prec, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, hoverTooltip, keymap, showTooltip, type Tooltip, tooltips, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import {
  type Completion,
  completeExpression,
  type ExpressionEditorOptions,
  findSignature,
  formatExpression,
  type Hover,
  hoverExpression,
  readReferences,
  type SignatureHelp,
} from "../millrace-editor.js";

/** An expression within a text: offsets in the document, and what it may use. */
export interface ExpressionRegion {
  readonly from: number;
  readonly to: number;
  readonly options: ExpressionEditorOptions;
}

export interface RegionFinder {
  /** The expression that holds an offset, its ends included. */
  at(state: EditorState, position: number): ExpressionRegion | undefined;
  /** All expressions, in the order of the text. */
  list(state: EditorState): readonly ExpressionRegion[];
  /** Stands an expression alone, so that it may be written on several lines? */
  readonly isWholeText: boolean;
}

function textOf(state: EditorState, { from, to }: ExpressionRegion): string {
  return state.sliceDoc(from, to);
}

// --- completion ------------------------------------------------------------------------------------------------------

function toChoice({ label, kind, detail, documentation, insert, cursor, start, end }: Completion, { from }: ExpressionRegion, rank: number): Choice {
  return {
    label,
    type: kind,
    detail,
    // What the service puts first stays first.
    boost: 99 - Math.min(rank, 198),
    ...(documentation !== "" && { info: documentation }),
    apply: (view) => {
      const at = from + start;
      view.dispatch({
        changes: { from: at, to: Math.max(from + end, view.state.selection.main.head), insert },
        selection: { anchor: at + cursor },
        userEvent: "input.complete",
        scrollIntoView: true,
      });
    },
  };
}

function createSource(find: RegionFinder) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const region = find.at(state, pos);
    if (region === undefined) return null;
    const text = textOf(state, region);
    const before = text.slice(0, pos - region.from);
    if (!explicit && !/[\w.`]$/.test(before)) return null;
    const completions = completeExpression(text, pos - region.from, region.options);
    const [first] = completions;
    if (first === undefined) return null;
    return { from: region.from + first.start, options: completions.map((item, rank) => toChoice(item, region, rank)), validFor: /^\w*$/ };
  };
}

// --- hover and signatures --------------------------------------------------------------------------------------------

function element(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function drawHover({ kind, name, type, signatures, documentation, path }: Hover): HTMLElement {
  const box = element("div", "cm-expression-tip");
  box.setAttribute("role", "tooltip");
  if (signatures.length > 0) for (const signature of signatures.slice(0, 6)) box.append(element("code", "tip-code", signature));
  else box.append(element("code", "tip-code", `${path ?? name}: ${type}`));
  const words = documentation === "" ? (kind === "variable" || kind === "field" ? "" : kind) : documentation;
  if (words !== "") box.append(element("p", "tip-words", words));
  return box;
}

function createHover(find: RegionFinder): Extension {
  return hoverTooltip((view, position) => {
    const region = find.at(view.state, position);
    if (region === undefined) return null;
    const hover = hoverExpression(textOf(view.state, region), position - region.from, region.options);
    if (hover === undefined) return null;
    return { pos: region.from + hover.start, end: region.from + hover.end, above: true, create: () => ({ dom: drawHover(hover) }) };
  });
}

function drawSignature({ signatures, activeSignature, activeParameter, documentation }: SignatureHelp): HTMLElement {
  const box = element("div", "cm-expression-tip");
  const { label, parameters } = signatures[activeSignature] ?? { label: "", parameters: [] };
  const line = element("code", "tip-code");
  const active = parameters[activeParameter];
  if (active === undefined) line.textContent = label;
  else line.append(label.slice(0, active.start), element("b", "tip-active", label.slice(active.start, active.end)), label.slice(active.end));
  box.append(line);
  if (signatures.length > 1) box.append(element("span", "tip-count", `${activeSignature + 1} of ${signatures.length}`));
  if (documentation !== "") box.append(element("p", "tip-words", documentation));
  return box;
}

function createSignatures(find: RegionFinder): Extension {
  const read = (state: EditorState): Tooltip | null => {
    const { main } = state.selection;
    const region = main.empty ? find.at(state, main.head) : undefined;
    const help = region === undefined ? undefined : findSignature(textOf(state, region), main.head - region.from, region.options);
    if (region === undefined || help === undefined) return null;
    return { pos: region.from + help.start, above: true, strictSide: true, create: () => ({ dom: drawSignature(help) }) };
  };
  return StateField.define<Tooltip | null>({
    create: () => null,
    update: (value, transaction) => {
      // Only while somebody writes or moves: a text that was just opened shows none.
      if (!transaction.docChanged && transaction.selection === undefined) return value;
      return transaction.isUserEvent("input") || transaction.isUserEvent("select") || transaction.isUserEvent("delete") ? read(transaction.state) : null;
    },
    provide: (field) => showTooltip.from(field),
  });
}

// --- references ------------------------------------------------------------------------------------------------------

/** Expressions that are looked through for the path under the cursor. */
const SAME_PATH_REGION_COUNT_MAX = 200;

/** Places of the path that the cursor stands in, in all expressions, in the order of the text. */
export function findSamePath(state: EditorState, find: RegionFinder, position: number): readonly { readonly from: number; readonly to: number }[] {
  const region = find.at(state, position);
  if (region === undefined) return [];
  const own = readReferences(textOf(state, region), region.options);
  const at = position - region.from;
  const wanted = own.find(({ places }) => places.some(({ start, end }) => start <= at && at <= end));
  if (wanted === undefined) return [];
  const others = find.list(state).filter((other) => textOf(state, other).includes(wanted.variable));
  return others.slice(0, SAME_PATH_REGION_COUNT_MAX).flatMap((other) => {
    const found = readReferences(textOf(state, other), other.options).filter(({ path }) => path === wanted.path);
    return found.flatMap(({ places }) => places.map(({ start, end }) => ({ from: other.from + start, to: other.from + end })));
  });
}

const sameMark = Decoration.mark({ class: "cm-same-path" });

function createMarks(find: RegionFinder): Extension {
  const draw = ({ state }: { readonly state: EditorState }): DecorationSet => {
    const { main } = state.selection;
    const places = main.empty ? findSamePath(state, find, main.head) : [];
    return places.length < 2 ? Decoration.none : Decoration.set(places.filter(({ from, to }) => to > from).map(({ from, to }) => sameMark.range(from, to)), true);
  };
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = draw(view);
      }
      update(update: ViewUpdate): void {
        if (update.docChanged || update.selectionSet) this.decorations = draw(update.view);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}

function goToNext(find: RegionFinder) {
  return (view: EditorView): boolean => {
    const { head } = view.state.selection.main;
    const places = findSamePath(view.state, find, head);
    const next = places.find(({ from }) => from > head) ?? places[0];
    if (next === undefined) return false;
    view.dispatch({ selection: { anchor: next.from }, scrollIntoView: true, userEvent: "select" });
    return true;
  };
}

// --- formatting ------------------------------------------------------------------------------------------------------

const LINE_WIDTH = 60;

/** Formats the expression at the cursor, or the only one. Within another text it stays on one line, its strings as they are. */
export function formatAt(view: EditorView, find: RegionFinder): boolean {
  const { state } = view;
  const { head } = state.selection.main;
  const region = find.at(state, head);
  if (region === undefined) return false;
  const text = textOf(state, region);
  const isPlain = !find.isWholeText && !text.includes("\n");
  const formatted = formatExpression(text, find.isWholeText ? { lineWidth: LINE_WIDTH } : { lineWidth: 10_000, quotes: "keep" });
  if (formatted === text || (isPlain && formatted.includes("\n"))) return true;
  const head2 = Math.min(region.from + formatted.length, head);
  view.dispatch({ changes: { from: region.from, to: region.to, insert: formatted }, selection: { anchor: head2 }, userEvent: "input.format", scrollIntoView: true });
  return true;
}

/** All of it, for one editor. */
export function expressionSupport(find: RegionFinder): Extension {
  return [
    // Panes clip what stands out of them.
    tooltips({ parent: document.body }),
    autocompletion({ override: [createSource(find)], icons: false, maxRenderedOptions: 60 }),
    createHover(find),
    createSignatures(find),
    createMarks(find),
    Prec.high(
      keymap.of([
        { key: "Tab", run: acceptCompletion },
        { key: "F12", run: goToNext(find), preventDefault: true },
        { key: "Shift-Alt-f", run: (view) => formatAt(view, find), preventDefault: true },
      ]),
    ),
  ];
}
