// The measuring loop: finds how many operations fill a sample, then lets the subjects take turns, so that drift of the
// machine hits all alike. Knows nothing of what it measures.
import type { SamplingPlan } from "./options.js";
import type { SubjectSamples } from "./results.js";
import type { Subject } from "./subject.js";

/** A sample never holds more operations than this, however short they are. */
export const OPERATION_COUNT_MAX = 2 ** 31;
/** Calibration rounds before a subject that never fills a sample is given up. */
export const CALIBRATION_ROUND_MAX = 60;

export interface Contender {
  readonly name: string;
  readonly subject: Subject;
}

interface Lane extends Contender {
  operationCount: number;
  readonly samples: number[];
  failure: string | undefined;
}

/** Measures all contenders, interleaved. A contender that throws drops out with its message; the others go on. */
export async function measureInterleaved(contenders: readonly Contender[], plan: SamplingPlan, step: number): Promise<SubjectSamples[]> {
  const lanes = contenders.map((contender): Lane => ({ ...contender, operationCount: 0, samples: [], failure: undefined }));
  for (const lane of lanes) await attempt(lane, () => calibrateLane(lane, plan, step));
  for (let round = 0; round < plan.roundCount; round += 1) {
    for (let turn = 0; turn < lanes.length; turn += 1) {
      const lane = lanes[(round + turn) % lanes.length];
      if (lane === undefined) continue;
      await attempt(lane, async () => void lane.samples.push(await takeFigure(lane)));
    }
  }
  return lanes.map(({ name, operationCount, samples, failure }) =>
    failure === undefined ? { name, operationCount, samples } : { name, operationCount, samples: [], failure },
  );
}

/** One sample: ns per operation, or what the subject gauges itself. */
async function takeFigure({ subject, operationCount }: Lane): Promise<number> {
  if (subject.gauge !== undefined) return gaugeSubject(subject);
  return ((await takeSample(subject, operationCount)) * 1e6) / operationCount;
}

async function gaugeSubject(subject: Subject): Promise<number> {
  const figure = (await subject.gauge?.()) ?? Number.NaN;
  await subject.settle?.();
  return figure;
}

async function attempt(lane: Lane, work: () => Promise<void>): Promise<void> {
  if (lane.failure !== undefined) return;
  try {
    await work();
  } catch (error) {
    lane.failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

async function calibrateLane(lane: Lane, plan: SamplingPlan, step: number): Promise<void> {
  if (lane.subject.gauge !== undefined) {
    lane.operationCount = 1;
    await gaugeSubject(lane.subject);
    return;
  }
  lane.operationCount = await calibrateCount((count) => takeSample(lane.subject, count), plan.sampleTimeMsMin, step);
  // Samples thrown away: the optimising compilers, which work in the background, finish meanwhile.
  for (let warmMs = 0; warmMs < plan.warmUpTimeMs; ) warmMs += Math.max(1, await takeSample(lane.subject, lane.operationCount));
  // Warm code may be much faster than what the first calibration saw.
  lane.operationCount = await calibrateCount((count) => takeSample(lane.subject, count), plan.sampleTimeMsMin, step, lane.operationCount);
}

/** The least count found, a multiple of `step`, whose sample takes at least `timeMsMin`. `sample` runs a count and gives its time in ms. */
export async function calibrateCount(sample: (count: number) => Promise<number>, timeMsMin: number, step: number, from: number = step): Promise<number> {
  let count = from;
  for (let round = 0; round < CALIBRATION_ROUND_MAX; round += 1) {
    const elapsedMs = await sample(count);
    if (elapsedMs >= timeMsMin || count >= OPERATION_COUNT_MAX) return count;
    const factor = elapsedMs <= timeMsMin / 10 ? 8 : (timeMsMin / elapsedMs) * 1.15;
    count = Math.min(OPERATION_COUNT_MAX, Math.max(count + step, Math.ceil((count * factor) / step) * step));
  }
  throw new Error(`no count of operations takes ${timeMsMin} ms`);
}

async function takeSample(subject: Subject, count: number): Promise<number> {
  const begin = performance.now();
  const pending = subject.run(count);
  if (pending !== undefined) await pending;
  const elapsedMs = performance.now() - begin;
  await subject.settle?.();
  await new Promise((resolve) => setTimeout(resolve, 0));
  return elapsedMs;
}

/** Opens nothing, times nothing: asks every contender for its answer and says who differs from the first. */
export async function findDisagreement(contenders: readonly Contender[]): Promise<string | undefined> {
  const answers: { name: string; answer: string }[] = [];
  for (const { name, subject } of contenders) answers.push({ name, answer: JSON.stringify(await subject.answer()) });
  const first = answers[0];
  const other = answers.find((candidate) => candidate.answer !== first?.answer);
  if (first === undefined || other === undefined) return undefined;
  return `${first.name} answers ${cutText(first.answer)}, but ${other.name} answers ${cutText(other.answer)}`;
}

function cutText(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
