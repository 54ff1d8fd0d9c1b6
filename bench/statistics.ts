// The few statistics that the report needs: order statistics only, because timings have outliers on one side.

export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/** The value below which the given fraction (0–1) of the samples lies, linearly between neighbours. Samples need no order; at least one. */
export function quantile(samples: readonly number[], fraction: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError("quantile of no samples");
  return below + (above - below) * (position - Math.floor(position));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

export function describeSpread(samples: readonly number[]): Spread {
  return { median: median(samples), p10: quantile(samples, 0.1), p90: quantile(samples, 0.9) };
}

export interface Ratio {
  /** Median of the one over median of the other. */
  readonly ofMedians: number;
  /** The ratio taken round by round: its median and spread. Drift that both share cancels out. */
  readonly perRound: Spread;
}

/** How many times longer `slow` took than `fast`; the same number of rounds each, paired by round. */
export function compareSamples(slow: readonly number[], fast: readonly number[]): Ratio {
  if (slow.length !== fast.length) throw new RangeError(`${slow.length} rounds against ${fast.length}`);
  const perRound = slow.map((time, round) => time / (fast[round] ?? Number.NaN));
  return { ofMedians: median(slow) / median(fast), perRound: describeSpread(perRound) };
}
