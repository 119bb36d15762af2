import { type Check, fail, pass } from '../check.ts';
import type { PlatformSurroundings } from './surroundings.ts';

/** An id (6 to 30 characters, perhaps of a domain) or a number. Source: cloud.google.com/resource-manager/docs, read 2026-10. */
const PROJECT = /^(?:(?:[a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|\d{6,})$/;

export const projectSet: Check<PlatformSurroundings> = {
  id: 'project-set',
  title: 'A project is named',
  how: '--project, else GOOGLE_CLOUD_PROJECT, as a live run reads them.',
  fix: ['Name it with --project, or set GOOGLE_CLOUD_PROJECT: the id, as gcloud projects list shows it, not the display name.'],
  judge: ({ project }) => {
    if (project === null) return fail('No project is named.');
    if (!PROJECT.test(project.value)) return fail(`What ${project.from} holds is no project id and no project number.`);
    return pass(`By ${project.from}.`);
  },
};
