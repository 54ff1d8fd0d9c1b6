// The input that a run is started with: JSON, filled in beforehand from the workflow's parameters.
import { computed, effect, signal } from "@preact/signals";
import { recall, remember } from "../app/preferences.js";
import type { ParameterDefinition } from "../millrace.js";
import { draft } from "../text/draft.js";
import { documentKey } from "../text/documents.js";
import { readJson } from "../text/json-editor.js";

const EMAIL = "kim@example.org";

/** Values by a word in the parameter's name, for parameters without a default. */
const PLAUSIBLE: readonly (readonly [RegExp, unknown])[] = [
  [/e-?mail/i, EMAIL],
  [/order/i, "A-17"],
  [/document|doc/i, "D-42"],
  [/lead/i, "L-7"],
  [/incident|alert/i, "INC-3"],
  [/version|release|tag/i, "1.4.0"],
  [/service|app|project/i, "checkout"],
  [/author|owner|user|name|employee|who/i, "Kim"],
  [/team/i, "platform"],
];

/** A value to begin with: the default, the first choice, or something plausible of the type. */
export function proposeValue(parameter: ParameterDefinition): unknown {
  if (parameter.default !== undefined) return parameter.default;
  if (parameter.choices !== undefined && parameter.choices.length > 0) return parameter.choices[0];
  const { type, name } = parameter;
  if (type === "bool") return false;
  if (type === "int" || type === "uint") return 1;
  if (type === "double" || type === "number") return /total|amount|price/i.test(name) ? 129.5 : 1;
  if (type === "list") return [];
  if (type === "map") return {};
  if (type === "timestamp") return "2026-01-01T09:00:00Z";
  if (type === "duration") return "60s";
  return PLAUSIBLE.find(([word]) => word.test(name))?.[1] ?? "example";
}

/** The JSON text of a proposed input. */
export function proposeInput(parameters: readonly ParameterDefinition[]): string {
  return JSON.stringify(Object.fromEntries(parameters.map((parameter) => [parameter.name, proposeValue(parameter)])), undefined, 2);
}

export const parameters = computed<readonly ParameterDefinition[]>(() => draft.value?.definition?.parameters ?? []);
/** The input as text. */
export const inputText = signal("{}");
/** Has the person changed the input of this text? */
export const isInputChanged = signal(false);
export const inputReading = computed(() => readJson(inputText.value));

/** The input as an object whose members are the fields of the form; undefined when it is none. */
export const inputFields = computed<Readonly<Record<string, unknown>> | undefined>(() => {
  const reading = inputReading.value;
  if (!reading.isValid) return undefined;
  const { value } = reading;
  if (value === undefined) return {};
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
});

/** Takes the person's text. */
export function editInput(text: string): void {
  inputText.value = text;
  isInputChanged.value = true;
  remember(`input:${documentKey.peek()}`, text);
}

/** Sets one member; `undefined` leaves it out. */
export function setField(name: string, value: unknown): void {
  const { [name]: _, ...others } = inputFields.peek() ?? {};
  const isKnown = name in (inputFields.peek() ?? {});
  const next = value === undefined ? others : isKnown ? { ...inputFields.peek(), [name]: value } : { ...others, [name]: value };
  editInput(JSON.stringify(next, undefined, 2));
}

/** Back to what the parameters propose. */
export function resetInput(): void {
  remember(`input:${documentKey.peek()}`, undefined);
  isInputChanged.value = false;
  inputText.value = proposeInput(parameters.peek());
}

/** Follows document and parameters; call once. */
export function followParameters(): void {
  effect(() => {
    const kept = recall<string | undefined>(`input:${documentKey.value}`, undefined);
    isInputChanged.value = kept !== undefined;
    if (kept !== undefined) inputText.value = kept;
  });
  effect(() => {
    const proposal = proposeInput(parameters.value);
    if (!isInputChanged.value) inputText.value = proposal;
  });
}
