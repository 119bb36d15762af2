/**
 * What is in every image that the mock makes: a house between hills under the sun, in the pixels of the asked size class.
 *
 * Drawn and encoded once for each model family and size. Deterministic, and grained like a photograph, so that an answer weighs
 * about what a real one does.
 */
import { crc32, deflateSync } from 'node:zlib';
import jpeg from 'jpeg-js';
import { findModel } from '../model/catalogue.ts';
import { invariant } from '../model/errors.ts';
import { type ModelId, SIZES, type Size } from '../model/names.ts';
import type { Picture } from '../wire/encode.ts';

export interface Pixels {
  readonly width: number;
  readonly height: number;
}

/** At 16:9. Source: answers of 2026-09-23. */
const PIXELS: Readonly<Record<Size, Pixels>> = {
  '512': { width: 688, height: 384 },
  '1K': { width: 1376, height: 768 },
  '2K': { width: 2752, height: 1536 },
  '4K': { width: 5504, height: 3072 },
};
/** The only size of a model that ignores what it is asked for. */
const SQUARE: Pixels = { width: 1024, height: 1024 };

/** Width and height of what `model` answers when asked for `size`. */
export function pixelsOf(model: ModelId, size: Size): Pixels {
  const entry = findModel(model);
  invariant(entry, `a picture by a known model, got ${model}`);
  return entry.ignoresSize ? SQUARE : PIXELS[size];
}

const pictures = new Map<string, Picture>();

/** The first call for a size draws it, which holds everything up: 0.2 s at 1K, up to 3 s at 4K. See `prepare`. */
export function pictureOf(model: ModelId, size: Size): Picture {
  const mimeType = findModel(model)?.mimeType ?? 'image/jpeg';
  const pixels = pixelsOf(model, size);
  const key = `${mimeType} ${pixels.width}`;
  let picture = pictures.get(key);
  if (!picture) {
    const encoded = mimeType === 'image/png' ? png(pixels) : jpeg.encode({ ...pixels, data: drawn(pixels, 4) }, JPEG_QUALITY).data;
    picture = { mimeType, base64: encoded.toString('base64') };
    pictures.set(key, picture);
  }
  return picture;
}

/** Draws ahead of time what these models answer, so that no answer has to wait for it. */
export function prepare(models: readonly ModelId[], sizes: readonly Size[] = SIZES): void {
  for (const model of models) {
    const entry = findModel(model);
    for (const size of sizes) if (entry?.ignoresSize || entry?.imageTokens[size] !== undefined) pictureOf(model, size);
  }
}

const JPEG_QUALITY = 92;

type Colour = readonly [red: number, green: number, blue: number];
const SKY_TOP: Colour = [72, 128, 196];
const SKY_LOW: Colour = [250, 214, 165];
const SUN: Colour = [255, 236, 150];
const FAR_HILL: Colour = [122, 158, 118];
const NEAR_HILL: Colour = [70, 124, 62];
const WALL: Colour = [240, 230, 210];
const ROOF: Colour = [168, 62, 48];
const DOOR: Colour = [104, 68, 40];
const WINDOW: Colour = [120, 170, 205];

/** Three or four bytes a pixel, row by row; the fourth is full opacity. */
function drawn({ width, height }: Pixels, channels: 3 | 4): Buffer {
  const bytes = Buffer.alloc(width * height * channels, 255);
  const far = Float64Array.from({ length: width }, (_, column) => hill(column / width, 0.58, 0.07, 5.1, 0.4));
  const near = Float64Array.from({ length: width }, (_, column) => hill(column / width, 0.74, 0.06, 3.3, 2.2));
  const ratio = width / height;
  let offset = 0;
  for (let row = 0; row < height; row++) {
    const y = row / height;
    for (let column = 0; column < width; column++) {
      const x = column / width;
      const grain = grainAt(column, row);
      const colour = house((x - 0.66) * ratio, y) ?? (y > near[column]! ? NEAR_HILL : y > far[column]! ? FAR_HILL : null);
      const mix = colour === null ? sunlight((x - 0.22) * ratio, y - 0.26) : 0;
      for (let channel = 0; channel < 3; channel++) {
        const sky = SKY_TOP[channel]! + (SKY_LOW[channel]! - SKY_TOP[channel]!) * Math.min(1, y / 0.65);
        const value = colour === null ? sky + (SUN[channel]! - sky) * mix : colour[channel]! * (1.15 - 0.3 * y);
        bytes[offset + channel] = Math.max(0, Math.min(255, value + grain));
      }
      offset += channels;
    }
  }
  return bytes;
}

/** The height (0 top, 1 bottom) at which a hill begins. */
function hill(x: number, base: number, swing: number, waves: number, phase: number): number {
  return base + swing * Math.sin(waves * x + phase) + swing * 0.3 * Math.sin(waves * 2.7 * x);
}

/** 1 inside the sun, fading around it; the argument counts from its middle in image heights. */
function sunlight(x: number, y: number): number {
  const distance = Math.hypot(x, y);
  return distance < 0.1 ? 1 : 0.6 * Math.exp((0.1 - distance) * 9);
}

/** The house's colour, or null beside it; x counts from its middle in image heights. */
function house(x: number, y: number): Colour | null {
  if (y > 0.46 && y < 0.6) return Math.abs(x) < (y - 0.46) * 1.35 ? ROOF : null;
  if (y < 0.6 || y > 0.82 || Math.abs(x) > 0.155) return null;
  if (Math.abs(x) < 0.035 && y > 0.7) return DOOR;
  return Math.abs(Math.abs(x) - 0.1) < 0.03 && y > 0.65 && y < 0.71 ? WINDOW : WALL;
}

const GRAIN = 14;

/** Noise around 0 that depends on the pixel alone. */
function grainAt(column: number, row: number): number {
  let hash = Math.imul(column + 1, 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (((hash ^ (hash >>> 16)) & 0xff) / 255 - 0.5) * GRAIN;
}

/** Eight bits of red, green and blue, no interlace, no row filter. */
function png(pixels: Pixels): Buffer {
  const { width, height } = pixels;
  const rgb = drawn(pixels, 3);
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let row = 0; row < height; row++) rgb.copy(rows, row * (width * 3 + 1) + 1, row * width * 3, (row + 1) * width * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(rows)), pngChunk('IEND', Buffer.alloc(0))]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  return chunk;
}
