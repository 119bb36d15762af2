/** A team's suite that owns the clock: faked timers of vitest, or an instant of its own. Calls must answer, and minutes must pass when told. */
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { geminiHandlers } from '../../src/mock/index.ts';

const MODEL = 'gemini-3.1-flash-lite-image';
const NOON = Date.UTC(2026, 11, 1, 12);
const server = setupServer();

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => vi.useRealTimers());
afterAll(() => server.close());

const realImmediate = setImmediate;

/** Until somebody waits for a timer; vi.waitFor would advance it. */
async function someTimer(): Promise<void> {
  while (vi.getTimerCount() === 0) await new Promise((resolve) => realImmediate(resolve));
}

async function status(): Promise<number> {
  const answer = await fetch(`https://generativelanguage.googleapis.com/v1beta/models/${MODEL}:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'any' },
    body: JSON.stringify({ contents: [{ parts: [{ text: 'a house' }] }] }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

describe('vi.useFakeTimers()', () => {
  test('everything that it fakes by default: calls answer without a tick, and the next minute is a jump away', async () => {
    vi.useFakeTimers({ now: NOON });
    server.resetHandlers(...geminiHandlers({ limits: { [MODEL]: { rpm: 2 } } }));
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
    vi.advanceTimersByTime(59_999);
    expect(await status()).toBe(429);
    vi.advanceTimersByTime(1);
    expect(await status()).toBe(200);
  });

  test("code that sleeps for as long as it is told gets its picture when the sleep is over, in no time of the suite's", async () => {
    vi.useFakeTimers({ now: NOON + 17_500 });
    server.resetHandlers(...geminiHandlers({ limits: { [MODEL]: { rpm: 1 } } }));
    const drawn: number[] = [];
    const draw = async (): Promise<void> => {
      for (;;) {
        const found = await status();
        drawn.push(found);
        if (found === 200) return;
        await new Promise((resolve) => setTimeout(resolve, 42_500));
      }
    };
    await draw();
    const second = draw();
    await someTimer();
    vi.advanceTimersByTime(42_500);
    await second;
    expect(drawn).toEqual([200, 429, 200]);
    expect(Date.now()).toBe(NOON + 60_000);
  });

  test('real delays are timers like any other: the picture comes when they are advanced', async () => {
    vi.useFakeTimers({ now: NOON });
    const service = { latency: { [MODEL]: { kind: 'fixed', ms: 20_000 } } } as const;
    server.resetHandlers(...geminiHandlers({ delays: 'real', service }));
    let answered: number | null = null;
    const call = status().then((found) => (answered = found));
    await someTimer();
    await vi.advanceTimersByTimeAsync(19_999);
    expect(answered).toBe(null);
    await vi.advanceTimersByTimeAsync(1);
    expect(await call).toBe(200);
  });
});

test('an instant of their own moves the minute and the day, whatever the clock on the wall says', async () => {
  let atMs = NOON;
  server.resetHandlers(...geminiHandlers({ nowMs: () => atMs, limits: { [MODEL]: { rpm: 1, rpd: 2 } } }));
  expect([await status(), await status()]).toEqual([200, 429]);
  atMs += 60_000;
  expect(await status()).toBe(200);
  atMs += 60_000;
  expect(await status()).toBe(429);
  atMs = Date.UTC(2026, 11, 2, 8); // midnight in Los Angeles
  expect(await status()).toBe(200);
});
