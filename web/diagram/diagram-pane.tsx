// The diagram pane: the drawing with its tools, legend and outline. Clicking a state goes to its text; the cursor in
// the text marks its state.
import { effect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { announce } from "../app/announcement.js";
import { Icon, type IconName } from "../app/icons.js";
import { createRemembered } from "../app/preferences.js";
import { showView } from "../app/views.js";
import { ending, itemsProgress, openWorkflow, takenTransitions } from "../run/open-run.js";
import { shownAwaited, shownStates, shownStep, shownWay } from "../run/time-travel.js";
import { replay, replayStep } from "../proof/proof.js";
import { cursorLine, goToOffset } from "../text/source-editor.js";
import { draft } from "../text/draft.js";
import { source } from "../text/documents.js";
import { nameState } from "./drawing.js";
import { describeDefinition, Outline } from "./outline.js";
import { Culling, culledStateCountMin } from "./culling.js";
import { LiveMarks } from "./live-marks.js";
import { Picture } from "./picture.js";
import { Glyph, LEGEND } from "./readings.js";
import { isLayingOut, isQuickLayout, isRunOfText, isRunShown, placed, shown, untangle, wantedView, type Placed } from "./shown.js";
import { Viewport, type Insets } from "./viewport.js";

/** Names in the picture's text alternative. */
const NAME_COUNT = 60;
const TOOLS_MARGIN = 12;

/** Does the drawing move so that the active state stays in view? */
const isFollowing = createRemembered("follow", true);

function ToolButton({
  icon,
  label,
  onClick,
  isPressed,
}: {
  icon: IconName;
  label: string;
  onClick: () => void;
  isPressed?: boolean;
}): VNode {
  return (
    <button type="button" class="tool" aria-label={label} title={label} onClick={onClick} aria-pressed={isPressed}>
      <Icon name={icon} />
    </button>
  );
}

function goToPlace(place: { readonly start: number; readonly end: number }): void {
  if (shown.peek()?.text !== source.peek()) return announce("The diagram shows another text than the editor");
  showView("text");
  goToOffset(place.start, place.end);
}

function pickAt(event: MouseEvent, definition: Placed["definition"]): void {
  const element = (event.target as Element).closest<SVGElement>("[data-state], [data-edge]");
  if (!element) return;
  const { state, edge } = element.dataset;
  const place = state === undefined ? definition.transitions[Number(edge)]?.place : definition.states[Number(state)]?.place;
  if (place) goToPlace(place);
}

/** Sets the run's marks as they change; the answer stops it. */
function followRun(marks: LiveMarks, viewport: Viewport, current: Placed): () => void {
  const isSameDefinition = (): boolean =>
    isRunShown.value && (shown.value?.definition === current.definition || openWorkflow.value?.definition === current.definition);
  // What was taken before this drawing stood is not shown as news.
  let seen = takenTransitions.peek();
  const stops = [
    effect(() => marks.markStates("is-visited", isSameDefinition() ? shownWay.value.states : [])),
    effect(() => {
      const active = isSameDefinition() ? shownStates.value : new Set<string>();
      const status = shownStep.value?.status ?? ending.value?.status;
      const isFailed = isSameDefinition() && (shownStep.value === undefined ? status !== undefined && status !== "succeeded" : status === "failed");
      marks.markStates("is-active", isFailed ? [] : active);
      marks.markStates("is-failed", isFailed ? active : []);
      const last = [...active].at(-1);
      const box = last === undefined ? undefined : current.layout.states[marks.indexOf(last) ?? -1];
      if (box && isFollowing.value) viewport.reveal(box);
    }),
    effect(() => marks.showProgress(isSameDefinition() ? itemsProgress.value : new Map())),
    effect(() => marks.markEdges("was-taken", isSameDefinition() ? shownWay.value.transitions : new Set())),
    effect(() => {
      const taken = takenTransitions.value;
      if (taken !== seen && isSameDefinition()) marks.flashEdges(taken);
      seen = taken;
    }),
    effect(() => {
      const names = isSameDefinition() ? shownAwaited.value : new Set<string>();
      const active = shownStates.value;
      const waiting = new Set<number>();
      current.definition.transitions.forEach(({ source: from, trigger }, index) => {
        if (trigger.kind === "event" && names.has(trigger.event) && active.has(current.definition.states[from]?.id ?? ""))
          waiting.add(index);
      });
      marks.markEdges("is-awaited", waiting);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function followCursor(marks: LiveMarks, viewport: Viewport, current: Placed): () => void {
  return effect(() => {
    const line = cursorLine.value;
    const isAbout = line > 0 && shown.value?.definition === current.definition && shown.value?.text === source.value;
    const states = new Set<number>();
    const edges = new Set<number>();
    if (isAbout) {
      current.definition.transitions.forEach((transition, index) => transition.place.line === line && edges.add(index));
      const isNamed = (place: { line: number }): boolean => place.line === line;
      current.definition.states.forEach((state, index) => {
        if (state.kind !== "region" && (isNamed(state.place) || state.entry.some((action) => isNamed(action.place)))) states.add(index);
      });
    }
    marks.markStateIndexes("is-located", states);
    marks.markEdges("is-located", edges);
    const first = [...states].at(-1);
    const box = first === undefined ? undefined : current.layout.states[first];
    if (box) viewport.reveal(box);
  });
}

/** Shows where the witness on replay stands. */
function followReplay(marks: LiveMarks, viewport: Viewport, current: Placed): () => void {
  return effect(() => {
    const states = replay.value?.definition === current.definition ? (replayStep.value?.states ?? []) : [];
    marks.markStates("is-witness", states);
    const last = states.at(-1);
    const box = last === undefined ? undefined : current.layout.states[marks.indexOf(last) ?? -1];
    if (box) viewport.reveal(box);
  });
}

/** The room that the tools take: beside the drawing, or above it where they stand in a row. */
function readInsets(): Insets {
  const tools = document.querySelector<HTMLElement>(".tools");
  if (!tools) return { top: 0, right: 0 };
  const { offsetWidth, offsetHeight } = tools;
  return offsetWidth > offsetHeight ? { top: offsetHeight + TOOLS_MARGIN, right: 0 } : { top: 0, right: offsetWidth + TOOLS_MARGIN };
}

function Drawing({ current, onViewport }: { current: Placed; onViewport: (viewport: Viewport) => void }): VNode {
  const svg = useRef<SVGSVGElement>(null);
  const group = useRef<SVGGElement>(null);
  const viewport = useRef<Viewport>(null);
  const lastName = useRef("");
  const picture = useMemo(() => <Picture {...current} />, [current]);
  const isCulled = current.drawing.states.length >= culledStateCountMin;
  useEffect(() => {
    if (!svg.current || !group.current) return;
    const port = new Viewport(svg.current, group.current, readInsets);
    viewport.current = port;
    onViewport(port);
    return () => port.close();
  }, []);
  useEffect(() => {
    const port = viewport.current;
    if (!port || !group.current) return;
    const first = current.layout.states[current.definition.states.findIndex((state) => state.kind === "start" && state.parent < 0)];
    port.setContent(current.layout, first, lastName.current !== current.definition.name);
    lastName.current = current.definition.name;
    const marks = new LiveMarks(group.current, current.definition);
    const stops = [followRun(marks, port, current), followCursor(marks, port, current), followReplay(marks, port, current)];
    if (isCulled) {
      const culling = new Culling(group.current, current.drawing, current.layout);
      port.onView = (view) => culling.show(view);
      port.tellView();
    }
    return () => {
      port.onView = undefined;
      for (const stop of stops) stop();
      marks.close();
    };
  }, [current]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (viewport.current?.press(event.key)) event.preventDefault();
  };
  return (
    <div
      class="canvas"
      tabIndex={0}
      role="group"
      aria-label="Diagram: arrow keys move it, plus and minus zoom, 0 fits it"
      onKeyDown={onKeyDown}
    >
      <svg
        ref={svg}
        role="img"
        aria-label={describeDefinition(current.definition)}
        aria-describedby="diagram-text"
        data-size={isCulled ? "large" : undefined}
        onClick={(event) => !viewport.current?.wasDragged() && pickAt(event, current.definition)}
      >
        <g ref={group}>{picture}</g>
      </svg>
    </div>
  );
}

/** What the picture shows, in words; the outline says it in full. */
function TextAlternative({ definition }: { definition: Placed["definition"] }): VNode {
  const active = isRunShown.value ? [...shownStates.value] : [];
  const names = useMemo(() => listNames(definition), [definition]);
  return (
    <p class="visually-hidden" id="diagram-text">
      States: {names}.{active.length > 0 && ` Active: ${active.join(", ")}.`}
    </p>
  );
}

function listNames(definition: Placed["definition"]): string {
  const names = definition.states
    .filter((state) => state.kind === "state" || state.kind === "composite" || state.kind === "parallel")
    .map(nameState);
  return names.length > NAME_COUNT ? `${names.slice(0, NAME_COUNT).join(", ")} and ${names.length - NAME_COUNT} more` : names.join(", ");
}

function Legend(): VNode {
  return (
    <ul class="legend" aria-label="How labels were read">
      {LEGEND.map(({ name, tone, explanation }) => (
        <li key={name} title={explanation}>
          <svg viewBox="0 0 10 10" width="11" height="11" aria-hidden="true">
            <Glyph tone={tone} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

function SourceSwitch(): VNode | null {
  if (openWorkflow.value === undefined || isRunOfText.value) return null;
  const view = isRunShown.value ? "run" : "draft";
  return (
    <div class="segments source-switch" role="group" aria-label="What the diagram shows">
      <button type="button" aria-pressed={view === "run"} onClick={() => (wantedView.value = "run")}>
        The run's text
      </button>
      <button type="button" aria-pressed={view === "draft"} onClick={() => (wantedView.value = "draft")}>
        The editor's text
      </button>
    </div>
  );
}

function Emptiness(): VNode {
  const isRead = draft.value !== undefined;
  return (
    <div class="empty">
      {isRead ? <Icon name="diagram" size={28} /> : <span class="spinner" aria-hidden="true" />}
      <p>{isRead ? "There is no diagram to draw yet." : "Reading the text…"}</p>
      {isRead && <p class="quiet">Write a stateDiagram-v2 block; the findings under the text say what is missing.</p>}
    </div>
  );
}

/** The pane in the middle. */
export function DiagramPane(): VNode {
  const [isOutlineOpen, setOutlineOpen] = useState(false);
  const viewport = useRef<Viewport>(null);
  const current = placed.value;
  const isEmpty = !current || !shown.value;
  return (
    <section class="pane diagram-pane" aria-label="Diagram">
      <div class="diagram-body">
        {isEmpty ? <Emptiness /> : <Drawing current={current} onViewport={(port) => (viewport.current = port)} />}
        <SourceSwitch />
        {!isEmpty && (
          <div class="tools" role="toolbar" aria-label="Diagram tools">
            <ToolButton icon="plus" label="Zoom in" onClick={() => viewport.current?.zoom(1.25)} />
            <ToolButton icon="minus" label="Zoom out" onClick={() => viewport.current?.zoom(0.8)} />
            <ToolButton icon="fit" label="Fit the diagram" onClick={() => viewport.current?.fit()} />
            <ToolButton
              icon="target"
              label="Follow the active state"
              isPressed={isFollowing.value}
              onClick={() => (isFollowing.value = !isFollowing.value)}
            />
            <ToolButton icon="outline" label="Outline" isPressed={isOutlineOpen} onClick={() => setOutlineOpen(!isOutlineOpen)} />
          </div>
        )}
        {isLayingOut.value && (
          <p class="canvas-note" role="status">
            <span class="spinner" aria-hidden="true" /> Laying out…
          </p>
        )}
        {!isEmpty && !isLayingOut.value && isQuickLayout.value && (
          <p class="canvas-note">
            {current.definition.states.length.toLocaleString("en")} states, drawn in rows.{" "}
            <button type="button" class="link" onClick={untangle}>
              Lay out in full
            </button>
          </p>
        )}
        {!isEmpty && isOutlineOpen && (
          <div class="outline-drawer">
            <Outline definition={current.definition} onPick={goToPlace} />
          </div>
        )}
        {!isEmpty && <TextAlternative definition={current.definition} />}
      </div>
      <Legend />
    </section>
  );
}
