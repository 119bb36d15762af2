/** `rundry record`: a transparent proxy that journals what passes, for `rundry replay`. */
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { TIERS, type Tier } from '../../model/names.ts';
import { epochNowMs, isoInstant } from '../../model/time.ts';
import { startRecord } from '../../run/record/record.ts';
import { onInterrupt } from '../signals.ts';

interface Arguments {
  upstream: string;
  port: number;
  host: string;
  tier?: Tier;
  profile?: string;
  out?: string;
  force: boolean;
  quiet: boolean;
}

const command: CommandModule<object, Arguments> = {
  command: 'record',
  describe: 'Journal real traffic on its way to the API, for replay',
  builder: (args) =>
    args
      .option('upstream', {
        type: 'string',
        default: 'https://generativelanguage.googleapis.com',
        describe: 'Where calls go on to, with the keys that they carry',
      })
      .option('port', { type: 'number', default: 8788, describe: '0 picks a free one' })
      .option('host', { type: 'string', default: '127.0.0.1', describe: 'Interface to listen on' })
      .option('tier', { type: 'string', choices: TIERS, describe: 'Tier that the journal states, for replay to begin with (1)' })
      .option('profile', { type: 'string', describe: 'Limit profile that it states (best-known)' })
      .option('out', { type: 'string', describe: 'Folder for journal.ndjson (reports/record-<time>)' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite another run in that folder' })
      .option('quiet', { type: 'boolean', default: false, describe: 'Only the line that says it is ready' })
      .example('$0 record --port 8788 --out monday', 'then GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8788 your-app')
      .example('rundry replay monday --set quota.tier=2', 'what that day would have been a tier higher') as never,
  handler: async ({ upstream, port, host, tier, profile, force, quiet, ...args }) => {
    const startAtMs = epochNowMs();
    const folder = args.out ?? join('reports', `record-${isoInstant(startAtMs).replace(/[-:]|\.\d+/g, '')}`);
    const settings = [
      ...(tier ? [{ path: 'quota.tier', value: tier }] : []),
      ...(profile ? [{ path: 'quota.profile', value: profile }] : []),
    ];
    const interruption = onInterrupt();
    const record = await startRecord({ upstream, port, host, folder, force, settings, startAtMs });
    process.stdout.write(`rundry record listening on ${record.url}\n`);
    if (!interruption.signal.aborted)
      await new Promise((resolve) => interruption.signal.addEventListener('abort', resolve, { once: true }));
    const { recorded, others } = await record.close();
    if (!quiet)
      process.stdout.write(
        `${recorded} image calls recorded in ${join(folder, 'journal.ndjson')}, ${others} other calls passed on.\nNext: rundry replay ${folder} --set quota.tier=2\n`,
      );
    interruption.release();
    process.exitCode = 0;
  },
};
export default command;
