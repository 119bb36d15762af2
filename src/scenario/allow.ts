/** The `allow` section: what a plan may change, checked against the entries that it names. */

import { nearest } from '../model/nearest.ts';
import type { Allow, TrafficEntry } from '../model/scenario.ts';
import type { AllowSection } from './definition.ts';
import { formatPath } from './document.ts';
import type { Findings } from './findings.ts';
import { canonical, sizesOf } from './models.ts';

export function allowOf(section: AllowSection, entries: readonly TrafficEntry[], findings: Findings): Allow {
  reportEntries(section, entries, findings);
  const models = section.models ? [...new Set(section.models.map((id) => canonical(id, findings)))] : null;
  reportSizes(section, [...entries.map(({ request }) => request.model), ...(models ?? [])], findings);
  return {
    tier: unique(section.tier),
    projects: section.projects ?? null,
    concurrency: section.concurrency ?? null,
    models,
    sizes: unique(section.sizes),
    batch: unique(section.batch),
    shift: unique(section.shift),
  };
}

/** What may wait, and until when, only a deadline says. */
function reportEntries(section: AllowSection, entries: readonly TrafficEntry[], findings: Findings): void {
  const names = entries.map(({ name }) => name);
  for (const key of ['batch', 'shift'] as const) {
    for (const [i, name] of (section[key] ?? []).entries()) {
      const path = ['allow', key, i];
      const meant = nearest(name, names);
      if (!names.includes(name)) findings.problem(path, `expected the name of a traffic entry${meant === null ? '' : ` such as ${meant}`}`);
      else if (entries[names.indexOf(name)]!.deadlineMs === null)
        findings.problem(
          path,
          `expected an entry with a deadline, {found}: write ${formatPath(['traffic', name, 'deadline'])}, such as 24h, or leave it out here`,
        );
    }
  }
}

function reportSizes({ sizes }: AllowSection, models: readonly string[], findings: Findings): void {
  for (const [i, size] of (sizes ?? []).entries()) {
    if (!models.some((model) => sizesOf(model).includes(size)))
      findings.problem(['allow', 'sizes', i], 'expected a size that a model of this scenario makes');
  }
}

function unique<T>(values: readonly T[] | undefined): readonly T[] | null {
  return values === undefined ? null : [...new Set(values)];
}
