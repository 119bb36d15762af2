/** A limits file of the user's own, from its text. */
import { parse as parseYaml } from 'yaml';
import { InputError } from '../model/errors.ts';
import { type LimitsFile, parseLimitsFile } from '../quota/limits-file.ts';

/** @param file as the user named it @throws InputError with everything that is wrong with it */
export function readLimitsFile(file: string, text: string): LimitsFile {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new InputError(`${file}: not YAML: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`, {
      cause: error,
    });
  }
  const limits = parseLimitsFile(value);
  if (limits.problems.length > 0) throw new InputError(limits.problems.map((problem) => `${file}: ${problem}`).join('\n'));
  return limits;
}
