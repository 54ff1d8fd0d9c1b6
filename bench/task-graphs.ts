// The task graphs of the benchmarks, as texts of any size.

/** `built in`: the kernel does the task itself. `handler`: a function of the page does, asynchronously. */
export type TaskKind = "built in" | "handler";

const action = (kind: TaskKind): string => (kind === "handler" ? "{action: work, input: 1" : "{action: noop");

/** At each event `go` one task is done for every element of the input's list; the input holds about `contextSize` characters besides. */
export function writeItemsGraph(kind: TaskKind): string {
  return `millrace: 1
name: items
input: {list: list, besides: map}
vars: {done: 0}
tasks:
  begin: {action: noop, next: go}
  go: {action: await, event: go, next: items}
  items:
    with: "{{ input.list }}"
    action: ${kind === "handler" ? "work" : "pass"}
    input: "{{ item }}"
    next:
      - publish: {done: "{{ vars.done + size(result) }}"}
        do: go
`;
}

/** A map of records with about `size` characters as JSON. */
export function makeContext(size: number): Readonly<Record<string, unknown>> {
  const records = Array.from({ length: Math.ceil(size / 100) }, (_, index) => ({
    id: index,
    name: `record number ${String(index).padStart(6, "0")}`,
    tags: ["one", "two"],
    isOpen: index % 3 === 0,
    share: index / 7,
  }));
  return { records };
}

/** `levels` levels of `width` tasks, each of which waits for all of the level before it. */
export function writeLevels(kind: TaskKind, levels: number, width: number): string {
  const lines = ["millrace: 1", "name: levels", "tasks:"];
  for (let level = 0; level < levels; level += 1) {
    const next = Array.from({ length: width }, (_, at) => `t${level + 1}_${at}`).join(", ");
    const join = level === 0 ? "" : ", join: all";
    const after = level + 1 === levels ? "" : `, next: [${next}]`;
    for (let at = 0; at < width; at += 1) lines.push(`  t${level}_${at}: ${action(kind)}${join}${after}}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A chain of so many tasks. */
export function writeTaskChain(kind: TaskKind, count: number): string {
  const lines = ["millrace: 1", "name: chain", "tasks:"];
  for (let at = 0; at < count; at += 1) lines.push(`  t${at}: ${action(kind)}${at + 1 === count ? "" : `, next: t${at + 1}`}}`);
  return `${lines.join("\n")}\n`;
}

/** Ten tasks: one, then three, then three that each wait for two of them, then two, then one. */
export const TEN_TASKS = `millrace: 1
name: ten
tasks:
  a: {action: work, input: 1, next: [b, c, d]}
  b: {action: work, input: 1, next: [e, f]}
  c: {action: work, input: 1, next: [e, g]}
  d: {action: work, input: 1, next: [f, g]}
  e: {action: work, input: 1, join: all, next: [h]}
  f: {action: work, input: 1, join: all, next: [h, i]}
  g: {action: work, input: 1, join: all, next: [i]}
  h: {action: work, input: 1, join: all, next: j}
  i: {action: work, input: 1, join: all, next: j}
  j: {action: work, input: 1, join: all}
`;
