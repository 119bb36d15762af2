/** Which values of `quota.limits` do not count, because they were read at another tier than the one that is looked at. */
import { type Path, type ScenarioDocument, valueAt } from './document.ts';

/** Limits were read at the tier that the file names; at another one, only those that a setting names still hold. */
export function isSetAside(document: ScenarioDocument, path: Path): boolean {
  const tier = valueAt(document.value, ['quota', 'tier']) ?? 1;
  return String(tier) !== String(document.tierInFile ?? 1) && !isSet(document, path);
}

function isSet(document: ScenarioDocument, path: Path): boolean {
  return document.set.some((set) => set.length <= path.length && set.every((part, i) => part === path[i]));
}
