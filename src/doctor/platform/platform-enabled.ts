import { platformCause } from './causes.ts';

export const platformEnabled = platformCause({
  id: 'platform-enabled',
  title: 'The API aiplatform.googleapis.com is enabled in the project',
  classes: ['auth.api-disabled', 'auth.api-blocked'],
  proven: 'It answers this project.',
  especially: ({ message }) =>
    /quota project/i.test(message)
      ? [
          'gcloud auth application-default set-quota-project PROJECT: a login without one is charged to a project of the SDK, where nothing is enabled.',
        ]
      : [],
  fix: [
    'gcloud services enable aiplatform.googleapis.com --project PROJECT, as somebody who may.',
    'Enabling an API takes minutes to show: judge after 15.',
  ],
});
