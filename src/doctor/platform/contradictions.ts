import { type Check, fail, pass } from '../check.ts';
import type { PlatformSurroundings } from './surroundings.ts';

const SWITCHES = ['GOOGLE_GENAI_USE_ENTERPRISE', 'GOOGLE_GENAI_USE_VERTEXAI'] as const;

export const contradictions: Check<PlatformSurroundings> = {
  id: 'contradictions',
  title: 'No variable contradicts another',
  how: 'GOOGLE_GENAI_USE_ENTERPRISE, GOOGLE_GENAI_USE_VERTEXAI, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT, GOOGLE_CLOUD_LOCATION, CLOUDSDK_AUTH_ACCESS_TOKEN and GOOGLE_APPLICATION_CREDENTIALS, against each other and the command line.',
  fix: ['Unset one of the two, or set both to the same: your program may read the other one.'],
  judge: (known) => {
    const found = [...switches(known), ...projects(known), ...locations(known), ...tokens(known)];
    return found.length > 0 ? fail(`${found.join('; ')}.`) : pass('None does.');
  },
};

/** The SDK reads `true` alone as on, and the first of the two where both are set. */
function switches({ variables }: PlatformSurroundings): string[] {
  const set = SWITCHES.filter((name) => variables[name] !== undefined);
  const isOn = (name: string): boolean => variables[name]?.toLowerCase() === 'true';
  if (set.length === 2 && isOn(set[0]!) !== isOn(set[1]!))
    return [`${set[0]} and ${set[1]} contradict each other, and the SDK takes the first`];
  const off = set.find((name) => !isOn(name));
  return off === undefined ? [] : [`${off} is "${variables[off]}", so a program that leaves it to the SDK calls the Gemini API instead`];
}

function projects({ project, variables }: PlatformSurroundings): string[] {
  return (['GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT'] as const).flatMap((name) =>
    project !== null && variables[name] !== undefined && variables[name] !== project.value
      ? [`${project.from} says ${project.value}, ${name} says ${variables[name]}`]
      : [],
  );
}

function locations({ location, variables }: PlatformSurroundings): string[] {
  const other = variables['GOOGLE_CLOUD_LOCATION'];
  return other !== undefined && other !== location.value
    ? [`${location.from} says ${location.value}, GOOGLE_CLOUD_LOCATION says ${other}`]
    : [];
}

function tokens({ hasToken, variables }: PlatformSurroundings): string[] {
  return hasToken && variables['GOOGLE_APPLICATION_CREDENTIALS'] !== undefined
    ? ['CLOUDSDK_AUTH_ACCESS_TOKEN counts here, while the SDK in your program reads GOOGLE_APPLICATION_CREDENTIALS']
    : [];
}
