/** A gateway's answers, as its own typed client takes them: nothing that it requires may be missing. */
import { describe, expect, test } from 'vitest';
import { emulated, get, jsonOf, PRO, post, textOf } from '../support.ts';

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const ASKED = { model: `google/${PRO}`, prompt: 'a house' };

function pictures(body: object): any {
  return jsonOf(emulated({}).mock.handle(post('/api/v1/images', body)));
}

describe('the endpoint for pictures', () => {
  test('hands them over as base64, with their kind and what was used', () => {
    const { created, data, usage } = pictures(ASKED);
    expect(created).toBeGreaterThan(1_700_000_000);
    expect(data).toEqual([{ b64_json: expect.stringMatching(/^iVBOR/), media_type: 'image/png' }]);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  });

  test.each([
    [{}, 1120],
    [{ resolution: '4K' }, 2000],
    [{ size: '4096x4096' }, 2000],
    [{ resolution: '2K', aspect_ratio: '9:19.5' }, 1120],
    [{ aspect_ratio: 'auto' }, 1120],
  ])('takes %j', (asked, tokens) => {
    const { completion_tokens, completion_tokens_details } = pictures({ ...ASKED, ...asked }).usage;
    expect(completion_tokens - completion_tokens_details.reasoning_tokens).toBe(tokens);
  });

  test('counts pictures to start from', () => {
    const references = [{ type: 'image_url', image_url: { url: PIXEL } }];
    const more = pictures({ ...ASKED, input_references: references }).usage.prompt_tokens - pictures(ASKED).usage.prompt_tokens;
    expect(more).toBe(258);
  });

  test('streams a picture when it is done', () => {
    const text = textOf(emulated({}).mock.handle(post('/api/v1/images', { ...ASKED, stream: true })));
    const events = text.split('\n\n').filter((event) => event.startsWith('data: '));
    expect(events).toHaveLength(2);
    expect(JSON.parse(events[0]!.slice(6))).toMatchObject({ type: 'image_generation.completed', media_type: 'image/png' });
    expect(events[1]).toBe('data: [DONE]');
  });

  test('refuses as chat does', () => {
    const { mock } = emulated({ rpm: 1 });
    const statuses = [ASKED, ASKED, { ...ASKED, model: 'google/nothing' }].map((body) => mock.handle(post('/api/v1/images', body)).status);
    expect(statuses).toEqual([200, 429, 400]);
  });
});

test('models have every field that the client wants, prices without an exponent', () => {
  const { data, links, total_count } = jsonOf(emulated({}).mock.handle(get('/api/v1/models')));
  expect(links).toEqual({ next: null });
  expect(data).toHaveLength(total_count);
  for (const model of data) {
    expect(Object.values(model)).not.toContain(undefined);
    for (const price of Object.values(model.pricing)) expect(price).toMatch(/^0\.\d+$/);
  }
  const [first] = jsonOf(emulated({}).mock.handle(get('/api/v1/images/models'))).data;
  expect(first.supported_parameters.resolution).toEqual({ type: 'enum', values: ['1K', '2K', '4K'] });
});

test('a chat completion says that it has no fingerprint, pieces of one say nothing of it', () => {
  const asked = { model: ASKED.model, messages: [{ role: 'user', content: 'a house' }] };
  expect(jsonOf(emulated({}).mock.handle(post('/api/v1/chat/completions', asked)))).toMatchObject({ system_fingerprint: null });
  expect(textOf(emulated({}).mock.handle(post('/api/v1/chat/completions', { ...asked, stream: true })))).not.toContain('fingerprint');
});
