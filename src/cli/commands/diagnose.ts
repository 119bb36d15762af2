/** `rundry diagnose`: what an error body, a log or a page means, whose fault it is, and what to do. */
import { type Stats, statSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { RundryError } from '../../model/errors.ts';
import { diagnosisReport } from '../../report/diagnosis.ts';
import { environmentSecrets, withoutSecrets } from '../../run/secrets.ts';
import { diagnose, diagnoseLines } from '../../wire/diagnosis.ts';
import { redact } from '../../wire/redact.ts';
import { type DiagnoseInput, diagnoseInput } from '../diagnose-input.ts';
import { colourWanted } from '../show.ts';

interface Arguments {
  input: string[];
  json: boolean;
}

const command: CommandModule<object, Arguments> = {
  command: 'diagnose [input..]',
  describe: 'Say what an error, a log or a page means and what to do',
  builder: (args) =>
    args
      .positional('input', { type: 'string', array: true, default: [], describe: 'A file, - for stdin, or the text itself' })
      .option('json', { type: 'boolean', default: false, describe: 'For machines' })
      .example('$0 diagnose app.log', 'errors by class, first and last seen')
      .example('curl -i … | $0 diagnose -', 'one answer, with its headers')
      .example('$0 diagnose "429 RESOURCE_EXHAUSTED"', 'a text')
      .example('$0 diagnose body.json --json', 'class, bucket, retryable, waitMs, whose, fix, confidence, evidence') as never,
  handler: ({ input, json }) => {
    const secrets = environmentSecrets(process.env);
    const source = sourceOf(input, (text) => withoutSecrets(text, secrets));
    if ('text' in source && source.text.trim() === '')
      throw new UsageError('Nothing to diagnose: give a file, - for stdin, or the text itself.');
    const diagnosis = 'text' in source ? diagnose(source.text) : diagnoseLines(source.lines);
    process.stdout.write(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : diagnosisReport(diagnosis, { colour: colourWanted() }));
  },
};

class UsageError extends RundryError {
  override readonly exitCode = 2;
}

function sourceOf(input: readonly string[], clean: (text: string) => string): DiagnoseInput {
  if (input.length > 1) return { text: clean(input.join(' ')) };
  const [only] = input;
  if (only === '-' || (only === undefined && process.stdin.isTTY !== true)) return diagnoseInput(null, clean);
  if (only === undefined || only === '') return { text: '' };
  const found = fileNamed(only);
  if (found?.isDirectory()) throw new UsageError(`${redact(only)} is a folder; name a file in it.`);
  if (found) return diagnoseInput(only, clean);
  if (isPath(only)) throw new UsageError(`${redact(only)}: no such file. Put a text into quotes if that is what it is.`);
  return { text: clean(only) };
}

/** Long texts and texts with odd characters name no file, and systems differ in how they say so. */
function fileNamed(word: string): Stats | undefined {
  try {
    return statSync(word, { throwIfNoEntry: false });
  } catch {
    return undefined; // a text, then
  }
}

function isPath(word: string): boolean {
  return /^(?:~|\.{1,2})?[\\/][^\s{}<>]*$|^[^\s{}<>:"']+[\\/][^\s{}<>:"']*$|^[^\s{}<>:"'()]+\.(?:log|txt|jsonl?|ndjson|html?|ya?ml|out|err|md|csv)$/i.test(
    word,
  );
}

export default command;
