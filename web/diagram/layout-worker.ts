// Lays out drawings away from the page's thread.
import type { Drawing } from "./drawing.js";
import { layoutDrawing, type Layout } from "./layout.js";

export interface LayoutRequest {
  readonly serial: number;
  readonly drawing: Drawing;
  readonly isQuick: boolean;
}
export interface LayoutAnswer {
  readonly serial: number;
  readonly layout: Layout | undefined;
  readonly problem?: string;
}

addEventListener("message", (event: MessageEvent<LayoutRequest>) => {
  const { serial, drawing, isQuick } = event.data;
  try {
    postMessage({ serial, layout: layoutDrawing(drawing, isQuick) } satisfies LayoutAnswer);
  } catch (error) {
    postMessage({ serial, layout: undefined, problem: error instanceof Error ? error.message : String(error) } satisfies LayoutAnswer);
  }
});
