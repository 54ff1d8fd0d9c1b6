// What the open run waits for, as a person meets it: a card for each wait with the form that the workflow asks for, what happens if nobody
// answers, and a button that sends the answer.
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { announce } from "../app/announcement.js";
import { FieldControl } from "../app/field-control.js";
import { Icon } from "../app/icons.js";
import type { FormField, RunAwait } from "../millrace.js";
import { writeValue } from "./context-tree.js";
import { answerEvent, openStatus, openWorkflow, questions } from "./open-run.js";
import { formatDuration, formatName, formatTime, now } from "./run-marks.js";

type Answers = Readonly<Record<string, unknown>>;
type Problems = ReadonlyMap<string, string>;

const NO_PROBLEMS: Problems = new Map();
/** Less is left than a person needs to notice, ms. */
const URGENT_MS = 60_000;

function begin(form: readonly FormField[]): Answers {
  return Object.fromEntries(form.flatMap(({ name, default: standard }) => (standard === undefined ? [] : [[name, standard]])));
}

function Deadline({ deadline }: { deadline: number }): VNode {
  const left = deadline - now.value;
  return (
    <time class={`badge ${left < URGENT_MS ? "badge-warn" : ""}`} dateTime={new Date(deadline).toISOString()} title={`until ${formatTime(deadline)}`}>
      <Icon name="clock" size={12} />
      {left > 0 ? `${formatDuration(Math.max(1_000, left))} left` : "time is up"}
    </time>
  );
}

function say(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : writeValue(value);
}

/** A map of the form's fields by their labels; anything else as it is. */
function Answer({ wait }: { wait: RunAwait }): VNode {
  const { default: standard, form = [] } = wait;
  if (form.length === 0 || typeof standard !== "object" || standard === null) return <code>{writeValue(standard)}</code>;
  const labels = new Map(form.map(({ name, label }) => [name, label ?? formatName(name)]));
  return (
    <ul class="silence">
      {Object.entries(standard).map(([name, value]) => (
        <li key={name}>
          {labels.get(name) ?? name}: <strong>{say(value)}</strong>
        </li>
      ))}
    </ul>
  );
}

/** What comes of it without an answer. */
function Silence({ wait }: { wait: RunAwait }): VNode | null {
  const { deadline } = wait;
  if (deadline === undefined) return null;
  const when = <time dateTime={new Date(deadline).toISOString()}>{formatTime(deadline)}</time>;
  return (
    <div class="field-hint">
      {"default" in wait ? (
        <>
          Without an answer until {when} it is: <Answer wait={wait} />
        </>
      ) : (
        <>Without an answer until {when} the task fails.</>
      )}
    </div>
  );
}

interface QuestionFieldProperties {
  readonly field: FormField;
  readonly id: string;
  readonly value: unknown;
  readonly problem: string | undefined;
  readonly onValue: (value: unknown) => void;
}

function QuestionField({ field, id, value, problem, onValue }: QuestionFieldProperties): VNode {
  const described = [field.description !== undefined && `${id}-hint`, problem !== undefined && `${id}-problem`].filter(Boolean).join(" ");
  const isRequired = field.isRequired && field.default === undefined;
  return (
    <div class="field">
      <label for={id} id={`${id}-label`}>
        {field.label ?? formatName(field.name)}
        {isRequired ? (
          <span class="required" title="required">
            {" "}
            *<span class="visually-hidden"> required</span>
          </span>
        ) : (
          field.default === undefined && <span class="field-optional">optional</span>
        )}
        <span class="field-type">{field.type}</span>
      </label>
      <FieldControl
        field={field}
        id={id}
        value={value}
        canBeOpen
        isInvalid={problem !== undefined}
        {...(described !== "" && { describedBy: described })}
        onValue={onValue}
      />
      {field.description !== undefined && (
        <span class="field-hint" id={`${id}-hint`}>
          {field.description}
        </span>
      )}
      {problem !== undefined && (
        <span class="field-problem" id={`${id}-problem`}>
          {problem}
        </span>
      )}
    </div>
  );
}

/** Fields that something unreadable stands in, and required ones that nothing is said of. */
function findGaps(form: readonly FormField[], answers: Answers, textOf: (name: string) => string): Problems {
  const gaps = new Map<string, string>();
  for (const { name, type, choices, isRequired, default: standard } of form) {
    if (answers[name] !== undefined) continue;
    const isChosen = type === "bool" || choices !== undefined;
    if (!isChosen && textOf(name).trim() !== "") gaps.set(name, `This is no ${type === "any" ? "JSON" : type}.`);
    else if (isRequired && standard === undefined) gaps.set(name, isChosen ? "Choose an answer." : "An answer is required.");
  }
  return gaps;
}

/** What the engine has to say of each field, for people: without the name that stands above it. */
function readProblems(details: Readonly<Record<string, unknown>> | undefined): Problems {
  const problems = (details?.["problems"] ?? []) as readonly { readonly path: string; readonly message: string }[];
  const tidy = (message: string): string => message.replace(/^field ".*?" is /, "This is ").replace(/^This is missing$/, "An answer is required");
  return new Map(problems.map(({ path, message }) => [path, `${tidy(message)}.`]));
}

interface CardProperties {
  readonly wait: RunAwait;
  readonly id: string;
  /** Another wait takes the event first. */
  readonly isBehind: boolean;
}

function QuestionCard({ wait, id, isBehind }: CardProperties): VNode {
  const form = wait.form ?? [];
  const [answers, setAnswers] = useState<Answers>(() => begin(form));
  const [problems, setProblems] = useState<Problems>(NO_PROBLEMS);
  const [isSending, setSending] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const task = openWorkflow.value?.definition.states.find((state) => state.id === wait.state);
  const description = task?.task === undefined ? undefined : task.descriptions[1];

  const controlOf = (name: string) => element.current?.querySelector<HTMLInputElement>(`[id="${id}-${name}"]`);
  const refuse = (found: Problems): void => {
    setProblems(found);
    const first = form.find(({ name }) => found.has(name)) ?? form[0];
    if (first !== undefined) controlOf(first.name)?.focus();
    announce(`Not sent: ${found.size === 1 ? "one answer needs" : `${found.size} answers need`} another look`, "bad");
  };
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const gaps = findGaps(form, answers, (name) => controlOf(name)?.value ?? "");
    if (gaps.size > 0) return refuse(gaps);
    setSending(true);
    const problem = await answerEvent(wait.event, wait.form === undefined ? undefined : answers);
    setSending(false);
    if (problem?.code === "run/invalid-payload") refuse(readProblems(problem.details));
  };
  const change = (name: string, value: unknown): void => {
    const { [name]: _, ...others } = answers;
    setAnswers(value === undefined ? others : { ...others, [name]: value });
    if (problems.has(name)) setProblems(new Map([...problems].filter(([path]) => path !== name)));
  };

  return (
    <form class="question" ref={element} noValidate aria-labelledby={`${id}-title`} onSubmit={(event) => void send(event)}>
      <div class="row spread">
        <h3 class="question-title" id={`${id}-title`}>
          {formatName(wait.state)}
        </h3>
        {wait.deadline !== undefined && <Deadline deadline={wait.deadline} />}
      </div>
      {wait.message !== undefined && <p class="question-message">{wait.message}</p>}
      {description !== undefined && <p class="quiet">{description}</p>}
      {form.map((field) => (
        <QuestionField
          key={field.name}
          field={field}
          id={`${id}-${field.name}`}
          value={answers[field.name]}
          problem={problems.get(field.name)}
          onValue={(value) => change(field.name, value)}
        />
      ))}
      <Silence wait={wait} />
      <div class="question-bar">
        <button type="submit" class="button button-primary" disabled={isSending || isBehind}>
          <Icon name="check" /> {isSending ? "Sending…" : wait.form === undefined ? `Send “${wait.event}”` : "Send answer"}
        </button>
        {isBehind && <span class="quiet">Another task waits for “{wait.event}” first.</span>}
        {!isBehind && openStatus.value === "paused" && <span class="quiet">It is kept until the run is resumed.</span>}
      </div>
    </form>
  );
}

/** A card for each wait. */
export function QuestionCards(): VNode | null {
  const waits = questions.value;
  if (waits.length === 0) return null;
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  return (
    <section class="questions" aria-label="Waits for an answer">
      {waits.map((wait) => {
        const count = (counts.get(wait.state) ?? 0) + 1;
        counts.set(wait.state, count);
        const isBehind = seen.has(wait.event);
        seen.add(wait.event);
        const id = `ask-${wait.state}-${count}`;
        return <QuestionCard key={`${id}:${wait.deadline ?? ""}`} wait={wait} id={id} isBehind={isBehind} />;
      })}
    </section>
  );
}
