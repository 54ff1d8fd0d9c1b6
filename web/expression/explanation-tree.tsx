// How the expression came to its value: each part with what it gave, parts within it below.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ExplainedElement, ExplainedPart } from "../millrace-editor.js";
import { writeValue } from "../run/context-tree.js";
import { pointAt, selectPlace } from "./expression-editor.js";

/** Parts of one expression are open down to here. */
const OPEN_DEPTH = 3;
const VALUE_SIZE_MAX = 80;

/** A value on one line, cut where it is long. */
export function writeShort(value: unknown): string {
  const text = value === undefined ? "nothing" : typeof value === "number" ? String(value) : value instanceof Date ? value.toISOString() : value instanceof Uint8Array ? `${value.length} bytes` : writeValue(value);
  return text.length > VALUE_SIZE_MAX ? `${text.slice(0, VALUE_SIZE_MAX - 1)}…` : text;
}

function Outcome({ part }: { part: ExplainedPart }): VNode {
  if (part.status === "value") {
    const tone = part.value === true ? " is-true" : part.value === false ? " is-false" : "";
    const text = writeShort(part.value);
    return (
      <span class={`part-value${tone}`} title={text.length > 30 ? text : undefined}>
        {text}
      </span>
    );
  }
  if (part.status === "error") return <span class="part-value is-error">{part.error?.message}</span>;
  return <span class="part-value is-skipped">{part.status === "skipped" ? "not evaluated" : "not shown"}</span>;
}

/** Literals say nothing that their text does not, and neither does a path what leads to it, where it leads somewhere. */
function listWithin({ kind, status, parts }: ExplainedPart): readonly ExplainedPart[] {
  if (kind === "select" && status === "value" && parts.every((part) => part.kind === "select" || part.kind === "identifier")) return [];
  return parts.filter((part) => part.kind !== "literal");
}

interface PartProperties {
  readonly part: ExplainedPart;
  readonly depth: number;
}

function Part({ part, depth }: PartProperties): VNode {
  const inner = listWithin(part);
  const elements = part.elements ?? [];
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH);
  const hasMore = part.status !== "skipped" && inner.length + elements.length > 0;
  const point = () => pointAt(part.place);
  return (
    <li class="part">
      <div class={`part-row status-${part.status}`} onPointerEnter={point} onPointerLeave={() => pointAt()}>
        {hasMore ? (
          <button type="button" class="part-toggle" aria-expanded={isOpen} aria-label={`Parts of ${part.text}`} onClick={() => setOpen(!isOpen)}>
            <span class="tree-arrow" aria-hidden="true" />
          </button>
        ) : (
          <span class="part-toggle" aria-hidden="true" />
        )}
        <button type="button" class="part-text" title="Show in the expression" onFocus={point} onBlur={() => pointAt()} onClick={() => selectPlace(part.place)}>
          {part.text}
        </button>
        <Outcome part={part} />
      </div>
      {hasMore && isOpen && (
        <ul class="parts">
          {inner.map((item, index) => (
            <Part key={index} part={item} depth={depth + 1} />
          ))}
          {elements.map((element, index) => (
            <Element key={`element ${index}`} element={element} depth={depth + 1} />
          ))}
          {part.elementCount !== undefined && part.elementCount > elements.length && (
            <li class="part-more">and {(part.elementCount - elements.length).toLocaleString("en")} more elements</li>
          )}
        </ul>
      )}
    </li>
  );
}

function Element({ element, depth }: { element: ExplainedElement; depth: number }): VNode {
  return (
    <li class="part-element">
      <p class="part-names">
        {element.names.map(({ name, value }) => (
          <span key={name}>
            <b>{name}</b> = {writeShort(value)}
          </span>
        ))}
      </p>
      <ul class="parts">
        {element.parts.map((part, index) => (
          <Part key={index} part={part} depth={depth + 1} />
        ))}
      </ul>
    </li>
  );
}

/** The explanation of one expression. */
export function ExplanationTree({ part }: { part: ExplainedPart }): VNode {
  return (
    <ul class="parts explanation" aria-label="Parts of the expression and their values">
      <Part part={part} depth={0} />
    </ul>
  );
}
