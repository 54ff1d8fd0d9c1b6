// The workflows whose tabs are killed, and what is sent to them. Each comes to one end, whatever happens on the way: no event races a timer, and an
// event that is sent twice, since nobody knows what became of it, is taken once.

const chart = (name: string, head: string, diagram: string, actions: string): string =>
  `---\nname: ${name}\nparameters:\n  amount: { type: number }\n${head.trim()}\n---\n\`\`\`mermaid\nstateDiagram-v2\n${diagram.trim()}\n\`\`\`\n## Actions\n${actions.trim()}\n`;

/** An event that a run is sent: once it waits for it, after those before. */
export interface PlannedEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface KillWorkflow {
  readonly name: string;
  readonly text: string;
  /** Does all of it happen in one order? Then its story is compared line by line, else as a set of lines. */
  readonly isOrdered: boolean;
  readonly events: (amount: number) => readonly PlannedEvent[];
}

const ORDER = chart(
  "kill order",
  "variables:\n  rounds: { type: number }\n  reservation: { type: any }\n  receipt: { type: any }\n  parcel: { type: any }\nevents: [approve]",
  `[*] --> Reserving
Reserving --> Cooling: success
Cooling --> Size: after 30ms
state Size <<choice>>
Size --> Charging: [amount > 1]
Size --> Deciding: default
Charging --> Deciding: success
Deciding --> Packing: approve
state Packing {
  [*] --> Boxing
  Boxing --> Weighing: success
  Weighing --> Boxing: [rounds < 3]
  Weighing --> [*]: [rounds >= 3]
}
Packing --> Resting
Resting --> Shipping: after 20ms
Shipping --> [*]: success`,
  `- Reserving: set rounds = 0
- Reserving: call work with step="reserve", amount=amount result reservation
- Charging: call work with step="charge", of=reservation result receipt
- Boxing: call work with step="box", round=rounds, of=reservation result parcel
- Weighing: set rounds = rounds + 1
- Shipping: call work with step="ship", parcel=parcel, of=reservation`,
);

/** How many events one run collects. */
const TALLY_COUNT = 12;

/** Collects events: each that was acknowledged has to be there in the end, once. */
const TALLY = chart(
  "kill tally",
  "variables:\n  seen: { type: list, initial: [] }\n  sealed: { type: any }\nevents: [add, close]",
  `[*] --> Open
Open --> Sealing: close
Sealing --> [*]: success`,
  `- Open: add [!(event.id in seen)] / set seen = seen + [event.id]
- Sealing: call work with seen=seen result sealed`,
);

const REGIONS = chart(
  "kill regions",
  "variables:\n  receipt: { type: any }\n  told: { type: any }\n  last: { type: any }\nevents: [confirm]",
  `[*] --> Both
state Both {
  [*] --> Paying
  Paying --> Paid: success
  Paid --> [*]
  --
  [*] --> Timing
  Timing --> Asking: after 40ms
  Asking --> Telling: confirm
  Telling --> [*]: success
}
Both --> Last
Last --> [*]: success
Last --> Sorry: failure
Sorry --> [*]: success`,
  `- Paying: call work with step="pay" result receipt
- Telling: call work with step="tell" result told
- Last: call flaky with n=amount * 3 + 1, of=[receipt, told] result last
- Sorry: call work with step="sorry", why=error.code`,
);

const ITEMS = `millrace: 1
name: kill items
input: {amount: number}
vars: {found: list}
tasks:
  each:
    with: {items: "{{ [1, 2, 3, 4, 5, input.amount] }}", concurrency: 3}
    action: flaky
    input: {n: "{{ item }}"}
    retry: {count: 2, delay: 10ms}
    next: {publish: {found: "{{ result }}"}, do: [left, right]}
  left: {action: work, input: {step: left, of: "{{ vars.found }}"}, next: meet}
  right: {delay: 20ms, action: work, input: {step: right, of: "{{ vars.found }}"}, next: meet}
  meet: {action: work, join: all, input: {left: "{{ tasks.left.result }}", right: "{{ tasks.right.result }}"}}
output: {found: "{{ vars.found }}", meet: "{{ tasks.meet.result }}"}
`;

const CONSENT = `millrace: 1
name: kill consent
input: {amount: number}
vars: {reason: none}
tasks:
  first: {action: work, input: {step: first}, next: [consent, quiet, fast, slow]}
  consent:
    action: await
    event: decide
    form: {approved: bool, id: number}
    next: {publish: {consent: "{{ result }}"}, do: book}
  quiet: {action: await, event: never, deadline: 40ms, default: {approved: false}, next: meet}
  fast: {action: work, input: {step: fast}, next: {publish: {first: "{{ result }}"}, cancel: race, do: meet}}
  slow: {action: await, event: never2, deadline: 100d, next: meet}
  book: {action: flaky, input: {n: "{{ input.amount * 3 + 1 }}", of: "{{ vars.consent }}"}, next: meet}
  instead: {action: work, input: {why: "{{ vars.reason }}"}, next: meet}
  meet: {action: work, join: 3, input: {step: meet, quiet: "{{ tasks.quiet.result }}"}}
scopes:
  race: {tasks: [fast, slow]}
  trip: {tasks: [book], catch: [{publish: {reason: "{{ error.code }}"}, do: instead}]}
output: {reason: "{{ vars.reason }}", meet: "{{ tasks.meet.result }}", consent: "{{ vars.consent }}"}
`;

const STEP = chart(
  "kill step",
  "variables:\n  one: { type: any }\n  two: { type: any }",
  `[*] --> One
One --> Rest: success
Rest --> Two: after 15ms
Two --> [*]: success`,
  '- One: call work with step="one", amount=amount result one\n- Two: call work with step="two", of=one result two',
);

const FAMILY = `millrace: 1
name: kill family
input: {amount: number}
tasks:
  each: {with: {items: [1, 2, 3], concurrency: 2}, workflow: kill step, input: {amount: "{{ item }}"}, next: last}
  last: {workflow: kill items, input: {amount: "{{ input.amount }}"}, next: end}
  end: {action: work, input: {of: "{{ tasks.last.result }}", steps: "{{ tasks.each.result }}"}}
output: {end: "{{ tasks.end.result }}"}
`;

const none = (): readonly PlannedEvent[] => [];

/** What runs start with: each once as it stands. */
export const AMOUNTS: readonly number[] = [1, 2];

/** Children come before the workflows that call them. */
export const KILL_WORKFLOWS: readonly KillWorkflow[] = [
  { name: "kill order", text: ORDER, isOrdered: true, events: () => [{ name: "approve", payload: { id: 0 } }] },
  {
    name: "kill tally",
    text: TALLY,
    isOrdered: true,
    events: (amount) => [
      ...Array.from({ length: TALLY_COUNT * amount }, (_, id) => ({ name: "add", payload: { id } })),
      { name: "close", payload: { id: TALLY_COUNT * amount } },
    ],
  },
  { name: "kill regions", text: REGIONS, isOrdered: false, events: () => [{ name: "confirm", payload: { id: 0 } }] },
  { name: "kill items", text: ITEMS, isOrdered: false, events: none },
  { name: "kill consent", text: CONSENT, isOrdered: false, events: () => [{ name: "decide", payload: { approved: true, id: 0 } }] },
  { name: "kill step", text: STEP, isOrdered: true, events: none },
  { name: "kill family", text: FAMILY, isOrdered: false, events: none },
];
