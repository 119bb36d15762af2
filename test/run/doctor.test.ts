/** The doctor over HTTP, against a mock that has each known fault of keys, requests, money and quota injected. */
import { expect, test } from 'vitest';
import { emulatedScenario } from '../../src/mock/emulated.ts';
import { parseFaultRule } from '../../src/mock/fault-rules.ts';
import { doctor } from '../../src/run/doctor.ts';
import { startMock } from '../../src/run/start-mock.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';

const KEY = `AIza${'k'.repeat(35)}`;
const FAULTS = ERROR_CATALOGUE.filter(({ class: errorClass }) => /^(?:auth|request|billing|quota)\./.test(errorClass));
const scenario = emulatedScenario({ tier: '1' }, Date.UTC(2026, 11, 1, 8));

async function classesFound(fault: string): Promise<(string | undefined)[]> {
  const mock = await startMock({ scenario, seed: 1, port: 0, faults: [parseFaultRule(fault)] });
  try {
    const found = await doctor({
      loaded: null,
      isOffline: false,
      spends: true,
      environment: { GEMINI_API_KEY: KEY },
      keyFile: null,
      compareKeyEnv: null,
      baseUrl: mock.url,
      nowMs: scenario.clock.startAtMs,
    });
    expect(JSON.stringify(found)).not.toContain(KEY);
    return found.flatMap((check) => (check.state === 'fail' && check.class ? [check.class] : []));
  } finally {
    await mock.close();
  }
}

test.each(FAULTS.map(({ id, class: errorClass }) => [id, errorClass]))('%s is named %s', async (id, errorClass) => {
  expect(await classesFound(id!)).toEqual([errorClass]);
});
