/** `npm run validate`: the simulator against queueing theory. Exit 1 when a number differs. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compare, hasPassed, type Replicate } from './comparison.ts';
import { experiments } from './experiments.ts';
import { replicateAll } from './replications.ts';
import { sample } from './sample.ts';
import { consoleTable, markdown, total } from './table.ts';

const REPORT = new URL('../../reports/sample/validation.md', import.meta.url);

const { values: options } = parseArgs({ options: { sample: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } } });
const all = experiments();
if (all === null) console.log('Nothing to compare with: the golden files are not beside this project.');
else {
  const chosen = options.sample ? sample(all, Number(options.seed)) : all.map((_, place) => place);
  const comparisons = await compare(all, chosen, withProgress);
  console.log(consoleTable(comparisons));
  console.log(`\n${total(comparisons)}`);
  if (!options.sample) writeFileSync(REPORT, markdown(comparisons));
  process.exitCode = comparisons.every(hasPassed) ? 0 : 1;
}

function withProgress(...[tasks]: Parameters<Replicate>): ReturnType<Replicate> {
  const isWatched = process.stderr.isTTY;
  return replicateAll(tasks, (done) => {
    if (isWatched) process.stderr.write(done < tasks.length ? `\r${done} of ${tasks.length} replications` : '\r\x1b[K');
  });
}
