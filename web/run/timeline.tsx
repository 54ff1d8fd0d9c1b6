// The open run's history as people read it: newest last, times from the start, details on demand.
import { computed, signal } from "@preact/signals";
import { Component, type VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "../app/icons.js";
import type { RunEvent } from "../millrace.js";
import { writeValue } from "./context-tree.js";
import { events, openWorkflow } from "./open-run.js";
import { formatTime } from "./run-marks.js";
import { chosenStep } from "./time-travel.js";

/** `story`: what a person wants to know; `all`: every line. */
type Topic = "story" | "states" | "tasks" | "logs" | "all";
type Tone = "plain" | "good" | "bad" | "warn" | "accent" | "faint";

interface Line {
  readonly icon: IconName;
  readonly tone: Tone;
  readonly text: string;
  readonly aside?: string;
  readonly detail?: unknown;
}

/** Lines that stand in the page at first, and how many more each time. */
const lineCountStep = 200;
const topic = signal<Topic>("story");

/** Under which topics an event of a type is told, besides `all`. Known without describing it: thousands come a second. */
const TOPICS_BY_TYPE: Readonly<Record<RunEvent["type"], readonly Topic[]>> = {
  started: ["story", "states"],
  event: ["story", "states"],
  stateEntered: ["states"],
  stateExited: ["states"],
  undoStarted: ["story", "states"],
  undoEnded: ["states"],
  transition: ["story"],
  variableSet: [],
  log: ["story", "logs"],
  itemsStarted: ["story", "tasks"],
  taskStarted: ["story", "tasks"],
  taskSucceeded: ["story", "tasks"],
  taskFailed: ["story", "tasks"],
  taskCanceled: ["story", "tasks"],
  timerSet: ["story"],
  timerFired: ["story", "states"],
  timerCanceled: [],
  childStarted: ["story", "tasks"],
  checkpoint: ["story", "states"],
  paused: ["story", "states"],
  resumed: ["story", "states"],
  ended: ["story", "states", "tasks", "logs"],
};

const TOPICS: readonly (readonly [Topic, string])[] = [
  ["story", "Story"],
  ["states", "States"],
  ["tasks", "Tasks"],
  ["logs", "Logs"],
  ["all", "All"],
];

function describeTask(event: Extract<RunEvent, { type: "taskStarted" | "taskSucceeded" | "taskFailed" | "taskCanceled" }>): Line {
  const item = event.item === undefined ? "" : `, item ${event.item}`;
  const undo = event.undoOf === undefined ? "" : `undoes ${event.undoOf}, `;
  const base = { aside: `${undo}visit ${event.visit}${item}${event.attempt === undefined ? "" : `, attempt ${event.attempt}`}` };
  if (event.type === "taskStarted") return { ...base, icon: "tasks", tone: "plain", text: `${event.task} called`, detail: event.input };
  if (event.type === "taskSucceeded")
    return { ...base, icon: "check", tone: "good", text: `${event.task} succeeded`, detail: event.result };
  if (event.type === "taskFailed")
    return { ...base, icon: "cross", tone: "bad", text: `${event.task} failed: ${event.error.message}`, detail: event.error };
  return { ...base, icon: "stop", tone: "faint", text: `${event.task} canceled` };
}

/** `root_start` and its like as people say them. */
function nameScope(state: string): string {
  if (/^root_(?:start|end)$/.test(state)) return state === "root_start" ? "Start" : "End";
  return state.replace(/^(.+)_(start|end)$/, "$1 $2");
}

function describeTransition(event: Extract<RunEvent, { type: "transition" }>): Line {
  const label = openWorkflow.peek()?.definition.transitions[event.index]?.label ?? "";
  return {
    icon: "arrow",
    tone: "accent",
    text: `${nameScope(event.source)} → ${nameScope(event.target)}`,
    ...(label !== "" && { aside: label }),
  };
}

function describeEnd(event: Extract<RunEvent, { type: "ended" }>): Line {
  const isGood = event.status === "succeeded";
  const text = event.error && event.status !== "canceled" ? `Ended: ${event.status}: ${event.error.message}` : `Ended: ${event.status}`;
  return {
    icon: isGood ? "check" : "stop",
    tone: isGood ? "good" : event.status === "canceled" ? "faint" : "bad",
    text,
    detail: event.error ?? event.output,
  };
}

const LOG_TONES = { debug: "faint", info: "plain", warning: "warn", error: "bad" } as const;

/** One line of the history. */
export function describeEvent(event: RunEvent): Line {
  switch (event.type) {
    case "started":
      return { icon: "play", tone: "accent", text: "Started", detail: event.input };
    case "event":
      return {
        icon: "bolt",
        tone: "accent",
        text: `Event ${event.name}`,
        aside: event.status,
        detail: event.payload,
      };
    case "itemsStarted":
      return { icon: "tasks", tone: "plain", text: `${event.state}: ${event.count.toLocaleString("en")} items`, aside: `visit ${event.visit}` };
    case "stateEntered":
      return { icon: "target", tone: "accent", text: `Entered ${nameScope(event.state)}` };
    case "stateExited":
      return { icon: "minus", tone: "faint", text: `Left ${nameScope(event.state)}` };
    case "undoStarted":
      return { icon: "target", tone: "warn", text: `Undoing ${event.state}`, aside: `visit ${event.visit}` };
    case "undoEnded":
      return { icon: "minus", tone: "faint", text: `Done undoing ${event.state}` };
    case "transition":
      return describeTransition(event);
    case "variableSet":
      return {
        icon: "pencil",
        tone: "plain",
        text: `${event.name} = ${writeValue(event.value).slice(0, 60)}`,
        detail: typeof event.value === "object" ? event.value : undefined,
      };
    case "log":
      return { icon: "text", tone: LOG_TONES[event.level], text: event.message, aside: event.state };
    case "timerSet":
      return {
        icon: "clock",
        tone: "plain",
        text: `Timer set for ${formatTime(event.due)}`,
        aside: `visit ${event.visit}`,
      };
    case "timerFired":
      return { icon: "clock", tone: "accent", text: "Timer fired", aside: `visit ${event.visit}` };
    case "timerCanceled":
      return { icon: "clock", tone: "faint", text: "Timer canceled", aside: `visit ${event.visit}` };
    case "childStarted":
      return { icon: "play", tone: "plain", text: `Started workflow ${event.workflow}`, aside: event.runId };
    case "checkpoint":
      return { icon: "clock", tone: "faint", text: "What came before is no longer kept", aside: event.states.join(", "), detail: event.context };
    case "paused":
      return { icon: "pause", tone: "warn", text: "Paused" };
    case "resumed":
      return { icon: "play", tone: "accent", text: "Resumed" };
    case "ended":
      return describeEnd(event);
    default:
      return describeTask(event);
  }
}

const shownEvents = computed(() => {
  const wanted = topic.value;
  return wanted === "all" ? events.value : events.value.filter((event) => TOPICS_BY_TYPE[event.type].includes(wanted));
});

function formatOffset(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 60) return `+${seconds.toFixed(2)}`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `+${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`
    : `+${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}`;
}

interface EventLineProperties {
  readonly event: RunEvent;
  readonly startTime: number;
  /** It came after the step on show. */
  readonly isLater: boolean;
}

/** One line. Drawn once: an event never changes, so only opening its detail draws it again. */
class EventLine extends Component<EventLineProperties, { isOpen: boolean }> {
  override state = { isOpen: false };

  override shouldComponentUpdate(next: EventLineProperties, { isOpen }: { isOpen: boolean }): boolean {
    return next.event !== this.props.event || next.startTime !== this.props.startTime || next.isLater !== this.props.isLater || isOpen !== this.state.isOpen;
  }

  override render({ event, startTime, isLater }: EventLineProperties, { isOpen }: { isOpen: boolean }): VNode {
    const line = describeEvent(event);
    const hasDetail = line.detail !== undefined && line.detail !== null;
    const content = (
      <>
        <time class="line-time" dateTime={new Date(event.time).toISOString()} title={`${formatTime(event.time)}, history entry ${event.seq}`}>
          {formatOffset(event.time - startTime)}
        </time>
        <span class={`line-icon tone-text-${line.tone}`}>
          <Icon name={line.icon} size={13} />
        </span>
        <span class={`line-text${line.tone === "bad" || line.tone === "warn" ? ` tone-text-${line.tone}` : ""}`}>
          {line.text}
          {line.aside !== undefined && <span class="line-aside"> {line.aside}</span>}
        </span>
      </>
    );
    return (
      <li class={`line line-${event.type}${isLater ? " is-later" : ""}`}>
        {hasDetail ? (
          <button type="button" class="line-row" aria-expanded={isOpen} onClick={() => this.setState({ isOpen: !isOpen })}>
            {content}
            <span class="line-more" aria-hidden="true" />
          </button>
        ) : (
          <div class="line-row">{content}</div>
        )}
        {isOpen && hasDetail && <pre class="line-detail">{writeValue(line.detail, 2)}</pre>}
      </li>
    );
  }
}

/** The history tab of a run. */
export function Timeline(): VNode {
  const [count, setCount] = useState(lineCountStep);
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  const all = shownEvents.value;
  const startTime = events.value[0]?.time ?? 0;
  const step = chosenStep.value ?? Infinity;
  useEffect(() => {
    const scroller = list.current?.closest<HTMLElement>("[data-scroller]");
    if (scroller && isAtEnd.current) scroller.scrollTop = scroller.scrollHeight;
  }, [all]);
  useEffect(() => {
    const scroller = list.current?.closest<HTMLElement>("[data-scroller]");
    const watch = (): void => {
      if (scroller) isAtEnd.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
    };
    scroller?.addEventListener("scroll", watch, { passive: true });
    return () => scroller?.removeEventListener("scroll", watch);
  }, []);
  return (
    <div class="timeline">
      <div class="segments" role="group" aria-label="Which lines to show">
        {TOPICS.map(([name, label]) => (
          <button key={name} type="button" aria-pressed={topic.value === name} onClick={() => (topic.value = name)}>
            {label}
          </button>
        ))}
      </div>
      {all.length > count && (
        <button type="button" class="link" onClick={() => setCount(count + lineCountStep)}>
          Show {Math.min(lineCountStep, all.length - count)} earlier of {all.length - count}
        </button>
      )}
      <ol class="lines" ref={list}>
        {all.slice(-count).map((event, index) => (
          <EventLine key={Math.max(0, all.length - count) + index} event={event} startTime={startTime} isLater={event.seq > step} />
        ))}
      </ol>
      {all.length === 0 && <p class="quiet">Nothing of this kind yet.</p>}
    </div>
  );
}
