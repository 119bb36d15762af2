/** What the parser of the command line lets pass and no command means: an option given twice, without its value, or with none to have. */
import type { Argv } from 'yargs';

/** What yargs knows of the options of the command that is called. It has these methods, its types do not. */
interface Declared {
  readonly key: Readonly<Record<string, unknown>>;
  readonly boolean: readonly string[];
  readonly array: readonly string[];
}

type Parser = Argv & { getOptions(): Declared; getGroups(): Readonly<Record<string, readonly string[]>> };

/** Names of all options of the command. */
export function optionsOf(parser: Argv): string[] {
  return Object.keys((parser as Parser).getOptions().key);
}

/** A value may begin with a minus (`--growth -8%/week`): it is no option, of which none is a digit. */
export function withValues(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (/^-\d/.test(word) && before !== undefined && /^--[a-z][a-z-]*$/.test(before)) joined[joined.length - 1] = `${before}=${word}`;
    else joined.push(word);
  }
  return joined;
}

/**
 * A problem for each option that was not given as it is declared. What is repeated would else be a list where one value is meant, and
 * what has no value would be as if it were not there.
 *
 * @param words of the command line
 * @param values as parsed
 */
export function notAsDeclared(words: readonly string[], values: Readonly<Record<string, unknown>>, parser: Argv): string[] {
  const { boolean, array } = (parser as Parser).getOptions();
  const positionals = (parser as Parser).getGroups()['Positionals:'] ?? [];
  const end = words.indexOf('--');
  const given = end < 0 ? words : words.slice(0, end);
  return optionsOf(parser).flatMap((name) => {
    if (positionals.includes(name)) return [];
    const value = values[name];
    if (boolean.includes(name)) return isSwitch(given, name) ? [] : [`--${name}: is given without a value, or as --no-${name}`];
    if (given.includes(`--no-${name}`)) return [`--no-${name}: there is no such option`];
    if (Array.isArray(value) && !array.includes(name)) return [`--${name}: given more than once`];
    return !MAY_BE_BARE.includes(name) && (lacksValue(given, name) || isEmpty(value)) ? [`--${name}: expected a value, found none`] : [];
  });
}

/** Without a value they print what they would write. */
const MAY_BE_BARE = ['write-client'];

function isSwitch(words: readonly string[], name: string): boolean {
  return words.every((word) => !word.startsWith(`--${name}=`) || /=(?:true|false)$/.test(word));
}

function lacksValue(words: readonly string[], name: string): boolean {
  return words.some((word, index) => word === `--${name}` && (words[index + 1]?.startsWith('--') ?? true));
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.includes(''));
}
