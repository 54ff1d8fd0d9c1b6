// The logs tab of a run: what handlers and the engine said, newest last, by level and by a text that is searched for. Whatever stands in an entry is
// shown as text.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon, type IconName } from "../app/icons.js";
import { VirtualList } from "../app/virtual-list.js";
import type { LogEntry, LogLevel } from "../millrace.js";
import { writeValue } from "./context-tree.js";
import { followLog, isFollowingLog, logKey, logLevel, logText, runLog, searchLog } from "./run-log.js";
import { formatTime } from "./run-marks.js";

/** Of a line that does not wrap, px. */
const LINE_HEIGHT = 25;
const LEVELS: readonly (readonly [LogLevel, string])[] = [
  ["debug", "All"],
  ["info", "Info"],
  ["warning", "Warnings"],
  ["error", "Errors"],
];
const MARKS: Readonly<Record<LogLevel, { readonly icon: IconName; readonly tone: string; readonly word: string }>> = {
  debug: { icon: "minus", tone: "faint", word: "Debug" },
  info: { icon: "text", tone: "plain", word: "Info" },
  warning: { icon: "warning", tone: "warn", word: "Warning" },
  error: { icon: "cross", tone: "bad", word: "Error" },
};

/** Which call, or who else said it. */
function describePlace({ by, task, item, attempt, isCut }: LogEntry): string {
  const parts = [
    task === undefined ? (by === "engine" ? "engine" : "") : task,
    ...(item === undefined ? [] : [`item ${item}`]),
    ...(attempt === undefined || attempt === 1 ? [] : [`attempt ${attempt}`]),
    ...(isCut === true ? ["cut"] : []),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

interface LogLineProperties {
  readonly entry: LogEntry;
  readonly isOpen: boolean;
  readonly isTabStop: boolean;
  readonly onToggle: () => void;
}

function LogLine({ entry, isOpen, isTabStop, onToggle }: LogLineProperties): VNode {
  const { time, level, message, fields } = entry;
  const { icon, tone, word } = MARKS[level];
  const tabIndex = isTabStop ? 0 : -1;
  const content = (
    <>
      <time class="line-time" dateTime={new Date(time).toISOString()} title={`${formatTime(time)}, entry ${entry.number}`}>
        {new Date(time).toLocaleTimeString("en-GB")}
      </time>
      <span class={`line-icon tone-text-${tone}`}>
        <Icon name={icon} size={13} />
      </span>
      <span class={`line-text${tone === "bad" || tone === "warn" ? ` tone-text-${tone}` : ""}`}>
        <span class="visually-hidden">{word}: </span>
        {message}
        <span class="line-aside"> {describePlace(entry)}</span>
      </span>
    </>
  );
  return (
    <div class={`line log-${level}`}>
      {fields === undefined ? (
        <div class="line-row" tabIndex={tabIndex}>
          {content}
        </div>
      ) : (
        <button type="button" class="line-row" tabIndex={tabIndex} aria-expanded={isOpen} onClick={onToggle}>
          {content}
          <span class="line-more" aria-hidden="true" />
        </button>
      )}
      {isOpen && fields !== undefined && <pre class="line-detail">{writeValue(fields, 2)}</pre>}
    </div>
  );
}

function Lines(): VNode {
  const { list, isRead, problem } = runLog.value;
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const { first, count } = list;
  if (problem !== undefined) return <p class="quiet">{problem}</p>;
  if (count === 0) return <p class="quiet">{!isRead ? "Reading the log…" : logText.value === "" && logLevel.value === "debug" ? "Nothing was logged yet." : "No entry fits."}</p>;
  const toggle = (key: number): void => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  return (
    <VirtualList
      label="Log"
      name="lines"
      count={count}
      keyAt={(index) => first + index}
      rowHeight={LINE_HEIGHT}
      isFollowing={isFollowingLog.value}
      renderRow={(index, isTabStop) => {
        const entry = list.at(index);
        const key = first + index;
        return entry === undefined ? null : <LogLine entry={entry} isOpen={open.has(key)} isTabStop={isTabStop} onToggle={() => toggle(key)} />;
      }}
    />
  );
}

/** How many there are, read out when it is another number. */
function Count(): VNode {
  const { list, isRead } = runLog.value;
  const count = list.first + list.count;
  return (
    <span class="quiet" role="status">
      {isRead ? `${count.toLocaleString("en")} ${count === 1 ? "entry" : "entries"}` : ""}
    </span>
  );
}

/** The logs tab of a run. */
export function LogPanel(): VNode {
  useEffect(followLog, []);
  return (
    <div class="timeline log-panel">
      <div class="log-controls">
        <div class="segments" role="group" aria-label="Least severe level to show">
          {LEVELS.map(([level, label]) => (
            <button key={level} type="button" aria-pressed={logLevel.value === level} onClick={() => (logLevel.value = level)}>
              {label}
            </button>
          ))}
        </div>
        <input
          type="search"
          class="log-search"
          aria-label="Search the log"
          placeholder="Search"
          value={logText.value}
          onInput={(event) => searchLog(event.currentTarget.value)}
        />
        <label class="log-follow">
          <input type="checkbox" checked={isFollowingLog.value} onChange={(event) => (isFollowingLog.value = event.currentTarget.checked)} /> Follow
        </label>
        <Count />
      </div>
      <Lines key={logKey.value} />
    </div>
  );
}
