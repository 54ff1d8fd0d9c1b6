// Turns the way points of one transition into a curve from border to border. Everything is worked out for a layout
// that flows down (or up); a sideways layout is turned first and turned back at the end.
import type { StateDefinition } from "../millrace.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}
export interface RouteEnd extends Rectangle {
  readonly kind: StateDefinition["kind"];
}

export interface RouteRequest {
  readonly source: RouteEnd;
  readonly target: RouteEnd;
  /** The box that stands for the source in the scope of the edge: the source itself or one around it. */
  readonly sourceBorder: Rectangle | undefined;
  readonly targetBorder: Rectangle | undefined;
  /** From the layout, border points included; empty where there was no layout of edges. */
  readonly points: readonly Point[];
  readonly label: Point | undefined;
  readonly isSideways: boolean;
}

export interface Routed {
  readonly path: string;
  readonly label: Point | undefined;
}

interface Port extends Point {
  readonly isSide: boolean;
}

const PORT_INSET = 16;
const BORDER_INSET = 24;
const LABEL_ROOM = 120;
/** How far a loop stands out, and the height it takes, px. */
export const LOOP_REACH = 30;
export const LOOP_STEP = 26;

function clamp(value: number, least: number, most: number): number {
  return least > most ? (least + most) / 2 : Math.min(most, Math.max(least, value));
}

function turn<T extends Point>(point: T): T {
  return { ...point, x: point.y, y: point.x };
}

function turnBox<T extends Rectangle>(box: T): T {
  return { ...box, x: box.y, y: box.x, width: box.height, height: box.width };
}

function centre({ x, y, width, height }: Rectangle): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

/** Where an edge towards `next` leaves (or enters) a box. */
function findPort(box: RouteEnd, next: Point): Port {
  const middle = centre(box);
  const isPointed = box.kind === "start" || box.kind === "end" || box.kind === "choice";
  const inset = isPointed ? box.width / 2 : Math.min(PORT_INSET, box.width / 2);
  const x = clamp(next.x, box.x + inset, box.x + box.width - inset);
  if (next.y >= box.y + box.height) return { x, y: box.y + box.height, isSide: false };
  if (next.y <= box.y) return { x, y: box.y, isSide: false };
  return { x: next.x < middle.x ? box.x : box.x + box.width, y: middle.y, isSide: true };
}

/** Where an edge crosses the border of the composite that one of its ends stands in. */
function findGate(border: Rectangle, inner: Rectangle, outside: Point): Point {
  const x = clamp(centre(inner).x, border.x + BORDER_INSET, border.x + border.width - BORDER_INSET);
  if (outside.y >= border.y + border.height) return { x, y: border.y + border.height };
  if (outside.y <= border.y) return { x, y: border.y };
  return { x: outside.x < border.x ? border.x : border.x + border.width, y: centre(inner).y };
}

function isSame(left: Rectangle, right: Rectangle | undefined): boolean {
  return !right || (left.x === right.x && left.y === right.y && left.width === right.width && left.height === right.height);
}

function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

type Write = (point: Point) => string;

function writeSegment(from: Port, to: Port, write: Write): string {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  if (Math.abs(dx) < 0.5 || (from.isSide && to.isSide && Math.abs(dy) < 0.5)) return `L${write(to)}`;
  const bend = 0.5;
  const first = from.isSide ? { x: from.x + dx * bend, y: from.y } : { x: from.x, y: from.y + dy * bend };
  const second = to.isSide ? { x: to.x - dx * bend, y: to.y } : { x: to.x, y: to.y - dy * bend };
  return `C${write(first)} ${write(second)} ${write(to)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A transition from a state to itself: an ear at the state's side. `offset` counts loops up and down from the middle. */
export function routeLoop(box: Rectangle, labelWidth: number, isLeft: boolean, offset: number): Routed {
  const sign = isLeft ? -1 : 1;
  const edge = isLeft ? box.x : box.x + box.width;
  const y = box.y + box.height / 2 + offset * LOOP_STEP;
  const half = Math.min(9, box.height / 4);
  const out = edge + sign * LOOP_REACH * 1.3;
  const path = `M${round(edge)} ${round(y - half)}C${round(out)} ${round(y - half * 1.9)} ${round(out)} ${round(y + half * 1.9)} ${round(edge)} ${round(y + half)}`;
  return { path, label: labelWidth === 0 ? undefined : { x: edge + sign * (LOOP_REACH - 6 + labelWidth / 2), y } };
}

/** A curve between a composite and a state inside it: out at the side, so that it does not cross the inside. */
function routeInside(outer: RouteEnd, inner: RouteEnd, isInward: boolean, write: Write): Routed {
  const near = { x: inner.x, y: centre(inner).y };
  const far = { x: outer.x, y: near.y };
  const [from, to] = isInward ? [far, near] : [near, far];
  return { path: `M${write(from)}L${write(to)}`, label: { x: near.x - Math.min(near.x - far.x, LABEL_ROOM) / 2, y: near.y } };
}

function listStops({ source, target, sourceBorder, targetBorder, points }: RouteRequest): Port[] {
  const middle = points.slice(1, -1).map((point): Port => ({ ...point, isSide: false }));
  const toGate = (point: Point, border: Rectangle): Port => ({
    ...point,
    isSide: point.x === border.x || point.x === border.x + border.width,
  });
  if (sourceBorder && !isSame(source, sourceBorder)) {
    const gate = findGate(sourceBorder, source, middle[0] ?? centre(targetBorder ?? target));
    middle.unshift(toGate(gate, sourceBorder));
  }
  if (targetBorder && !isSame(target, targetBorder)) {
    const gate = findGate(targetBorder, target, middle.at(-1) ?? centre(sourceBorder ?? source));
    middle.push(toGate(gate, targetBorder));
  }
  const first = findPort(source, middle[0] ?? centre(target));
  const last = findPort(target, middle.at(-1) ?? centre(source));
  return [first, ...middle, last];
}

/** The curve of one transition and the centre of its label. */
export function routeEdge(request: RouteRequest): Routed {
  const { isSideways } = request;
  const write: Write = (point) => (isSideways ? `${round(point.y)} ${round(point.x)}` : `${round(point.x)} ${round(point.y)}`);
  const turned: RouteRequest = !isSideways
    ? request
    : {
        ...request,
        source: turnBox(request.source),
        target: turnBox(request.target),
        sourceBorder: request.sourceBorder && turnBox(request.sourceBorder),
        targetBorder: request.targetBorder && turnBox(request.targetBorder),
        points: request.points.map(turn),
        label: request.label && turn(request.label),
      };
  const routed = routeTurned(turned, write);
  return isSideways ? { path: routed.path, label: routed.label && turn(routed.label) } : routed;
}

function routeTurned(request: RouteRequest, write: Write): Routed {
  const { source, target, label } = request;
  if (contains(source, target)) return routeInside(source, target, true, write);
  if (contains(target, source)) return routeInside(target, source, false, write);
  const stops = listStops(request);
  let path = "";
  stops.forEach((stop, index) => {
    const before = stops[index - 1];
    path += before ? writeSegment(before, stop, write) : `M${write(stop)}`;
  });
  const first = stops[0];
  const last = stops.at(-1);
  const middle = first && last ? { x: (first.x + last.x) / 2, y: (first.y + last.y) / 2 } : undefined;
  return { path, label: label ?? middle };
}
