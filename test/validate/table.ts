/** Measured against expected, for people: a line for each case on the console, a line for each number in the report. */

import { type Comparison, hasPassed, SECOND_REPLICATIONS } from './comparison.ts';
import { nameOf, REPLICATIONS } from './experiment.ts';
import type { Verdict } from './verdict.ts';

/** One line for each case, with its first number and every number that failed. */
export function consoleTable(comparisons: readonly Comparison[]): string {
  const lines = [...byCase(comparisons)].map(([name, of]) => {
    const passed = of.filter(hasPassed);
    const shown = passed.length === of.length ? of.slice(0, 1) : of.filter((each) => !hasPassed(each));
    const numbers = shown.map(
      (each) => `${each.expectation.name} expected ${number(each.expectation.expected)}, measured ${measured(each)}`,
    );
    return [passed.length === of.length ? 'pass' : 'FAIL', name, `${passed.length} of ${of.length}`, numbers.join('; ')];
  });
  const width = (column: number): number => Math.max(...lines.map((line) => line[column]!.length));
  return lines
    .map(([state, name, count, numbers]) => `${state}  ${name!.padEnd(width(1))}  ${count!.padStart(width(2))}  ${numbers}`)
    .join('\n');
}

/** The sentence that comes last on the console and first in the report. */
export function total(comparisons: readonly Comparison[]): string {
  const judged = comparisons.filter(isJudged);
  const failed = judged.filter((each) => !hasPassed(each));
  const cases = new Set(comparisons.map(({ experiment }) => `${experiment.file}/${experiment.id}`)).size;
  const byInterval = judged.filter(({ expectation }) => expectation.rule.kind === 'interval');
  const again = byInterval.filter(({ second }) => second !== null);
  return (
    `${judged.length - failed.length} of ${judged.length} numbers of ${cases} cases agree with theory. ` +
    `${byInterval.length} were judged by a 99 % interval: ${again.length} fell outside at first (luck alone: about ${Math.round(byInterval.length / 100)}), ` +
    `${again.filter((each) => !hasPassed(each)).length} again with other draws.`
  );
}

export function markdown(comparisons: readonly Comparison[]): string {
  const files = Map.groupBy(comparisons, ({ experiment }) => experiment.file);
  return [
    '# The simulator against queueing theory',
    '',
    `${total(comparisons)} Written by \`npm run validate\`.`,
    '',
    'Every case is a scenario: servers are `client.concurrency`, places to wait `client.queue.limit`, service times `service.latency`,',
    'limiters `quota.window` over images per minute. A window that the client keeps in front of the service is `client.limits` where',
    'that is a token bucket, else a gate over the same window. Service times that no scenario has (uniform, hyperexponential) are two',
    'models with a latency each that have mean and variance in common with them; no more enters the formula. The formulas themselves',
    'are not in this program. Everything is simulated; no service was called.',
    '',
    `Each number is a mean over ${REPLICATIONS} replications with fixed seeds, the beginning of each left out (warm-up). It agrees when it`,
    'differs from the expected one by no more than the 99 % t interval (±) and the digits to which that is printed, or than the tolerance',
    'that the case states (limiters). Of true numbers one in a hundred falls outside such an interval, so those are simulated again in',
    `${SECOND_REPLICATIONS} other replications, which decide. Differences below one ms of the clock, and shares so small that these replications`,
    'expect no case of them, cannot be seen and pass.',
    '',
    '| golden file | cases | systems | numbers | agree | second look | median ± in % |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...[...files].map(([file, of]) => `| ${overview(file, of).join(' | ')} |`),
    ...[...files].flatMap(([file, of]) => ['', `## ${file}`, '', ...detail(of)]),
    '',
  ].join('\n');
}

function overview(file: string, of: readonly Comparison[]): (string | number)[] {
  const judged = of.filter(isJudged);
  const percents = judged
    .filter(({ expectation }) => expectation.expected > 0.001)
    .map((each) => (decisive(each).half / each.expectation.expected) * 100);
  const systems = new Set(of.map(({ experiment }) => nameOf(experiment))).size;
  const cases = new Set(of.map(({ experiment }) => experiment.id)).size;
  const again = judged.filter(({ second }) => second !== null).length;
  return [file, cases, systems, judged.length, judged.filter(hasPassed).length, again, (median(percents) ?? 0).toPrecision(2)];
}

function detail(of: readonly Comparison[]): string[] {
  return [
    '| case | number | expected | measured | allowed | |',
    '| --- | --- | ---: | ---: | ---: | --- |',
    ...of.map((each) => {
      const { experiment, expectation, second } = each;
      const { allowed } = decisive(each);
      const label = experiment.variant === '' ? experiment.id : `${experiment.id}, ${experiment.variant}`;
      const state = isJudged(each) ? (hasPassed(each) ? 'agrees' : '**differs**') : 'for information';
      const row = [
        label,
        expectation.name,
        number(expectation.expected),
        measured(each),
        isJudged(each) ? allowed.toPrecision(2) : '',
        state,
      ];
      return `| ${row.join(' | ')}${second === null ? '' : ', second look'} |`;
    }),
  ];
}

function byCase(comparisons: readonly Comparison[]): Map<string, Comparison[]> {
  return Map.groupBy(comparisons, ({ experiment }) => nameOf(experiment));
}

function isJudged({ expectation }: Comparison): boolean {
  return expectation.rule.kind !== 'informative';
}

function decisive({ first, second }: Comparison): Verdict {
  return second ?? first;
}

function measured(each: Comparison): string {
  const verdict = decisive(each);
  return `${number(verdict.measured)} ± ${verdict.half.toPrecision(2)}`;
}

function number(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(4)));
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
