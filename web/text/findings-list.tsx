// The findings about the text on show, as a list to click or walk through with the keyboard.
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { Icon } from "../app/icons.js";
import type { Finding } from "../millrace.js";
import { connection, registerTasks } from "../run/connection.js";
import { draft, errorCount, findings, isParsing } from "./draft.js";
import { listUnknownTasks } from "./task-names.js";
import { goToOffset } from "./source-editor.js";

const findingCountMax = 200;

function summarize(all: readonly Finding[]): string {
  const count = (severity: Finding["severity"], one: string, many: string): string => {
    const number = all.filter((finding) => finding.severity === severity).length;
    return number === 0 ? "" : `${number} ${number === 1 ? one : many}`;
  };
  return [count("error", "error", "errors"), count("warning", "warning", "warnings"), count("info", "hint", "hints")]
    .filter(Boolean)
    .join(", ");
}

function moveFocus(event: KeyboardEvent, list: HTMLElement | null): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !list) return;
  const buttons = [...list.querySelectorAll("button.finding")];
  const at = buttons.indexOf(event.target as HTMLElement);
  const next = buttons[at + step];
  if (next instanceof HTMLElement) {
    next.focus();
    event.preventDefault();
  }
}

function FindingRow({ finding }: { finding: Finding }): VNode {
  const { place, severity, message, code } = finding;
  return (
    <li>
      <button type="button" class={`finding finding-${severity}`} onClick={() => goToOffset(place.start, place.end)}>
        <span class="finding-mark" aria-hidden="true" />
        <span class="finding-text">
          <span class="visually-hidden">{severity}: </span>
          {message} <span class="finding-code">{code}</span>
          {place.snippet !== undefined && <code class="finding-snippet">{place.snippet}</code>}
        </span>
        <span class="finding-place">
          {place.line}:{place.column}
        </span>
      </button>
    </li>
  );
}

/** Names the called tasks without a handler and offers to register simulated ones. */
export function UnknownTasks(): VNode | null {
  const definition = draft.value?.definition;
  const names = definition ? listUnknownTasks(definition) : [];
  if (names.length === 0) return null;
  return (
    <div class="notice notice-warn unknown-tasks">
      <Icon name="warning" />
      <p>
        {names.length === 1 ? "No handler is registered for the task " : "No handlers are registered for the tasks "}
        {names.map((name, index) => (
          <span key={name}>
            {index > 0 && ", "}
            <code>{name}</code>
          </span>
        ))}
        .
      </p>
      <button
        type="button"
        class="button button-small"
        disabled={connection.value.kind !== "ready"}
        onClick={() => void registerTasks(names)}
      >
        Register {names.length === 1 ? "a simulated handler" : "simulated handlers"}
      </button>
    </div>
  );
}

/** The pane under the editor. */
export function FindingsList(): VNode {
  const list = useRef<HTMLUListElement>(null);
  const [isOpen, setOpen] = useState(true);
  const all = findings.value;
  const hasErrors = errorCount.value > 0;
  const tone = hasErrors ? "bad" : all.length > 0 ? "warn" : "good";
  return (
    <section class="findings" aria-label="Findings">
      <UnknownTasks />
      <button
        type="button"
        class="findings-head"
        aria-expanded={isOpen && all.length > 0}
        disabled={all.length === 0}
        onClick={() => setOpen(!isOpen)}
      >
        <span class={`dot dot-${draft.value ? tone : "idle"}`} aria-hidden="true" />
        <span aria-live="polite">
          {draft.value === undefined ? "Reading the text…" : all.length === 0 ? "No findings" : summarize(all)}
        </span>
        <span class="findings-time">{isParsing.value ? "parsing…" : `parsed in ${(draft.value?.parseMs ?? 0).toFixed(1)} ms`}</span>
      </button>
      {isOpen && all.length > 0 && (
        <ul class="findings-list" ref={list} onKeyDown={(event) => moveFocus(event, list.current)}>
          {all.slice(0, findingCountMax).map((finding, index) => (
            <FindingRow key={`${index}:${finding.place.start}`} finding={finding} />
          ))}
          {all.length > findingCountMax && <li class="findings-more">and {all.length - findingCountMax} more</li>}
        </ul>
      )}
    </section>
  );
}
