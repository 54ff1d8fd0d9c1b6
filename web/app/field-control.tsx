// The control for one declared field: of a run's input, or of what a person is asked. It knows types, not where values go.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ParameterDefinition } from "../millrace.js";
import { readJson } from "../text/json-editor.js";
import { NumberField } from "./number-field.js";

/** About as many fit into a line of the panel. */
const CHARACTERS_PER_LINE = 38;

export interface FieldControlProperties {
  readonly field: ParameterDefinition;
  readonly id: string;
  readonly value: unknown;
  /** `undefined`: nothing is said. */
  readonly onValue: (value: unknown) => void;
  /** A choice may be left open, and whether something is true too. */
  readonly canBeOpen?: boolean;
  readonly isInvalid?: boolean;
  /** Ids of what describes it. */
  readonly describedBy?: string;
}

function ChoiceField({ field, id, value, onValue, canBeOpen, isInvalid, describedBy }: FieldControlProperties): VNode {
  const choices = field.choices ?? [];
  const at = choices.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(value));
  return (
    <select id={id} value={String(at)} aria-invalid={isInvalid} aria-describedby={describedBy} onChange={(event) => onValue(choices[Number(event.currentTarget.value)])}>
      {(at < 0 || canBeOpen === true) && <option value="-1">{canBeOpen === true ? "Choose…" : "(another value)"}</option>}
      {choices.map((choice, index) => (
        <option key={index} value={String(index)}>
          {typeof choice === "string" ? choice : JSON.stringify(choice)}
        </option>
      ))}
    </select>
  );
}

/** Yes, no, or nothing said yet. */
function AnswerField({ id, value, onValue, isInvalid, describedBy }: FieldControlProperties): VNode {
  return (
    <span class="answers" role="radiogroup" aria-labelledby={`${id}-label`} aria-describedby={describedBy} aria-invalid={isInvalid}>
      {[true, false].map((answer) => (
        <label key={String(answer)} class={`answer${value === answer ? " is-chosen" : ""}`}>
          <input type="radio" name={id} {...(answer && { id })} checked={value === answer} onChange={() => onValue(answer)} />
          {answer ? "Yes" : "No"}
        </label>
      ))}
    </span>
  );
}

function JsonField({ id, value, onValue, isInvalid, describedBy }: FieldControlProperties): VNode {
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value)));
  const reading = readJson(text);
  return (
    <>
      <textarea
        id={id}
        class="mono"
        rows={Math.min(
          8,
          text.split("\n").reduce((count, line) => count + Math.max(1, Math.ceil(line.length / CHARACTERS_PER_LINE)), 0),
        )}
        spellcheck={false}
        value={text}
        aria-invalid={!reading.isValid || isInvalid === true}
        aria-describedby={describedBy}
        onInput={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          const read = readJson(next);
          if (read.isValid) onValue(read.value);
        }}
      />
      {!reading.isValid && <span class="field-problem">Not JSON: {reading.message}</span>}
    </>
  );
}

/** A time as the browser's own field writes it, in the time of the place. */
function toLocalTime(value: unknown): string {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? "" : new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function TextField({ field, id, value, onValue, canBeOpen, isInvalid, describedBy }: FieldControlProperties): VNode {
  const common = { id, "aria-invalid": isInvalid, "aria-describedby": describedBy };
  if (field.type === "timestamp" && canBeOpen === true) {
    const read = (text: string): string | undefined => (Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString());
    return <input {...common} type="datetime-local" value={toLocalTime(value)} onInput={(event) => onValue(read(event.currentTarget.value))} />;
  }
  const say = (text: string): void => onValue(text === "" && canBeOpen === true ? undefined : text);
  return (
    <input
      {...common}
      type="text"
      autocomplete="off"
      value={typeof value === "string" ? value : ""}
      {...(field.type === "duration" && { placeholder: "1h30m" })}
      onInput={(event) => say(event.currentTarget.value)}
    />
  );
}

/** The control that fits the field's type. */
export function FieldControl(properties: FieldControlProperties): VNode {
  const { field, id, value, onValue, canBeOpen, isInvalid, describedBy } = properties;
  const { type, choices } = field;
  if (choices !== undefined && choices.length > 0) return <ChoiceField {...properties} />;
  if (type === "bool" && canBeOpen === true) return <AnswerField {...properties} />;
  if (type === "bool")
    return <input id={id} type="checkbox" class="switch" checked={value === true} onChange={(event) => onValue(event.currentTarget.checked)} />;
  if (type === "int" || type === "uint" || type === "double" || type === "number") {
    const number = typeof value === "number" ? value : undefined;
    const isWhole = type === "int" || type === "uint";
    return <NumberField id={id} isWhole={isWhole} value={number} onNumber={onValue} isInvalid={isInvalid} describedBy={describedBy} />;
  }
  if (type === "list" || type === "map" || type === "any") return <JsonField {...properties} />;
  return <TextField {...properties} />;
}
