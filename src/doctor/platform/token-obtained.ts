import { type Check, fail, pass } from '../check.ts';
import { sentence } from './credentials-found.ts';
import type { PlatformSession } from './session.ts';

export const tokenObtained: Check<PlatformSession> = {
  id: 'token-obtained',
  title: 'The credentials are good for a token',
  how: 'A token is asked for, from whoever issues it to credentials of this kind, for 25 s at most; it is shown to nobody.',
  fix: ['gcloud auth application-default login, or a new key of the service account.'],
  judge: ({ token }) =>
    token.isIssued ? pass(`A token came after ${token.tookMs} ms.`) : fail(sentence(token.says), [sentence(token.fix)]),
};
