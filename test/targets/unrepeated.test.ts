/** Messages of answers lose what they repeat of a prompt, in whatever form and length, and nothing else. */
import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/model/reply.ts';
import { unrepeated } from '../../src/targets/unrepeated.ts';
import { decodeReply } from '../../src/wire/decode.ts';

const PROMPT = 'A portrait of "Ada" & her <secret>\nworkshop in Zürich';

const refused = (message: string): Reply => ({
  kind: 'refused',
  httpStatus: 400,
  class: 'request.invalid',
  violations: [],
  retryAfterMs: null,
  message,
});
const left = (message: string, prompt = PROMPT): unknown => {
  const reply = unrepeated(refused(message), [prompt]);
  return reply.kind === 'refused' ? reply.message : reply;
};

describe('what is repeated goes', () => {
  test.each([
    ['on one line', PROMPT.replace('\n', ' ')],
    ['in JSON', JSON.stringify(PROMPT).slice(1, -1)],
    ['in JSON without umlauts', JSON.stringify(PROMPT).slice(1, -1).replace('ü', '\\u00fc')],
    ['in a URL', encodeURIComponent(PROMPT)],
    ['in HTML', 'A portrait of &quot;Ada&quot; &amp; her &lt;secret&gt; workshop in Zürich'],
  ])('%s', (_form, text) => {
    expect(left(`Invalid value: '${text}' (TYPE_STRING)`)).toBe(`Invalid value: '<prompt>' (TYPE_STRING)`);
  });

  test('in part, at the beginning, the end and where the message is cut', () => {
    expect(left('portrait of "Ada" & h… was refused')).toBe('<prompt>… was refused');
    expect(left('refused (workshop in Zürich')).toBe('refused (<prompt>');
  });

  test('in a script of many strokes by a few characters', () => {
    expect(left('不支持：一只戴着帽子', '一只戴着帽子的猫坐在窗边')).toBe('不支持：<prompt>');
  });

  test('as a word, where the prompt is one', () => {
    expect(left('"cat" is in no category', 'cat')).toBe('"<prompt>" is in no category');
    expect(left('a bad call', 'a')).toBe('a bad call');
  });

  test('of every prompt of a job', () => {
    expect(unrepeated(refused('row 2: second secret wish'), ['first secret wish', 'second secret wish'])).toMatchObject({
      message: 'row 2: <prompt>',
    });
  });

  test('from a body as a service would send it', () => {
    const bodyText = JSON.stringify({ error: { code: 400, status: 'INVALID_ARGUMENT', message: `Cannot draw ${PROMPT}.` } });
    expect(unrepeated(decodeReply({ status: 400, bodyText }), [PROMPT])).toMatchObject({ message: 'Cannot draw <prompt>.' });
  });
});

test('what is not of the prompt stays, and a reply without a message is the same', () => {
  const message = 'You exceeded your current quota, please check your plan and billing details.';
  const reply = refused(message);
  expect(unrepeated(reply, [PROMPT])).toBe(reply);
  const image: Reply = { kind: 'image', images: 1, usage: { promptTokens: 1, imageTokens: 1, thoughtsTokens: 0, otherTokens: 0 } };
  expect(unrepeated(image, [PROMPT])).toBe(image);
});
