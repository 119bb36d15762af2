import { type Check, fail, pass } from '../check.ts';
import type { Surroundings } from './surroundings.ts';

export const oneKey: Check<Surroundings> = {
  id: 'one-key',
  title: 'Only one key is set',
  how: 'GOOGLE_API_KEY and GEMINI_API_KEY, compared without showing either.',
  fix: ['Unset one of the two; or set both to the same key.'],
  judge: ({ hasTwoKeys }) =>
    hasTwoKeys
      ? fail('GOOGLE_API_KEY and GEMINI_API_KEY hold different keys; the SDK takes GOOGLE_API_KEY and only warns.')
      : pass('No second key stands in its way.'),
};
