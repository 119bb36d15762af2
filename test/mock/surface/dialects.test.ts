/** What the API says, retold to callers of other dialects; and what of an answer a caller asks to see. */
import { describe, expect, test } from 'vitest';
import { ERROR_CATALOGUE } from '../../../src/wire/error-catalogue.ts';
import { BODY, emulated, generate, jsonOf, PRO, post, textOf } from '../support.ts';

const CHAT = { model: PRO, messages: [{ role: 'user', content: 'a house' }] };

describe('a fault on demand', () => {
  function fault(id: string, path: string, body: object = CHAT): any {
    const answer = emulated({}).mock.handle(post(path, body, { 'x-rundry-fault': id }));
    return { status: answer.status, body: jsonOf(answer) };
  }

  test('of the API is retold at the compatible endpoint, the gateway and the Interactions API', () => {
    const entry = ERROR_CATALOGUE.find(({ id }) => id === 'gemini-503-overloaded')!;
    expect(fault(entry.id, '/v1beta/openai/chat/completions')).toEqual({ status: 503, body: [entry.body] });
    expect(fault(entry.id, '/api/v1/chat/completions').body.error.metadata).toEqual({ error_type: 'provider_overloaded' });
    expect(fault(entry.id, '/v1/interactions', { model: PRO, input: 'a house' }).body.error.code).toBe('service_unavailable');
  });

  test.each(['openrouter-200-embedded-503', 'interactions-200-text-instead', 'openai-compat-499-cancelled'])(
    'of a dialect goes as it is: %s',
    (id) => {
      const entry = ERROR_CATALOGUE.find((one) => one.id === id)!;
      for (const path of ['/v1beta/openai/chat/completions', '/api/v1/chat/completions', '/v1/interactions'])
        expect(fault(id, path)).toEqual({ status: entry.httpStatus, body: entry.body });
    },
  );

  test('that a page of HTML answers stays a page', () => {
    const answer = emulated({}).mock.handle(
      post('/v1beta/openai/images/generations', { model: PRO, prompt: 'a house' }, { 'x-rundry-fault': 'proxy-html-502' }),
    );
    expect(answer.status).toBe(502);
    expect(textOf(answer)).toContain('<title>Error 502');
  });
});

describe('what is shown', () => {
  function shown(generationConfig: object): { parts: any[]; usageMetadata: any } {
    const { candidates, usageMetadata } = jsonOf(emulated({}).mock.handle(generate(PRO, { ...BODY, generationConfig })));
    return { parts: candidates[0].content.parts, usageMetadata };
  }

  test('is the picture alone', () => {
    for (const config of [
      {},
      { responseModalities: ['IMAGE'] },
      { responseModalities: ['TEXT', 'IMAGE'] },
      { thinkingConfig: { includeThoughts: false } },
    ])
      expect(shown(config).parts.map((part) => Object.keys(part))).toEqual([['inlineData', 'thoughtSignature']]);
  });

  test('are the thoughts too, where the caller includes them', () => {
    const { parts, usageMetadata } = shown({ thinking_config: { include_thoughts: true } });
    expect(parts[0]).toMatchObject({ thought: true, text: expect.stringContaining('house') });
    expect(parts[1].inlineData).toBeDefined();
    expect(usageMetadata.thoughtsTokenCount).toBeGreaterThan(0);
  });

  test.each([[['TEXT']], [[1]]])('are words, where only text is asked for: %j', (responseModalities) => {
    const { parts, usageMetadata: usage } = shown({ responseModalities });
    expect(parts).toEqual([{ text: expect.any(String) }]);
    expect(usage.candidatesTokensDetails).toBeUndefined();
    expect(usage.totalTokenCount).toBe(usage.promptTokenCount + usage.candidatesTokenCount + usage.thoughtsTokenCount);
  });

  test('comes in a stream part by part', () => {
    const body = { ...BODY, generationConfig: { thinkingConfig: { includeThoughts: true } } };
    const answer = emulated({}).mock.handle(post(`/v1beta/models/${PRO}:streamGenerateContent`, body));
    const parts = jsonOf(answer).map((chunk: any) => chunk.candidates[0].content.parts);
    expect(parts.map(([part]: any) => (part.thought ? 'thought' : part.inlineData ? 'picture' : 'end'))).toEqual([
      'thought',
      'picture',
      'end',
    ]);
  });

  test('is the same for the same request but for its id', () => {
    const { mock } = emulated({});
    const answers = Array.from({ length: 50 }, () => jsonOf(mock.handle(generate())));
    expect(new Set(answers.map(({ responseId }) => responseId)).size).toBe(50);
    expect(new Set(answers.map((answer) => JSON.stringify({ ...answer, responseId: '' }))).size).toBe(1);
    const again = jsonOf(emulated({}).mock.handle(generate()));
    expect(again).toEqual(answers[0]);
  });

  test('has signatures that can be decoded', () => {
    const { thoughtSignature } = shown({}).parts[0];
    expect(Buffer.from(thoughtSignature, 'base64').toString('base64')).toBe(thoughtSignature);
  });

  test('a picture sent with the prompt is counted apart', () => {
    const image = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } };
    const { usageMetadata } = jsonOf(emulated({}).mock.handle(generate(PRO, { contents: [{ parts: [image, { text: 'four' }] }] })));
    expect(usageMetadata.promptTokensDetails).toEqual([
      { modality: 'TEXT', tokenCount: 1 },
      { modality: 'IMAGE', tokenCount: 258 },
    ]);
  });
});

describe('sizes in pixels', () => {
  test.each([
    ['1024x1024', 1120],
    ['1792x1024', 1120],
    ['4096x4096', 2000],
    ['4K', 2000],
    ['auto', 1120],
    ['0x0', 1120],
  ])('%s costs %d tokens', (size, tokens) => {
    const answer = emulated({}).mock.handle(post('/v1beta/openai/images/generations', { model: PRO, prompt: 'a house', size }));
    expect(answer.status).toBe(200);
    expect(jsonOf(answer).usage.completion_tokens - jsonOf(answer).usage.completion_tokens_details.reasoning_tokens).toBe(tokens);
  });
});
