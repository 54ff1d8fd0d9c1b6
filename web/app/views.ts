// Which panes are on show: the run panel's tab, and on a phone the one pane that fills the page.
import { signal } from "@preact/signals";
import { createRemembered } from "./preferences.js";

export type PanelTab = "start" | "run" | "runs" | "tasks" | "prove";
export type View = "text" | "diagram" | PanelTab;

/** The run panel's tab. */
export const panelTab = createRemembered<PanelTab>("panel", "start");
/** Fills the runs tab the page, without text and diagram? */
export const isRunsWide = createRemembered("runs-wide", false);
/** The pane that a phone shows. */
export const phoneView = signal<View>("diagram");
/** Is the scratch-pad for expressions shown, in place of the workflow? */
export const isPadOpen = signal(false);
export const isHelpOpen = signal(false);

/** Shows a pane: a phone turns to it, the run panel opens its tab. */
export function showView(view: View): void {
  isPadOpen.value = false;
  phoneView.value = view;
  if (view !== "text" && view !== "diagram") panelTab.value = view;
}
