/**
 * `npm run bench`: every figure is a ratio to a baseline measured in the same run, since machines are noisy. Prints tables and
 * writes them as JSON. `--quick` shortens everything; the figures are then rough.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { benchEngine } from './engine.ts';
import { benchHandlers } from './handlers.ts';
import { benchJournal } from './journal.ts';
import { benchLateness } from './lateness.ts';
import { benchMock } from './mock.ts';
import { benchIdle, benchMemory } from './mock-endurance.ts';
import { benchPlan } from './plan.ts';
import { benchPolicies } from './policies.ts';
import { benchStartUp } from './start-up.ts';
import { benchWorkers } from './workers.ts';

const isQuick = process.argv.includes('--quick');
const rounds = isQuick ? 3 : 5;
const requests = isQuick ? 200_000 : 1_000_000;
const inlinedFile = resolve('../shared/bench/inlined.mjs');

const results: Record<string, unknown> = { node: process.version };
if (existsSync(inlinedFile)) {
  const inlined = await import(pathToFileURL(inlinedFile).href);
  results['engine'] = show(
    'simulated requests on one core, no journal, against a hand-inlined loop',
    benchEngine(inlined, requests, rounds),
  );
  results['policies'] = show(
    'every policy of a client on, against none (9 pairs)',
    benchPolicies(inlined.loads, isQuick ? 100_000 : 300_000, isQuick ? 3 : 9),
  );
  results['journal'] = show('journal writer against bare JSON.stringify', benchJournal(inlined.loads.light, 50_000, rounds));
} else console.log('engine and journal: skipped, the hand-inlined loop is not on this machine');
results['startUp'] = show('a simulated day of 10,000 requests, start to exit (build first)', benchStartUp(rounds));
const lateness = [];
for (const perSecond of [10, 100, 1000]) lateness.push(await benchLateness(perSecond, isQuick ? 2 : 5));
results['lateness'] = show('lateness of real-clock arrivals', lateness);
results['mock'] = show('mock over HTTP against bare node:http, by autocannon and by wrk', await benchMock(rounds, isQuick ? 1 : 3));
results['mockMemory'] = show('heap of the mock in MB: flat over its requests', [await benchMemory(isQuick ? 50_000 : 1_000_000)]);
results['mockIdle'] = show('the mock beside idle connections', [await benchIdle(isQuick ? 1_000 : 10_000)]);
results['handlers'] = show(
  'an answer of our MSW handlers against a canned one of the same bytes',
  await benchHandlers(isQuick ? 3 : 15, isQuick ? 500 : 2_000),
);
results['workers'] = show('tasks of a plan on two threads against one', [await benchWorkers(isQuick ? 40 : 200, rounds)]);
const launchDay = resolve('../shared/scenarios/launch-day.yaml');
if (existsSync(launchDay)) {
  const harder = { settings: [{ path: 'client.fallback', value: 'none' }] };
  const rows = [await benchPlan(launchDay, 'launch day')];
  if (!isQuick) rows.push(await benchPlan(launchDay, 'launch day without its fallback', harder));
  results['plan'] = show('plans of a launch day (search alone), on one thread and on two', rows);
} else console.log('plan: skipped, the launch day is not on this machine');
mkdirSync('.bench', { recursive: true });
writeFileSync('.bench/latest.json', `${JSON.stringify(results, null, 2)}\n`);
console.log('\n.bench/latest.json written');

function show<T>(title: string, rows: T): T {
  console.log(`\n${title}`);
  console.table(rows);
  return rows;
}
