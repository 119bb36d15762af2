/** `rundry init`: a commented scenario to start from. */
import { basename, dirname } from 'node:path';
import type { CommandModule } from 'yargs';
import { requireFile, writeText } from '../../run/output-folder.ts';
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
    requireFile(file, force);
    writeText(dirname(file), basename(file), text);
    process.stdout.write(`${file} written. Next: rundry run ${file}\n`);
  },
};
export default command;
