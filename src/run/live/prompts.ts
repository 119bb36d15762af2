/** What a live run asks for: neutral pictures of the scenario's prompt length, or the user's own prompts in turn. */
import { existsSync, readFileSync } from 'node:fs';
import { ScenarioError } from '../../model/errors.ts';
import { parseDocument } from '../../scenario/document.ts';

export interface Prompts {
  /** The prompt of a request, of about so many tokens where it is ours. */
  prompt(tokens: number, request: number): string;
  /** Bytes of the longest of the user's own; 0: they are ours, and as long as the scenario says. */
  readonly bytesMax: number;
  readonly describe: string;
}

const SUBJECTS = [
  'a wooden table with a bowl of apples',
  'a lighthouse on a rocky shore',
  'a red bicycle against a brick wall',
  'a pot of basil on a window sill',
  'a paper boat on a pond',
  'a stack of books beside a lamp',
  'a bridge over a narrow river',
  'a cup of tea on a stone bench',
  'a hot-air balloon over fields',
  'a row of beach huts',
  'a winding road through pines',
  'a ceramic vase with tulips',
  'a snowy hill at dawn',
  'a market stall with vegetables',
  'a sailing boat in a calm bay',
  'a clock tower under clouds',
] as const;
const MANNER = ' Plain composition, soft daylight, natural colours, no text, no people, no logos, even background, medium distance.';
/** As the mock and the scenario count: four characters a token. Source: ai.google.dev/gemini-api/docs/tokens, read 2026-10. */
const CHARS_PER_TOKEN = 4;

export const OWN_PROMPTS: Prompts = {
  prompt(tokens, request) {
    const opening = `A picture of ${SUBJECTS[request % SUBJECTS.length]}.`;
    const chars = tokens * CHARS_PER_TOKEN;
    if (chars <= opening.length) return opening;
    return (opening + MANNER.repeat(Math.ceil((chars - opening.length) / MANNER.length))).slice(0, chars);
  },
  bytesMax: Math.max(...SUBJECTS.map((subject) => `A picture of ${subject}.`.length)),
  describe: 'built-in neutral prompts',
};

/**
 * A file with a prompt a line; `.jsonl`: a string or `{prompt}` a line; `.yaml`, `.yml`, `.json`: a list of either.
 * @throws ScenarioError when it does not exist, or holds no prompt
 */
export function promptsFrom(file: string): Prompts {
  if (!existsSync(file)) throw new ScenarioError([`--prompts ${file}: no such file`]);
  const texts = readPrompts(file, textOf(file));
  return {
    prompt: (_tokens, request) => texts[request % texts.length]!,
    bytesMax: Math.max(...texts.map((text) => Buffer.byteLength(text))),
    describe: `${texts.length} prompts of ${file}`,
  };
}

/** Without the mark that some editors put first. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new ScenarioError([`--prompts ${file}: cannot be read`], { cause });
  }
}

function readPrompts(file: string, text: string): readonly string[] {
  const items = itemsOf(file, text);
  const texts = items.map((item) => (typeof item === 'object' && item !== null && 'prompt' in item ? item.prompt : item));
  const wrong = texts.findIndex((item) => typeof item !== 'string' || item.trim() === '');
  if (wrong >= 0) throw new ScenarioError([`--prompts ${file}: item ${wrong + 1} is no prompt; expected a text or {prompt: text}`]);
  if (texts.length === 0) throw new ScenarioError([`--prompts ${file}: holds no prompt`]);
  return texts as readonly string[]; // just checked
}

function itemsOf(file: string, text: string): readonly unknown[] {
  const lines = text.split(/\r?\n/).filter((one) => one.trim() !== '');
  if (/\.jsonl$|\.ndjson$/i.test(file)) return lines.map((one, index) => parsed(file, one, index + 1));
  if (!/\.ya?ml$|\.json$/i.test(file)) return lines;
  const { value, problems } = parseDocument(text, file);
  // What the parser says quotes the file: only where it stumbled is told.
  if (problems.length > 0)
    throw new ScenarioError(problems.map((problem) => `--prompts ${/^.*?:\d+/.exec(problem)?.[0] ?? file}: not YAML`));
  const list = typeof value === 'object' && value !== null && 'prompts' in value ? value.prompts : value;
  if (!Array.isArray(list)) throw new ScenarioError([`--prompts ${file}: expected a list of prompts`]);
  return list;
}

function parsed(file: string, text: string, lineNumber: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ScenarioError([`--prompts ${file} line ${lineNumber}: not JSON`], { cause });
  }
}
