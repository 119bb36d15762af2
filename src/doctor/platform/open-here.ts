import type { Trouble } from '../network/session.ts';
import { troubleOf } from '../network/session.ts';
import { platformCause } from './causes.ts';
import type { PlatformSession } from './session.ts';

export const openHere = platformCause({
  id: 'open-here',
  title: 'The models are open in this location',
  classes: ['request.model-not-found', 'request.model-closed', 'auth.region', 'request.location-unsupported'],
  proven: 'Each model that is named answers there.',
  especially: elsewhere,
  fix: [
    'Use --location global, where new image models are open first and sometimes only.',
    'Check the id of the model, and that the project may use it: some need an allow-list.',
  ],
});

/** After a 404 the same was asked of another location. */
function elsewhere(_: Trouble, { comparisons, location, otherLocation }: PlatformSession): readonly string[] {
  const answer = comparisons.find((one) => one.with === 'elsewhere');
  if (answer === undefined) return [];
  return troubleOf(answer) === null
    ? [`It answers in ${otherLocation} and not in ${location}: use --location ${otherLocation}, in your program too.`]
    : [`It does not answer in ${otherLocation} either: it is the model or the project, not the location.`];
}
