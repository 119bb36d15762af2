/** From many candidates to a few: all a little, the better half more, and the neighbours of the best where none of them holds. */
import { byPromise, likelihood } from './choice.ts';
import type { Candidate, Finalist } from './result.ts';
import { halvingRounds } from './selection/successive-halving.ts';
import type { Trials } from './trials.ts';

export interface Screened {
  /** At most `FINALISTS`, most promising first. */
  readonly finalists: readonly Finalist[];
  readonly left: { readonly same: number; readonly halved: number; readonly unseen: number };
}

const FINALISTS = 8;
const FIRST_RUNS = 4;
const SCREENED_MAX = 40;
const SCREENED_MIN = 12;
/** Requests that the first look at all of them may simulate. */
const REQUESTS_MAX = 150_000;
const NEIGHBOURS_MAX = 12;
const NEIGHBOUR_ROUNDS = 3;

/** @param ranked most promising first by arithmetic */
export async function screen(trials: Trials, ranked: readonly Candidate[]): Promise<Screened> {
  const { problem } = trials;
  const width = Math.max(SCREENED_MIN, Math.min(SCREENED_MAX, Math.floor(REQUESTS_MAX / (FIRST_RUNS * trials.weight))));
  const fitting = ranked.filter((candidate) => trials.isChanceless(candidate) !== null || candidate.changes.length === 0);
  const seen = new Set(fitting.slice(0, width));
  trials.stage = 'screen';
  let findings = byPromise(unlike(await trials.findings('screen', [...seen], FIRST_RUNS)), problem);
  for (
    let round = 0;
    round < NEIGHBOUR_ROUNDS && !trials.isAborted && !findings.some((finding) => likelihood(finding) >= problem.probability);
    round++
  ) {
    const near = fitting.filter(
      (candidate) => !seen.has(candidate) && findings.slice(0, 4).some((best) => extend(best.candidate, candidate)),
    );
    if (near.length === 0) break;
    const added = near.slice(0, NEIGHBOURS_MAX);
    for (const candidate of added) seen.add(candidate);
    findings = byPromise(unlike([...findings, ...(await trials.findings('screen', added, FIRST_RUNS))]), problem);
  }
  const different = findings.length;
  trials.stage = 'halve';
  const followed = await halve(trials, findings);
  return {
    finalists: followed,
    left: { same: seen.size - different, halved: different - followed.length, unseen: ranked.length - seen.size },
  };
}

async function halve(trials: Trials, findings: readonly Finalist[]): Promise<readonly Finalist[]> {
  let left = findings;
  let runs = FIRST_RUNS;
  for (const { candidates } of findings.length > FINALISTS ? halvingRounds(findings.length, findings.length * FIRST_RUNS) : []) {
    if (candidates <= FINALISTS || trials.isAborted) break;
    const half = left.slice(0, Math.max(FINALISTS, Math.ceil(left.length / 2)));
    runs += FIRST_RUNS;
    const again = await trials.findings(
      'screen',
      half.map(({ candidate }) => candidate),
      runs,
    );
    left = byPromise(again, trials.problem);
  }
  return left.slice(0, FINALISTS);
}

/** One of those that did the same on every seed: the simplest. What more it changes has no effect here. */
function unlike(findings: readonly Finalist[]): Finalist[] {
  const simplest = new Map<string, Finalist>();
  for (const finding of findings) {
    const { candidate, measured, holds, refused } = finding;
    const key = JSON.stringify([candidate.tier, measured, holds, refused]);
    const known = simplest.get(key)?.candidate;
    const isSimpler =
      !known ||
      candidate.complexity < known.complexity ||
      (candidate.complexity === known.complexity && candidate.changes.length < known.changes.length);
    if (isSimpler) simplest.set(key, finding);
  }
  return [...simplest.values()];
}

/** Whether the second does all that the first does, and something with one more lever. */
function extend(best: Candidate, other: Candidate): boolean {
  const has = new Set(other.changes.map(({ path, to }) => JSON.stringify([path, to])));
  if (!best.changes.every(({ path, to }) => has.has(JSON.stringify([path, to])))) return false;
  const levers = new Set(best.changes.map(({ lever }) => lever));
  return new Set(other.changes.map(({ lever }) => lever)).size === levers.size + 1;
}
