import { type Check, fail, pass } from '../check.ts';
import type { PlatformSurroundings } from './surroundings.ts';

const REGION = /^[a-z]+-[a-z]+\d+$/;

export const locationSet: Check<PlatformSurroundings> = {
  id: 'location-set',
  title: 'The location is one, and agrees with the address',
  how: '--location, else GOOGLE_CLOUD_LOCATION, else global; and the region that the base URL begins with, if it is one of Google.',
  fix: [
    'Write global, or a region such as us-central1 (without the zone), and leave the base URL away: the SDK makes it from the location.',
  ],
  judge: ({ location: { value, from }, baseUrl }) => {
    if (/^[a-z]+-[a-z]+\d+-[a-z]$/.test(value)) return fail(`"${value}" (${from}) is a zone, not a region.`);
    if (value !== 'global' && !/^(?:us|eu)$/.test(value) && !REGION.test(value))
      return fail(`"${value}" (${from}) is no region, and not global.`);
    const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
    const called = /^(?:([a-z0-9-]+)-)?aiplatform\.googleapis\.com$/.exec(host);
    const served = called === null ? null : (called[1] ?? 'global');
    if (served !== null && served !== value) return fail(`The location is ${value} (${from}), the address is that of ${served}.`);
    return pass(value === 'global' ? `global (${from}): requests may be served anywhere.` : `${value} (${from}).`);
  },
};
