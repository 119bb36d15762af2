import { type Check, fail, pass } from '../check.ts';
import type { Surroundings } from './surroundings.ts';

const ENTERPRISE = ['GOOGLE_GENAI_USE_ENTERPRISE', 'GOOGLE_GENAI_USE_VERTEXAI'] as const;

export const sdkVariables: Check<Surroundings> = {
  id: 'sdk-variables',
  title: 'No variable turns the SDK to another service',
  how: 'The variables that @google/genai 3 reads: GOOGLE_GENAI_USE_ENTERPRISE, GOOGLE_GENAI_USE_VERTEXAI, GOOGLE_GENAI_API_VERSION.',
  fix: ['Unset it, or say vertexai: false where your program makes its client.'],
  judge: ({ variables }) => {
    const turned = ENTERPRISE.find((name) => /^(?:true|1)$/i.test(variables[name] ?? ''));
    if (turned) return fail(`${turned} is on: the SDK calls the Agent Platform, where this key and its limits mean nothing.`);
    const version = variables['GOOGLE_GENAI_API_VERSION'];
    return pass(version === undefined ? 'None is set.' : `GOOGLE_GENAI_API_VERSION is set: your program calls ${version}.`);
  },
};
