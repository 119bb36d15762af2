/** What a live run is made of, once it was agreed to. */
import type { Scenario } from '../../model/scenario.ts';
import type { LoadedScenario } from '../scenario-file.ts';
import type { EarlierPart } from './earlier-part.ts';
import type { ImageSaver } from './images.ts';
import type { LiveOptions } from './live-options.ts';

export interface Sending {
  readonly loaded: LoadedScenario;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly earlier: EarlierPart | null;
  readonly options: LiveOptions;
  /** null: answers are thrown away. */
  readonly save: ImageSaver | null;
}

/** Whether it came to sending what the scenario says: the request that goes ahead was answered. */
export function hasBegun({ canaries }: EarlierPart): boolean {
  return canaries.at(-1)?.doneMs != null;
}
