/** What the doctor asks about, and how one question becomes an answer that holds no secret. */
import type { Answer, AskedWith, Question } from '../doctor/check.ts';
import type { Subject } from '../doctor/doctor.ts';
import { IMAGE_MODELS } from '../model/catalogue.ts';
import type { ModelId } from '../model/names.ts';
import { requestSpec } from '../model/request-spec.ts';
import type { Scenario } from '../model/scenario.ts';
import { epochNowMs } from '../model/time.ts';
import { ask } from '../targets/question.ts';
import type { Connection, Exchange } from '../targets/sdk.ts';
import { redact } from '../wire/redact.ts';
import { withoutSecrets } from './secrets.ts';

/** At most so many models are looked up. */
const MODELS_MAX = 8;
const ANSWER_TIMEOUT_MS = 20_000;
const IMAGE_TIMEOUT_MS = 180_000;

/** The models of the scenario, or the cheapest there is: a first image should cost as little as it can. */
export function subjectsOf(scenario: Scenario | null): readonly Subject[] {
  const asked = scenario?.traffic.map(({ request }) => ({ model: request.model, size: request.size })) ?? [];
  const cheapest = IMAGE_MODELS.flatMap((model) =>
    Object.keys(model.imageTokens).map((size) => ({ model: model.id, size: size as Subject['size'] })),
  ).sort((a, b) => priceOf(a) - priceOf(b))[0]!;
  const subjects = (asked.length > 0 ? asked : [cheapest]).sort((a, b) => priceOf(a) - priceOf(b));
  return [...new Map(subjects.toReversed().map((subject) => [subject.model, subject])).values()].toReversed().slice(0, MODELS_MAX);
}

function priceOf({ model, size }: Subject): number {
  return requestSpec(model, size, 0, 0).listMicroUsd;
}

/** One that is not among them, if there is one. */
export function otherModelOf(subjects: readonly Subject[]): ModelId {
  const named = new Set(subjects.map(({ model }) => model));
  return IMAGE_MODELS.find(({ id }) => !named.has(id))?.id ?? subjects[0]!.model;
}

export interface Asking {
  readonly exchange: Exchange;
  readonly connection: Connection;
  readonly as: AskedWith;
  readonly secrets: readonly string[];
}

export async function answerOf(question: Question, { exchange, connection, as, secrets }: Asking): Promise<Answer> {
  const sentAtMs = epochNowMs();
  const timeoutMs = question.kind === 'image' ? IMAGE_TIMEOUT_MS : ANSWER_TIMEOUT_MS;
  const { exchanged, failure } = await ask(connection, exchange, question, timeoutMs);
  return {
    question,
    with: as,
    status: exchanged?.status ?? null,
    headers: exchanged?.headers ?? {},
    bodyText: withoutSecrets(exchanged?.bodyText ?? '', secrets),
    sentAtMs,
    doneAtMs: epochNowMs(),
    failure: failure === null ? null : redact(withoutSecrets(failure, secrets)),
  };
}
