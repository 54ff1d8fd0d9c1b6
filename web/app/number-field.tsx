// A field for a number. It keeps what the person types while that is on its way to a number ("1.", "-"), and takes over a
// value that comes from elsewhere.
import type { VNode } from "preact";
import { useState } from "preact/hooks";

export interface NumberFieldProperties {
  readonly value: number | undefined;
  readonly onNumber: (value: number | undefined) => void;
  readonly id?: string;
  readonly label?: string;
  readonly isWhole?: boolean;
  readonly isDisabled?: boolean;
  readonly isInvalid?: boolean | undefined;
  /** Ids of what describes it. */
  readonly describedBy?: string | undefined;
}

/** The number that a text stands for; undefined when it is none. */
export function readNumber(text: string, isWhole = false): number | undefined {
  const value = Number(text.trim().replace(",", "."));
  if (text.trim() === "" || !Number.isFinite(value) || (isWhole && !Number.isInteger(value))) return undefined;
  return value;
}

/** The field. An unreadable text counts as no number and is marked. */
export function NumberField({ value, onNumber, id, label, isWhole = false, isDisabled = false, isInvalid = false, describedBy }: NumberFieldProperties): VNode {
  const [typed, setTyped] = useState("");
  const text = readNumber(typed, isWhole) === value ? typed : value === undefined ? "" : String(value);
  return (
    <input
      type="text"
      class="number"
      id={id}
      inputMode={isWhole ? "numeric" : "decimal"}
      autocomplete="off"
      value={text}
      disabled={isDisabled}
      aria-label={label}
      aria-invalid={isInvalid || (text.trim() !== "" && readNumber(text, isWhole) === undefined)}
      aria-describedby={describedBy}
      onInput={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        onNumber(readNumber(next, isWhole));
      }}
    />
  );
}
