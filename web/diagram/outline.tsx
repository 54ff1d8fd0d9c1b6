// The diagram as a list of states and the transitions that leave them: for screen readers, for the keyboard, and for
// anyone who would rather read.
import type { VNode } from "preact";
import type { Definition, TransitionDefinition } from "../millrace.js";
import { shownStates } from "../run/time-travel.js";
import { nameState } from "./drawing.js";
import { Glyph, readingOf } from "./readings.js";
import { isRunShown } from "./shown.js";

const KIND_NAMES: Readonly<Record<string, string>> = {
  choice: "choice",
  fork: "fork",
  join: "join",
  composite: "composite",
  parallel: "parallel",
  region: "region",
  history: "history",
};

export interface OutlineProperties {
  readonly definition: Definition;
  readonly onPick: (place: { readonly start: number; readonly end: number }) => void;
}

function listByParent<T>(items: readonly T[], parentOf: (item: T) => number): ReadonlyMap<number, readonly number[]> {
  const byParent = new Map<number, number[]>();
  items.forEach((item, index) => {
    const list = byParent.get(parentOf(item));
    if (list) list.push(index);
    else byParent.set(parentOf(item), [index]);
  });
  return byParent;
}

/** One line about the whole drawing. */
export function describeDefinition(definition: Definition): string {
  const states = definition.states.filter((state) => state.kind !== "start" && state.kind !== "end" && state.kind !== "region").length;
  return `State diagram of ${definition.name}: ${states} ${states === 1 ? "state" : "states"}, ${definition.transitions.length} transitions. The outline lists them.`;
}

function TransitionLine({ transition, definition, onPick }: { transition: TransitionDefinition } & OutlineProperties): VNode {
  const target = definition.states[transition.target];
  const reading = readingOf(transition);
  return (
    <li>
      <button type="button" class="outline-transition" onClick={() => onPick(transition.place)}>
        <svg class="glyph-box" viewBox="0 0 10 10" width="11" height="11" aria-hidden="true">
          <Glyph tone={reading.tone} />
        </svg>
        <span>
          <span class="visually-hidden">{reading.name}: </span>
          {transition.label === "" ? "" : `${transition.label} `}
          <span aria-hidden="true">→ </span>
          <span class="visually-hidden">to </span>
          {target ? nameState(target) : "?"}
        </span>
      </button>
    </li>
  );
}

/** The outline pane. */
export function Outline({ definition, onPick }: OutlineProperties): VNode {
  const children = listByParent(definition.states, (state) => state.parent);
  const leaving = listByParent(definition.transitions, (transition) => transition.source);
  const active = isRunShown.value ? shownStates.value : new Set<string>();
  const renderScope = (scope: number): VNode | null => {
    const indexes = children.get(scope);
    if (!indexes) return null;
    return <ul>{indexes.map(renderState)}</ul>;
  };
  const renderState = (index: number): VNode | null => {
    const state = definition.states[index];
    if (!state) return null;
    const kind = KIND_NAMES[state.kind];
    return (
      <li key={index}>
        <button type="button" class={`outline-state${active.has(state.id) ? " is-active" : ""}`} onClick={() => onPick(state.place)}>
          {nameState(state)}
          {kind !== undefined && <span class="outline-kind"> {kind}</span>}
          {active.has(state.id) && <span class="outline-active"> active</span>}
        </button>
        {leaving.has(index) && (
          <ul class="outline-transitions">
            {(leaving.get(index) ?? []).map((edge) => {
              const transition = definition.transitions[edge];
              return transition && <TransitionLine key={edge} transition={transition} definition={definition} onPick={onPick} />;
            })}
          </ul>
        )}
        {renderScope(index)}
      </li>
    );
  };
  return (
    <nav class="outline" aria-label="Outline of the diagram">
      {renderScope(-1)}
    </nav>
  );
}
