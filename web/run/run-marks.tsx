// Small parts that several run panes share: a status as a badge, times and durations as text.
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { showInFrame } from "../app/frames.js";
import type { RunRecord, RunStatus } from "../millrace.js";
import { isEnded } from "./run-list.js";

const TONES: Readonly<Record<RunStatus, string>> = {
  scheduled: "idle",
  running: "live",
  waiting: "live",
  pausing: "warn",
  paused: "warn",
  succeeded: "good",
  failed: "bad",
  canceling: "warn",
  canceled: "idle",
  timedOut: "bad",
};

/** A status in its colour. */
export function StatusBadge({ status }: { status: RunStatus }): VNode {
  return (
    <span class={`badge badge-${TONES[status]}`} data-status={status}>
      <span class="badge-dot" aria-hidden="true" />
      {status === "timedOut" ? "timed out" : status}
    </span>
  );
}

/** The time now, ms since 1970; goes on each second while the page is visible. */
export const now = signal(Date.now());

/** Begins to tick; call once. */
export function followTime(): void {
  const tick = (): void => {
    now.value = Date.now();
  };
  setInterval(() => {
    if (document.visibilityState === "visible") showInFrame(tick);
  }, 1_000);
}

/** `950 ms`, `3.2 s`, `4 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

// Made once: a formatter costs more than a thousand uses of it.
const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const dayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** The time of day, with the date when it was not today as the text was made. */
export function formatTime(time: number): string {
  const isToday = new Date(time).toDateString() === new Date(now.peek()).toDateString();
  const clock = clockFormat.format(time);
  return isToday ? clock : `${dayFormat.format(time)} ${clock}`;
}

/** How long a run took, or has taken so far. */
export function Duration({ record }: { record: RunRecord }): VNode {
  const end = record.endedAt ?? (isEnded(record.status) ? record.updatedAt : Math.max(now.value, record.updatedAt));
  return <span class="duration">{formatDuration(end - record.startedAt)}</span>;
}

const countFormat = new Intl.NumberFormat("en");

/** `12,345`. */
export function formatCount(count: number): string {
  return countFormat.format(count);
}

/** A workflow's name as people write it: `order-fulfilment` as `Order fulfilment`; other names stay. */
export function formatName(name: string): string {
  if (!/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/.test(name)) return name;
  const words = name.replaceAll(/[-_]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The part of a run's id that people can tell apart. */
export function shortenId(runId: string): string {
  return runId.length > 12 ? `…${runId.slice(-8)}` : runId;
}
