import { type Check, fail, pass } from '../check.ts';
import type { Surroundings } from './surroundings.ts';

const ENTERPRISE = ['GOOGLE_GENAI_USE_ENTERPRISE', 'GOOGLE_GENAI_USE_VERTEXAI'] as const;

export const sdkVariables: Check<Surroundings> = {
  id: 'sdk-variables',
  title: 'No variable turns the SDK to another service',
  how: 'The variables that @google/genai 3 reads: GOOGLE_GENAI_USE_ENTERPRISE, GOOGLE_GENAI_USE_VERTEXAI, GOOGLE_GENAI_API_VERSION.',
  fix: ['Unset it, or say vertexai: false where your program makes its client.'],
  judge: ({ variables }) => {
    const set = ENTERPRISE.filter((name) => variables[name] !== undefined);
    const isOn = (name: string): boolean => variables[name]?.toLowerCase() === 'true';
    const [first, second] = set;
    if (first && second && isOn(first) !== isOn(second))
      return fail(`${first} and ${second} contradict each other: the first beats the second, which is all that older SDKs read.`);
    if (first && isOn(first)) return fail(`${first} is on: the SDK calls the Agent Platform, where this key and its limits mean nothing.`);
    const unclear = set.find((name) => variables[name] === '1');
    if (unclear) return fail(`${unclear} is 1: this SDK takes that for off, Google's for Python for on.`, ['Unset it, or write false.']);
    const version = variables['GOOGLE_GENAI_API_VERSION'];
    return pass(version === undefined ? 'None is set.' : `GOOGLE_GENAI_API_VERSION is set: your program calls ${version}.`);
  },
};
