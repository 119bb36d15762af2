import { type Check, fail, pass } from '../check.ts';
import type { PlatformSurroundings } from './surroundings.ts';

export const credentialsFound: Check<PlatformSurroundings> = {
  id: 'credentials-found',
  title: 'There are credentials, and they are whole',
  how: 'CLOUDSDK_AUTH_ACCESS_TOKEN, then the file in GOOGLE_APPLICATION_CREDENTIALS, the file that gcloud writes, the metadata server (asked for 3 s at most).',
  fix: ['Run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to the JSON of a service account.'],
  judge: ({ credentials }) =>
    credentials.isFound ? pass(`Found: ${credentials.described}.`) : fail(sentence(credentials.says), [sentence(credentials.fix)]),
};

/** With a capital letter and a full stop. */
export function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;
}
