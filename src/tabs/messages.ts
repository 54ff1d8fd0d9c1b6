// What tabs say to each other. Whatever comes over the channel is checked: another version of the package may speak on it.
import type { ErrorRecord } from "../model/errors.js";

/** Raised where a message's meaning changes: messages of other versions are not heard. */
export const TABS_VERSION = 1;

interface Head {
  readonly version: number;
  /** Of the tab that speaks. */
  readonly from: string;
}

/**
 * `hello`: who is there? `alive`: I am, and drive these journals up to these groups. `ping`: whoever drives the journal, answer with `alive`. `to`: the one tab that is
 * meant, since two may take themselves for a journal's driver.
 */
export type TabMessage = Head &
  (
    | { readonly kind: "hello" }
    | { readonly kind: "alive"; readonly journals: readonly { readonly journal: number; readonly group: number }[] }
    | { readonly kind: "ping"; readonly journal: number }
    | { readonly kind: "group"; readonly journal: number; readonly group: number }
    | { readonly kind: "call"; readonly to: string; readonly id: number; readonly journal: number; readonly method: string; readonly args: readonly unknown[] }
    | { readonly kind: "reply"; readonly to: string; readonly id: number; readonly value?: unknown; readonly error?: ErrorRecord }
  );

const KINDS: ReadonlySet<unknown> = new Set(["hello", "alive", "ping", "group", "call", "reply"]);

export function isTabMessage(message: unknown): message is TabMessage {
  if (typeof message !== "object" || message === null || !("version" in message) || message.version !== TABS_VERSION) return false;
  if (!("from" in message) || typeof message.from !== "string" || !("kind" in message) || !KINDS.has(message.kind)) return false;
  const { journal, group, to, id, method, args, journals } = message as Readonly<Record<string, unknown>>;
  const isJournal = Number.isInteger(journal);
  if (message.kind === "alive") return Array.isArray(journals) && journals.every(isPlace);
  if (message.kind === "ping") return isJournal;
  if (message.kind === "group") return isJournal && Number.isInteger(group);
  if (message.kind === "call") return isJournal && typeof to === "string" && Number.isInteger(id) && typeof method === "string" && Array.isArray(args);
  return message.kind !== "reply" || Number.isInteger(id);
}

function isPlace(place: unknown): boolean {
  return typeof place === "object" && place !== null && "journal" in place && Number.isInteger(place.journal) && "group" in place && Number.isInteger(place.group);
}
