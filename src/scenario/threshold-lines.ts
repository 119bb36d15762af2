/** Where a scenario's thresholds stand in its file, for whoever marks the line of one that was missed. */
import type { Scenario, Setting } from '../model/scenario.ts';
import { locate, type Path, type ScenarioDocument } from './document.ts';
import { applySettings } from './settings.ts';

/** Line of each threshold, those of the run first, then those of each entry; null: a setting wrote it. */
export function thresholdLines(document: ScenarioDocument, settings: readonly Setting[], scenario: Scenario): (number | null)[] {
  const changed = applySettings(document, settings);
  const paths: Path[] = [
    ...scenario.thresholds.map((_, index) => ['thresholds', index]),
    ...scenario.traffic.flatMap(({ thresholds }, entry) => thresholds.map((_, index) => ['traffic', entry, 'thresholds', index])),
  ];
  const inFile = `${document.file}:`;
  return paths.map((path) => {
    const place = locate(changed, path);
    return place.startsWith(inFile) ? Number.parseInt(place.slice(inFile.length), 10) : null;
  });
}
