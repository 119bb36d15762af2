/** `rundry compare-policies`: the same traffic under several clients. */
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { ScenarioError } from '../../model/errors.ts';
import { epochNowMs, isoInstant } from '../../model/time.ts';
import { policiesCsv, policiesText, whoWins } from '../../report/policies.ts';
import { comparePolicies, policyNames } from '../../run/compare-policies.ts';
import { openFolder, requireFolder, writeText } from '../../run/output-folder.ts';
import { progress } from '../../run/progress.ts';
import { parseSetting } from '../../scenario/settings.ts';
import { colourWanted } from '../show.ts';
import { onInterrupt } from '../signals.ts';

interface Arguments {
  file: string;
  policies: string;
  seeds: number;
  set: string[];
  out?: string;
  force: boolean;
  quiet: boolean;
  json: boolean;
}

const FILE = 'policies.csv';

const command: CommandModule<object, Arguments> = {
  command: 'compare-policies <file>',
  describe: 'Run a scenario under several retry policies and say who wins',
  builder: (args) =>
    args
      .positional('file', { type: 'string', demandOption: true, describe: 'Scenario file' })
      .option('policies', {
        type: 'string',
        demandOption: true,
        describe: `Names with commas between, or all: ${policyNames().join(', ')}`,
      })
      .option('seeds', { type: 'number', default: 5, describe: 'Seeds that every policy runs, from the seed of the scenario' })
      .option('set', { type: 'string', array: true, nargs: 1, default: [], describe: 'PATH=VALUE, as in run' })
      .option('out', { type: 'string', describe: 'Folder for policies.csv (reports/<scenario>-policies-<time>)' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite another comparison in that folder' })
      .option('quiet', { type: 'boolean', default: false, describe: 'Write the file, print nothing' })
      .option('json', { type: 'boolean', default: false, describe: 'For machines' })
      .check(({ seeds }) => {
        if (!(Number.isInteger(seeds) && seeds > 0)) throw new ScenarioError([`--seeds: expected a whole number above 0, found ${seeds}`]);
        return true;
      })
      .example('$0 compare-policies overload.yaml --policies none,genai-3,recommended', 'the client you have, and one to have')
      .example('$0 compare-policies day.yaml --policies all --seeds 20 --json', 'every preset, for machines')
      .epilogue(
        'Every client of the scenario gets the policy, with the breaker and the fallback that it brings, in place of its own; as-written keeps them.',
      ) as never,
  handler: async ({ file, policies, seeds, set, out, force, quiet, json }) => {
    requireFolder(out ?? 'reports', force, out === undefined ? [] : [FILE]);
    const interruption = onInterrupt();
    const bar = progress(quiet ? { write: () => {} } : process.stderr);
    try {
      const compared = await comparePolicies(file, {
        policies:
          policies === 'all'
            ? policyNames()
            : policies
                .split(',')
                .map((name) => name.trim())
                .filter((name) => name !== ''),
        seeds,
        settings: set.map(parseSetting),
        signal: interruption.signal,
        onProgress: (done, total, note) => bar.update(done, total, note),
      });
      bar.end();
      if (interruption.signal.aborted) process.stderr.write('Interrupted: only what was finished by then is compared.\n');
      const folder = out ?? join('reports', `${slug(compared.scenario)}-policies-${isoInstant(epochNowMs()).replace(/[-:]|\.\d+/g, '')}`);
      openFolder(folder, force, [FILE]);
      writeText(folder, FILE, [...policiesCsv(compared)].join(''));
      if (json) process.stdout.write(`${JSON.stringify({ ...compared, verdict: whoWins(compared), file: join(folder, FILE) }, null, 2)}\n`);
      else if (!quiet) process.stdout.write(`${policiesText(compared, { colour: colourWanted() })}\nResults: ${join(folder, FILE)}\n`);
      process.exitCode = interruption.exitCode() ?? 0;
    } finally {
      interruption.release();
    }
  },
};

function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'scenario'
  );
}

export default command;
