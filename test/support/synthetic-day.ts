/** The made-up day of scenarios/replay.yaml: `node test/support/synthetic-day.ts` writes scenarios/traces/synthetic-day.csv. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const FILE = join(import.meta.dirname, '../../scenarios/traces/synthetic-day.csv');
const JOBS = 200;
const SEED = 20_261_202;
const DAY_MS = 86_400_000;

/** Two bells over a low floor: share of jobs, middle and width in hours. */
const PEAKS = [
  { share: 0.35, hour: 10, width: 1.5 },
  { share: 0.5, hour: 19.5, width: 2 },
] as const;

/** Instants from the peaks (the rest anywhere in the day), one to four pictures, every eighth job in 2K. */
export function syntheticDay(): string {
  const draw = mulberry(SEED);
  const jobs = Array.from({ length: JOBS }, () => ({
    atMs: instant(draw),
    images: 1 + Math.floor(4 * draw() ** 2),
    tokens: 80 + Math.floor(draw() * 400),
  }));
  jobs.sort((a, b) => a.atMs - b.atMs);
  const rows = jobs.map(({ atMs, images, tokens }, k) => `${iso(atMs)},${images},${k % 8 === 7 ? '2K' : '1K'},${tokens}`);
  return `at,images,size,prompt_tokens\n${rows.join('\n')}\n`;
}

function instant(draw: () => number): number {
  let left = draw();
  for (const { share, hour, width } of PEAKS) {
    if (left < share) {
      const bell = Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
      return Math.min(DAY_MS - 1, Math.max(0, Math.round(((hour + width * bell) * DAY_MS) / 24)));
    }
    left -= share;
  }
  return Math.floor(draw() * DAY_MS);
}

function iso(atMs: number): string {
  return new Date(Date.UTC(2026, 9, 14) + atMs).toISOString();
}

/** mulberry32: small, seeded, the same everywhere. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (import.meta.main) writeFileSync(FILE, syntheticDay());
