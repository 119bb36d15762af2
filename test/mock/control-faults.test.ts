/** Fault rules, changed while the mock runs. */
import { describe, expect, test } from 'vitest';
import { control } from '../../src/mock/control.ts';
import { Emulation } from '../../src/mock/emulation.ts';
import { parseFaultRule } from '../../src/mock/fault-rules.ts';
import { mockScenario } from '../../src/run/mock-scenario.ts';
import { generate, jsonOf } from './support.ts';

const START = Date.UTC(2026, 11, 1, 18);

function emulation(...rules: string[]) {
  const withSettings = mockScenario({ file: null, settings: [], startAtMs: START });
  const made = new Emulation({
    worldOf: (settings) => ({ scenarioAt: () => withSettings(settings) }),
    nowMs: () => START,
    picture: null,
    faults: rules.map(parseFaultRule),
  });
  const api = control(made);
  const ask = async (method: string, path: string, body: unknown = '') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const told = (await api({ method, path: `/__rundry/${path}`, headers: { host: 'localhost' }, body: text }))!;
    return { status: told.status, json: jsonOf(told) };
  };
  return {
    ask,
    patch: (faults: unknown) => ask('PATCH', 'config', { faults }),
    statuses: (calls: number) => Array.from({ length: calls }, () => made.handle(generate()).status),
  };
}

test('they are told with their names and counts', async () => {
  const { ask, statuses } = emulation('capacity.overloaded,every=2');
  statuses(5);
  expect((await ask('GET', 'config')).json.faults).toEqual([{ id: 'f1', fault: 'capacity.overloaded', every: 2, calls: 5, met: 2 }]);
});

test('added, replaced, removed; those that are left alone go on counting', async () => {
  const { patch, statuses } = emulation('capacity.overloaded,nth=3');
  expect(statuses(1)).toEqual([200]);
  const added = await patch({ add: [{ fault: 'server.internal', nth: 1 }, 'cut,ratio=0'] });
  expect(added.json.faults.map(({ id, calls }: any) => [id, calls])).toEqual([
    ['f1', 1],
    ['f2', 0],
    ['f3', 0],
  ]);
  expect(statuses(3)).toEqual([500, 503, 200]);
  await patch({ replace: { f2: { fault: 'auth.iam', first: 1 } }, remove: ['f1', 'f3'] });
  expect(statuses(2)).toEqual([403, 200]);
  expect((await patch([])).json.faults).toEqual([]);
  expect((await patch(['capacity.overloaded'])).json.faults).toMatchObject([{ id: 'f4' }]);
  expect(statuses(1)).toEqual([503]);
});

test('together with settings, or neither', async () => {
  const { ask, statuses } = emulation();
  const wrong = { service: { errorRate: 2 }, faults: ['capacity.overloaded'] };
  expect((await ask('PATCH', 'config', wrong)).status).toBe(400);
  expect(statuses(1)).toEqual([200]);
  const half = { service: { errorRate: 1 }, faults: ['capacity.overlaoded'] };
  expect((await ask('PATCH', 'config', half)).json.error.problems).toEqual([expect.stringContaining('such as capacity.overloaded')]);
  expect(statuses(1)).toEqual([200]);
  expect((await ask('PATCH', 'config', { service: { errorRate: 1 }, faults: ['capacity.overloaded,nth=1'] })).status).toBe(200);
  expect(statuses(2)).toEqual([503, 500]);
});

test('a reset brings back the rules of the start', async () => {
  const { ask, patch, statuses } = emulation('capacity.overloaded,nth=1');
  statuses(1);
  await patch({ remove: ['f1'] });
  await ask('POST', 'reset');
  expect(statuses(2)).toEqual([503, 200]);
});

describe('what is no change', () => {
  test.each([
    ['a word', ['expected a list of rules']],
    [{ ad: [] }, ['expected a list of rules']],
    [{}, ['expected a list of rules']],
    [{ remove: ['f7'] }, ['no rule is called "f7"; there are f1']],
    [{ replace: { f7: 'cut' } }, ['no rule is called "f7"']],
    [
      [{ fault: 'cut', nht: 3 }, { nth: 3 }],
      ['faults[0]: unknown key "nht", did you mean nth?', 'faults[1]: expected a rule such as'],
    ],
    [{ add: [{ fault: 'cut', nth: '3' }] }, ['faults.add[0].nth: expected a number, found "3"']],
    [['cut,nht=3'], ['did you mean nth?']],
    [
      [{ fault: 'quota.rpn' }, { fault: 'cut', nth: 0 }],
      ['quota.rpm', 'faults[1].nth: expected a count'],
    ],
    [[{ fault: 'latency' }], ['latency needs to be told how long']],
  ])('%j', async (faults, problems) => {
    const { ask, patch } = emulation('cut,nth=9');
    const { status, json } = await patch(faults);
    expect(status).toBe(400);
    expect(json.error.problems).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(json.error.problems[index]).toContain(problem);
    expect((await ask('GET', 'config')).json.faults).toMatchObject([{ id: 'f1', fault: 'cut' }]);
  });
});
