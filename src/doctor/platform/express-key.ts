import { type Check, fail, pass } from '../check.ts';
import type { PlatformSurroundings } from './surroundings.ts';

/** What the SDK does with a key on the Agent Platform: @google/genai 3.1, read 2026-11. */
export const expressKey: Check<PlatformSurroundings> = {
  id: 'express-key',
  title: 'No API key turns calls into Express mode',
  how: 'GOOGLE_API_KEY and GEMINI_API_KEY: without a project the SDK calls the Agent Platform with a key, in Express mode, which has limits of its own.',
  fix: [
    'Name the project: --project here, project and location in your program, GOOGLE_CLOUD_PROJECT for both.',
    'Unset the key where credentials are meant.',
  ],
  judge: ({ keyFrom, project }) => {
    if (keyFrom === null) return pass('No key is set.');
    if (project === null) return fail(`${keyFrom} is set and no project is: the SDK would call in Express mode, with the key.`);
    return project.from.startsWith('--')
      ? fail(`${keyFrom} is set, and the project on this command line alone: your program would call in Express mode, with the key.`)
      : pass(`${keyFrom} is set; a project that is named beats it.`);
  },
};
