// Large drawings: what lies outside the pane is not drawn, so that a frame costs what can be seen, not what there is.
// Knows boxes and elements, nothing of states.
import type { Layout } from "./layout.js";
import type { Drawing } from "./drawing.js";
import type { Rectangle } from "./route.js";

/** From so many states on a drawing is culled, and its lights stand still. */
export const culledStateCountMin = 150;
/** What is this near to the pane is drawn too, as a share of the pane's size: small moves uncover nothing empty. */
const AROUND = 0.25;

/** The rectangle around all numbers of a path, its control points included. */
function boundPath(path: string): Rectangle {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  let isX = true;
  let x = 0;
  for (const [number] of path.matchAll(/-?\d+(?:\.\d+)?/g)) {
    if (isX) x = Number(number);
    else {
      const y = Number(number);
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    isX = !isX;
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Hides the elements of one drawing that are out of view. */
export class Culling {
  readonly #elements: SVGElement[] = [];
  /** left, top, right, bottom by element. */
  readonly #bounds: Float64Array;
  readonly #isHidden: Uint8Array;

  constructor(root: SVGElement, drawing: Drawing, layout: Layout) {
    const bounds: number[] = [];
    const add = (element: SVGElement, { x, y, width, height }: Rectangle): void => {
      this.#elements.push(element);
      bounds.push(x, y, x + width, y + height);
    };
    for (const element of root.querySelectorAll<SVGElement>("[data-state]")) {
      const box = layout.states[Number(element.dataset["state"])];
      if (box) add(element, box);
    }
    for (const element of root.querySelectorAll<SVGElement>("[data-edge]")) {
      const index = Number(element.dataset["edge"]);
      const place = layout.transitions[index];
      const label = place?.label;
      const { width = 0, height = 0 } = drawing.transitions[index] ?? {};
      if (element.classList.contains("edge") && place) add(element, boundPath(place.path));
      else if (label) add(element, { x: label.x - width / 2, y: label.y - height / 2, width, height });
    }
    this.#bounds = Float64Array.from(bounds);
    this.#isHidden = new Uint8Array(this.#elements.length);
  }

  /** Shows what touches `view`, in the drawing's own units. Linear in the elements; writes only what changes. */
  show(view: Rectangle): void {
    const left = view.x - view.width * AROUND;
    const top = view.y - view.height * AROUND;
    const right = view.x + view.width * (1 + AROUND);
    const bottom = view.y + view.height * (1 + AROUND);
    const bounds = this.#bounds;
    for (let index = 0; index < this.#elements.length; index += 1) {
      const at = index * 4;
      const isOut =
        (bounds[at] ?? 0) > right || (bounds[at + 1] ?? 0) > bottom || (bounds[at + 2] ?? 0) < left || (bounds[at + 3] ?? 0) < top;
      if (isOut === (this.#isHidden[index] === 1)) continue;
      this.#isHidden[index] = Number(isOut);
      this.#elements[index]?.classList.toggle("is-out", isOut);
    }
  }
}
