/** `rundry plan FILE --write FILE --write-client [FILE]`: what a plan found, as files that a program and a run take. */
import { basename, dirname } from 'node:path';
import type { Argv } from 'yargs';
import { clientEnvironment, clientModule } from '../report/client-files.ts';
import { requireFile, writeText } from '../run/output-folder.ts';
import type { Plan } from '../run/plan.ts';
import { TOOL } from '../run/tool.ts';
import { writeScenario } from '../run/write-scenario.ts';

export interface WriteArguments {
  write?: string;
  /** Empty: to stdout. */
  'write-client'?: string;
  force: boolean;
}

export function writeOptions(args: Argv): Argv {
  return args
    .option('write', {
      type: 'string',
      describe: 'Write the recommended scenario: your file with its comments, and the settings (with --when: the start) in it',
    })
    .option('write-client', {
      type: 'string',
      describe:
        'Client settings for your program: an environment file, or SDK options where FILE ends in .ts or .js; both to stdout without FILE',
    });
}

/** Before anything is searched: @throws SetupError where a file is in the way, or could not be written */
export function requireFiles({ write, 'write-client': client, force }: WriteArguments): void {
  for (const path of [write, client]) if (path) requireFile(path, force);
}

/** What was written where, in words; with the client settings themselves where no file was named. */
export function writePlan({ loaded, problem, result }: Plan, { write, 'write-client': client, force }: WriteArguments): string {
  if (write === undefined && client === undefined) return '';
  if (!result.feasible) {
    const isOpen = result.nearest !== null && result.nearest.unknown.length > 0;
    return `Nothing was written: ${isOpen ? 'it would rest on limits that nobody knows' : 'no settings that are allowed meet the thresholds'}.\n`;
  }
  if (result.isPartial) return 'Nothing was written: the search was interrupted.\n';
  const { changes, settings } = result.chosen.candidate;
  const lines: string[] = [];
  if (write !== undefined) {
    const notes = changes.map(({ path, from, to }) => `  ${path}: ${valueText(from)} -> ${valueText(to)}`);
    const title = `${basename(loaded.file)} as recommended by rundry plan ${TOOL.version}${notes.length === 0 ? ': nothing was changed' : ':'}`;
    writeScenario(loaded, settings, write, { force, notes: [title, ...notes, ''] });
    lines.push(`Written: ${write}; rundry run ${write} gives what was promised`);
  }
  const scenario = problem.resolve(settings);
  if (client === '') lines.push(clientEnvironment(scenario), clientModule(scenario));
  else if (client !== undefined) {
    const text = /\.[cm]?[jt]s$/.test(client) ? clientModule(scenario) : clientEnvironment(scenario);
    writeText(dirname(client), basename(client), text);
    lines.push(`Written: ${client}`);
  }
  return `${lines.join('\n')}\n`;
}

function valueText(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
