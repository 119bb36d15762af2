import { type Check, fail, pass } from '../check.ts';
import type { Surroundings } from './surroundings.ts';

export const keyPresent: Check<Surroundings> = {
  id: 'key-present',
  title: 'There is an API key',
  how: 'GOOGLE_API_KEY, then GEMINI_API_KEY, or the file named with --key-file.',
  fix: [
    'Set GEMINI_API_KEY in the environment of this very shell; make a key at aistudio.google.com/apikey.',
    'In CI, check that the secret is handed to this step: secrets are empty in pull requests from forks.',
  ],
  judge: ({ keyFrom }) => (keyFrom === null ? fail('No key was found.') : pass(`The key comes from ${keyFrom}.`)),
};
