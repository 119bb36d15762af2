/** A diagnosis for people: what it is and whose, what to do first, and of a log which classes it holds. */
import pc from 'picocolors';
import type { Diagnosis } from '../model/diagnosis.ts';
import { table } from './table.ts';
import { BUCKET_TITLES, count, counted, duration } from './words.ts';

const CONFIDENCE = {
  high: 'high',
  medium: 'medium',
  low: 'low: a guess from a few words; the whole answer, with status and body, tells more',
} as const;

/** Ends with a line end. */
export function diagnosisReport(diagnosis: Diagnosis, { colour }: { colour: boolean }): string {
  const paint = pc.createColors(colour);
  const isLog = diagnosis.entries > 1;
  const lines = isLog ? [...summary(diagnosis), '', `The most frequent: ${paint.bold(diagnosis.class)}`] : [paint.bold(diagnosis.class)];
  lines.push(diagnosis.what, '');
  for (const [title, text] of facts(diagnosis)) lines.push(`${paint.dim(title.padEnd(10))}  ${text}`);
  section('Fix, the likeliest first', diagnosis.fix, true);
  section('Check first', diagnosis.check);
  section('An incident at Google, or a mistake of yours?', diagnosis.signs);
  section('Ask yourself', diagnosis.questions);
  if (diagnosis.whose === 'your configuration' || diagnosis.whose === 'the network')
    lines.push('', 'Try it from this machine: rundry doctor looks at key, project, network and model, and names the first that fails.');
  section('Read', diagnosis.links);
  return `${lines.join('\n')}\n`;

  function section(title: string, items: readonly string[], isNumbered = false): void {
    if (items.length === 0) return;
    lines.push('', paint.bold(title), ...items.map((item, index) => `  ${isNumbered ? `${index + 1}.` : '-'} ${item}`));
  }
}

function summary({ entries, unclear, classes }: Diagnosis): string[] {
  const errors = classes.reduce((sum, one) => sum + one.count, 0);
  const rest = unclear === 0 ? '' : `; ${counted(unclear, 'other error')} not about these APIs, or too short to tell`;
  const rows = classes.map((one) => [
    one.class,
    count(one.count),
    one.whose ?? '',
    one.retryable,
    one.firstSeen ?? `line ${one.line}`,
    one.lastSeen ?? '',
  ]);
  return [
    `${count(entries)} entries, ${counted(errors, 'error')} of the Gemini image APIs${rest}.`,
    '',
    ...table(
      [
        { title: 'class' },
        { title: 'count', align: 'right' },
        { title: 'whose' },
        { title: 'retry' },
        { title: 'first seen' },
        { title: 'last seen' },
      ],
      rows,
    ),
  ];
}

function facts(diagnosis: Diagnosis): [string, string][] {
  const { whose, bucket, limit, model, confidence, evidence } = diagnosis;
  const found: [string, string][] = [];
  if (whose !== null) found.push(['whose', whose]);
  if (bucket !== null) {
    const details = [limit === null ? null : `limit ${count(limit)}`, model].filter((detail) => detail !== null);
    found.push(['bucket', `${BUCKET_TITLES[bucket]} (${bucket})${details.length > 0 ? `: ${details.join(', ')}` : ''}`]);
  }
  if (diagnosis.class !== 'unknown') found.push(['retry', retryLine(diagnosis)]);
  found.push(['confidence', CONFIDENCE[confidence]], ['evidence', evidence.join('; ')]);
  return found;
}

function retryLine({ class: errorClass, retryable, waitMs }: Diagnosis): string {
  const wait = waitMs === null ? '' : `, after ${duration(waitMs)}`;
  switch (retryable) {
    case 'no':
      if (errorClass === 'quota.rpd' || errorClass === 'quota.tpd') return `no, not before midnight America/Los_Angeles${wait}`;
      return 'no: the same call fails again until something is changed';
    case 'after-delay':
      return `yes${wait === '' ? ', after a pause' : wait}`;
    case 'backoff':
      return `yes, with growing, jittered pauses and a bound${waitMs === null ? '' : `; the first${wait}`}`;
    case 'once':
      return `once${wait}, not in a loop`;
    default:
      return retryable satisfies never;
  }
}
