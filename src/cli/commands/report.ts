/** `rundry report DIR`: every result of a run, from its journal alone. */
import type { CommandModule } from 'yargs';
import { rebuild } from '../../run/rebuild.ts';
import { FORMAT_OPTION, formatsOf, tellCi } from '../formats.ts';
import { show, showLessons } from '../show.ts';

interface Arguments {
  folder: string;
  json: boolean;
  quiet: boolean;
  format: string[];
}

const command: CommandModule<object, Arguments> = {
  command: 'report <folder>',
  describe: 'Rebuild every result of a run from its journal',
  builder: (args) =>
    args
      .positional('folder', { type: 'string', demandOption: true, describe: 'Folder with journal.ndjson' })
      .option('json', { type: 'boolean', default: false, describe: 'Print summary.json instead of the report' })
      .option('quiet', { type: 'boolean', default: false, describe: 'Write the files, print nothing' })
      .option('format', FORMAT_OPTION)
      .example('$0 report reports/burst-20261201T180000Z', 'rewrites summary.json and the CSV files there') as never,
  handler: async ({ folder, json, quiet, format }) => {
    const formats = formatsOf(format);
    const results = await rebuild(folder);
    show(results, { json, quiet, folder: null });
    if (results.header.mode === 'live') await showLessons(folder, results, { isSilent: json || quiet });
    const told = { results, file: null, thresholdLines: [], seeds: [] };
    await tellCi([told], { formats, folder, json });
  },
};
export default command;
