/** `rundry schema`: the JSON Schema that editors and CI use. */
import type { CommandModule } from 'yargs';
import { journalJsonSchema } from '../../journal/json-schema.ts';
import { scenarioJsonSchema } from '../../scenario/json-schema.ts';

interface Arguments {
  of: 'scenario' | 'journal';
}

const command: CommandModule<object, Arguments> = {
  command: 'schema',
  describe: 'Print the JSON Schema of scenario files or journals',
  builder: (args) =>
    args
      .option('of', { choices: ['scenario', 'journal'] as const, default: 'scenario' as const, describe: 'What the schema describes' })
      .example('$0 schema > scenario.schema.json', 'for "# yaml-language-server: $schema=scenario.schema.json"')
      .example('$0 schema --of journal', 'one row of journal.ndjson') as never,
  handler: ({ of }) => {
    process.stdout.write(`${JSON.stringify(of === 'journal' ? journalJsonSchema() : scenarioJsonSchema(), null, 2)}\n`);
  },
};
export default command;
