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
  const found = findKey(environment, file);
  if (found === null)
    throw new SetupError('no API key: set GEMINI_API_KEY or GOOGLE_API_KEY, or name a file with --key-file; --mode sim needs none');
  const value = checked(found.value.trim(), found.from);
  const beaten =
    file === null && VARIABLES.find((other) => other !== found.from && environment[other]?.trim() && environment[other] !== found.value);
  return { value, from: beaten ? `${found.from} (which beats ${beaten})` : found.from };
}

/** The same as it stands there, whatever it is; null: there is none. @throws ScenarioError when that file cannot be read */
export function findKey(environment: Readonly<Record<string, string | undefined>>, file: string | null): ApiKey | null {
  if (file !== null) return { value: readKeyFile(file), from: file };
  const name = VARIABLES.find((variable) => environment[variable]?.trim());
  return name === undefined ? null : { value: environment[name]!, from: name };
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
