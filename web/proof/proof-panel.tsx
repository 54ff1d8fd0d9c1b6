// The prove tab: what analysis says of the text, an exploration of everything that can happen, and the witnesses of what it
// found, replayed on the diagram.
import type { VNode } from "preact";
import { Icon } from "../app/icons.js";
import { showView } from "../app/views.js";
import type { Exploration, ExplorationBound, ExplorationFinding, WitnessStep } from "../millrace-editor.js";
import { analysisFindings, draft } from "../text/draft.js";
import { SimulationPart } from "../simulation/simulation-part.js";
import { goToOffset } from "../text/source-editor.js";
import {
  beginReplay,
  configurationCountMax,
  endReplay,
  explorationState,
  explore,
  goToStep,
  isExplorable,
  isPlaying,
  pauseReplay,
  playReplay,
  replay,
  stopExploration,
} from "./proof.js";

const BOUNDS: Readonly<Record<ExplorationBound, string>> = {
  configurations: "there are more configurations than may be kept",
  size: "the configurations take more memory than they may",
  depth: "there are longer ways than may be followed",
  decisions: "a step asks more unknown conditions than may be tried",
  "endless-step": "a step goes on without an end",
  aborted: "it was stopped",
  findings: "more was found than is kept",
};
const COUNT_CHOICES = [10_000, 100_000, 1_000_000];

function formatCount(count: number): string {
  return count.toLocaleString("en");
}

function describeStep({ kind, name, guards }: WitnessStep): string {
  const what = kind === "start" ? "The run starts" : kind === "event" ? `Event ${name}` : kind === "timer" ? `The time of ${name} is over` : name;
  const asked = guards.map(({ guard, holds }) => `${guard} ${holds ? "holds" : "does not hold"}`);
  return asked.length === 0 ? what : `${what}, where ${asked.join(" and ")}`;
}

function Replay({ finding }: { finding: ExplorationFinding }): VNode | null {
  const current = replay.value;
  if (current?.finding !== finding) return null;
  const { witness } = finding;
  const step = witness[current.at];
  return (
    <div class="replay" role="group" aria-label="Replay of the way there">
      <div class="row">
        <button type="button" class="icon-button" aria-label="Step back" disabled={current.at === 0} onClick={() => (pauseReplay(), goToStep(current.at - 1))}>
          <Icon name="undo" />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={isPlaying.value ? "Pause the replay" : "Play the replay"}
          onClick={() => (isPlaying.value ? pauseReplay() : playReplay())}
        >
          <Icon name={isPlaying.value ? "pause" : "play"} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Step on"
          disabled={current.at === witness.length - 1}
          onClick={() => (pauseReplay(), goToStep(current.at + 1))}
        >
          <Icon name="arrow" />
        </button>
        <input
          type="range"
          min={0}
          max={witness.length - 1}
          value={current.at}
          aria-label="Step of the replay"
          aria-valuetext={`Step ${current.at + 1} of ${witness.length}: ${step ? describeStep(step) : ""}`}
          onInput={(event) => (pauseReplay(), goToStep(Number(event.currentTarget.value)))}
        />
        <button type="button" class="icon-button" aria-label="End the replay" onClick={endReplay}>
          <Icon name="cross" />
        </button>
      </div>
      <ol class="witness" aria-label="Steps">
        {witness.map((each, index) => (
          <li key={index} class={index === current.at ? "is-shown" : undefined} aria-current={index === current.at ? "step" : undefined}>
            <button type="button" class="witness-step" onClick={() => (pauseReplay(), goToStep(index))}>
              <span>{describeStep(each)}</span>
              <span class="line-aside">{each.states.length === 0 ? "the run has ended" : each.states.join(", ")}</span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

function FoundProblem({ finding }: { finding: ExplorationFinding }): VNode {
  const isShown = replay.value?.finding === finding;
  return (
    <li class="found">
      <div class="notice notice-bad">
        <Icon name={finding.code === "analysis/deadlock" ? "stop" : "cross"} />
        <div>
          <p>{finding.message}</p>
          <p class="finding-code">{finding.code}</p>
          <p class="row">
            <button type="button" class="link" aria-pressed={isShown} onClick={() => (isShown ? endReplay() : (beginReplay(finding), showView("prove")))}>
              {isShown ? "End the replay" : `Replay the ${finding.witness.length} steps there`}
            </button>
            <button type="button" class="link" onClick={() => (showView("text"), goToOffset(finding.place.start, finding.place.end))}>
              Go to its text
            </button>
          </p>
        </div>
      </div>
      <Replay finding={finding} />
    </li>
  );
}

function Verdict({ exploration, durationMs, invariantCount }: { exploration: Exploration; durationMs: number; invariantCount: number }): VNode {
  const { findings, isComplete, bounds, configurationCount } = exploration;
  const seen = `${formatCount(configurationCount)} configurations in ${durationMs < 1_000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1_000).toFixed(1)} s`}`;
  if (findings.length > 0) return <p class="quiet">{seen}. {isComplete ? "That is all there are." : `Not all: ${bounds.map((bound) => BOUNDS[bound]).join("; ")}.`}</p>;
  const held = invariantCount === 0 ? "" : invariantCount === 1 ? " The invariant holds." : ` All ${invariantCount} invariants hold.`;
  return (
    <div class={`notice ${isComplete ? "notice-good" : "notice-warn"}`}>
      <Icon name={isComplete ? "check" : "warning"} />
      <div>
        <p>
          {isComplete ? <strong>Proved: no run can get stuck.</strong> : <strong>Nothing was found, but not everything was seen.</strong>}
          {isComplete && held}
        </p>
        <p class="quiet">
          {seen}
          {isComplete ? ", which is all there are." : `: ${bounds.map((bound) => BOUNDS[bound]).join("; ")}.`}
        </p>
      </div>
    </div>
  );
}

function ExplorationPart(): VNode | null {
  const state = explorationState.value;
  const invariantCount = draft.value?.definition?.invariants.length ?? 0;
  if (state.kind === "busy") {
    return (
      <div class="row" role="status">
        <span class="spinner" aria-hidden="true" />
        <span>
          {formatCount(state.configurationCount)} configurations, {formatCount(state.pendingCount)} to look at
        </span>
        <button type="button" class="button button-small" onClick={stopExploration}>
          Stop
        </button>
      </div>
    );
  }
  if (state.kind === "failed")
    return (
      <div class="notice notice-bad" role="alert">
        <Icon name="cross" />
        <p>{state.message}</p>
      </div>
    );
  if (state.kind === "idle") return null;
  const { exploration, durationMs } = state;
  return (
    <>
      <Verdict exploration={exploration} durationMs={durationMs} invariantCount={invariantCount} />
      {exploration.findings.length > 0 && (
        <ul class="plain-list" aria-label="What was found">
          {exploration.findings.map((finding, index) => (
            <FoundProblem key={index} finding={finding} />
          ))}
        </ul>
      )}
    </>
  );
}

function AnalysisPart(): VNode {
  const { text, findings } = analysisFindings.value;
  const isCurrent = text === draft.value?.text;
  if (!isExplorable.value) return <p class="quiet">The text has errors; what it means is analysed when they are gone.</p>;
  if (!isCurrent) return <p class="quiet">Reading the text…</p>;
  if (findings.length === 0) return <p class="quiet">Nothing to say: every state is reached and left, every guard can hold.</p>;
  return (
    <ul class="plain-list proof-findings">
      {findings.map((finding, index) => (
        <li key={index}>
          <button
            type="button"
            class={`finding finding-${finding.severity}`}
            onClick={() => (showView("text"), goToOffset(finding.place.start, finding.place.end))}
          >
            <span class="finding-mark" aria-hidden="true" />
            <span class="finding-text">
              {finding.message} <span class="finding-code">{finding.code}</span>
              {finding.certainty === "possible" && <span class="line-aside"> perhaps meant</span>}
              {finding.example && <code class="finding-snippet">{JSON.stringify(finding.example)}</code>}
            </span>
            <span class="finding-place">{finding.place.line}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The prove tab. */
export function ProofPanel(): VNode {
  const isTaskGraph = draft.value?.definition?.taskGraph !== undefined;
  return (
    <div class="panel-body proof-panel">
      {!isTaskGraph && <Exploring />}
      <SimulationPart />
      {!isTaskGraph && (
        <>
          <h2>Analysis of the text</h2>
          <AnalysisPart />
        </>
      )}
    </div>
  );
}

function Exploring(): VNode {
  const invariants = draft.value?.definition?.invariants ?? [];
  const isBusy = explorationState.value.kind === "busy";
  return (
    <>
      <h2>What can happen</h2>
      <p class="quiet">
        Every event, outcome and timer, in every order, over values that are unknown: can a run get stuck
        {invariants.length > 0 ? ", and do the invariants hold" : ""}?
      </p>
      <div class="row">
        <button type="button" class="button button-primary" disabled={!isExplorable.value || isBusy} onClick={() => explore()}>
          <Icon name="shield" /> Explore everything
        </button>
        <label class="row proof-limit">
          <span>at most</span>
          <select value={configurationCountMax.value} onChange={(event) => (configurationCountMax.value = Number(event.currentTarget.value))}>
            {COUNT_CHOICES.map((count) => (
              <option key={count} value={count}>
                {formatCount(count)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ExplorationPart />
      {invariants.length > 0 && (
        <>
          <h3>Invariants</h3>
          <ul class="plain-list invariants">
            {invariants.map(({ name, expression, place }) => (
              <li key={place.start}>
                <button type="button" class="link" onClick={() => (showView("text"), goToOffset(place.start, place.end))}>
                  {name}
                </button>
                {name !== expression.text && <code>{expression.text}</code>}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
