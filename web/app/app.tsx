// The page: header, text, diagram and run panel; side by side where there is room, one at a time on a phone.
import type { VNode } from "preact";
import { DiagramPane } from "../diagram/diagram-pane.js";
import { connect, connection } from "../run/connection.js";
import { openStatus } from "../run/open-run.js";
import { isEnded, liveCount } from "../run/run-list.js";
import { ProofPanel } from "../proof/proof-panel.js";
import { RunPanel } from "../run/run-panel.js";
import { RunsPanel } from "../run/runs-panel.js";
import { StartPanel } from "../run/start-panel.js";
import { TasksPanel } from "../run/task-controls.js";
import { callCount } from "../run/task-calls.js";
import { DocumentBar } from "../text/document-bar.js";
import { errorCount } from "../text/draft.js";
import { FindingsList } from "../text/findings-list.js";
import { SourceEditor } from "../text/source-editor.js";
import { ScratchPad } from "../expression/scratch-pad.js";
import { announcements, dismiss } from "./announcement.js";
import { Header } from "./header.js";
import { HelpSheet } from "./help-sheet.js";
import { Icon, type IconName } from "./icons.js";
import { adviseOn } from "./problem.js";
import { Splitter } from "./splitter.js";
import { isPadOpen, isRunsWide, panelTab, phoneView, showView, type PanelTab, type View } from "./views.js";

const PANEL_TABS: readonly (readonly [PanelTab, string, IconName])[] = [
  ["start", "Start", "play"],
  ["run", "Run", "pulse"],
  ["runs", "Runs", "runs"],
  ["tasks", "Tasks", "tasks"],
  ["prove", "Prove", "shield"],
];

const PHONE_VIEWS: readonly (readonly [View, string, IconName])[] = [
  ["text", "Text", "text"],
  ["diagram", "Diagram", "diagram"],
  ...PANEL_TABS,
];

function countOf(view: View): number {
  if (view === "runs") return liveCount.value;
  if (view === "tasks") return callCount.value;
  return view === "text" ? errorCount.value : 0;
}

function CountMark({ view }: { view: View }): VNode | null {
  const count = countOf(view);
  if (view === "run" && openStatus.value !== undefined && !isEnded(openStatus.value)) return <span class="live-mark" aria-hidden="true" />;
  if (count === 0) return null;
  const meaning = view === "runs" ? "not ended" : view === "tasks" ? "at work" : "errors";
  return (
    <span class={`count${view === "text" ? " count-bad" : ""}`}>
      {count > 99 ? "99+" : count}
      <span class="visually-hidden"> {meaning}</span>
    </span>
  );
}

function PanelTabs(): VNode {
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = PANEL_TABS.findIndex(([name]) => name === panelTab.peek());
    const next = PANEL_TABS[(at + step + PANEL_TABS.length) % PANEL_TABS.length];
    if (!next) return;
    showView(next[0]);
    document.querySelector<HTMLElement>(`#panel-tab-${next[0]}`)?.focus();
  };
  return (
    <div class="panel-tabs" role="tablist" aria-label="Run panel" onKeyDown={move}>
      {PANEL_TABS.map(([name, label, icon]) => (
        <button
          key={name}
          id={`panel-tab-${name}`}
          type="button"
          role="tab"
          aria-selected={panelTab.value === name}
          aria-controls="panel"
          tabIndex={panelTab.value === name ? 0 : -1}
          onClick={() => showView(name)}
        >
          <Icon name={icon} size={14} />
          {label}
          <CountMark view={name} />
        </button>
      ))}
    </div>
  );
}

function Panel(): VNode {
  const tab = panelTab.value;
  return (
    <section class="pane run-pane" aria-label="Runs">
      <PanelTabs />
      <div id="panel" class="panel" role="tabpanel" aria-labelledby={`panel-tab-${tab}`} tabIndex={-1}>
        {tab === "start" && <StartPanel />}
        {tab === "run" && <RunPanel />}
        {tab === "runs" && <RunsPanel />}
        {tab === "tasks" && <TasksPanel />}
        {tab === "prove" && <ProofPanel />}
      </div>
    </section>
  );
}

function PhoneBar(): VNode {
  return (
    <nav class="phone-bar" aria-label="Panes">
      {PHONE_VIEWS.map(([view, label, icon]) => (
        <button key={view} type="button" aria-current={phoneView.value === view ? "page" : undefined} onClick={() => showView(view)}>
          <span class="phone-icon">
            <Icon name={icon} size={20} />
          </span>
          {label}
          <CountMark view={view} />
        </button>
      ))}
    </nav>
  );
}

function EngineProblem(): VNode | null {
  const state = connection.value;
  if (state.kind !== "failed") return null;
  const { code, message } = state.problem;
  return (
    <div class="engine-problem" role="alert">
      <Icon name="warning" size={20} />
      <div>
        <p>
          <strong>The engine did not start.</strong> {message} <span class="finding-code">{code}</span>
        </p>
        <p class="quiet">{adviseOn(code)} Writing and drawing work meanwhile.</p>
      </div>
      <button type="button" class="button" onClick={() => void connect()}>
        Try again
      </button>
    </div>
  );
}

function Announcements(): VNode {
  return (
    <div class="announcements" role="status" aria-live="polite">
      {announcements.value.map(({ id, text, tone }) => (
        <div key={id} class={`announcement tone-${tone}`}>
          <span>{text}</span>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="cross" size={13} />
          </button>
        </div>
      ))}
    </div>
  );
}

/** The whole page. */
export function App(): VNode {
  return (
    <div class="app" data-view={phoneView.value} data-wide={panelTab.value === "runs" && isRunsWide.value ? "" : undefined}>
      <Header />
      <EngineProblem />
      {isPadOpen.value && <ScratchPad />}
      <main class="panes" hidden={isPadOpen.value}>
        <section class="pane text-pane" aria-label="Text">
          <DocumentBar />
          <SourceEditor />
          <FindingsList />
        </section>
        <Splitter label="Width of the text" property="--text-width" initial={410} sign={1} />
        <DiagramPane />
        <Splitter label="Width of the run panel" property="--panel-width" initial={380} sign={-1} />
        <Panel />
      </main>
      {!isPadOpen.value && <PhoneBar />}
      <Announcements />
      <HelpSheet />
    </div>
  );
}
