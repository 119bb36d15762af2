/** The analytic layer in a terminal: topic, answer, and below it how it was found. */
import { createColors } from 'picocolors';
import type { Scenario } from '../model/scenario.ts';
import type { Analytic } from '../plan/analytic.ts';
import { table } from './table.ts';

export function analyticText(scenario: Scenario, { lines, unknown }: Analytic, { colour }: { colour: boolean }): string {
  const { bold, dim, yellow } = createColors(colour);
  const { quota } = scenario;
  const rows = lines.map(({ topic, answer, how }) => [topic, answer, dim(how)]);
  return [
    bold(`${scenario.name}: by arithmetic, nothing simulated`),
    `tier ${quota.tier}, profile ${quota.profile}, ${quota.window} windows, ${quota.projects} ${quota.projects === 1 ? 'project' : 'projects'}`,
    '',
    ...table([{ title: '' }, { title: '' }, { title: '' }], rows)
      .slice(1)
      .map((line) => `  ${line}`),
    '',
    ...(unknown.length === 0 ? [] : [yellow(`Not known, and each could be lower than what is said here: ${unknown.join(' ')}`)]),
    ...scenario.warnings.map(({ text }) => `  ! ${text}`),
    '',
  ].join('\n');
}
