// The sample workflows that ship with the playground, and the text that a new draft begins with.
import approval from "../samples/document-approval.md?raw";
import charging from "../samples/charging-station.md?raw";
import expense from "../samples/expense-approval.yaml?raw";
import health from "../samples/health-checks.yaml?raw";
import incident from "../samples/incident-response.md?raw";
import scoring from "../samples/lead-scoring.md?raw";
import logs from "../samples/log-digest.yaml?raw";
import notifications from "../samples/notifications.yaml?raw";
import onboarding from "../samples/onboarding.md?raw";
import order from "../samples/order-fulfilment.md?raw";
import release from "../samples/release-pipeline.md?raw";
import trip from "../samples/trip-booking.yaml?raw";

export interface Sample {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** The samples in the order they are offered. */
export const SAMPLES: readonly Sample[] = [
  { id: "order-fulfilment", title: "Order fulfilment", text: order },
  { id: "document-approval", title: "Document approval", text: approval },
  { id: "incident-response", title: "Incident response", text: incident },
  { id: "release-pipeline", title: "Release pipeline", text: release },
  { id: "lead-scoring", title: "Lead scoring", text: scoring },
  { id: "onboarding", title: "Onboarding", text: onboarding },
  { id: "health-checks", title: "Health checks (YAML)", text: health },
  { id: "log-digest", title: "Log digest (YAML)", text: logs },
  { id: "notifications", title: "Notifications (YAML)", text: notifications },
  { id: "expense-approval", title: "Expense approval (YAML)", text: expense },
  { id: "trip-booking", title: "Trip booking (YAML)", text: trip },
  { id: "charging-station", title: "Charging station", text: charging },
];

/** A small workflow that runs as it stands. */
export const STARTER_TEXT = `---
name: My workflow
description: Waits for a decision, then greets.
parameters:
  - name: who
    type: string
    default: world
variables:
  greeting: string
events:
  - approve
  - reject
---

\`\`\`mermaid
stateDiagram-v2
  [*] --> Waiting
  Waiting --> Greeting: approve
  Waiting --> Rejected: reject
  Waiting --> Rejected: after 2m
  Greeting --> [*]
  Rejected --> [*]
\`\`\`

## Actions

- Waiting: log "Waiting for a decision"
- Greeting: set greeting = "Hello, " + who
- Greeting: log "\${greeting}"
- Rejected: log "Rejected"
`;
