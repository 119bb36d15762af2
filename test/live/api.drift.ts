/**
 * What we believe of the API, asked of the API: models, counting, the bodies of mistakes. Free, but for one image of the cheapest
 * model that RUNDRY_LIVE_SPEND=1 buys. Without GEMINI_API_KEY or GOOGLE_API_KEY it skips and says so.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { findModel, IMAGE_MODELS, REFERENCE_IMAGE_INPUT_TOKENS } from '../../src/model/catalogue.ts';
import type { ErrorClass } from '../../src/model/names.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import { reservedMicroUsd, spentMicroUsd } from '../../src/model/worst-case.ts';
import { GEMINI_URL } from '../../src/run/live/plan.ts';
import { OWN_PROMPTS } from '../../src/run/live/prompts.ts';
import { askOnce } from '../../src/targets/ask.ts';
import { poolExchange } from '../../src/targets/pool.ts';
import { decodeReply } from '../../src/wire/decode.ts';

const apiKey = process.env['GOOGLE_API_KEY']?.trim() || process.env['GEMINI_API_KEY']?.trim() || '';
const baseUrl = process.env['GOOGLE_GEMINI_BASE_URL']?.trim() || GEMINI_URL;
const mayProceed = apiKey !== '';
const maySpend = process.env['RUNDRY_LIVE_SPEND'] === '1';
if (!mayProceed) process.stdout.write('test:live skips everything: set GEMINI_API_KEY or GOOGLE_API_KEY to ask the real API.\n');
else if (!maySpend) process.stdout.write('test:live buys no image: RUNDRY_LIVE_SPEND=1 buys one of the cheapest model.\n');

const LITE = 'gemini-3.1-flash-lite-image';

interface Said {
  readonly status: number;
  readonly bodyText: string;
}

async function ask(path: string, body?: unknown, key = apiKey): Promise<Said> {
  const response = await fetch(`${baseUrl}/v1beta/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': key },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, bodyText: await response.text() };
}

const contents = [{ role: 'user', parts: [{ text: OWN_PROMPTS.prompt(60, 0) }] }];

describe.skipIf(!mayProceed)('models', () => {
  let listed: ReadonlySet<string> = new Set();
  beforeAll(async () => {
    const names = new Set<string>();
    for (let token = ''; ; ) {
      const { status, bodyText } = await ask(`models?pageSize=1000${token === '' ? '' : `&pageToken=${token}`}`);
      expect(status).toBe(200);
      const page = JSON.parse(bodyText) as { models?: { name: string }[]; nextPageToken?: string };
      for (const { name } of page.models ?? []) names.add(name.replace('models/', ''));
      if (!page.nextPageToken) break;
      token = page.nextPageToken;
    }
    listed = names;
  });

  test.each(IMAGE_MODELS.filter(({ status }) => status === 'ga'))('$id is there, as the catalogue says', ({ id }) => {
    expect([...listed]).toContain(id);
  });

  test('the API lists no image model that the catalogue does not know', () => {
    const unknown = [...listed].filter((id) => /^gemini-.*image|nano-banana/.test(id) && findModel(id) === undefined);
    expect(unknown).toEqual([]);
  });
});

describe.skipIf(!mayProceed)('counting', () => {
  const count = async (parts: readonly unknown[]): Promise<number> => {
    const { status, bodyText } = await ask(`models/${LITE}:countTokens`, { contents: [{ role: 'user', parts }] });
    expect(status, bodyText).toBe(200);
    return (JSON.parse(bodyText) as { totalTokens: number }).totalTokens;
  };

  test('four characters a token holds within a factor of two for our own prompts', async () => {
    const tokens = await count([{ text: OWN_PROMPTS.prompt(300, 0) }]);
    expect(tokens).toBeGreaterThan(150);
    expect(tokens).toBeLessThan(600);
  });

  test('a reference image counts as many tokens as the catalogue says', async () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
    const [with1, without] = [
      await count([{ text: 'a house' }, { inlineData: { mimeType: 'image/png', data: png } }]),
      await count([{ text: 'a house' }]),
    ];
    expect(with1 - without).toBe(REFERENCE_IMAGE_INPUT_TOKENS);
  });
});

describe.skipIf(!mayProceed)('mistakes, none of which makes an image', () => {
  const config = (generationConfig: object): object => ({
    contents,
    generationConfig: { responseModalities: ['IMAGE'], ...generationConfig },
  });
  const mistakes: readonly [name: string, path: string, body: object, status: number, errorClass: ErrorClass][] = [
    ['a size that no model has', `models/${LITE}:generateContent`, config({ imageConfig: { imageSize: '9K' } }), 400, 'request.invalid'],
    ['two candidates', `models/${LITE}:generateContent`, config({ candidateCount: 2 }), 400, 'request.invalid'],
    ['no contents', `models/${LITE}:generateContent`, { generationConfig: { responseModalities: ['IMAGE'] } }, 400, 'request.invalid'],
    ['a model that does not exist', 'models/gemini-0-none-image:generateContent', config({}), 404, 'request.model-not-found'],
  ];
  test.each(mistakes)('%s', async (_name, path, body, status, errorClass) => {
    const said = await ask(path, body);
    expect(decodeReply(said), said.bodyText).toMatchObject({ kind: 'refused', httpStatus: status, class: errorClass });
  });

  test('a key that does not exist', async () => {
    const said = await ask(`models/${LITE}:countTokens`, { contents }, 'AIzaSyD-not-a-key-at-all-000000000000000');
    expect(decodeReply(said), said.bodyText).toMatchObject({ kind: 'refused', httpStatus: 400, class: 'auth.key-invalid' });
  });
});

test.skipIf(!mayProceed || !maySpend)('one image costs what the catalogue says, and no more than was reserved', async () => {
  const pool = poolExchange(1, true);
  const spec = requestSpec(LITE, '1K', 60, 0);
  const reply = await askOnce({
    connection: { kind: 'key', apiKey, baseUrl },
    exchange: pool.exchange,
    spec,
    prompt: OWN_PROMPTS.prompt(60, 0),
    timeoutMs: 110_000,
  });
  await pool.close();
  expect(reply).toMatchObject({ kind: 'image', images: 1, usage: { imageTokens: spec.usage.imageTokens } });
  const usage = reply.kind === 'image' ? reply.usage : null;
  const asked = { ...spec, lane: 'interactive' as const };
  expect(spentMicroUsd(asked, { httpStatus: 200, usage, isDelivered: true })).toBeLessThanOrEqual(reservedMicroUsd(asked));
});
