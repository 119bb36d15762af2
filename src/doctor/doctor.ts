/** The examination: surroundings first, then one question after the other until one goes wrong, then the checklist. */
import type { ModelId, Size } from '../model/names.ts';
import { type Answer, type Ask, type Check, type Judged, judged, type Question } from './check.ts';
import { apart } from './checklist/apart.ts';
import { backoff } from './checklist/backoff.ts';
import { lanesSplit } from './checklist/lanes-split.ts';
import { liveLimits } from './checklist/live-limits.ts';
import { loadFits } from './checklist/load-fits.ts';
import { pacificReset } from './checklist/pacific-reset.ts';
import { perProject } from './checklist/per-project.ts';
import type { LaunchPlan } from './checklist/plan.ts';
import { spendKnown } from './checklist/spend-known.ts';
import { baseUrl } from './environment/base-url.ts';
import { keyForm } from './environment/key-form.ts';
import { keyPresent } from './environment/key-present.ts';
import { oneKey } from './environment/one-key.ts';
import { proxy } from './environment/proxy.ts';
import { sdkVariables } from './environment/sdk-variables.ts';
import type { Surroundings } from './environment/surroundings.ts';
import { apiEnabled } from './network/api-enabled.ts';
import { billing } from './network/billing.ts';
import { clock } from './network/clock.ts';
import { keyAccepted } from './network/key-accepted.ts';
import { keyRestrictions } from './network/key-restrictions.ts';
import { modelOpen } from './network/model-open.ts';
import { permission } from './network/permission.ts';
import { quotaLeft } from './network/quota-left.ts';
import { reachable } from './network/reachable.ts';
import { region } from './network/region.ts';
import { requestValid } from './network/request-valid.ts';
import { serviceUp } from './network/service-up.ts';
import { type Session, type Trouble, troubleOf } from './network/session.ts';
import { waveOrMistake } from './network/wave-or-mistake.ts';

const ENVIRONMENT: readonly Check<Surroundings>[] = [keyPresent, keyForm, oneKey, sdkVariables, baseUrl, proxy];
/** Those that look at the class of an error; each class is in one of them. */
export const CAUSES = [
  keyAccepted,
  apiEnabled,
  keyRestrictions,
  permission,
  region,
  modelOpen,
  requestValid,
  billing,
  quotaLeft,
  serviceUp,
] as const;
const NETWORK: readonly Check<Session>[] = [reachable, clock, ...CAUSES, waveOrMistake];
/** Points 1 to 7 of a checklist that a guide publishes (sound), 8 is ours. */
const CHECKLIST: readonly Check<LaunchPlan>[] = [liveLimits, perProject, pacificReset, backoff, apart, lanesSplit, loadFits, spendKnown];

export interface Subject {
  readonly model: ModelId;
  readonly size: Size;
}

export interface Examination {
  /** Models that the scenario asks for; the first is asked for an image, if one may be paid for. */
  readonly subjects: readonly Subject[];
  /** For a comparison after a 403. */
  readonly otherModel: ModelId;
  readonly hasOtherKey: boolean;
  /** Whether one image may be paid for. */
  readonly spends: boolean;
  readonly ask: Ask;
}

export function examineSurroundings(surroundings: Surroundings): Judged[] {
  return ENVIRONMENT.map((check) => judged('environment', check, surroundings));
}

/** Asks, the cheapest question first, and stops at the first that goes wrong. No question is asked twice with the same key. */
export async function examineNetwork(examination: Examination): Promise<Judged[]> {
  const { subjects, spends, ask } = examination;
  const answers: Answer[] = [];
  let trouble: Trouble | null = null;
  for (const question of questions(subjects, spends)) {
    const answer = await ask(question, 'own');
    answers.push(answer);
    trouble = troubleOf(answer);
    if (trouble !== null) break;
  }
  const comparisons = trouble?.answer.status === 403 ? await compare(trouble.answer.question, examination) : [];
  const session: Session = { models: subjects.map(({ model }) => model), answers, trouble, comparisons, spends };
  return NETWORK.map((check) => judged('network', check, session));
}

/** When the surroundings already say why nothing can work. */
export function skippedNetwork(): Judged[] {
  return NETWORK.map((check) => ({
    id: check.id,
    title: check.title,
    how: check.how,
    part: 'network',
    state: 'skipped',
    says: 'Nothing was asked: what stands above comes first.',
    fix: [],
  }));
}

export function examinePlan(plan: LaunchPlan): Judged[] {
  return CHECKLIST.map((check) => judged('checklist', check, plan));
}

function questions(subjects: readonly Subject[], spends: boolean): Question[] {
  const [first] = subjects;
  return [
    { kind: 'models' },
    ...subjects.map(({ model }): Question => ({ kind: 'model', model })),
    ...(first ? [{ kind: 'tokens', model: first.model } as const] : []),
    ...(first && spends ? [{ kind: 'image', ...first } as const] : []),
  ];
}

/** The same about another model and with the other key, unless that costs money: what is free was answered well by then. */
async function compare(question: Question, { otherModel, hasOtherKey, ask }: Examination): Promise<Answer[]> {
  if (question.kind === 'image') return [];
  const answers = [await ask({ kind: question.kind === 'tokens' ? 'tokens' : 'model', model: otherModel }, 'own')];
  if (hasOtherKey) answers.push(await ask(question, 'compared'));
  return answers;
}
