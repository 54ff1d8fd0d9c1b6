// A button for each event of the open run's workflow; those that an active state awaits stand out and come first. A
// payload can be given as JSON.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../app/icons.js";
import { JsonEditor, readJson } from "../text/json-editor.js";
import { awaitedEvents, openStatus, openWorkflow, questions, sendEvent } from "./open-run.js";
import { isEnded } from "./run-list.js";

/** The events section. */
export function EventButtons(): VNode | null {
  const [isPayloadOpen, setPayloadOpen] = useState(false);
  const [payload, setPayload] = useState("");
  const definition = openWorkflow.value?.definition;
  const status = openStatus.value;
  // What is asked for with a card of its own is answered there.
  const asked = new Set(questions.value.map(({ event }) => event));
  const events = definition?.events.filter(({ name }) => !asked.has(name)) ?? [];
  if (events.length === 0) return null;
  const awaited = awaitedEvents.value;
  const isOver = status !== undefined && isEnded(status);
  const ordered = [...events].sort((left, right) => Number(awaited.has(right.name)) - Number(awaited.has(left.name)));
  const reading = readJson(payload);
  const send = (name: string): void => {
    if (reading.isValid) void sendEvent(name, isPayloadOpen ? reading.value : undefined);
  };
  return (
    <section class="events" aria-label="Events">
      <div class="row spread">
        <h3>Events</h3>
        <button type="button" class="link" aria-expanded={isPayloadOpen} disabled={isOver} onClick={() => setPayloadOpen(!isPayloadOpen)}>
          {isPayloadOpen ? "No payload" : "With a payload"}
        </button>
      </div>
      {isPayloadOpen && !isOver && (
        <JsonEditor text={payload} label="Event payload as JSON" hint={'{ "comment": "…" }'} onText={setPayload} />
      )}
      <div class="event-list">
        {ordered.map((event) => (
          <button
            key={event.name}
            type="button"
            class={`button event-button${awaited.has(event.name) ? " is-awaited" : ""}`}
            disabled={isOver || !reading.isValid}
            title={
              event.description ?? (awaited.has(event.name) ? "An active state awaits this event" : "No active state awaits this event")
            }
            onClick={() => send(event.name)}
          >
            <Icon name="bolt" size={13} /> {event.name}
            {awaited.has(event.name) && <span class="visually-hidden"> (awaited)</span>}
          </button>
        ))}
      </div>
    </section>
  );
}
