// Which definition the diagram pane shows - the text's or the open run's - and its layout.
import { computed, effect, signal } from "@preact/signals";
import { announce } from "../app/announcement.js";
import type { Definition } from "../millrace.js";
import { openRunId, openWorkflow } from "../run/open-run.js";
import { draft } from "../text/draft.js";
import { source } from "../text/documents.js";
import { createDrawing, type Drawing } from "./drawing.js";
import { LayoutClient } from "./layout-client.js";
import { isLarge, type Layout } from "./layout.js";

/** What the person wants to look at when text and run differ. */
export const wantedView = signal<"draft" | "run">("draft");
/** Does the open run stand for the very text in the editor? */
export const isRunOfText = computed(() => openWorkflow.value?.source === source.value);
export const isRunShown = computed(() => openWorkflow.value !== undefined && (wantedView.value === "run" || isRunOfText.value));

/** The definition on show, with the text that it came from. */
export const shown = computed<{ readonly definition: Definition; readonly text: string } | undefined>(() => {
  const workflow = openWorkflow.value;
  const parsed = draft.value;
  // The same text has one definition here, so that opening its run does not lay it out again.
  const isSameText = workflow !== undefined && parsed?.text === workflow.source;
  if (workflow && isRunShown.value && !isSameText) return { definition: workflow.definition, text: workflow.source };
  return parsed?.definition && parsed.definition.states.length > 0 ? { definition: parsed.definition, text: parsed.text } : undefined;
});

export interface Placed {
  readonly definition: Definition;
  readonly drawing: Drawing;
  readonly layout: Layout;
}

/** The newest finished layout. It may lag behind `shown`. */
export const placed = signal<Placed | undefined>(undefined);
export const isLayingOut = signal(false);
/** Was the last layout made by rows because the drawing is large? */
export const isQuickLayout = signal(false);

let client: LayoutClient | undefined;
const definitions = new WeakMap<Drawing, Definition>();
let lastDefinition: Definition | undefined;

/** Begins to lay out what is shown; call once. */
export function followShown(): void {
  client = new LayoutClient(
    (drawing, layout) => {
      const definition = definitions.get(drawing);
      isLayingOut.value = false;
      if (definition) placed.value = { definition, drawing, layout };
    },
    (message) => {
      isLayingOut.value = false;
      announce(`The diagram could not be laid out: ${message}`, "bad");
    },
  );
  effect(() => {
    const definition = shown.value?.definition;
    if (!definition || definition === lastDefinition) return;
    lastDefinition = definition;
    requestLayout(definition, undefined);
  });
  effect(() => {
    if (openRunId.value !== undefined) wantedView.value = "run";
  });
  let lastText = source.peek();
  effect(() => {
    if (source.value === lastText) return;
    lastText = source.value;
    wantedView.value = "draft";
  });
}

function requestLayout(definition: Definition, isFull: true | undefined): void {
  const drawing = createDrawing(definition);
  definitions.set(drawing, definition);
  isLayingOut.value = true;
  isQuickLayout.value = isLarge(drawing) && !isFull;
  client?.request(drawing, isQuickLayout.peek());
}

/** Lays out a large drawing in full; takes seconds, in the worker. */
export function untangle(): void {
  const definition = shown.peek()?.definition;
  if (definition) requestLayout(definition, true);
}
