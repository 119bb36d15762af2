/** Where the key of a live run comes from: the environment or a file, never the command line, where others could read it. */
import { readFileSync } from 'node:fs';
import { ScenarioError, SetupError } from '../../model/errors.ts';

/** The SDK's own order: GOOGLE_API_KEY beats GEMINI_API_KEY. */
const VARIABLES = ['GOOGLE_API_KEY', 'GEMINI_API_KEY'] as const;

export interface ApiKey {
  readonly value: string;
  /** For people: where it was found, never what it is. */
  readonly from: string;
}

/**
 * @param file of `--key-file`; beats the environment
 * @throws ScenarioError when that file does not exist; SetupError when there is no key, or it is none
 */
export function apiKeyOf(environment: Readonly<Record<string, string | undefined>>, file: string | null): ApiKey {
  if (file !== null) return { value: checked(readKeyFile(file), file), from: file };
  const name = VARIABLES.find((variable) => environment[variable]?.trim());
  if (name === undefined)
    throw new SetupError('no API key: set GEMINI_API_KEY or GOOGLE_API_KEY, or name a file with --key-file; --mode sim needs none');
  const beaten = VARIABLES.find((other) => other !== name && environment[other]?.trim() && environment[other] !== environment[name]);
  return { value: checked(environment[name]!.trim(), name), from: beaten === undefined ? name : `${name} (which beats ${beaten})` };
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new ScenarioError([`--key-file ${file}: cannot be read`], { cause });
  }
}

/** Header values are printable ASCII: anything else would fail later, with the key in the message. */
function checked(key: string, from: string): string {
  if (/^[\x21-\x7e]{8,}$/.test(key)) return key;
  throw new SetupError(`${from} does not hold an API key: expected one line of at least 8 printable characters without spaces`);
}

/** Takes a secret out of whatever form a text may carry it in. */
export function withoutSecret(text: string, secret: string): string {
  let clean = text;
  for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]))
    if (clean.includes(form)) clean = clean.replaceAll(form, '<key>');
  return clean;
}
