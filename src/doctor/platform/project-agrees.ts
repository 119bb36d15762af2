import { type Check, cannotKnow, type Finding, pass } from '../check.ts';
import type { PlatformSurroundings } from './surroundings.ts';

export const projectAgrees: Check<PlatformSurroundings> = {
  id: 'project-agrees',
  title: 'The credentials are of the project that is asked',
  how: 'The project that a service account key or the metadata server names, against the one that requests go to.',
  fix: ['Give the account roles/aiplatform.user in the project that is asked, or use credentials of that project.'],
  judge: ({ credentials, project }): Finding => {
    if (!credentials.isFound || project === null) return { state: 'skipped', says: 'One of the two is missing.' };
    if (credentials.project === null)
      return cannotKnow('They do not say which project they are of: a login may call in any that lets it in.');
    if (credentials.project === project.value) return pass('They are.');
    if (/^\d+$/.test(project.value)) return cannotKnow('The project is named by its number, the credentials by an id.');
    return cannotKnow(
      `They are of ${credentials.project}, requests go to ${project.value}: that works if the account has a role there, and is a mistake often enough.`,
    );
  },
};
