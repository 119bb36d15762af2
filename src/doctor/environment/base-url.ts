import { type Check, fail, pass } from '../check.ts';
import type { Surroundings } from './surroundings.ts';

const GOOGLE = /^(?:generativelanguage|(?:[a-z0-9-]+-)?aiplatform)\.googleapis\.com$/;

export const baseUrl: Check<Pick<Surroundings, 'baseUrl'>> = {
  id: 'base-url',
  title: 'Calls go where they should',
  how: 'The address this doctor asks: --base-url, else GOOGLE_GEMINI_BASE_URL (on the Agent Platform GOOGLE_VERTEX_BASE_URL) as the SDK reads it, else Google.',
  fix: ['Write it as https://host, without a path such as /v1beta: the SDK adds it.'],
  judge: ({ baseUrl: address }) => {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) return fail('The base URL is no http or https address.');
    if (/\/v1(?:alpha|beta\d*)?\/?$/.test(url.pathname)) return fail('The base URL ends in an API version, which the SDK adds again.');
    if (url.username !== '' || url.password !== '' || url.search !== '')
      return fail(
        'The base URL has a name, a password or a query in it: a live run refuses it, since where it goes is shown and written.',
        ['Take it out; the key travels in a header.'],
      );
    const isLocal = /^(?:127\.|localhost$|\[::1\]$)/.test(url.hostname);
    if (url.protocol === 'http:' && !isLocal)
      return fail('The base URL is plain http: what proves who asks would travel unencrypted.', ['Use https.']);
    return pass(
      GOOGLE.test(url.hostname)
        ? 'To Google.'
        : `To ${url.host}, not to Google: what is found below is found there, and limits are its own.`,
    );
  },
};
