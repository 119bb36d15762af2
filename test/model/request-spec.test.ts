import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findModel, IMAGE_MODELS, RETIRED_MODELS } from '../../src/model/catalogue.ts';
import { InvariantError } from '../../src/model/errors.ts';
import type { ModelId, Size } from '../../src/model/names.ts';
import { requestSpec, settledMicroUsd, withModel } from '../../src/model/request-spec.ts';

const PRO = 'gemini-3-pro-image';
const LITE = 'gemini-3.1-flash-lite-image';
const FLASH_31 = 'gemini-3.1-flash-image';
const FLASH_25 = 'gemini-2.5-flash-image';
const BANANA = 'gemini-nano-banana-2.1';

test.each<[ModelId, Size, promptTokens: number, referenceImages: number, microUsd: number]>([
  [LITE, '1K', 400, 0, 33_700], // 1,120 x 30 + 400 x 0.25
  [FLASH_25, '1K', 400, 0, 38_820], // 1,290 x 30 + 400 x 0.3
  [PRO, '1K', 300, 0, 137_136], // 1,120 x 120 + 300 x 2 + 178 thinking x 12
  [PRO, '4K', 0, 0, 242_136], // 2,000 x 120 + 2,136
  [PRO, '1K', 300, 2, 139_376], // two references at 560 tokens x 2
  [FLASH_31, '512', 300, 0, 44_970], // 747 x 60 + 150
  [FLASH_31, '1K', 300, 1, 67_910], // a reference at 1,120 tokens x 0.5
  [BANANA, '1K', 300, 1, 34_890], // references not published: 560 x 1.5 assumed
  [LITE, '1K', 1, 0, 33_600], // 33,600.25 rounds down
  [LITE, '1K', 2, 0, 33_601], // 33,600.5 rounds up
  [FLASH_25, '1K', 5, 0, 38_702], // 38,701.5 (0.3 is no binary fraction) rounds up
])('%s at %s with %d prompt tokens and %d references costs %d micro-dollars', (model, size, promptTokens, referenceImages, microUsd) => {
  expect(requestSpec(model, size, promptTokens, referenceImages).listMicroUsd).toBe(microUsd);
});

test.each([
  [LITE, 400, 16_850],
  [PRO, 300, 68_568],
  [LITE, 6, 16_801], // 33,601.5 / 2 = 16,800.75
])('a batch row of %s with %d prompt tokens costs half: %d', (model, promptTokens, microUsd) => {
  expect(requestSpec(model, '1K', promptTokens, 0).batchMicroUsd).toBe(microUsd);
});

test('tpm counts the prompt and 258 for each reference image, whatever they are priced at', () => {
  expect(requestSpec(PRO, '1K', 300, 3).inputTokens).toBe(300 + 3 * 258);
});

test('equal requests are one object, by any name of the model', () => {
  expect(requestSpec(PRO, '1K', 300, 0)).toBe(requestSpec(PRO, '1K', 300, 0));
  expect(requestSpec('gemini-3-pro-image-preview', '1K', 300, 0).model).toBe(PRO);
  expect(requestSpec(PRO, '1K', 301, 0)).not.toBe(requestSpec(PRO, '1K', 300, 0));
});

test('what a simulated answer reports costs the list price', () => {
  const sizes = IMAGE_MODELS.flatMap((model) => (Object.keys(model.imageTokens) as Size[]).map((size) => [model.id, size] as const));
  fc.assert(
    fc.property(fc.constantFrom(...sizes), fc.nat(100_000), fc.nat(14), ([model, size], promptTokens, references) => {
      const spec = requestSpec(model, size, promptTokens, references);
      expect(settledMicroUsd(spec, { ...spec.usage })).toBe(spec.listMicroUsd);
      expect(Number.isInteger(spec.listMicroUsd)).toBe(true);
      expect(Math.abs(spec.batchMicroUsd - spec.listMicroUsd / 2)).toBeLessThanOrEqual(0.5);
    }),
  );
});

test('an answer that thought longer costs more', () => {
  const spec = requestSpec(PRO, '1K', 300, 0);
  expect(settledMicroUsd(spec, { ...spec.usage, thoughtsTokens: 1_178 })).toBe(spec.listMicroUsd + 12_000);
});

describe('another model', () => {
  test.each<[Size, ModelId, Size]>([
    ['4K', BANANA, '4K'],
    ['512', BANANA, '1K'], // it has no 512: its default
    ['4K', LITE, '1K'],
  ])('%s on %s is %s', (size, model, got) => {
    const spec = withModel(requestSpec(FLASH_31, size, 123, 1), model);
    expect(spec).toBe(requestSpec(model, got, 123, 1));
  });

  test('one that ignores sizes takes its default', () => {
    expect(withModel(requestSpec(PRO, '4K', 300, 0), FLASH_25).size).toBe('1K');
  });
});

test('a model or size that does not exist is a fault of ours', () => {
  expect(() => requestSpec('gemini-9', '1K', 1, 0)).toThrow(InvariantError);
  expect(() => requestSpec(LITE, '4K', 1, 0)).toThrow('gemini-3.1-flash-lite-image makes 4K images');
});

describe('the catalogue', () => {
  test('every successor is in it, and no alias is also a model', () => {
    for (const model of IMAGE_MODELS) {
      if (model.successor) expect(findModel(model.successor)?.id).toBe(model.successor);
      for (const alias of model.aliases) expect(findModel(alias)).toBe(model);
      expect(model.imageTokens[model.defaultSize]).toBeGreaterThan(0);
      expect(model.latencyMs[model.defaultSize]?.p95).toBeGreaterThan(model.latencyMs[model.defaultSize]!.p50);
    }
    for (const [retired, successor] of Object.entries(RETIRED_MODELS)) {
      expect(findModel(retired)).toBeUndefined();
      expect(findModel(successor)?.id).toBe(successor);
    }
  });

  test('the worst case is worse than the list price of any size', () => {
    for (const model of IMAGE_MODELS)
      for (const size of Object.keys(model.imageTokens) as Size[])
        expect(model.worstCaseUsd * 1e6).toBeGreaterThan(requestSpec(model.id, size, 1_000, 0).listMicroUsd);
  });
});
