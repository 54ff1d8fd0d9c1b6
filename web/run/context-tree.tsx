// A JSON-like value as a tree to open and close; what changed since the last look flashes.
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const childCountMax = 200;
const textSizeMax = 400;
const OPEN_DEPTH = 1;

type Kind = "null" | "bool" | "number" | "string" | "list" | "map" | "other";

function kindOf(value: unknown): Kind {
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number" || typeof value === "bigint") return "number";
  if (typeof value === "string") return "string";
  if (value instanceof Date || value instanceof Uint8Array) return "other";
  return Array.isArray(value) ? "list" : typeof value === "object" ? "map" : "other";
}

function writeLeaf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > textSizeMax ? `${value.slice(0, textSizeMax)}…` : value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === "bigint") return String(value);
  return String(value);
}

/** JSON text of a value that may hold more than JSON does. */
export function writeValue(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_, member: unknown) =>
      typeof member === "bigint" ? Number(member) : member instanceof Uint8Array ? `${member.length} bytes` : member,
    indent,
  );
  return text ?? String(value);
}

interface MemberList {
  readonly count: number;
  /** As many as are shown. */
  readonly members: readonly (readonly [string, unknown])[];
}

function listMembers(value: unknown): MemberList {
  if (Array.isArray(value)) {
    const members = value.slice(0, childCountMax).map((member, index) => [String(index), member as unknown] as const);
    return { count: value.length, members };
  }
  const names = Object.keys(value as object);
  return { count: names.length, members: names.slice(0, childCountMax).map((name) => [name, (value as Record<string, unknown>)[name]] as const) };
}

function summarize(kind: Kind, count: number): string {
  if (kind === "list") return count === 0 ? "[]" : `[ ${count} ]`;
  return count === 0 ? "{}" : `{ ${count} }`;
}

interface NodeProperties {
  readonly name: string;
  readonly value: unknown;
  readonly depth: number;
  /** It is marked as another than before. */
  readonly isMarked?: boolean;
}

/** Are two values the same all through? Ends at the first difference. */
function isSameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (left instanceof Date || right instanceof Date) return left instanceof Date && right instanceof Date && left.getTime() === right.getTime();
  if (ArrayBuffer.isView(left) || ArrayBuffer.isView(right)) return writeValue(left) === writeValue(right);
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => name in right && isSameValue((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]));
}

/** How often `value` became another one. */
function useChange(value: unknown): number {
  const last = useRef(value);
  const [count, setCount] = useState(0);
  useEffect(() => {
    const isSame = isSameValue(last.current, value);
    last.current = value;
    if (!isSame) setCount((before) => before + 1);
  }, [value]);
  return count;
}

function Leaf({ name, value, isMarked = false }: NodeProperties): VNode {
  const changeCount = useChange(value);
  return (
    <li class={`tree-leaf${isMarked ? " is-marked" : ""}`}>
      <span class="tree-key">{name}</span>
      <span key={changeCount} class={`tree-value value-${kindOf(value)}${changeCount > 0 ? " is-changed" : ""}`}>
        {writeLeaf(value)}
      </span>
      {isMarked && <ChangeMark />}
    </li>
  );
}

function ChangeMark(): VNode {
  return <span class="tree-mark">changed</span>;
}

function Branch({ name, value, depth, isMarked = false }: NodeProperties): VNode {
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH);
  const list = listMembers(value);
  const changeCount = useChange(value);
  return (
    <li class={`tree-branch${isMarked ? " is-marked" : ""}`}>
      <button type="button" class="tree-toggle" aria-expanded={isOpen} disabled={list.count === 0} onClick={() => setOpen(!isOpen)}>
        <span class="tree-arrow" aria-hidden="true" />
        <span class="tree-key">{name}</span>
        <span key={changeCount} class={`tree-size${changeCount > 0 && !isOpen ? " is-changed" : ""}`}>
          {summarize(kindOf(value), list.count)}
        </span>
        {isMarked && <ChangeMark />}
      </button>
      {isOpen && list.count > 0 && <Members list={list} depth={depth + 1} />}
    </li>
  );
}

interface MembersProperties {
  readonly list: MemberList;
  readonly depth: number;
  readonly changed?: ReadonlySet<string> | undefined;
}

function Members({ list: { count, members }, depth, changed }: MembersProperties): VNode {
  return (
    <ul>
      {members.map(([name, value]) => (
        <Member key={name} name={name} value={value} depth={depth} isMarked={changed?.has(name) === true} />
      ))}
      {count > members.length && <li class="tree-more">and {(count - members.length).toLocaleString("en")} more</li>}
    </ul>
  );
}

function Member(properties: NodeProperties): VNode {
  const kind = kindOf(properties.value);
  return kind === "list" || kind === "map" ? <Branch {...properties} /> : <Leaf {...properties} />;
}

interface TreeProperties {
  readonly value: unknown;
  readonly label: string;
  /** Members of the value that are marked as changed. */
  readonly changed?: ReadonlySet<string>;
}

/** A value as a tree. */
export function ValueTree({ value, label, changed }: TreeProperties): VNode {
  const kind = kindOf(value);
  return (
    <div class="tree" role="group" aria-label={label}>
      {kind === "list" || kind === "map" ? (
        <Members list={listMembers(value)} depth={0} changed={changed} />
      ) : (
        <span class={`tree-value value-${kind}`}>{writeLeaf(value)}</span>
      )}
    </div>
  );
}
