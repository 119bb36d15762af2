/** `rundry doctor`: whether key, project, network and plan are ready, before anybody waits for them. */
import type { CommandModule } from 'yargs';
import { ScenarioError } from '../../model/errors.ts';
import { epochNowMs } from '../../model/time.ts';
import { doctorReport } from '../../report/doctor.ts';
import { doctor } from '../../run/doctor.ts';
import { readScenario } from '../../run/scenario-file.ts';
import { parseSetting } from '../../scenario/settings.ts';
import { colourWanted } from '../show.ts';

interface Arguments {
  file?: string;
  set: string[];
  offline: boolean;
  spend: boolean;
  'compare-key-env'?: string;
  'key-file'?: string;
  'base-url'?: string;
  platform: 'gemini' | 'agent';
  project?: string;
  location?: string;
  json: boolean;
}

const MISSED = 99;

const command: CommandModule<object, Arguments> = {
  command: 'doctor [file]',
  describe: 'Say whether key, project, network and plan are ready for a launch',
  builder: (args) =>
    args
      .positional('file', { type: 'string', describe: 'Scenario whose models are looked up, and which the checklist is answered from' })
      .option('set', { type: 'string', array: true, nargs: 1, default: [], describe: 'Change a key of the scenario: PATH=VALUE' })
      .option('offline', { type: 'boolean', default: false, describe: 'The checklist alone: asks nothing, needs no key' })
      .option('spend', {
        type: 'boolean',
        default: false,
        describe: 'Ask for one image too, the cheapest: only that shows billing and quota',
      })
      .option('compare-key-env', { type: 'string', describe: 'Variable with a second key, to tell a failure at Google from a mistake' })
      .option('key-file', { type: 'string', describe: 'File with the API key (GOOGLE_API_KEY or GEMINI_API_KEY)' })
      .option('base-url', {
        type: 'string',
        describe: 'A gateway or a mock (GOOGLE_GEMINI_BASE_URL or GOOGLE_VERTEX_BASE_URL, else Google)',
      })
      .option('platform', {
        choices: ['gemini', 'agent'] as const,
        default: 'gemini',
        describe: 'agent: the Agent Platform (Vertex AI), with Application Default Credentials',
      })
      .option('project', { type: 'string', describe: 'agent: Google Cloud project (GOOGLE_CLOUD_PROJECT)' })
      .option('location', { type: 'string', describe: 'agent: region (GOOGLE_CLOUD_LOCATION, else global)' })
      .option('json', { type: 'boolean', default: false, describe: 'For machines' })
      .example('$0 doctor launch.yaml', 'key, network, models and checklist; costs nothing')
      .example('$0 doctor launch.yaml --spend', 'and one image, to see billing and quota')
      .example('$0 doctor launch.yaml --platform agent --project my-project', 'the same for the Agent Platform, with your gcloud login')
      .example('$0 doctor launch.yaml --offline', 'the checklist in CI; exit 99 when a point fails') as never,
  handler: async (args) => {
    if (args.offline && args.file === undefined)
      throw new ScenarioError(['--offline: the checklist is answered from a scenario; name one']);
    if (args.platform === 'gemini' && (args.project !== undefined || args.location !== undefined))
      throw new ScenarioError(['--project, --location: only with --platform agent']);
    if (args.platform === 'agent' && (args['key-file'] !== undefined || args['compare-key-env'] !== undefined))
      throw new ScenarioError(['--key-file, --compare-key-env: the Agent Platform takes no key here; only without --platform agent']);
    const loaded = args.file === undefined ? null : readScenario(args.file, { settings: args.set.map(parseSetting) });
    const found = await doctor({
      loaded,
      isOffline: args.offline,
      spends: args.spend,
      environment: process.env,
      keyFile: args['key-file'] ?? null,
      compareKeyEnv: args['compare-key-env'] ?? null,
      baseUrl: args['base-url'] ?? null,
      platform: args.platform,
      project: args.project ?? null,
      location: args.location ?? null,
      nowMs: epochNowMs(),
    });
    const passed = !found.some(({ state }) => state === 'fail');
    process.stdout.write(
      args.json ? `${JSON.stringify({ passed, checks: found }, null, 2)}\n` : doctorReport(found, { colour: colourWanted() }),
    );
    process.exitCode = passed ? 0 : MISSED;
  },
};
export default command;
