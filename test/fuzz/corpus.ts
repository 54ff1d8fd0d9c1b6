// Texts to start from: the expressions of the CEL conformance cases and of the reference page, and small workflows of every
// kind of state and action.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tests as root } from "@bufbuild/cel-spec/testdata/conformance.js";

interface SpecSuite {
  readonly suites?: readonly SpecSuite[];
  readonly tests?: readonly { readonly original: { readonly expr: string } }[];
}

const TEXT_SIZE_MAX = 400;

function collect(suite: SpecSuite, texts: Set<string>): void {
  for (const { original } of suite.tests ?? []) if (original.expr.length <= TEXT_SIZE_MAX) texts.add(original.expr);
  for (const inner of suite.suites ?? []) collect(inner, texts);
}

function readExpressions(): readonly string[] {
  const texts = new Set<string>();
  collect(root as unknown as SpecSuite, texts);
  const page = readFileSync(fileURLToPath(new URL("../../docs/expressions.md", import.meta.url)), "utf8");
  for (const [, text = ""] of page.matchAll(/^\| `+ ?(.+?) ?`+ \|/gm)) texts.add(text.replaceAll("\\|", "|"));
  return [...texts];
}

/** Expressions, most of them sound. */
export const EXPRESSION_TEXTS: readonly string[] = readExpressions();

const head = (name: string, rest: string) => `---\nname: ${name}\n${rest}\n---\n`;
const chart = (text: string) => `\`\`\`mermaid\nstateDiagram-v2\n${text}\n\`\`\`\n`;

/** Workflows that between them have every kind of state, transition and action. */
export const WORKFLOW_TEXTS: readonly string[] = [
  `${head("counter", "variables:\n  n: {type: number, initial: 0}\n  log: {type: list, initial: []}\nevents: [go, add, stop]")}${chart(`[*] --> Idle
Idle --> Idle : add / set n = n + event.by
Idle --> Busy : go [n > 2]
Busy --> Idle : go / set log = log + [event]
Busy --> [*] : stop
Idle --> Idle : after 30s`)}`,
  `${head("tasks", "parameters:\n  - {name: amount, type: number, default: 3}\nvariables:\n  out: map\n  m: {type: map, initial: {}}")}${chart(`[*] --> Pick
state Pick <<choice>>
Pick --> Ask : [amount > 100]
Pick --> Pay : default
Ask --> Pay : approve
Ask --> [*] : after 3d
Pay --> Done : success
Pay --> Ask : failure
Done --> [*]`)}
## Actions
- Ask: log "Order \${amount} waits"
- Pay: call refund with amount=amount * 2, list=[amount, event] result out timeout 5s
- Done: set m = {"k": out, "n": size(string(amount))}
`,
  `${head("branches", "variables:\n  a: {type: number, initial: 1}\n  b: any")}${chart(`[*] --> Split
state Split <<fork>>
state Meet <<join>>
Split --> Left
Split --> Right
Left --> Meet : success
Right --> Meet : next
Meet --> Both
state Both {
  [*] --> Upper
  Upper --> [*] : next
  Upper --> Upper : again / set a = a + 1
  --
  [*] --> Lower
  Lower --> [*] : done [a >= 1]
}
Both --> [*]
Both --> Split : again`)}
## Actions
- Left: call work with n=a result b
- Right: wait 2s
`,
  `${head("nested", "variables:\n  n: {type: int, initial: 0}\n  t: duration\n  s: {type: string, initial: x}\nevents: [go, up, boom, stop]")}${chart(`[*] --> Outer
state Outer {
  [*] --> Inner
  state Inner {
    [*] --> Deep
    Deep --> Deeper : go
    Deeper --> [*] : go
    Deeper --> Deep : up / set n = n + 1
  }
  Inner --> Rest
  Rest --> Inner : up
}
Outer --> Hold : stop
Outer --> [*] : after 10s
Hold --> [*] : failure
Hold --> Outer : success`)}
## Actions
- Deep: set s = s + event.text
- Deeper: log "{{ s }} \${n}"
- Hold: run workflow "counter" with n=n
- Hold: wait for go
- Rest: wait n * 10
`,
  `${head("loops", "variables:\n  n: {type: number, initial: 0}\nevents: [spin, stop]")}${chart(`[*] --> A
A --> B : spin
B --> C : [n < 500]
C --> B : always
B --> A : default
A --> [*] : stop`)}
## Actions
- C: set n = n + 1
- A: set n = 0
`,
  `millrace: 1
name: graph
vars: {n: 0, m: {}}
tasks:
  start: {next: begin}
  begin: {action: work, input: {n: "{{ vars.n }}"}, retry: {count: 2, delay: 1s}, undo: {action: unwork, input: "{{ [result, vars.m] }}", retry: 1, timeout: 5s}, next: [{publish: {n: "{{ vars.n + 1 }}", m: {text: "{{ result }}"}}, do: [each, ask]}]}
  each: {with: {items: [1, 2, 3], concurrency: 2}, action: work, input: "{{ item }}", undo: {action: unwork, input: "{{ result }}"}, next: meet}
  ask: {action: await, event: go, timeout: 1m, undo: {workflow: counter, input: {n: 1}}, next: [{when: succeeded, do: meet}, {when: failed, undo: inner, do: sorry}]}
  meet: {join: all, action: pass, input: "{{ vars }}", next: [{when: vars.n < 3, do: again}, {when: vars.n >= 3, undo: all, do: last}]}
  again: {action: work, next: begin}
  last: {action: work}
  sorry: {action: wait, duration: 10, next: [{cancel: outer, do: last}]}
scopes:
  outer:
    tasks: [meet, sorry]
    timeout: 2m
    catch: [{when: error.code == 'run/undo-failed', do: last}]
    scopes: {inner: {tasks: [begin, each, ask], timeout: 30, catch: [{when: vars.n < 2, publish: {n: "{{ vars.n + 1 }}"}, undo: inner, do: again}]}}
output: {n: "{{ vars.n }}"}
on_failure: finish
`,
  `millrace: 1
name: chain
input: {list: {type: list, default: [1]}}
tasks:
  a: {action: work, undo: {action: unwork, input: "{{ result }}"}, next: b}
  b: {action: work, undo: {action: unwork, input: "{{ input.list[0] }}"}, next: c}
  c: {action: await, event: go, undo: {action: unwork}, next: d}
  d: {action: work}
`,
];
