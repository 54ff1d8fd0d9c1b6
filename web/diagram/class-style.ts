// What a `classDef` of the author's text means for a drawn state. Only properties that say how something looks are
// taken over, and only as values: nothing that could load or run.
import type { CSSProperties } from "preact";
import type { Definition } from "../millrace.js";

export interface DrawnStyle {
  readonly shape: CSSProperties;
  readonly text: CSSProperties;
}

const DARK_INK = "#17232a";
const LIGHT_INK = "#f4f7f8";
const BRIGHT_MIN = 0.42;

/** Perceived brightness of a CSS colour, 0 to 1; undefined when it is none or is see-through. */
function measureBrightness(colour: string): number | undefined {
  const canvas = document.createElement("canvas").getContext("2d");
  if (!canvas || !CSS.supports("color", colour)) return undefined;
  canvas.fillStyle = colour;
  const hex = /^#(..)(..)(..)$/.exec(canvas.fillStyle);
  if (!hex) return undefined;
  const [red = 0, green = 0, blue = 0] = hex.slice(1).map((digits) => (Number.parseInt(digits, 16) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Reads the classes of a state; a fill without a text colour gets ink that can be read on it. */
export function readStyle(definition: Definition, classes: readonly string[]): DrawnStyle | undefined {
  const shape: Record<string, string> = {};
  const text: Record<string, string> = {};
  for (const name of ["default", ...classes]) {
    for (const declaration of (definition.styles[name] ?? "").split(/[;,](?![^(]*\))/)) {
      const [key = "", ...rest] = declaration.split(":");
      const value = rest.join(":").trim();
      const property = key.trim();
      if (/url\(|expression|javascript/i.test(value)) continue;
      if (/^(?:fill|stroke|stroke-width|stroke-dasharray|opacity)$/.test(property)) shape[property] = value;
      else if (property === "background" || property === "background-color") shape["fill"] = value;
      else if (property === "color") text["fill"] = value;
      else if (/^font-(?:weight|style)$/.test(property)) text[property] = value;
    }
  }
  if (Object.keys(shape).length + Object.keys(text).length === 0) return undefined;
  const brightness = shape["fill"] === undefined || text["fill"] !== undefined ? undefined : measureBrightness(shape["fill"]);
  if (brightness !== undefined) text["fill"] = brightness > BRIGHT_MIN ? DARK_INK : LIGHT_INK;
  return { shape, text };
}
