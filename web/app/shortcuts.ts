// Keys that work anywhere on the page, and the list of all keys that the help sheet shows.
import { focusPad } from "../expression/expression-editor.js";
import { controlRun, openStatus } from "../run/open-run.js";
import { isEnded } from "../run/run-list.js";
import { startRun } from "../run/start-panel.js";
import { focusEditor } from "../text/source-editor.js";
import { announce } from "./announcement.js";
import { isHelpOpen, isPadOpen, panelTab, showView, type PanelTab } from "./views.js";

export interface Shortcut {
  readonly keys: string;
  readonly meaning: string;
}

/** What the help sheet lists. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "Ctrl Enter", meaning: "Start a run of the text on show" },
  { keys: "Alt 1", meaning: "Go to the text" },
  { keys: "Alt 2", meaning: "Go to the diagram" },
  { keys: "Alt 3", meaning: "Start tab" },
  { keys: "Alt 4", meaning: "Run tab" },
  { keys: "Alt 5", meaning: "Runs tab" },
  { keys: "Alt 6", meaning: "Tasks tab" },
  { keys: "Alt 7", meaning: "Prove tab" },
  { keys: "Alt 8", meaning: "Scratch-pad for expressions" },
  { keys: "Alt P", meaning: "Pause or resume the open run" },
  { keys: "F8", meaning: "In the text: next finding" },
  { keys: "Ctrl Space", meaning: "In an expression: what may stand here" },
  { keys: "F12", meaning: "In an expression: next place of the same path" },
  { keys: "Shift Alt F", meaning: "In an expression: format it" },
  { keys: "Escape, Tab", meaning: "In the text: leave the editor" },
  { keys: "Arrows + − 0", meaning: "In the diagram: move, zoom, fit" },
  { keys: "?", meaning: "This sheet" },
];

const PANELS: readonly PanelTab[] = ["start", "run", "runs", "tasks", "prove"];

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Gives the focus to something that the scratch-pad may have hidden until now. */
function focusLater(focus: () => void, isHidden: boolean): void {
  if (isHidden) requestAnimationFrame(focus);
  else focus();
}

function goTo(digit: number): boolean {
  const isHidden = isPadOpen.peek();
  if (digit === 1) {
    showView("text");
    focusLater(focusEditor, isHidden);
  } else if (digit === 2) {
    showView("diagram");
    focusLater(() => document.querySelector<HTMLElement>(".canvas")?.focus(), isHidden);
  } else if (digit === 8) {
    isPadOpen.value = true;
    focusPad();
  } else {
    const panel = PANELS[digit - 3];
    if (panel === undefined) return false;
    showView(panel);
    focusLater(() => document.querySelector<HTMLElement>(`#panel-tab-${panelTab.peek()}`)?.focus(), isHidden);
  }
  return true;
}

function pauseOrResume(): void {
  const status = openStatus.peek();
  if (status === undefined || isEnded(status)) announce("No run is open that could be paused");
  else void controlRun(status === "paused" || status === "pausing" ? "resume" : "pause");
}

/** Begins to listen; call once. */
export function followShortcuts(): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && !isPadOpen.peek()) {
        event.preventDefault();
        event.stopPropagation();
        void startRun();
      } else if (event.altKey && /^Digit[1-8]$/.test(event.code)) {
        if (goTo(Number(event.code.slice(5)))) event.preventDefault();
      } else if (event.altKey && event.code === "KeyP") {
        event.preventDefault();
        pauseOrResume();
      } else if (event.key === "?" && !isTyping(event.target)) {
        event.preventDefault();
        isHelpOpen.value = true;
      }
    },
    true,
  );
}
