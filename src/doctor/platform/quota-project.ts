import { type Check, cannotKnow, type Finding, pass } from '../check.ts';
import type { PlatformSurroundings } from './surroundings.ts';

export const quotaProject: Check<PlatformSurroundings> = {
  id: 'quota-project',
  title: 'The project that is charged is the one that is asked',
  how: 'GOOGLE_CLOUD_QUOTA_PROJECT, else quota_project_id of the credentials: what is sent as x-goog-user-project.',
  fix: ['gcloud auth application-default set-quota-project PROJECT.'],
  judge: ({ credentials, project }): Finding => {
    if (!credentials.isFound) return { state: 'skipped', says: 'There are no credentials.' };
    const { quotaProject: charged } = credentials;
    if (charged === null) return pass('No x-goog-user-project is sent: the project in the address is charged.');
    if (charged === project?.value) return pass('x-goog-user-project names it too.');
    return cannotKnow(
      `x-goog-user-project names ${charged}: calls count there, and need serviceusage.services.use there, which a login that was meant for another project may lack.`,
    );
  },
};
