/** What the journal of a live run taught, from that journal alone; and the files that say it. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type Compared, comparePrediction } from '../../analysis/prediction.ts';
import { Revealed, statedLimits } from '../../analysis/revealed.ts';
import type { Summary } from '../../analysis/summary.ts';
import { JournalReader } from '../../journal/lines.ts';
import type { CanaryRow, HeaderRow, Row } from '../../model/rows.ts';
import { SCHEMA_VERSION } from '../../model/rows.ts';
import type { LiveLessons } from '../../report/live-lessons.ts';
import { writeText } from '../output-folder.ts';
import { predict, RecordedArrivals } from './predict.ts';

export interface Learnt {
  readonly lessons: LiveLessons;
  readonly header: HeaderRow;
  /** null: no answer stated a limit of a model. */
  readonly limitsFile: string | null;
}

/**
 * Reads `DIR/journal.ndjson`, writes `live.json` and, where answers stated limits, `limits-revealed.yaml` beside it.
 * @param real the summary of the same journal
 */
export async function learn(folder: string, real: Summary): Promise<Learnt> {
  const arrivals = new RecordedArrivals();
  let header: HeaderRow | null = null;
  let revealed: Revealed | null = null;
  let canary: CanaryRow | null = null;
  const reader = new JournalReader(join(folder, 'journal.ndjson'), (row: Row) => {
    if (row.kind === 'header') {
      header = row;
      revealed = new Revealed(row.resolved.quota);
    } else if (row.kind === 'canary') canary = row;
    revealed?.add(row);
    arrivals.add(row);
  });
  for await (const chunk of createReadStream(join(folder, 'journal.ndjson'), { encoding: 'utf8' })) reader.push(String(chunk));
  const read = header! as HeaderRow; // without one the reader throws
  reader.end();
  const limits = (revealed! as Revealed).limits();
  const scenario = arrivals.scenario(read.resolved);
  const compare = (known: ReturnType<typeof statedLimits>): readonly Compared[] =>
    comparePrediction(predict(scenario, read.seed, { canary, limits: known }).summary, real);
  const news = limits.some(({ judgement }) => judgement === 'differs' || judgement === 'was-unknown');
  const stated = statedLimits(limits);
  const lessons: LiveLessons = { limits, prediction: compare([]), informed: news && stated.length > 0 ? compare(stated) : null };
  writeText(folder, 'live.json', `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, runId: read.runId, ...lessons }, null, 2)}\n`);
  const limitsFile = stated.length === 0 ? null : join(folder, 'limits-revealed.yaml');
  if (limitsFile !== null) writeText(folder, 'limits-revealed.yaml', limitsText(read, stated));
  return { lessons, header: read, limitsFile };
}

/** A limits file of what was stated, and only that: what it leaves out is unknown to it. */
function limitsText({ startAt, resolved }: HeaderRow, stated: ReturnType<typeof statedLimits>): string {
  const models = [...Map.groupBy(stated, ({ model }) => model)].map(
    ([model, limits]) => `      ${model}: { ${limits.map(({ bucket, value }) => `${bucket}: ${value}`).join(', ')} }`,
  );
  return [
    '# Limits that answers (429) of a live run stated. What is not here is unknown: nothing was refused for it.',
    'name: revealed',
    `asOf: ${startAt.slice(0, 10)}`,
    'source: error bodies of a live run',
    'tiers:',
    `  "${resolved.quota.tier}":`,
    '    models:',
    ...models,
    '',
  ].join('\n');
}
