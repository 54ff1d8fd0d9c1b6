// What simulated people say: payloads that fit a form, drawn by chance.
import type { FormField } from "../model/definition.js";

const INTEGER_MAX = 100;
const NUMBER_MAX = 1_000;
/** Of fields that may be left out, or have a default: how often nothing is said. */
const SILENCE_RATE = 0.5;

/**
 * A payload that fits: choices are drawn, numbers are from 0 to 100 (int, uint) or 1,000, times are `now`.
 * @param chance from 0 up to 1
 * @param now ms since 1970
 */
export function answerForm(form: readonly FormField[], chance: () => number, now: number): Record<string, unknown> {
  const said = form.filter((field) => (field.isRequired && field.default === undefined) || chance() >= SILENCE_RATE);
  return Object.fromEntries(said.map((field) => [field.name, answerField(field, chance, now)]));
}

function answerField({ type, choices = [] }: FormField, chance: () => number, now: number): unknown {
  if (choices.length > 0) return choices[Math.floor(chance() * choices.length)];
  switch (type) {
    case "bool":
      return chance() < 0.5;
    case "int":
    case "uint":
      return Math.floor(chance() * (INTEGER_MAX + 1));
    case "double":
    case "number":
      return Math.round(chance() * NUMBER_MAX * 100) / 100;
    case "bytes":
      return new Uint8Array(0);
    case "list":
      return [];
    case "map":
      return {};
    case "timestamp":
      return new Date(now);
    case "duration":
      return "1h";
    default:
      return "text";
  }
}
