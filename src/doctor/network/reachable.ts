import { type Check, type Finding, pass } from '../check.ts';
import { deed, type Session } from './session.ts';

const FIXES: readonly (readonly [RegExp, string])[] = [
  [/ENOTFOUND|EAI_AGAIN/, 'The name was not found: check the base URL, and DNS from inside this container.'],
  [/ECONNREFUSED/, 'Nobody listens there: check host and port of the base URL, and whether the mock or gateway runs.'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/,
    'The certificate is not trusted: behind a company proxy, NODE_EXTRA_CA_CERTS must name its certificate.',
  ],
  [/TIMEDOUT|TIMEOUT|EHOSTUNREACH|ENETUNREACH|timeout/i, 'Nothing came back: a firewall, a proxy that is needed but not set, or no route.'],
  [/ECONNRESET|EPIPE|other side closed|UND_ERR_SOCKET/, 'The connection was cut: a proxy or gateway in between closed it.'],
  [/credential|metadata|auth/i, 'Credentials were not found: gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS.'],
];

export const reachable: Check<Session> = {
  id: 'reachable',
  title: 'The service can be reached',
  how: 'By the first question, which is free.',
  fix: ['Check network, DNS, firewall and proxy.'],
  judge: ({ answers, trouble }): Finding => {
    if (trouble?.class === 'network.unreachable' && trouble.answer.status !== null)
      return {
        state: 'fail',
        says: `HTTP ${trouble.answer.status} when ${deed(trouble.answer)}, but ${trouble.message}.`,
        class: 'network.unreachable',
        fix: ['See what answers there: the login page of a network, a proxy, or another service than the base URL should name.'],
      };
    if (trouble?.class === 'network.unreachable') {
      const known = FIXES.find(([pattern]) => pattern.test(trouble.message));
      return {
        state: 'fail',
        says: `No answer when ${deed(trouble.answer)}: ${trouble.message}.`,
        class: 'network.unreachable',
        ...(known ? { fix: [known[1]] } : {}),
      };
    }
    const first = answers[0];
    return first ? pass(`Answered in ${first.doneAtMs - first.sentAtMs} ms.`) : { state: 'skipped', says: 'Nothing was asked.' };
  },
};
