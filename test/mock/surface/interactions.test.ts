import { describe, expect, test } from 'vitest';
import { scenario } from '../../support/scenario.ts';
import { emulated, get, jsonOf, PRO, post, textOf } from '../support.ts';

const ASK = { model: PRO, input: 'a house' };

function slow() {
  const base = scenario();
  return emulated({}, { service: { ...base.service, latency: { [PRO]: { kind: 'fixed', ms: 12_000 } } } });
}

describe('in the background', () => {
  test('an interaction is in progress until its latency has passed', () => {
    const { mock, at } = slow();
    const begun = mock.handle(post('/v1beta/interactions', { ...ASK, background: true }));
    expect(begun.afterMs).toBe(0);
    const { id, status, steps } = jsonOf(begun);
    expect({ status, steps }).toEqual({ status: 'in_progress', steps: undefined });
    at(11_999);
    expect(jsonOf(mock.handle(get(`/v1beta/interactions/${id}`))).status).toBe('in_progress');
    at(12_000);
    const done = jsonOf(mock.handle(get(`/v1beta/interactions/${id}?stream=false`)));
    expect(done.status).toBe('completed');
    expect(done.steps.map(({ type }: any) => type)).toEqual(['thought', 'model_output']);
  });

  test('it can be cancelled while it runs, and not after', () => {
    const { mock, at } = slow();
    const [first, second] = [1, 2].map(() => jsonOf(mock.handle(post('/v1beta/interactions', { ...ASK, background: true }))).id);
    expect(jsonOf(mock.handle(post(`/v1beta/interactions/${first}/cancel`, {}))).status).toBe('cancelled');
    at(12_000);
    expect(jsonOf(mock.handle(get(`/v1beta/interactions/${first}`)))).toMatchObject({ status: 'cancelled' });
    expect(jsonOf(mock.handle(post(`/v1beta/interactions/${second}/cancel`, {}))).error.code).toBe('failed_precondition');
  });

  test('its stream can be taken up later, and ends when it does', () => {
    const { mock } = slow();
    const { id } = jsonOf(mock.handle(post('/v1beta/interactions', { ...ASK, background: true })));
    const stream = mock.handle(get(`/v1beta/interactions/${id}?stream=true`));
    expect(stream.afterMs).toBe(12_000);
    expect(textOf(stream)).toContain('event: interaction.completed');
  });
});

describe('input', () => {
  const image = { type: 'image', mime_type: 'image/png', data: 'iVBORw0KGgo=' };
  test.each([
    ['a text', 'four', 1, 0],
    ['content blocks', [{ type: 'text', text: 'four' }, image], 1, 1],
    ['one block', { type: 'text', text: 'four' }, 1, 0],
    [
      'turns',
      [
        { role: 'user', content: 'four' },
        { role: 'model', content: [image] },
        { role: 'user', content: [{ type: 'text', text: 'four' }] },
      ],
      2,
      1,
    ],
    [
      'steps',
      [
        { type: 'user_input', content: [{ type: 'text', text: 'four' }] },
        { type: 'model_output', content: [image] },
      ],
      1,
      1,
    ],
  ])('may be %s', (_, input, tokens, images) => {
    const { usage } = jsonOf(emulated({}).mock.handle(post('/v1/interactions', { model: PRO, input })));
    expect(usage.total_input_tokens).toBe(tokens + 258 * images);
  });

  test.each([
    ['nothing', { model: PRO }],
    ['an empty text', { model: PRO, input: '' }],
    ['a size that does not exist', { ...ASK, response_format: { type: 'image', image_size: '9K' } }],
    ['bad JSON', '{'],
  ])('may not be %s', (_, body) => {
    const answer = emulated({}).mock.handle(post('/v1/interactions', body));
    expect(answer.status).toBe(400);
    expect(jsonOf(answer).error.code).toBe('invalid_request');
  });
});

test.each([
  [{ rpm: 0 }, 'too_many_requests', 'limit: 0'],
  [{ rpd: 1 }, 'quota_exceeded', 'daily quota'],
  [{ tpm: 3 }, 'rate_limit_exceeded', 'requests or tokens per minute'],
  [{ spend10m: 200_000 }, 'too_many_requests', 'spend-based rate limit'],
])('quota %j says %s', (values, code, message) => {
  const { mock } = emulated(values);
  mock.handle(post('/v1/interactions', ASK));
  const answer = mock.handle(post('/v1/interactions', ASK));
  expect(answer.status).toBe(429);
  expect(jsonOf(answer).error).toMatchObject({ code, message: expect.stringContaining(message) });
});

test('what was not to be stored is not found', () => {
  const { mock } = emulated({});
  const { id } = jsonOf(mock.handle(post('/v1/interactions', { ...ASK, store: false })));
  expect(mock.handle(get(`/v1/interactions/${id}`)).status).toBe(404);
});

test('the oldest pictures are forgotten before they fill the memory', () => {
  const huge = { mimeType: 'image/jpeg', base64: 'A'.repeat(30 << 20) };
  const { mock } = emulated({}, {}, { picture: () => huge });
  const ids = Array.from({ length: 3 }, () => jsonOf(mock.handle(post('/v1/interactions', ASK))).id);
  expect(ids.map((id) => mock.handle(get(`/v1/interactions/${id}`)).status)).toEqual([404, 200, 200]);
});
