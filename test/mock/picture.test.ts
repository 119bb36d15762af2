import { inflateSync } from 'node:zlib';
import jpeg from 'jpeg-js';
import { expect, test } from 'vitest';
import { pictureOf, pixelsOf, prepare } from '../../src/mock/picture.ts';

test.each([
  ['gemini-3.1-flash-image', '512', 688, 384],
  ['gemini-3-pro-image', '1K', 1376, 768],
  ['gemini-3-pro-image', '2K', 2752, 1536],
] as const)('%s at %s is a JPEG of %i x %i', (model, size, width, height) => {
  const { mimeType, base64 } = pictureOf(model, size);
  expect(mimeType).toBe('image/jpeg');
  const image = jpeg.decode(Buffer.from(base64, 'base64'), { maxMemoryUsageInMB: 1024 });
  expect([image.width, image.height]).toEqual([width, height]);
  const at = (x: number, y: number): number[] => [
    ...image.data.subarray((Math.floor(y * height) * width + Math.floor(x * width)) * 4).subarray(0, 3),
  ];
  const [red = 0, , blue = 0] = at(0.66, 0.57);
  expect(red - blue).toBeGreaterThan(80); // the roof is red
  const [sunRed = 0, , sunBlue = 0] = at(0.22, 0.26);
  expect(sunRed - sunBlue).toBeGreaterThan(80); // the sun is yellow
});

test('4K would be 5504 x 3072', () => {
  expect(pixelsOf('gemini-3-pro-image', '4K')).toEqual({ width: 5504, height: 3072 });
});

test('2.5 makes a PNG of 1024 x 1024, whatever size is asked for', () => {
  const { mimeType, base64 } = pictureOf('gemini-2.5-flash-image', '4K');
  expect(mimeType).toBe('image/png');
  const bytes = Buffer.from(base64, 'base64');
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1024, 1024]);
  const at = bytes.indexOf('IDAT');
  expect(inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)))).toHaveLength(1024 * (1024 * 3 + 1));
});

test('a picture is drawn once', () => {
  prepare(['gemini-3-pro-image'], ['512', '1K']); // Pro makes no 512
  expect(pictureOf('gemini-3-pro-image', '1K').base64).toBe(pictureOf('gemini-3.1-flash-lite-image', '1K').base64);
});
