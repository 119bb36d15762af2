import { platformCause } from './causes.ts';

export const mayPredict = platformCause({
  id: 'may-predict',
  title: 'The account may ask models in this project',
  classes: ['auth.iam', 'auth.suspended', 'auth.project-denied', 'auth.provider-block'],
  proven: 'It may.',
  especially: ({ message }) =>
    /serviceusage|required permission to use project/i.test(message)
      ? [
          'Give the account roles/serviceusage.serviceUsageConsumer in the project that x-goog-user-project names, or set another: gcloud auth application-default set-quota-project PROJECT.',
        ]
      : [],
  fix: [
    'Give the account roles/aiplatform.user (aiplatform.endpoints.predict) in the project that is asked; the same error comes for a project that does not exist.',
    'Check that project and credentials belong together: see above.',
    'IAM changes take up to ten minutes to show: judge after 15.',
  ],
});
