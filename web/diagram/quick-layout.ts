// A layout for very many states: in the order of a walk along the transitions, row by row, every other row from right
// to left, so that chains stay together and fill the page. Linear in states and transitions.
import type { Point } from "./route.js";

export interface QuickBox {
  readonly id: number;
  readonly width: number;
  readonly height: number;
}

const GAP_X = 84;
const GAP_Y = 52;
const ASPECT = 1.5;

/** Ids in the order of a depth-first walk that begins with the first box; boxes that it does not reach follow. */
function orderBoxes(boxes: readonly QuickBox[], edges: readonly (readonly [number, number])[]): number[] {
  const next = new Map<number, number[]>();
  for (const [from, to] of edges) {
    const list = next.get(from);
    if (list) list.push(to);
    else next.set(from, [to]);
  }
  const known = new Set(boxes.map((box) => box.id));
  const seen = new Set<number>();
  const order: number[] = [];
  for (const { id } of boxes) {
    const stack = [id];
    while (stack.length > 0) {
      const at = stack.pop() ?? -1;
      if (seen.has(at) || !known.has(at)) continue;
      seen.add(at);
      order.push(at);
      stack.push(...(next.get(at) ?? []).toReversed());
    }
  }
  return order;
}

/** Centres of the boxes, by id. */
export function layoutQuickly(
  boxes: readonly QuickBox[],
  edges: readonly (readonly [number, number])[],
  direction: string,
): ReadonlyMap<number, Point> {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const order = orderBoxes(boxes, edges);
  const area = boxes.reduce((sum, box) => sum + (box.width + GAP_X) * (box.height + GAP_Y), 0);
  const widest = boxes.reduce((most, box) => Math.max(most, box.width), 0);
  const rowWidth = Math.max(widest, Math.sqrt(area * ASPECT));
  const rows: QuickBox[][] = [];
  let used = Infinity;
  for (const id of order) {
    const box = byId.get(id);
    if (!box) continue;
    if (used + box.width > rowWidth) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(box);
    used += box.width + GAP_X;
  }
  const places = new Map<number, Point>();
  let y = 0;
  rows.forEach((row, index) => {
    const height = row.reduce((most, box) => Math.max(most, box.height), 0);
    const isBackwards = (index % 2 === 1) !== (direction === "RL");
    let x = 0;
    for (const box of row) {
      const at = x + box.width / 2;
      places.set(box.id, { x: isBackwards ? rowWidth - at : at, y: y + height / 2 });
      x += box.width + GAP_X;
    }
    y += height + GAP_Y;
  });
  return places;
}
