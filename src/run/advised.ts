/** Results with what to change first: a run and a rebuilt report say the same, a simulation of a plan does without. */
import type { Results } from '../analysis/analysis.ts';
import { advise } from '../plan/advice.ts';

export function advised(results: Results): Results {
  return { ...results, summary: { ...results.summary, advice: advise(results) } };
}
