import { platformCause } from './causes.ts';

export const tokenAccepted = platformCause({
  id: 'token-accepted',
  title: 'Google accepts the token',
  classes: ['auth.key-invalid', 'auth.key-expired', 'auth.key-leaked', 'auth.key-missing'],
  proven: 'The token is accepted.',
  fix: [
    'Take a new one: gcloud auth application-default login, or unset CLOUDSDK_AUTH_ACCESS_TOKEN, whose token lasts an hour.',
    'An API key is no token, and the Agent Platform takes one in Express mode only.',
    'A gateway in between must hand the authorization header on.',
  ],
});
