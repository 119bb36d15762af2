/** Writes reports/sample/policies.md from what `rundry compare-policies` says: node test/samples/policies.ts [folder of scenarios] */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyComparison } from '../../src/analysis/policies.ts';
import { policiesMarkdown } from '../../src/report/policies.ts';

const ROOT = new URL('../../', import.meta.url);
const SCENARIOS = process.argv[2] ?? '../shared/scenarios';
const SEEDS = 10;
const POLICIES =
  'none,tight-loop,guide-retry,guide-resilient,guide-503,genai-3,interactions,vercel-ai,langchain,litellm,google-advice,recommended,as-written';

interface Sample {
  readonly title: string;
  readonly file: string;
  readonly set: readonly string[];
}

const SAMPLES: readonly Sample[] = [
  { title: 'overload-midday: an hour in which 45 % of calls answer 503, each by its own luck', file: 'overload-midday.yaml', set: [] },
  {
    title: 'overload-midday, but the overload comes in spells of ten minutes',
    file: 'overload-midday.yaml',
    set: ['service.overload[0].meanSpell=10m'],
  },
  { title: 'batch-flood: 1,200 images at once against 10 a minute and 250 a day', file: 'batch-flood.yaml', set: [] },
  {
    title: 'launch-day: people, a campaign and a nightly batch, with the hours of overload that guides claim',
    file: 'launch-day.yaml',
    set: [],
  },
];

const TEACHES = `What it teaches. (1) Where each call fails by its own luck, every loop that tries a 503 five times delivers
over 99 %, whatever its backoff; \`vercel-ai\` and \`litellm\` stop after three tries, \`guide-retry\` does not try a 503 at
all, and the chain breaker of \`guide-resilient\` keeps so many good calls from being made that it loses as many images as no
retry does. A loop without any wait wins this table, which says more about the assumption than about the loop: nobody in it
minds being called again. (2) Let the same overload come in spells of ten minutes, and a backoff of seconds is worth little:
the SDK's five tries deliver hardly more than one try, and most of their calls are for nothing. What helps is to come back
after minutes, as \`recommended\` does, or to ask another model, as the scenario itself does. (3) Against a quota no retry makes
images: whoever retries refusals delivers about one day's worth and differs in what is wasted. \`recommended\` sends 1.8 calls
a request, none before it was told to; the SDK sends 4.6, thousands of them early; \`langchain\` never tries a 429 of Gemini
again and has given up after two minutes; only the tight loop is still there on the second day, having asked 4.6 million times.
Such a flood belongs in the Batch API, or in a client that waits for the day (\`onDailyLimit: wait\`). (4) On a launch day
inside its quota, what tries a 503 at all is within a percent of the best: there the choice of a retry matters less than
having one, and a breaker over the chain costs more than any of them.`;

function compare({ file, set }: Sample): PolicyComparison {
  const out = mkdtempSync(join(tmpdir(), 'policies-'));
  const args = [
    'src/cli/main.ts',
    'compare-policies',
    `${SCENARIOS}/${file}`,
    '--policies',
    POLICIES,
    '--seeds',
    String(SEEDS),
    '--json',
    '--out',
    out,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, ...set.flatMap((setting) => ['--set', setting])], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
  return JSON.parse(stdout) as PolicyComparison; // as the command printed it
}

function command({ file, set }: Sample): string {
  const settings = set.map((setting) => ` --set '${setting}'`).join('');
  return `rundry compare-policies ${file} --policies ${POLICIES} --seeds ${SEEDS}${settings}`;
}

const tables = SAMPLES.map((sample) => `## ${sample.title}\n\n\`${command(sample)}\`\n\n${policiesMarkdown(compare(sample))}`);
const text = [
  '# Clients under the same traffic\n',
  `Simulated; written by \`node test/samples/policies.ts\` from ${SEEDS} seeds each. Every figure is what the scenario's assumptions imply.\n`,
  `${TEACHES.replaceAll('\n', ' ')}\n`,
  ...tables,
].join('\n');
mkdirSync(new URL('reports/sample/', ROOT), { recursive: true });
writeFileSync(new URL('reports/sample/policies.md', ROOT), text);
