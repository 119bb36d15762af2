/** `rundry mock`: an emulated Gemini API on this machine. */
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { parseFaultRule } from '../../mock/index.ts';
import { ScenarioError } from '../../model/errors.ts';
import { TIERS, type Tier } from '../../model/names.ts';
import type { Scenario, Setting } from '../../model/scenario.ts';
import { epochNowMs, isoInstant } from '../../model/time.ts';
import { mockAnswersCsv } from '../../report/mock-csv.ts';
import { mockVerdict } from '../../report/mock-verdict.ts';
import { mockCertificate, trustHint } from '../../run/mock-certificate.ts';
import { mockScenario, readKeys } from '../../run/mock-scenario.ts';
import { FileSink, openFolder, writeText } from '../../run/output-folder.ts';
import { startMock } from '../../run/start-mock.ts';
import { momentAtMs, parseMoment } from '../../scenario/units.ts';
import { onInterrupt } from '../signals.ts';

interface Arguments {
  file?: string;
  tier?: Tier;
  profile?: string;
  port: number;
  host: string;
  'start-at'?: string;
  speed: number;
  seed?: number;
  key: string[];
  keys?: string;
  fault: string[];
  'rpd-retry-info': 'honest' | 'misleading';
  'body-limit': number;
  strict: boolean;
  control?: boolean;
  tls: boolean;
  'tls-cert'?: string;
  'tls-key'?: string;
  out?: string;
  force: boolean;
  quiet: boolean;
}

const command: CommandModule<object, Arguments> = {
  command: 'mock [file]',
  describe: 'Serve an emulated Gemini API on this machine',
  builder: (args) =>
    args
      .positional('file', { type: 'string', describe: 'Scenario whose quota and service it emulates' })
      .option('tier', { type: 'string', choices: TIERS, describe: 'Emulated tier' })
      .option('profile', { type: 'string', describe: 'Limit profile (best-known)' })
      .option('port', { type: 'number', default: 8787, describe: '0 picks a free one' })
      .option('host', { type: 'string', default: '127.0.0.1', describe: 'Interface to listen on' })
      .option('start-at', { type: 'string', describe: "ISO instant at which its calendar starts (now, or FILE's clock.startAt)" })
      .option('speed', { type: 'number', default: 1, describe: 'How many times faster than real time its calendar runs' })
      .option('seed', { type: 'number', describe: 'Of overload, latency and filters' })
      .option('key', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'Accept these API keys only (any that is not empty); KEY=project:tier:account charges it to a project',
      })
      .option('keys', { type: 'string', describe: 'YAML file of projects, each with its tier, account and keys' })
      .option('fault', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'Answer some calls otherwise: an id or class of the error catalogue, latency, cut, …; see the examples',
      })
      .option('rpd-retry-info', {
        choices: ['honest', 'misleading'] as const,
        default: 'honest' as const,
        describe: 'What a refusal by the day tells to wait: until midnight, or a minute at most (both were seen)',
      })
      .option('body-limit', { type: 'number', default: 100, describe: 'MB of a call beyond which it is refused (413)' })
      .option('strict', { type: 'boolean', default: false, describe: 'Exit 99 when a path was called that the mock does not serve' })
      .option('control', { type: 'boolean', describe: 'Answer /__rundry/ (on 127.0.0.1: yes); --no-control: never' })
      .option('tls', { type: 'boolean', default: false, describe: 'Serve https, with a certificate made for this machine' })
      .option('tls-cert', { type: 'string', implies: 'tls-key', describe: 'PEM file of a certificate of your own' })
      .option('tls-key', { type: 'string', implies: 'tls-cert', describe: 'PEM file of its key' })
      .option('out', { type: 'string', describe: 'Folder for a row per answer and the summary' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite another run in that folder' })
      .option('quiet', { type: 'boolean', default: false, describe: 'No summary at the end' })
      .check(({ speed, 'body-limit': bodyLimit }) => {
        const wrong = Object.entries({ speed, 'body-limit': bodyLimit }).filter(([, value]) => !(value > 0 && Number.isFinite(value)));
        if (wrong.length > 0) throw new ScenarioError(wrong.map(([name, value]) => `--${name}: expected a number above 0, found ${value}`));
        return true;
      })
      .example('$0 mock --tier 1 --port 8787', 'then GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8787 your-app')
      .example('$0 mock launch.yaml --speed 60', "a scenario's service, an hour a minute")
      .example('$0 mock --key k1=shop:2:acme --key k2=labs:1', 'two projects, each with the limits of its tier')
      .example('$0 mock --port 8787 --strict --tls', 'https, and an error when a call found no path')
      .example('$0 mock --fault class=capacity.overloaded,first=2', 'the first two calls meet a 503')
      .example('$0 mock --fault latency,after=90s,ratio=0.1 --fault cut,nth=3', 'every tenth answer late, the third call cut off midway')
      .example('$0 mock --fault server.internal,of=rows,every=10', 'every tenth row of a batch fails')
      .example('curl 127.0.0.1:8787/__rundry/state', 'every bucket of a mock that runs; /__rundry/openapi.json has the rest') as never,
  handler: async (args) => {
    const withSettings = scenarioOf(args);
    const scenario = withSettings([]);
    const certificate = await mockCertificate(args);
    const sink = args.out === undefined ? null : answersSink(args.out, args.force);
    const { startAtMs } = scenario.clock;
    const csv = mockAnswersCsv(startAtMs);
    sink?.write(csv.header());
    const interruption = onInterrupt();
    const mock = await startMock({
      scenario,
      seed: args.seed ?? scenario.seed,
      port: args.port,
      host: args.host,
      speed: args.speed,
      ...readKeys(args.keys ?? null, args.key),
      withSettings,
      control: args.control ?? isLoopback(args.host),
      tls: certificate,
      faults: args.fault.map(parseFaultRule),
      rpdRetryInfo: args['rpd-retry-info'],
      bodyBytesMax: args['body-limit'] * 1024 * 1024,
      onTrouble: (text) => void process.stderr.write(`rundry mock: ${text}\n`),
      ...(sink ? { onAnswer: (row) => sink.write(csv.row(row)) } : {}),
    });
    try {
      process.stdout.write(`rundry mock listening on ${mock.url}\n`);
      if (args.tls && certificate) process.stderr.write(trustHint(certificate));
      if (!interruption.signal.aborted)
        await new Promise((resolve) => interruption.signal.addEventListener('abort', resolve, { once: true }));
    } finally {
      await mock.close(); // else a failure would leave a server that no signal ends
    }
    sink?.close();
    const summary = mock.summary();
    if (args.out !== undefined)
      writeText(args.out, 'mock-summary.json', `${JSON.stringify({ startAt: isoInstant(startAtMs), ...summary }, null, 2)}\n`);
    if (!args.quiet) process.stdout.write(mockVerdict(summary));
    interruption.release();
    process.exitCode = args.strict && summary.unrouted > 0 ? 99 : 0;
  },
};

function scenarioOf(args: Arguments): (more: readonly Setting[]) => Scenario {
  const { file = null, tier, profile } = args;
  const settings = [
    ...(tier ? [{ path: 'quota.tier', value: tier }] : []),
    ...(profile ? [{ path: 'quota.profile', value: profile }] : []),
  ];
  const startAt = args['start-at'];
  const startAtMs = startAt === undefined ? (file === null ? epochNowMs() : null) : instant(startAt);
  return mockScenario({ file, settings, startAtMs });
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host);
}

function instant(text: string): number {
  const moment = parseMoment(text);
  if (moment === null) throw new ScenarioError([`--start-at: expected an instant such as 2026-12-01T06:00:00Z, found "${text}"`]);
  return momentAtMs(moment, epochNowMs());
}

function answersSink(folder: string, force: boolean): FileSink {
  openFolder(folder, force);
  return new FileSink(join(folder, 'mock-answers.csv'), true);
}
export default command;
