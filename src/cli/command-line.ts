/** argv to a library call to an exit code. Each command is a module of its own, loaded when it is called. */
import yargs, { type Argv, type CommandModule } from 'yargs';
import { RundryError, ScenarioError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
import { discreetly, environmentSecrets } from '../run/secrets.ts';
import { TOOL } from '../run/tool.ts';
import { notAsDeclared, optionsOf, withValues } from './given-options.ts';

interface CommandEntry {
  readonly command: string;
  readonly describe: string;
  readonly load: () => Promise<{ readonly default: unknown }>;
}

const COMMANDS: readonly CommandEntry[] = [
  { command: 'run <files..>', describe: 'Run scenarios and say which quota runs dry first', load: () => import('./commands/run.ts') },
  {
    command: 'replay <source>',
    describe: 'Run recorded traffic under other limits, tiers or clients',
    load: () => import('./commands/replay.ts'),
  },
  { command: 'report <folder>', describe: 'Rebuild every result of a run from its journal', load: () => import('./commands/report.ts') },
  {
    command: 'compare <base> <new>',
    describe: 'One run against another, with intervals: what changed, and which bucket changed it',
    load: () => import('./commands/compare.ts'),
  },
  {
    command: 'compare-policies <file>',
    describe: 'Run a scenario under several retry policies and say who wins',
    load: () => import('./commands/compare-policies.ts'),
  },
  {
    command: 'plan <file>',
    describe: 'What to change so that the thresholds hold, with proof',
    load: () => import('./commands/plan.ts'),
  },
  {
    command: 'capacity <files..>',
    describe: 'What each tier, model, size and profile would carry: a table',
    load: () => import('./commands/capacity.ts'),
  },
  {
    command: 'sweep <file>',
    describe: 'Run a scenario over a grid of settings, or up to what its thresholds bear',
    load: () => import('./commands/sweep.ts'),
  },
  { command: 'mock [file]', describe: 'Serve an emulated Gemini API on this machine', load: () => import('./commands/mock.ts') },
  { command: 'record', describe: 'Journal real traffic on its way to the API, for replay', load: () => import('./commands/record.ts') },
  {
    command: 'doctor [file]',
    describe: 'Say whether key, project, network and plan are ready for a launch',
    load: () => import('./commands/doctor.ts'),
  },
  {
    command: 'diagnose [input..]',
    describe: 'Say what an error, a log or a page means and what to do',
    load: () => import('./commands/diagnose.ts'),
  },
  {
    command: 'limits',
    describe: 'Read your own limits, compare them with the profiles, lower them for a test',
    load: () => import('./commands/limits.ts'),
  },
  { command: 'validate <files..>', describe: 'Check scenarios, draw their traffic, advise', load: () => import('./commands/validate.ts') },
  { command: 'schema', describe: 'Print the JSON Schema of scenario files or journals', load: () => import('./commands/schema.ts') },
  { command: 'init [file]', describe: 'Write a commented scenario to start from', load: () => import('./commands/init.ts') },
];

/**
 * One call of the command line. What a command prints goes to stdout, what it says of itself to stderr; the exit code is set, and
 * the process left alone.
 */
export async function commandLine(argv: readonly string[]): Promise<void> {
  try {
    await parsed(argv);
  } catch (error) {
    fault(error);
  }
}

/** Says what went wrong, without any key, and sets the exit code: the error's own, or 70 where the fault is ours. */
export function fault(error: unknown): void {
  const isKnown = error instanceof RundryError;
  const text = isKnown ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${discreetly(environmentSecrets(process.env))(text)}\n`);
  process.exitCode = isKnown ? error.exitCode : 70;
}

/** Only the command that is called is imported; `--help` of the whole needs none. */
async function parsed(argv: readonly string[]): Promise<void> {
  const words = withValues(argv);
  const called = COMMANDS.find((entry) => words.includes(nameOf(entry)));
  let parser: Argv = yargs(words)
    .scriptName('rundry')
    .usage('$0 <command>\n\nWhich Gemini image quota runs dry first, when, and what makes it hold.')
    .version(TOOL.version)
    .strict()
    .demandCommand(1, 'Name a command; rundry --help lists them.')
    .recommendCommands()
    .completion('completion', 'Print a completion script for your shell')
    .help()
    .wrap(100)
    .exitProcess(false)
    .check((values) => {
      const { seed, port } = values;
      const given = notAsDeclared(words, values, parser);
      const problems = given.length > 0 ? given : [...outOf('seed', seed, 4_294_967_295), ...outOf('port', port, 65_535)];
      if (problems.length > 0) throw new ScenarioError(problems);
      return true;
    })
    .fail((message, error) => {
      throw error && error.name !== 'YError'
        ? error
        : new UsageError([inOurWords(message, called), ...meant(message, words, optionsOf(parser))].join('\n'));
    });
  for (const entry of COMMANDS) {
    if (entry === called)
      parser = parser.command((await entry.load()).default as CommandModule); // each types its own arguments
    else parser = parser.command(entry.command, entry.describe);
  }
  await parser.parseAsync();
}

/** An option that several commands have, wherever it is given. */
function outOf(name: string, value: unknown, max: number): readonly string[] {
  if (typeof value !== 'number' || (Number.isInteger(value) && value >= 0 && value <= max)) return [];
  return [`--${name}: expected a whole number from 0 to ${max}, found ${value}`];
}

function nameOf({ command }: CommandEntry): string {
  return command.split(' ')[0]!;
}

/** What yargs says in words of its own making. */
function inOurWords(message: string, called: CommandEntry | undefined): string {
  if (called === undefined) return message.replace(/^Unknown argument: (?!-)(.*)$/, '$1 is no command; rundry --help lists them.');
  if (message.startsWith('Not enough arguments following: ')) return message.replace(/^.*: (\S+)$/, '--$1: expected a value, found none');
  if (message.startsWith('Not enough non-option arguments')) return `Too little is named: rundry ${called.command}`;
  return message.replace(/^Implications failed:\s+(\S+) -> (\S+).*$/s, '--$1: needs --$2 too');
}

/** For each option that yargs does not know, the one that was meant. It does so itself for commands only. */
function meant(message: string, words: readonly string[], known: readonly string[]): string[] {
  const unknown = /^Unknown arguments?: (.*)$/.exec(message)?.[1]?.split(', ') ?? [];
  return unknown.flatMap((word) => {
    const isOption = word.length > 1 && words.some((given) => given.startsWith(`--${word}`));
    const option = isOption ? nearest(word, known) : null;
    return option === null ? [] : [`Did you mean --${option}?`];
  });
}

class UsageError extends RundryError {
  override readonly exitCode = 2;
}
