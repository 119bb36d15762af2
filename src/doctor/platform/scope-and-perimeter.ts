import { platformCause } from './causes.ts';

export const scopeAndPerimeter = platformCause({
  id: 'scope-and-perimeter',
  title: 'Neither scope nor perimeter stands in the way',
  classes: ['auth.referrer-or-ip-blocked', 'auth.key-mismatch'],
  proven: 'This machine may use the token for this project.',
  fix: [
    'A token needs the scope https://www.googleapis.com/auth/cloud-platform: a machine at Google gets its scopes when it is made.',
    'Ask whoever runs the organisation for its service perimeter (VPC Service Controls) and policies: the answer carries an id that they can look up.',
    'Check that the token is of the project that owns what is asked about.',
  ],
});
