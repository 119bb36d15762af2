/** What an answer is counted at is never less than what it may cost. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IMAGE_MODELS } from '../../src/model/catalogue.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import { type Answered, type Asked, reservedMicroUsd, spentMicroUsd } from '../../src/model/worst-case.ts';

const PRO: Asked = { ...requestSpec('gemini-3-pro-image', '1K', 300, 0), lane: 'interactive' };
const usage = { promptTokens: 300, imageTokens: 1120, thoughtsTokens: 178, otherTokens: 0 };

test.each<[string, Answered, 'nothing' | 'list price' | 'the reservation']>([
  ['an image as expected', { httpStatus: 200, usage, isDelivered: true }, 'list price'],
  [
    'an image that says less than it must have used',
    { httpStatus: 200, usage: { ...usage, imageTokens: 10 }, isDelivered: true },
    'list price',
  ],
  ['an image that says nothing', { httpStatus: 200, usage: { ...usage, imageTokens: 0 }, isDelivered: true }, 'the reservation'],
  ['a blocked answer that says nothing', { httpStatus: 200, usage: null, isDelivered: false }, 'the reservation'],
  ['no answer', { httpStatus: null, usage: null, isDelivered: false }, 'the reservation'],
  ['a 504', { httpStatus: 504, usage: null, isDelivered: false }, 'the reservation'],
  ['a 502 of somebody in between', { httpStatus: 502, usage: null, isDelivered: false }, 'the reservation'],
  ['a 429', { httpStatus: 429, usage: null, isDelivered: false }, 'nothing'],
  ['a 503', { httpStatus: 503, usage: null, isDelivered: false }, 'nothing'],
  ['a 403', { httpStatus: 403, usage: null, isDelivered: false }, 'nothing'],
])('%s counts %s', (_name, answered, as) => {
  const counted = { nothing: 0, 'list price': PRO.listMicroUsd, 'the reservation': reservedMicroUsd(PRO) }[as];
  expect(spentMicroUsd(PRO, answered)).toBe(counted);
});

test('ten drafts in one answer are counted, and fit what was reserved', () => {
  const drafts = { httpStatus: 200, usage: { ...usage, imageTokens: 11_200 }, isDelivered: true };
  expect(spentMicroUsd(PRO, drafts)).toBe(11_200 * 120 + 178 * 12 + 300 * 2);
  expect(spentMicroUsd(PRO, drafts)).toBeLessThan(reservedMicroUsd(PRO));
});

test('a reservation holds ten images of any size, long thinking, stray text, any tokenizer and the dearest claim of a reference image', () => {
  const asked = fc.record({
    model: fc.constantFrom(...IMAGE_MODELS),
    promptTokens: fc.nat(20_000),
    references: fc.nat(14),
    lane: fc.constantFrom('interactive' as const, 'batch' as const),
  });
  fc.assert(
    fc.property(asked, ({ model, promptTokens, references, lane }) => {
      const sizes = Object.keys(model.imageTokens) as (keyof typeof model.imageTokens)[];
      const dearest = Math.max(...Object.values(model.imageTokens));
      for (const size of sizes) {
        const spec = requestSpec(model.id, size, promptTokens, references);
        const factor = lane === 'batch' ? 0.5 : 1;
        const { image, text, input } = model.usdPerMillion;
        const inputTokens = promptTokens * 4 + references * (model.referenceImageTokens === null ? 2_667 : 1_120);
        const worst = (10 * dearest * image + (790 + 630) * text + inputTokens * input) * factor;
        const listMicroUsd = lane === 'batch' ? spec.batchMicroUsd : spec.listMicroUsd;
        expect(reservedMicroUsd({ ...spec, lane, listMicroUsd })).toBeGreaterThanOrEqual(Math.floor(worst));
      }
    }),
  );
});
