/** `rundry limits`: read your own limits, look at them, hold them against the profiles, lower them for a test. */

import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { findModel, IMAGE_MODELS } from '../../model/catalogue.ts';
import { InputError, ScenarioError } from '../../model/errors.ts';
import { type ModelId, TIERS, type Tier } from '../../model/names.ts';
import { epochNowMs, isoInstant } from '../../model/time.ts';
import { oldLimits } from '../../quota/limits-age.ts';
import { limitsDiff } from '../../quota/limits-diff.ts';
import type { LimitsFile } from '../../quota/limits-file.ts';
import { findProfile, limitsOf, PROFILE_NAMES } from '../../quota/profiles.ts';
import { limitsDiffTable, limitsTable } from '../../report/limits-tables.ts';
import { overrideCommands } from '../../report/override-commands.ts';
import { type ImportedLimits, limitsOfProject, limitsOfText } from '../../run/import-limits.ts';
import { makeFolder, requireFile, writeText } from '../../run/output-folder.ts';
import { QUOTA_APIS, type QuotaApi } from '../../run/quota-apis.ts';
import { secretFound } from '../../run/secrets.ts';
import { encodingOf } from '../../run/text-file.ts';
import { readLimitsFile } from '../../scenario/limits-file.ts';
import { quotaModelName, quotaNames } from '../../wire/quota-names.ts';

const FILE = 'limits.yaml';
const SERVICE = 'generativelanguage.googleapis.com';

const command: CommandModule = {
  command: 'limits',
  describe: 'Read your own limits, compare them with the profiles, lower them for a test',
  builder: (args) =>
    args
      .command(importCommand)
      .command(showCommand)
      .command(diffCommand)
      .command(capCommand)
      .demandCommand(1, 'Name what to do: import, show, diff or cap.')
      .example('$0 limits import --project my-project', 'from the Cloud Quotas API, with your gcloud login')
      .example('$0 limits import rows.txt --tier 1', 'rows copied from AI Studio, a CSV, or JSON of gcloud')
      .example('$0 limits diff limits.yaml --profile best-known', 'yours against what we know')
      .example('$0 limits cap --project my-project --model gemini-3-pro-image --rpm 2', 'prints what lowers your quota, for a free 429'),
  handler: () => {},
};

interface ImportArguments {
  source?: string;
  project?: string;
  api: QuotaApi;
  service: string;
  'token-env'?: string;
  'base-url'?: string;
  tier: Tier;
  out: string;
  stdout: boolean;
  force: boolean;
  json: boolean;
}

const importCommand: CommandModule<object, ImportArguments> = {
  command: 'import [source]',
  describe: 'Write a dated limits file from a Google API, a listing on disk, rows of AI Studio or a CSV',
  builder: (args) =>
    args
      .positional('source', { type: 'string', describe: 'File with JSON, CSV or copied rows; - reads stdin' })
      .option('project', { type: 'string', describe: 'Ask the API about this project (OAuth; an API key is refused)' })
      .option('api', { choices: QUOTA_APIS, default: 'cloud-quotas', describe: 'Which API lists the quotas' })
      .option('service', { type: 'string', default: SERVICE, describe: 'Whose quotas' })
      .option('token-env', { type: 'string', describe: 'Variable with an OAuth token (Application Default Credentials)' })
      .option('base-url', { type: 'string', describe: 'Where the API answers' })
      .option('tier', { type: 'string', choices: TIERS, default: '1', describe: 'Tier of rows that name none' })
      .option('out', { type: 'string', default: FILE, describe: 'The limits file' })
      .option('stdout', { type: 'boolean', default: false, describe: 'Print it instead' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite it' })
      .option('json', { type: 'boolean', default: false, describe: 'Print what was read, for machines' })
      .example('$0 limits import --project p --token-env TOKEN', 'with TOKEN="$(gcloud auth print-access-token)"') as never,
  handler: async (args) => {
    if ((args.source === undefined) === (args.project === undefined))
      throw new ScenarioError(['limits import: name either a file to read or, with --project, a project to ask about']);
    if (!args.stdout) {
      makeFolder(dirname(args.out));
      requireFile(args.out, args.force);
    }
    const imported = await read(args);
    if (!args.stdout) writeText(dirname(args.out), basename(args.out), imported.text);
    show(imported, args);
  },
};

async function read({ source: given, project, api, service, tier, ...args }: ImportArguments): Promise<ImportedLimits> {
  const asOf = isoInstant(epochNowMs()).slice(0, 10);
  const source = given === '' ? '-' : given; // yargs makes nothing of a lone dash
  if (source !== undefined) return limitsOfText(openText(textOf(source === '-' ? 0 : source), source), source, { tier, asOf });
  const { 'token-env': tokenEnv = null, 'base-url': baseUrl } = args;
  const where = baseUrl === undefined ? {} : { baseUrl };
  return limitsOfProject({ api, project: project!, service, tier, asOf, tokenEnv, environment: process.env, ...where }); // one of both is given
}

function show({ text, limits, notes }: ImportedLimits, { out, stdout, json }: ImportArguments): void {
  if (json) process.stdout.write(`${JSON.stringify({ file: stdout ? null : out, limits, notes }, null, 2)}\n`);
  else if (stdout) process.stdout.write(text);
  else process.stdout.write(`${out}: ${limits.length} limits of ${new Set(limits.map(({ model }) => model)).size} models.\n`);
  if (!json) for (const note of notes) process.stderr.write(`${note}\n`);
}

const showCommand: CommandModule<object, { file: string; json: boolean }> = {
  command: 'show [file]',
  describe: 'A limits file as a table, with its age',
  builder: (args) => fileOption(args).option('json', { type: 'boolean', default: false, describe: 'For machines' }) as never,
  handler: ({ file, json }) => {
    const own = ownLimits(file);
    const tiers = own.tiers.map((tier) => ({ tier, limits: limitsOf(own.profile, tier, modelsIn(own, tier)).limits }));
    const old = oldLimits(file, own.asOf, epochNowMs());
    if (json) process.stdout.write(`${JSON.stringify({ name: own.profile.name, asOf: own.asOf, old, tiers }, null, 2)}\n`);
    else
      process.stdout.write(
        `${own.profile.name}, as of ${own.asOf ?? 'nobody knows when'}\n\n${limitsTable(tiers)}${old === null ? '' : `\n! ${old}\n`}`,
      );
  },
};

const diffCommand: CommandModule<object, { file: string; profile: string; tier?: Tier; json: boolean }> = {
  command: 'diff [file]',
  describe: 'Your limits beside those of a profile',
  builder: (args) =>
    fileOption(args)
      .option('profile', { choices: PROFILE_NAMES, default: 'best-known', describe: 'Which profile' })
      .option('tier', { type: 'string', choices: TIERS, describe: 'One tier (each that the file names)' })
      .option('json', { type: 'boolean', default: false, describe: 'For machines' }) as never,
  handler: ({ file, profile, tier, json }) => {
    const own = ownLimits(file);
    const tiers = tier === undefined ? own.tiers : [tier];
    const diffs = tiers.map((one) => ({ tier: one, rows: limitsDiff(own.profile, findProfile(profile)!, one, modelsIn(own, one)) })); // one of the choices
    if (json) process.stdout.write(`${JSON.stringify({ profile, diffs }, null, 2)}\n`);
    else process.stdout.write(diffs.map(({ tier: one, rows }) => limitsDiffTable(rows, { tier: one, profile })).join('\n'));
  },
};

interface CapArguments {
  project: string;
  model: string;
  rpm?: number;
  rpd?: number;
  tier: Tier;
  service: string;
  limits?: string;
}

const capCommand: CommandModule<object, CapArguments> = {
  command: 'cap',
  describe: 'Print the commands that lower your own quota: past it a real 429 comes free of charge',
  builder: (args) =>
    args
      .option('project', { type: 'string', demandOption: true, describe: 'Project id or number; not one that serves people' })
      .option('model', { type: 'string', demandOption: true, describe: 'Model to cap' })
      .option('rpm', { type: 'number', describe: 'Requests per minute' })
      .option('rpd', { type: 'number', describe: 'Requests per day' })
      .option('tier', { type: 'string', choices: TIERS, default: '1', describe: "The project's tier: it decides what the quota is called" })
      .option('service', { type: 'string', default: SERVICE, describe: 'Whose quota' })
      .option('limits', { type: 'string', describe: 'Your limits file: a cap can only be lower' })
      .example('$0 limits cap --project my-test --model gemini-3-pro-image --rpm 2', 'two a minute, then 429') as never,
  handler: ({ project, model: id, rpm, rpd, tier, service, limits: file }) => {
    const model = findModel(id);
    const asked = Object.entries({ rpm, rpd }).flatMap(([bucket, value]) =>
      value === undefined ? [] : [{ bucket: bucket as 'rpm' | 'rpd', value }],
    );
    const known = file === undefined || model === null ? [] : limitsOf(ownLimits(file).profile, tier, [model!.id]).limits;
    const problems = [
      ...(/^[\w.:-]+$/.test(project) ? [] : [`--project: "${project}" is no project id or number`]),
      ...(/^[\w.-]+\.googleapis\.com$/.test(service) ? [] : [`--service: expected a name such as ${SERVICE}, found "${service}"`]),
      ...(model ? [] : [`--model: "${id}" is no image model; known are ${IMAGE_MODELS.map((one) => one.id).join(', ')}`]),
      ...(asked.length > 0 ? [] : ['limits cap: say how low, with --rpm or --rpd']),
      ...asked.flatMap(({ bucket, value }) => {
        if (!(Number.isInteger(value) && value >= 0)) return [`--${bucket}: expected a whole number from 0, found ${value}`];
        const limit = known.find((one) => one.bucket === bucket)?.limit ?? null;
        return limit !== null && value >= limit ? [`--${bucket}: an override can only lower a limit, and yours is ${limit}`] : [];
      }),
    ];
    if (problems.length > 0 || !model) throw new ScenarioError(problems);
    const commands = asked.map(({ bucket, value }) =>
      overrideCommands({
        project,
        service,
        metric: quotaNames(bucket, tier).quotaMetric,
        period: bucket === 'rpm' ? 'minute' : 'day',
        model: quotaModelName(model.id),
        value,
      }),
    );
    process.stdout.write(commands.join('\n'));
  },
};

function fileOption(args: Argv): Argv {
  return args.positional('file', { type: 'string', default: FILE, describe: 'Limits file' });
}

function ownLimits(file: string): LimitsFile {
  return readLimitsFile(file, openText(textOf(file), file));
}

/** @throws InputError (exit 4) when a key stands in it, which would be shown and written on */
function openText(text: string, name: string): string {
  const secret = secretFound(text, name, process.env);
  if (secret !== null) throw new InputError(secret);
  return text;
}

/** @param file 0: stdin */
function textOf(file: string | 0): string {
  try {
    const bytes = readFileSync(file);
    return new TextDecoder(encodingOf(bytes)).decode(bytes);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'EISDIR'))
      throw new ScenarioError([`${file}: no such file`], { cause });
    throw cause;
  }
}

/** Of the file; every model where it speaks of all at once. */
function modelsIn({ profile }: LimitsFile, tier: Tier): ModelId[] {
  const named = Object.keys(profile.tiers[tier]?.models ?? {});
  return named.includes('*image') ? IMAGE_MODELS.map(({ id }) => id) : named;
}

export default command;
