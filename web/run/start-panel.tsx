// The start tab: the run's input as a form made from the parameters, or as JSON, and the button that starts a run.
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { announce } from "../app/announcement.js";
import { FieldControl } from "../app/field-control.js";
import { Icon } from "../app/icons.js";
import { toProblem } from "../app/problem.js";
import { showView } from "../app/views.js";
import type { ErrorRecord, Value } from "../millrace.js";
import { draft, errorCount } from "../text/draft.js";
import { source } from "../text/documents.js";
import { UnknownTasks } from "../text/findings-list.js";
import { JsonEditor } from "../text/json-editor.js";
import { goToOffset } from "../text/source-editor.js";
import { connection, readEngine } from "./connection.js";
import { openRun } from "./open-run.js";
import { editInput, inputFields, inputReading, inputText, isInputChanged, parameters, resetInput, setField } from "./run-input.js";
import { keepRecords } from "./run-list.js";
import { formatName } from "./run-marks.js";

const startProblem = signal<ErrorRecord | undefined>(undefined);
const isStarting = signal(false);

/** Loads the text on show, starts a run of it with the input on show and opens the run. */
export async function startRun(): Promise<void> {
  const engine = readEngine();
  const reading = inputReading.peek();
  if (!engine || isStarting.peek()) return;
  if (!reading.isValid) return announce(`The input is not JSON: line ${reading.line}, ${reading.message}`, "bad");
  isStarting.value = true;
  startProblem.value = undefined;
  try {
    const workflow = await engine.load(source.peek());
    const run = await engine.start(workflow, reading.value as Value);
    keepRecords([await run.record()]);
    openRun(run.id);
    showView("run");
    announce(`Started a run of ${formatName(workflow.name)}`, "good");
  } catch (error) {
    startProblem.value = toProblem(error);
    showView("start");
  } finally {
    isStarting.value = false;
  }
}

function InputForm(): VNode {
  const fields = inputFields.value;
  if (!fields) return <p class="quiet">The JSON is not an object, so it has no form.</p>;
  return (
    <div class="input-form">
      {parameters.value.map((parameter) => (
        <div class={`field${parameter.type === "bool" ? " field-switch" : ""}`} key={`${parameter.name}:${parameter.type}`}>
          <label for={`input-${parameter.name}`}>
            {parameter.name}
            {parameter.isRequired && (
              <span class="required" title="required">
                {" "}
                *
              </span>
            )}
            <span class="field-type">{parameter.type}</span>
          </label>
          <FieldControl
            field={parameter}
            id={`input-${parameter.name}`}
            value={fields[parameter.name]}
            onValue={(value) => setField(parameter.name, value)}
          />
          {parameter.description !== undefined && <span class="field-hint">{parameter.description}</span>}
          {parameter.isRequired && fields[parameter.name] === undefined && <span class="field-problem">A value is required.</span>}
        </div>
      ))}
    </div>
  );
}

function StartProblem(): VNode | null {
  const problem = startProblem.value;
  if (!problem) return null;
  return (
    <div class="notice notice-bad" role="alert">
      <Icon name="warning" />
      <div>
        <p>
          {problem.message} <span class="finding-code">{problem.code}</span>
        </p>
        {problem.findings?.slice(0, 5).map((finding, index) => (
          <button
            key={index}
            type="button"
            class="link"
            onClick={() => (showView("text"), goToOffset(finding.place.start, finding.place.end))}
          >
            {finding.place.line}:{finding.place.column} {finding.message}
          </button>
        ))}
      </div>
    </div>
  );
}

function explainDisabled(): string | undefined {
  const state = connection.value;
  if (state.kind === "starting") return "The engine is starting…";
  if (state.kind === "failed") return "The engine is not running.";
  if (!draft.value?.definition) return "There is no workflow to start yet.";
  if (errorCount.value > 0) return "Mend the errors in the text first.";
  if (!inputReading.value.isValid) return "The input is not JSON.";
  return undefined;
}

/** The start tab. */
export function StartPanel(): VNode {
  const [mode, setMode] = useState<"form" | "json">("form");
  const hasForm = parameters.value.length > 0;
  const isForm = hasForm && mode === "form";
  const obstacle = explainDisabled();
  const definition = draft.value?.definition;
  if (draft.value === undefined) {
    return (
      <div class="panel-body empty">
        <span class="spinner" aria-hidden="true" />
        <p>Reading the text…</p>
      </div>
    );
  }
  return (
    <div class="panel-body start-panel">
      {definition && (
        <header class="start-head">
          <h2>{formatName(definition.name)}</h2>
          {definition.description !== undefined && <p class="quiet">{definition.description}</p>}
        </header>
      )}
      <div class="row spread">
        <h3>Input</h3>
        <span class="row">
          {isInputChanged.value && (
            <button type="button" class="link" onClick={resetInput}>
              Reset
            </button>
          )}
          {hasForm && (
            <span class="segments" role="group" aria-label="How to write the input">
              <button type="button" aria-pressed={isForm} onClick={() => setMode("form")}>
                Form
              </button>
              <button type="button" aria-pressed={!isForm} onClick={() => setMode("json")}>
                JSON
              </button>
            </span>
          )}
        </span>
      </div>
      {isForm ? (
        <InputForm key={definition?.name} />
      ) : (
        <JsonEditor text={inputText.value} label="Run input as JSON" onText={editInput} onSubmit={() => void startRun()} />
      )}
      {!hasForm && <p class="quiet">This workflow declares no parameters.</p>}
      <UnknownTasks />
      <StartProblem />
      <div class="start-bar">
        <button
          type="button"
          class="button button-primary"
          disabled={obstacle !== undefined || isStarting.value}
          onClick={() => void startRun()}
        >
          <Icon name="play" /> {isStarting.value ? "Starting…" : "Start run"}
        </button>
        {obstacle !== undefined && <span class="quiet">{obstacle}</span>}
      </div>
    </div>
  );
}
