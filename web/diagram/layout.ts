// Places states and routes transitions. Each composite state and each region is laid out by itself, from the inside
// out, and is one box in the scope around it; an edge that crosses scopes is ranked between the boxes that stand in
// the same scope and then led inwards. Pure: sizes in, places out, so it can run in a worker.
import { Graph, layout as layoutGraph } from "@dagrejs/dagre";
import { type Drawing, measureHead } from "./drawing.js";
import { layoutQuickly } from "./quick-layout.js";
import { LOOP_REACH, LOOP_STEP, routeEdge, routeLoop, type Point, type Rectangle } from "./route.js";

export interface PlacedNote extends Rectangle {
  readonly state: number;
  readonly note: number;
}

export interface PlacedTransition {
  /** SVG path data. */
  readonly path: string;
  /** Centre of the label, if there is one. */
  readonly label: Point | undefined;
}

/** A dashed line between two regions. */
export interface Divider {
  readonly state: number;
  readonly from: Point;
  readonly to: Point;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** One per state, by index. */
  readonly states: readonly Rectangle[];
  readonly transitions: readonly PlacedTransition[];
  readonly notes: readonly PlacedNote[];
  readonly dividers: readonly Divider[];
}

const MARGIN = 24;
const PADDING = 20;
const NODE_GAP = 26;
const RANK_GAP = 40;
const EDGE_GAP = 12;
const NOTE_GAP = 14;
const NOTE_STEP = 8;
const REGION_ROW_WIDTH_MAX = 900;
/** From so many states in one scope on, one way of ranking must do. */
const MANY_STATES = 120;
const SHORT_GAP_MAX = 120;
/** Scopes with more states than this are laid out by rows unless the full layout is asked for. */
export const quickStateCountMin = 220;

interface Scope {
  width: number;
  height: number;
}

interface Route {
  readonly points: Point[];
  readonly label: Point | undefined;
}

class LayoutWork {
  readonly drawing: Drawing;
  readonly isQuick: boolean;
  readonly children: number[][];
  readonly top: number[] = [];
  /** Within the scope around; absolute at the end. */
  readonly boxes: { x: number; y: number; width: number; height: number }[];
  readonly routes: (Route | undefined)[];
  /** The scope of each routed edge: a state's index, or -1. */
  readonly routeScopes: number[] = [];
  readonly dividers: { state: number; from: Point; to: Point }[] = [];
  readonly depth: number[] = [];
  /** Room left of a state for edges between it and the composite around it. */
  readonly besideWidth = new Map<number, number>();
  /** The transitions from a state to itself, by state. */
  readonly loops = new Map<number, number[]>();
  readonly edgesByScope = new Map<number, number[]>();

  constructor(drawing: Drawing, isQuick: boolean) {
    this.drawing = drawing;
    this.isQuick = isQuick;
    this.children = drawing.states.map(() => []);
    drawing.states.forEach((state, index) => {
      (state.parent < 0 ? this.top : this.children[state.parent])?.push(index);
      this.depth[index] = state.parent < 0 ? 0 : (this.depth[state.parent] ?? 0) + 1;
    });
    this.boxes = drawing.states.map(({ width, height }) => ({ x: 0, y: 0, width, height }));
    this.routes = drawing.transitions.map(() => undefined);
    drawing.transitions.forEach(({ isInternal }, edge) => {
      if (isInternal) return;
      const scope = this.findScope(edge);
      this.routeScopes[edge] = scope;
      this.keepRoomBeside(edge, scope);
      this.edgesByScope.set(scope, [...(this.edgesByScope.get(scope) ?? []), edge]);
    });
  }

  parentOf(state: number): number {
    return this.drawing.states[state]?.parent ?? -1;
  }

  /** The innermost scope that holds both ends. */
  findScope(edge: number): number {
    const transition = this.drawing.transitions[edge];
    let left = this.parentOf(transition?.source ?? -1);
    let right = this.parentOf(transition?.target ?? -1);
    while (left !== right) {
      if ((this.depth[left] ?? -1) >= (this.depth[right] ?? -1)) left = this.parentOf(left);
      else right = this.parentOf(right);
    }
    return left;
  }

  /** An edge between a composite and a state in it is drawn sideways, so the state needs room for the label. */
  keepRoomBeside(edge: number, scope: number): void {
    const { source, target, width } = this.drawing.transitions[edge] ?? { source: -1, target: -1, width: 0 };
    if (source === target) {
      this.loops.set(source, [...(this.loops.get(source) ?? []), edge]);
      return;
    }
    if (this.liftTo(source, scope) !== this.liftTo(target, scope)) return;
    const inner = (this.depth[source] ?? 0) > (this.depth[target] ?? 0) ? source : target;
    this.besideWidth.set(inner, Math.max(this.besideWidth.get(inner) ?? 0, width + NOTE_GAP));
  }

  /** The ancestor of `state` (or itself) that stands directly in `scope`. */
  liftTo(state: number, scope: number): number {
    let at = state;
    while (at >= 0 && this.parentOf(at) !== scope) at = this.parentOf(at);
    return at;
  }

  /** Lays out the inside of `scope` and gives its size. */
  layoutScope(scope: number): Scope {
    const children = scope < 0 ? this.top : (this.children[scope] ?? []);
    for (const child of children) if ((this.children[child] ?? []).length > 0) this.sizeContainer(child);
    if (scope >= 0 && children.some((child) => this.drawing.states[child]?.kind === "region")) return this.layoutRegions(scope, children);
    if (this.isQuick && children.length > quickStateCountMin) return this.placeQuickly(scope, children);
    try {
      return this.placeByDagre(scope, children);
    } catch {
      return this.placeQuickly(scope, children);
    }
  }

  sizeContainer(state: number): void {
    const inner = this.layoutScope(state);
    const box = this.boxes[state];
    const drawn = this.drawing.states[state];
    if (!box || !drawn) return;
    const head = measureHead(drawn);
    const width = Math.max(inner.width + PADDING * 2, drawn.width);
    const shiftX = (width - inner.width) / 2;
    this.shiftInside(state, shiftX, head + PADDING * (head > 0 ? 0.8 : 0.6));
    box.width = width;
    box.height = inner.height + head + PADDING * (head > 0 ? 1.8 : 1.2);
  }

  shiftInside(state: number, x: number, y: number): void {
    for (const child of this.children[state] ?? []) {
      const box = this.boxes[child];
      if (box) {
        box.x += x;
        box.y += y;
      }
    }
    for (const edge of this.edgesByScope.get(state) ?? []) {
      const route = this.routes[edge];
      if (route) this.routes[edge] = moveRoute(route, x, y);
    }
    for (const divider of this.dividers) {
      if (divider.state !== state) continue;
      divider.from = { x: divider.from.x + x, y: divider.from.y + y };
      divider.to = { x: divider.to.x + x, y: divider.to.y + y };
    }
  }

  /** Regions stand side by side when there is room, else one below the other. */
  layoutRegions(scope: number, children: readonly number[]): Scope {
    const boxes = children.map((child) => this.boxes[child] ?? { x: 0, y: 0, width: 0, height: 0 });
    const rowWidth = boxes.reduce((sum, box) => sum + box.width, 0);
    const isRow = rowWidth <= REGION_ROW_WIDTH_MAX;
    const across = Math.max(...boxes.map((box) => (isRow ? box.height : box.width)));
    let at = 0;
    boxes.forEach((box, index) => {
      const child = children[index] ?? -1;
      const room = (across - (isRow ? box.height : box.width)) / 2;
      box.x = isRow ? at : 0;
      box.y = isRow ? 0 : at;
      this.shiftInside(child, isRow ? 0 : room, isRow ? room : 0);
      if (index > 0)
        this.dividers.push({
          state: scope,
          from: isRow ? { x: at, y: 0 } : { x: 0, y: at },
          to: isRow ? { x: at, y: across } : { x: across, y: at },
        });
      at += isRow ? box.width : box.height;
      if (isRow) box.height = across;
      else box.width = across;
    });
    return isRow ? { width: at, height: across } : { width: across, height: at };
  }

  directionOf(scope: number): Drawing["direction"] {
    return scope < 0 ? this.drawing.direction : (this.drawing.states[scope]?.direction ?? this.drawing.direction);
  }

  placeByDagre(scope: number, children: readonly number[]): Scope {
    const rankers = children.length > MANY_STATES ? (["tight-tree"] as const) : (["network-simplex", "tight-tree"] as const);
    const graphs = rankers.map((ranker) => this.layoutGraph(scope, children, ranker));
    const graph = graphs.reduce((best, next) => (measureStretch(next) < measureStretch(best) ? next : best));
    for (const child of children) {
      const node = graph.node(String(child)) as { x: number; y: number };
      const box = this.boxes[child];
      if (box) {
        box.x = node.x + this.shiftOf(child) - box.width / 2;
        box.y = node.y - box.height / 2;
      }
    }
    for (const { v, w, name } of graph.edges()) {
      const { points, x, y } = graph.edge({ v, w, ...(name !== undefined && { name }) }) as { points: Point[]; x?: number; y?: number };
      const label = x === undefined || y === undefined ? undefined : { x, y };
      this.routes[Number(name)] = { points: points.map((point) => ({ x: point.x, y: point.y })), label };
    }
    return this.normalise(scope, children);
  }

  layoutGraph(scope: number, children: readonly number[], ranker: string): Graph {
    const graph = new Graph({ multigraph: true });
    graph.setGraph({ rankdir: this.directionOf(scope), nodesep: NODE_GAP, ranksep: RANK_GAP, edgesep: EDGE_GAP, ranker });
    for (const child of children) graph.setNode(String(child), this.measureBox(child));
    for (const edge of this.edgesByScope.get(scope) ?? []) {
      const transition = this.drawing.transitions[edge];
      if (!transition) continue;
      const from = this.liftTo(transition.source, scope);
      const to = this.liftTo(transition.target, scope);
      if (from < 0 || to < 0 || from === to) continue;
      graph.setEdge(String(from), String(to), { width: transition.width, height: transition.height, labelpos: "c" }, String(edge));
    }
    layoutGraph(graph);
    return graph;
  }

  /** Moves the scope's content to its origin and measures it, labels included. */
  normalise(scope: number, children: readonly number[]): Scope {
    const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    const include = (x: number, y: number, width: number, height: number): void => {
      bounds.left = Math.min(bounds.left, x - width / 2);
      bounds.right = Math.max(bounds.right, x + width / 2);
      bounds.top = Math.min(bounds.top, y - height / 2);
      bounds.bottom = Math.max(bounds.bottom, y + height / 2);
    };
    for (const child of children) {
      const box = this.boxes[child];
      const { width, height } = this.measureBox(child);
      if (box) include(box.x + box.width / 2 - this.shiftOf(child), box.y + box.height / 2, width, height);
    }
    for (const edge of this.edgesByScope.get(scope) ?? []) {
      const route = this.routes[edge];
      for (const point of route?.points ?? []) include(point.x, point.y, 4, 4);
      const transition = this.drawing.transitions[edge];
      if (route?.label && transition) include(route.label.x, route.label.y, transition.width, transition.height);
    }
    if (bounds.left === Infinity) return { width: 0, height: 0 };
    for (const child of children) {
      const box = this.boxes[child];
      if (!box) continue;
      box.x -= bounds.left;
      box.y -= bounds.top;
    }
    for (const edge of this.edgesByScope.get(scope) ?? []) {
      const route = this.routes[edge];
      if (route) this.routes[edge] = moveRoute(route, -bounds.left, -bounds.top);
    }
    return { width: bounds.right - bounds.left, height: bounds.bottom - bounds.top };
  }

  placeQuickly(scope: number, children: readonly number[]): Scope {
    const edges = (this.edgesByScope.get(scope) ?? []).map((edge) => {
      const { source, target } = this.drawing.transitions[edge] ?? { source: -1, target: -1 };
      return [this.liftTo(source, scope), this.liftTo(target, scope)] as const;
    });
    const places = layoutQuickly(
      children.map((child) => ({ id: child, ...this.measureBox(child) })),
      edges,
      this.directionOf(scope),
    );
    for (const child of children) {
      const place = places.get(child);
      const box = this.boxes[child];
      if (!place || !box) continue;
      box.x = place.x + this.shiftOf(child) - box.width / 2;
      box.y = place.y - box.height / 2;
    }
    for (const edge of this.edgesByScope.get(scope) ?? []) this.routes[edge] = { points: [], label: undefined };
    return this.normalise(scope, children);
  }

  /** Where a state's loops stand: on the side that has no note. */
  hasLoopsLeft(state: number): boolean {
    return this.drawing.states[state]?.notes.some((note) => note.side === "right") === true;
  }

  /** The room that a state needs on one side. */
  measureSide(state: number, side: "left" | "right"): number {
    const notes = (this.drawing.states[state]?.notes ?? []).filter((note) => note.side === side);
    const beside = side === "left" ? (this.besideWidth.get(state) ?? 0) : 0;
    const loops = this.hasLoopsLeft(state) === (side === "left") ? (this.loops.get(state) ?? []) : [];
    const loopWidths = loops.map((edge) => (this.drawing.transitions[edge]?.width ?? 0) + LOOP_REACH + 4);
    return Math.max(0, beside, ...notes.map((note) => note.width + NOTE_GAP), ...loopWidths);
  }

  /** How far right of the middle of its room a state stands. */
  shiftOf(state: number): number {
    return (this.measureSide(state, "left") - this.measureSide(state, "right")) / 2;
  }

  /** A state's box with room for its notes and loops. */
  measureBox(state: number): Scope {
    const { width, height } = this.boxes[state] ?? { width: 0, height: 0 };
    const notes = this.drawing.states[state]?.notes ?? [];
    const measureNotes = (side: "left" | "right"): number =>
      notes.filter((note) => note.side === side).reduce((sum, note) => sum + note.height + NOTE_STEP, -NOTE_STEP);
    const loops = (this.loops.get(state)?.length ?? 0) * LOOP_STEP;
    return {
      width: width + this.measureSide(state, "left") + this.measureSide(state, "right"),
      height: Math.max(height, measureNotes("left"), measureNotes("right"), loops),
    };
  }

  /** From places within scopes to places in the drawing. */
  makeAbsolute(): void {
    this.drawing.states.forEach((state, index) => {
      const box = this.boxes[index];
      const parent = this.boxes[state.parent];
      if (!box) return;
      box.x += parent?.x ?? MARGIN;
      box.y += parent?.y ?? MARGIN;
    });
    this.routes.forEach((route, edge) => {
      const scope = this.boxes[this.routeScopes[edge] ?? -1];
      if (route) this.routes[edge] = moveRoute(route, scope?.x ?? MARGIN, scope?.y ?? MARGIN);
    });
    for (const divider of this.dividers) {
      const box = this.boxes[divider.state];
      if (!box) continue;
      divider.from = { x: divider.from.x + box.x, y: divider.from.y + box.y };
      divider.to = { x: divider.to.x + box.x, y: divider.to.y + box.y };
    }
  }

  placeNotes(): PlacedNote[] {
    return this.drawing.states.flatMap((state, index) => {
      const box = this.boxes[index];
      const next = { left: box?.y ?? 0, right: box?.y ?? 0 };
      return state.notes.flatMap((note, at) => {
        if (!box) return [];
        const x = note.side === "right" ? box.x + box.width + NOTE_GAP : box.x - NOTE_GAP - note.width;
        const y = next[note.side];
        next[note.side] += note.height + NOTE_STEP;
        return [{ state: index, note: at, x, y, width: note.width, height: note.height }];
      });
    });
  }
}

/** Do the boxes stand side by side, so that a label between them covers nothing? */
function isShort(left: Rectangle, right: Rectangle): boolean {
  const gap = Math.max(left.x, right.x) - Math.min(left.x + left.width, right.x + right.width);
  return left.y === right.y && gap > 0 && gap < SHORT_GAP_MAX;
}

/** The longer of both sides of a laid out graph: the smaller, the larger it can be shown. */
function measureStretch(graph: Graph): number {
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return Math.max(width, height * 0.85);
}

function moveRoute(route: Route, x: number, y: number): Route {
  const move = (point: Point): Point => ({ x: point.x + x, y: point.y + y });
  return { points: route.points.map(move), label: route.label && move(route.label) };
}

/** Lays out a drawing. `isQuick` places large scopes by rows in a few milliseconds; else 1,000 states take seconds. */
export function layoutDrawing(drawing: Drawing, isQuick = false): Layout {
  const work = new LayoutWork(drawing, isQuick);
  const size = work.layoutScope(-1);
  work.makeAbsolute();
  const transitions = drawing.transitions.map((transition, edge): PlacedTransition => {
    if (transition.isInternal) return { path: "", label: undefined };
    const scope = work.routeScopes[edge] ?? -1;
    const route = work.routes[edge] ?? { points: [], label: undefined };
    const source = { box: work.boxes[transition.source], kind: drawing.states[transition.source]?.kind };
    const target = { box: work.boxes[transition.target], kind: drawing.states[transition.target]?.kind };
    if (!source.box || !target.box) return { path: "", label: undefined };
    const loops = transition.source === transition.target ? (work.loops.get(transition.source) ?? []) : [];
    if (loops.length > 0) {
      return routeLoop(source.box, transition.width, work.hasLoopsLeft(transition.source), loops.indexOf(edge) - (loops.length - 1) / 2);
    }
    const routed = routeEdge({
      source: { ...source.box, kind: source.kind ?? "state" },
      target: { ...target.box, kind: target.kind ?? "state" },
      sourceBorder: work.boxes[work.liftTo(transition.source, scope)],
      targetBorder: work.boxes[work.liftTo(transition.target, scope)],
      points: route.points,
      label: route.label,
      isSideways: work.directionOf(scope) === "LR" || work.directionOf(scope) === "RL",
    });
    const isLabelled = transition.width > 0 && (route.label !== undefined || isShort(source.box, target.box));
    return isLabelled ? routed : { path: routed.path, label: undefined };
  });
  return {
    width: size.width + MARGIN * 2,
    height: size.height + MARGIN * 2,
    states: work.boxes,
    transitions,
    notes: work.placeNotes(),
    dividers: work.dividers,
  };
}

/** Would the full layout of this drawing take long, so that a quick one should be shown first? */
export function isLarge(drawing: Drawing): boolean {
  return drawing.states.length > quickStateCountMin;
}
