// Who may begin runs of ids of the embedder's choice. Ids fall into lanes, a lock each: who holds a lane's lock begins all that waits in the lane, and nobody
// else begins a run of such an id meanwhile.

/** Lanes of a database. */
export const CLAIM_LANES = 16;

/** Resolves with what gives the lane's lock up. Rejects where it is not to be had. */
export type AcquireLane = (lane: number) => Promise<() => void>;

interface Claim {
  /** Never rejects. */
  work(): Promise<void>;
  reject(error: unknown): void;
}

export class IdClaims {
  readonly #acquire: AcquireLane;
  readonly #waiting = new Map<number, Claim[]>();

  constructor(acquire: AcquireLane) {
    this.#acquire = acquire;
  }

  /** Works of one tab go side by side: it knows itself what it begins. */
  claim<T>(runId: string, work: () => Promise<T>): Promise<T> {
    const lane = laneOf(runId);
    return new Promise((resolve, reject) => {
      const claim = { work: () => work().then(resolve, reject), reject };
      const waiting = this.#waiting.get(lane);
      if (waiting !== undefined) waiting.push(claim);
      else {
        this.#waiting.set(lane, [claim]);
        void this.#serve(lane);
      }
    });
  }

  /** All lanes, in one order, so that no two wait for each other. */
  async claimAll<T>(work: () => Promise<T>): Promise<T> {
    const held: (() => void)[] = [];
    try {
      for (let lane = 0; lane < CLAIM_LANES; lane += 1) held.push(await this.#acquire(lane));
      return await work();
    } finally {
      for (const release of held) release();
    }
  }

  /** All that waits when the lock is there. What comes later waits for it anew, behind other tabs. */
  async #serve(lane: number): Promise<void> {
    let release: (() => void) | undefined;
    let failure: unknown;
    try {
      release = await this.#acquire(lane);
    } catch (error) {
      failure = error;
    }
    const claims = this.#waiting.get(lane) ?? [];
    this.#waiting.delete(lane);
    if (release === undefined) for (const claim of claims) claim.reject(failure);
    else {
      await Promise.all(claims.map((claim) => claim.work()));
      release();
    }
  }
}

/** The same in every version: tabs of different ones may share a database. */
function laneOf(runId: string): number {
  let hash = 0;
  for (let index = 0; index < runId.length; index += 1) hash = (Math.imul(hash, 31) + runId.charCodeAt(index)) | 0;
  return (hash >>> 0) % CLAIM_LANES;
}
