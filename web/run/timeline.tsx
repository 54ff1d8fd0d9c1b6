// The open run's history as people read it: newest last, times from the start, details on demand.
import { computed, signal } from "@preact/signals";
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Icon, type IconName } from "../app/icons.js";
import { VirtualList } from "../app/virtual-list.js";
import type { RunEvent } from "../millrace.js";
import { writeValue } from "./context-tree.js";
import type { Topic } from "./history.js";
import { sayCounts } from "./item-counts.js";
import { history, itemsByVisit, openWorkflow } from "./open-run.js";
import { formatTime } from "./run-marks.js";
import { chosenStep } from "./time-travel.js";

type Tone = "plain" | "good" | "bad" | "warn" | "accent" | "faint";

interface Line {
  readonly icon: IconName;
  readonly tone: Tone;
  readonly text: string;
  readonly aside?: string;
  readonly detail?: unknown;
}

/** Of a line that does not wrap, px. */
const LINE_HEIGHT = 25;
const topic = signal<Topic>("story");

const TOPICS: readonly (readonly [Topic, string])[] = [
  ["story", "Story"],
  ["states", "States"],
  ["tasks", "Tasks"],
  ["logs", "Messages"],
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

function formatOffset(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 60) return `+${seconds.toFixed(2)}`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `+${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`
    : `+${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}`;
}

/** How far the items of a visit are: the one line of a history that changes. */
function ItemsBar({ visit }: { visit: string }): VNode | null {
  const counts = itemsByVisit.get(visit)?.value;
  if (counts === undefined) return null;
  return (
    <span class="line-items">
      <progress max={counts.total} value={counts.done} aria-label={`Items of ${counts.state}`} />
      <span class="line-aside">{sayCounts(counts)}</span>
    </span>
  );
}

interface EventLineProperties {
  readonly event: RunEvent;
  readonly startTime: number;
  /** It came after the step on show. */
  readonly isLater: boolean;
  readonly isOpen: boolean;
  readonly isTabStop: boolean;
  readonly onToggle: () => void;
}

function EventLine({ event, startTime, isLater, isOpen, isTabStop, onToggle }: EventLineProperties): VNode {
  const line = describeEvent(event);
  const hasDetail = line.detail !== undefined && line.detail !== null;
  const tabIndex = isTabStop ? 0 : -1;
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
        {event.type === "itemsStarted" && <ItemsBar visit={event.visit} />}
      </span>
    </>
  );
  return (
    <div class={`line line-${event.type}${isLater ? " is-later" : ""}`}>
      {hasDetail ? (
        <button type="button" class="line-row" tabIndex={tabIndex} aria-expanded={isOpen} onClick={onToggle}>
          {content}
          <span class="line-more" aria-hidden="true" />
        </button>
      ) : (
        <div class="line-row" tabIndex={tabIndex}>
          {content}
        </div>
      )}
      {isOpen && hasDetail && <pre class="line-detail">{writeValue(line.detail, 2)}</pre>}
    </div>
  );
}

/** How many events of the topic there have been: lines are drawn anew when there are more of them, not when others come. */
const eventCount = computed(() => {
  const { first, count } = history.value.lists.listOf(topic.value);
  return first + count;
});

function Lines(): VNode {
  void eventCount.value;
  const { lists } = history.peek();
  const events = lists.listOf(topic.value);
  const step = chosenStep.value ?? Infinity;
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const { first, count } = events;
  if (count === 0) return <p class="quiet">Nothing of this kind yet.</p>;
  const toggle = (key: number): void => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  return (
    <>
      {first > 0 && <p class="quiet">{first.toLocaleString("en")} earlier lines are no longer kept in this page.</p>}
      <VirtualList
        label="History"
        name="lines"
        count={count}
        keyAt={(index) => first + index}
        rowHeight={LINE_HEIGHT}
        isFollowing
        renderRow={(index, isTabStop) => {
          const event = events.at(index);
          const key = first + index;
          if (event === undefined) return null;
          const isLater = event.seq > step;
          return (
            <EventLine event={event} startTime={lists.startTime} isLater={isLater} isOpen={open.has(key)} isTabStop={isTabStop} onToggle={() => toggle(key)} />
          );
        }}
      />
    </>
  );
}

/** The history tab of a run. */
export function Timeline(): VNode {
  return (
    <div class="timeline">
      <div class="segments" role="group" aria-label="Which lines to show">
        {TOPICS.map(([name, label]) => (
          <button key={name} type="button" aria-pressed={topic.value === name} onClick={() => (topic.value = name)}>
            {label}
          </button>
        ))}
      </div>
      <Lines key={topic.value} />
    </div>
  );
}
