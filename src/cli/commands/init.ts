/** `rundry init`: a commented scenario to start from. */
import { existsSync, writeFileSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { SetupError } from '../../model/errors.ts';
import { TEMPLATES } from '../../scenario/templates.ts';

interface Arguments {
  file: string;
  template: string;
  stdout: boolean;
  force: boolean;
}

const command: CommandModule<object, Arguments> = {
  command: 'init [file]',
  describe: 'Write a commented scenario to start from',
  builder: (args) =>
    args
      .positional('file', { type: 'string', default: 'scenario.yaml', describe: 'Where to write it' })
      .option('template', { choices: Object.keys(TEMPLATES), default: 'burst', describe: 'Which kind of traffic' })
      .option('stdout', { type: 'boolean', default: false, describe: 'Print it, write nothing' })
      .option('force', { type: 'boolean', default: false, describe: 'Overwrite the file' })
      .example('$0 init --template day', 'writes scenario.yaml') as never,
  handler: ({ file, template, stdout, force }) => {
    const text = TEMPLATES[template] ?? '';
    if (stdout) {
      process.stdout.write(text);
      return;
    }
    if (existsSync(file) && !force) throw new SetupError(`${file} exists; name another file, or overwrite it with --force`);
    writeFileSync(file, text);
    process.stdout.write(`${file} written. Next: rundry run ${file}\n`);
  },
};
export default command;
