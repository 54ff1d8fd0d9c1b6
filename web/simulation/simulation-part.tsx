// The simulation in the prove tab: what is asked for, a histogram of how long runs take, and what each task cost them.
import type { VNode } from "preact";
import { Icon } from "../app/icons.js";
import { NumberField } from "../app/number-field.js";
import { inputReading } from "../run/run-input.js";
import { draft, errorCount } from "../text/draft.js";
import type { Bin, ShownReport } from "./simulation-worker.js";
import { beginSimulation, crashesPerHour, failurePercent, medianMs, runCount, simulationState, stopSimulation } from "./simulation.js";

const RUN_COUNT_MAX = 100_000;
const CHART_WIDTH = 320;
const CHART_HEIGHT = 96;

/** The input of the start tab; nothing where it is no JSON. */
function readInput(): unknown {
  const reading = inputReading.peek();
  return reading.isValid ? reading.value : {};
}

/** A virtual time as people say it. */
function formatLength(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${(ms / 60_000).toFixed(1)} min`;
  return ms < 86_400_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} d`;
}

function formatCount(count: number): string {
  return count.toLocaleString("en");
}

function Histogram({ bins }: { bins: readonly Bin[] }): VNode | null {
  if (bins.length === 0) return null;
  const most = bins.reduce((top, { count }) => Math.max(top, count), 1);
  const width = CHART_WIDTH / bins.length;
  const first = bins[0];
  const last = bins.at(-1);
  const label = `How long runs take, from ${formatLength(first?.from ?? 0)} to ${formatLength(last?.to ?? 0)}`;
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
        {bins.map(({ from, to, count }, index) => {
          const height = (count / most) * (CHART_HEIGHT - 2);
          return (
            <rect key={index} x={index * width + 0.5} y={CHART_HEIGHT - height} width={Math.max(1, width - 1)} height={height}>
              <title>{`${formatLength(from)} to ${formatLength(to)}: ${formatCount(count)} runs`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption>
        <span>{formatLength(first?.from ?? 0)}</span>
        <span>{bins.length > 1 ? `${formatLength(last?.from ?? 0)} and more` : ""}</span>
      </figcaption>
    </figure>
  );
}

function Report({ report }: { report: ShownReport }): VNode {
  const { statuses, errors, duration, retries, tasks, runCount: count, tookMs } = report;
  const failures = Object.entries(errors).map(([code, failed]) => `${formatCount(failed)} ${code}`);
  return (
    <>
      <div class={`notice ${statuses.failed + statuses.waiting === 0 ? "notice-good" : "notice-warn"}`} role="status">
        <Icon name={statuses.failed + statuses.waiting === 0 ? "check" : "warning"} />
        <div>
          <p>
            <strong>{((statuses.succeeded / Math.max(1, count)) * 100).toFixed(1)} % succeed.</strong>
            {statuses.failed > 0 && ` ${formatCount(statuses.failed)} fail (${failures.join(", ")}).`}
            {statuses.waiting > 0 && ` ${formatCount(statuses.waiting)} rest for an event that does not come.`}
          </p>
          <p class="quiet">
            {formatCount(count)} runs in {formatLength(tookMs)}
          </p>
        </div>
      </div>
      <Histogram bins={report.bins} />
      <dl class="figures">
        <div>
          <dt>median</dt>
          <dd>{formatLength(duration.p50)}</dd>
        </div>
        <div>
          <dt>9 of 10 within</dt>
          <dd>{formatLength(duration.p90)}</dd>
        </div>
        <div>
          <dt>99 of 100 within</dt>
          <dd>{formatLength(duration.p99)}</dd>
        </div>
        <div>
          <dt>retries a run</dt>
          <dd>{retries.mean.toFixed(2)}</dd>
        </div>
      </dl>
      <table class="task-figures">
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">calls</th>
            <th scope="col">failed</th>
            <th scope="col">again</th>
            <th scope="col">each</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(tasks).map(([name, { calls, failures: failed, retries: again, timeMs }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{formatCount(calls)}</td>
              <td>{formatCount(failed)}</td>
              <td>{formatCount(again)}</td>
              <td>{formatLength(timeMs / Math.max(1, calls))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Field({ id, label, value, onNumber }: { id: string; label: string; value: number; onNumber: (value: number) => void }): VNode {
  return (
    <label class="simulation-field" for={id}>
      <span>{label}</span>
      <NumberField id={id} value={value} onNumber={(next) => next !== undefined && next >= 0 && onNumber(next)} />
    </label>
  );
}

/** The part of the prove tab. */
export function SimulationPart(): VNode {
  const state = simulationState.value;
  const canBegin = draft.value?.definition !== undefined && errorCount.value === 0 && state.kind !== "busy";
  return (
    <section aria-labelledby="simulation-title">
      <h2 id="simulation-title">What usually happens</h2>
      <p class="quiet">Whole runs in virtual time: calls take about as long as you say, and fail as often.</p>
      <div class="simulation-fields">
        <Field id="simulated-runs" label="Runs" value={runCount.value} onNumber={(count) => (runCount.value = Math.max(1, Math.min(RUN_COUNT_MAX, Math.round(count))))} />
        <Field id="simulated-median" label="Call, ms" value={medianMs.value} onNumber={(ms) => (medianMs.value = ms)} />
        <Field id="simulated-failures" label="Failures, %" value={failurePercent.value} onNumber={(percent) => (failurePercent.value = Math.min(100, percent))} />
        <Field id="simulated-crashes" label="Crashes an hour" value={crashesPerHour.value} onNumber={(count) => (crashesPerHour.value = Math.min(3_600, count))} />
      </div>
      <div class="row">
        <button type="button" class="button button-primary" disabled={!canBegin} onClick={() => beginSimulation(readInput())}>
          <Icon name="play" /> Simulate
        </button>
        {state.kind === "busy" && (
          <>
            <progress max={state.all} value={state.done} aria-label="Runs simulated" />
            <button type="button" class="button button-small" onClick={stopSimulation}>
              Stop
            </button>
          </>
        )}
      </div>
      {state.kind === "failed" && (
        <div class="notice notice-bad" role="alert">
          <Icon name="cross" />
          <p>{state.message}</p>
        </div>
      )}
      {state.kind === "done" && <Report report={state.report} />}
    </section>
  );
}
