// Plausible results of the tasks that a real application would supply. Pure: the page's handlers and simulations use them.

export type Input = Readonly<Record<string, unknown>>;
export type Produce = (input: Input, chance: (countMax: number) => number) => unknown;

function readText(input: Input, key: string, fallback: string): string {
  const value = input[key];
  return typeof value === "string" && value !== "" ? value : fallback;
}

function readNumber(input: Input, key: string, fallback: number): number {
  const value = input[key];
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}

function toCode(prefix: string, number: number): string {
  return `${prefix}-${number.toString(36).toUpperCase().padStart(5, "0")}`;
}

const CODE_COUNT = 36 ** 5;

export const PRODUCERS: Readonly<Record<string, Produce>> = {
  chargeCard: (input, chance) => ({
    paymentId: toCode("pay", chance(CODE_COUNT)),
    amount: readNumber(input, "amount", readNumber(input, "total", 129.5)),
    currency: readText(input, "currency", "EUR"),
    approved: true,
  }),
  refundCard: (input, chance) => ({
    refundId: toCode("ref", chance(CODE_COUNT)),
    amount: readNumber(input, "amount", readNumber(input, "total", 129.5)),
    refunded: true,
  }),
  reserveStock: (_, chance) => ({
    reservationId: toCode("res", chance(CODE_COUNT)),
    warehouse: ["north", "south", "harbour"][chance(3)],
    available: true,
  }),
  shipOrder: (_, chance) => ({
    trackingId: toCode("trk", chance(CODE_COUNT)),
    carrier: ["Swift", "Parcelline", "Northpost"][chance(3)],
    days: 1 + chance(4),
  }),
  sendEmail: (input, chance) => ({
    messageId: toCode("msg", chance(CODE_COUNT)),
    to: readText(input, "to", "someone@example.org"),
    delivered: true,
  }),
  notify: (input) => ({ channel: readText(input, "channel", "team"), delivered: true }),
  reviewDocument: (_, chance) => ({ reviewer: ["Ada", "Grace", "Edsger"][chance(3)], comments: chance(4), score: 60 + chance(40) }),
  publishDocument: (input, chance) => ({
    url: `https://docs.example.org/${readText(input, "documentId", toCode("doc", chance(CODE_COUNT)))}`,
    version: 1 + chance(9),
  }),
  pageOnCall: (_, chance) => ({ pageId: toCode("page", chance(CODE_COUNT)), engineer: ["Robin", "Sam", "Alex"][chance(3)] }),
  runChecks: (_, chance) => ({ healthy: true, errorRate: chance(100) / 10_000, checks: 12 + chance(8) }),
  build: (_, chance) => ({
    artifact: `app-${chance(9_000) + 1_000}.tar.gz`,
    sizeBytes: 4_000_000 + chance(900_000),
    seconds: 40 + chance(60),
  }),
  test: (_, chance) => ({ passed: 480 + chance(40), failed: 0, seconds: 30 + chance(90) }),
  deploy: (input, chance) => ({
    deploymentId: toCode("dep", chance(CODE_COUNT)),
    environment: readText(input, "environment", "production"),
    healthy: true,
  }),
  rollback: (_, chance) => ({ restored: `v${1 + chance(4)}.${chance(20)}.${chance(10)}` }),
  scoreLead: (_, chance) => ({ score: 20 + chance(70), reasons: ["industry fit", "visited pricing"].slice(0, 1 + chance(2)) }),
  enrichLead: (_, chance) => ({
    company: ["Bluewater Ltd", "Orchard & Co", "Tern Systems"][chance(3)],
    employees: 10 + chance(900),
    gain: 10 + chance(20),
  }),
  createAccount: (input, chance) => ({
    accountId: toCode("acc", chance(CODE_COUNT)),
    email: readText(input, "email", "new.colleague@example.org"),
    created: true,
  }),
  provision: (_, chance) => ({ resources: ["mailbox", "calendar", "repository"].slice(0, 1 + chance(3)), ready: true }),
  book: (_, chance) => ({ bookingId: toCode("bok", chance(CODE_COUNT)), price: 200 + chance(300) }),
  cancelBooking: (input) => ({ bookingId: readText(input, "bookingId", "none"), canceled: true }),
  prompt: (input) => ({ text: `A simulated answer to “${readText(input, "name", readText(input, "prompt", "your prompt"))}”.` }),
};

/** What is no map stands under `value`. */
export function toInput(input: unknown): Input {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? (input as Input) : { value: input };
}
