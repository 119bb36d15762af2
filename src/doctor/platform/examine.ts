/** The examination of the Agent Platform: surroundings, then a token, then one question after the other until one goes wrong. */
import type { ModelId } from '../../model/names.ts';
import { type Answer, type Ask, type Check, type Judged, judged, type Question } from '../check.ts';
import type { Subject } from '../doctor.ts';
import { baseUrl } from '../environment/base-url.ts';
import { proxy } from '../environment/proxy.ts';
import { billing } from '../network/billing.ts';
import { clock } from '../network/clock.ts';
import { quotaLeft } from '../network/quota-left.ts';
import { reachable } from '../network/reachable.ts';
import { requestValid } from '../network/request-valid.ts';
import { serviceUp } from '../network/service-up.ts';
import { type Trouble, troubleOf } from '../network/session.ts';
import { alsoHere } from './causes.ts';
import { contradictions } from './contradictions.ts';
import { credentialsFound } from './credentials-found.ts';
import { expressKey } from './express-key.ts';
import { locationSet } from './location-set.ts';
import { mayPredict } from './may-predict.ts';
import { oneModelOrAll } from './one-model-or-all.ts';
import { openHere } from './open-here.ts';
import { platformEnabled } from './platform-enabled.ts';
import { projectAgrees } from './project-agrees.ts';
import { projectSet } from './project-set.ts';
import { quotaProject } from './quota-project.ts';
import { scopeAndPerimeter } from './scope-and-perimeter.ts';
import type { IssuedToken, PlatformSession, RefusedToken } from './session.ts';
import type { PlatformSurroundings } from './surroundings.ts';
import { tokenAccepted } from './token-accepted.ts';
import { tokenObtained } from './token-obtained.ts';

const ENVIRONMENT: readonly Check<PlatformSurroundings>[] = [
  credentialsFound,
  projectSet,
  locationSet,
  projectAgrees,
  contradictions,
  expressKey,
  quotaProject,
  baseUrl,
  proxy,
];
/** Where one of these fails, nothing can be asked. */
const BLOCKING: readonly string[] = [credentialsFound.id, projectSet.id, locationSet.id, baseUrl.id, proxy.id];
/** Those that look at the class of an error; each class is in one of them. */
export const PLATFORM_CAUSES = [
  tokenAccepted,
  platformEnabled,
  mayPredict,
  scopeAndPerimeter,
  openHere,
  alsoHere(requestValid),
  alsoHere(billing),
  alsoHere(quotaLeft),
  alsoHere(serviceUp),
] as const;
const NETWORK: readonly Check<PlatformSession>[] = [tokenObtained, alsoHere(reachable), alsoHere(clock), ...PLATFORM_CAUSES, oneModelOrAll];

export interface PlatformExamination {
  readonly subjects: readonly Subject[];
  /** For a comparison after a 403. */
  readonly otherModel: ModelId;
  readonly location: string;
  readonly otherLocation: string;
  /** Whether one image may be paid for. */
  readonly spends: boolean;
  /** Asks for a token; never throws. */
  readonly token: () => Promise<IssuedToken | RefusedToken>;
  readonly ask: Ask;
}

export function examinePlatformSurroundings(surroundings: PlatformSurroundings): Judged[] {
  return ENVIRONMENT.map((check) => judged('environment', check, surroundings));
}

/** Whether what was found there already says why nothing can work. */
export function blocksPlatform(environment: readonly Judged[]): boolean {
  return environment.some(({ id, state }) => state === 'fail' && BLOCKING.includes(id));
}

/** Asks, the cheapest question first, and stops at the first that goes wrong. No question is asked twice in one place. */
export async function examinePlatform(examination: PlatformExamination): Promise<Judged[]> {
  const { subjects, spends, ask, location, otherLocation } = examination;
  const token = await examination.token();
  const answers: Answer[] = [];
  let trouble: Trouble | null = null;
  for (const question of token.isIssued ? questions(subjects, spends) : []) {
    const answer = await ask(question, 'own');
    answers.push(answer);
    trouble = troubleOf(answer);
    if (trouble !== null) break;
  }
  const comparisons = trouble === null ? [] : await compare(trouble, examination);
  const models = subjects.map(({ model }) => model);
  const session: PlatformSession = { models, answers, trouble, comparisons, spends, token, location, otherLocation };
  return NETWORK.map((check) => judged('network', check, session));
}

export function skippedPlatform(): Judged[] {
  return NETWORK.map(({ id, title, how }) => ({
    id,
    title,
    how,
    part: 'network',
    state: 'skipped',
    says: 'Nothing was asked: what stands above comes first.',
    fix: [],
  }));
}

function questions(subjects: readonly Subject[], spends: boolean): Question[] {
  const [first] = subjects;
  const counts = subjects.map(({ model }): Question => ({ kind: 'tokens', model }));
  return [...counts, ...(first && spends ? [{ kind: 'image', ...first } as const] : [])];
}

/** After a 403 another model, unless it met an image alone, which free questions do not tell; after a 404 another location. */
async function compare({ answer }: Trouble, { otherModel, ask }: PlatformExamination): Promise<Answer[]> {
  if (answer.status === 403 && answer.question.kind === 'image') return [];
  if (answer.status === 403) return [await ask({ kind: 'tokens', model: otherModel }, 'own')];
  const { question } = answer;
  return answer.status === 404 && question.kind !== 'models' ? [await ask({ kind: 'tokens', model: question.model }, 'elsewhere')] : [];
}
