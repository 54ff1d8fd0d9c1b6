// Time travel in the run panel: a slider over the steps of the open run, and the form that begins a run from one of them.
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { FieldControl } from "../app/field-control.js";
import { Icon } from "../app/icons.js";
import type { Value } from "../millrace.js";
import { JsonEditor, readJson } from "../text/json-editor.js";
import { writeValue } from "./context-tree.js";
import { openRunId, openWorkflow } from "./open-run.js";
import { formatTime } from "./run-marks.js";
import { causeOf, chosenStep, firstStep, forkAt, lastStep, startInput, travelTo } from "./time-travel.js";
import { describeEvent } from "./timeline.js";

const isForkOpen = signal(false);

/** What happened in a step, in a few words. */
function describeStep(step: number): string {
  if (step === 0) return "Not begun";
  const event = causeOf(step);
  if (event === undefined) return "Nothing is told of it";
  const { text, aside } = describeEvent(event);
  return event.type === "event" && aside !== undefined ? `${text}, ${aside}` : text;
}

function timeOf(step: number): number | undefined {
  return (step === 0 ? causeOf(1) : causeOf(step))?.time;
}

function Slider({ step, last }: { step: number; last: number }): VNode {
  const time = timeOf(step);
  const isNow = chosenStep.value === undefined;
  const where = `Step ${step} of ${last}${isNow ? ", now" : ""}`;
  const when = time === undefined ? "" : formatTime(time);
  const what = describeStep(step);
  return (
    <>
      <div class="travel-row">
        <button type="button" class="icon-button" aria-label="One step back" title="One step back" disabled={step <= firstStep.value} onClick={() => travelTo(step - 1)}>
          <span class="travel-back">
            <Icon name="chevron" />
          </span>
        </button>
        <input
          type="range"
          class="travel-slider"
          min={firstStep.value}
          max={last}
          step={1}
          value={step}
          aria-label="Step of the run"
          aria-valuetext={[where, when, what].filter((part) => part !== "").join("; ")}
          onInput={(event) => travelTo(Number(event.currentTarget.value))}
        />
        <button type="button" class="icon-button" aria-label="One step on" title="One step on" disabled={isNow} onClick={() => travelTo(step + 1)}>
          <Icon name="chevron" />
        </button>
      </div>
      <p class={`travel-text${isNow ? "" : " is-past"}`}>
        <strong>{where}</strong>
        {when !== "" && <span class="travel-time">{when}</span>}
        <span class="travel-what">{what}</span>
      </p>
    </>
  );
}

/** The fields of the input, or its JSON; told as it is edited. */
function InputFields({ input, onInput }: { input: unknown; onInput: (input: unknown, isValid: boolean) => void }): VNode {
  const parameters = openWorkflow.value?.definition.parameters ?? [];
  const [text, setText] = useState(() => writeValue(input ?? {}, 2));
  if (parameters.length === 0 || typeof input !== "object" || input === null) {
    const edit = (next: string): void => {
      const reading = readJson(next);
      setText(next);
      onInput(reading.isValid ? reading.value : undefined, reading.isValid);
    };
    return <JsonEditor text={text} label="Input of the fork as JSON" onText={edit} />;
  }
  const fields = input as Readonly<Record<string, unknown>>;
  return (
    <div class="input-form">
      {parameters.map((parameter) => (
        <div class={`field${parameter.type === "bool" ? " field-switch" : ""}`} key={parameter.name}>
          <label for={`fork-${parameter.name}`}>
            {parameter.name}
            <span class="field-type">{parameter.type}</span>
          </label>
          <FieldControl field={parameter} id={`fork-${parameter.name}`} value={fields[parameter.name]} onValue={(value) => onInput({ ...fields, [parameter.name]: value }, true)} />
        </div>
      ))}
    </div>
  );
}

function ForkForm({ step }: { step: number }): VNode {
  const [input, setInput] = useState<unknown>(startInput.peek());
  const [isValid, setValid] = useState(true);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [isStarting, setStarting] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, select, textarea, button")?.focus(), []);
  const isOther = writeValue(input) !== writeValue(startInput.value);
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!isValid || isStarting) return;
    setStarting(true);
    const wrong = await forkAt(step, isOther ? (input as Value) : undefined);
    setStarting(false);
    setProblem(wrong);
    if (wrong === undefined) isForkOpen.value = false;
  };
  return (
    <form class="fork-form" aria-label={`Fork from step ${step}`} ref={form} onSubmit={(event) => void start(event)}>
      <InputFields input={input} onInput={(next, isRight) => (setInput(next), setValid(isRight))} />
      <p class="quiet">
        {isOther ? "With other input the new run is told what this one was told, as far as it asks for it." : `The new run begins as this one was after step ${step}.`}
      </p>
      {problem !== undefined && (
        <p class="field-problem" role="alert">
          {problem}
        </p>
      )}
      <div class="row">
        <button type="submit" class="button button-primary" disabled={!isValid || isStarting}>
          <Icon name="branch" /> {isStarting ? "Starting…" : "Start the fork"}
        </button>
        <button type="button" class="button" onClick={() => (isForkOpen.value = false)}>
          Close
        </button>
      </div>
    </form>
  );
}

/** The slider with its buttons. */
export function TravelPanel(): VNode | null {
  const last = lastStep.value;
  if (last === 0) return null;
  const step = Math.min(chosenStep.value ?? last, last);
  return (
    <section class="travel" aria-label="Time travel">
      <h3>Time travel</h3>
      <Slider step={step} last={last} />
      <div class="row travel-buttons">
        <button type="button" class="button" aria-expanded={isForkOpen.value} disabled={firstStep.value > 0} onClick={() => (isForkOpen.value = !isForkOpen.value)}>
          <Icon name="branch" /> Fork from here
        </button>
        {chosenStep.value !== undefined && (
          <button type="button" class="button" onClick={() => travelTo(undefined)}>
            <Icon name="undo" /> Back to now
          </button>
        )}
      </div>
      {isForkOpen.value && <ForkForm key={openRunId.value} step={step} />}
    </section>
  );
}
