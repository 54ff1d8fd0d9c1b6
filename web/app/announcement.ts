// Short messages for people: shown for some seconds and read out by screen readers.
import { signal } from "@preact/signals";

export type Tone = "neutral" | "good" | "bad";
export interface Announcement {
  readonly id: number;
  readonly text: string;
  readonly tone: Tone;
}

const SHOWN_MS = 3_000;
const announcementCountMax = 3;

/** The messages on show, oldest first. */
export const announcements = signal<readonly Announcement[]>([]);
let lastId = 0;

/** Shows `text` for some seconds; at most three stand at once. */
export function announce(text: string, tone: Tone = "neutral"): void {
  lastId += 1;
  const id = lastId;
  announcements.value = [...announcements.value, { id, text, tone }].slice(-announcementCountMax);
  setTimeout(() => dismiss(id), tone === "bad" ? SHOWN_MS * 3 : SHOWN_MS);
}

/** Takes a message away. */
export function dismiss(id: number): void {
  announcements.value = announcements.value.filter((message) => message.id !== id);
}
