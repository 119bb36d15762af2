/** What CI systems are told of a run: JUnit XML, annotations, Markdown. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { annotation, problemAnnotation } from '../../src/report/annotations.ts';
import { type CiRun, runAnnotations, runSuite, suiteNames } from '../../src/report/ci-run.ts';
import { junitXml } from '../../src/report/junit.ts';
import { markdownRows, markdownText } from '../../src/report/markdown.ts';
import { runsMarkdown } from '../../src/report/run-markdown.ts';
import { seedRun } from '../../src/report/seeds.ts';
import { junitFaults } from '../support/junit.ts';
import { burst, run } from './support.ts';

function told(overrides: Partial<CiRun> = {}, scenario = burst()): CiRun {
  return { results: run(scenario).results, file: 'app.yaml', thresholdLines: [12, null], seeds: [], ...overrides };
}

const xmlOf = (...runs: CiRun[]): string => junitXml(runs.map((one, index) => runSuite(one, suiteNames(runs)[index]!)));

describe('junit.xml', () => {
  test('has a case for the run and one for each threshold, and keeps to the schema', async () => {
    const xml = xmlOf(told());
    expect(await junitFaults(xml)).toEqual([]);
    expect(xml).toContain('<testsuite name="burst" tests="3" failures="1" errors="0" skipped="0">');
    expect(xml.match(/<testcase [^>]*name="[^"]*"/g)).toEqual([
      '<testcase classname="rundry.burst" name="runs to its end"',
      '<testcase classname="rundry.burst" name="success_ratio >= 0.99"',
      '<testcase classname="rundry.burst" name="cost_usd &lt;= 40"',
    ]);
    expect(xml).toContain('<failure message="observed 0.25" type="missed"/>');
  });

  test('the schema is seen to refuse', async () => {
    expect(await junitFaults(xmlOf(told()).replace('tests="3"', 'tests="three"'))).not.toEqual([]);
    expect(await junitFaults('<testsuites tests="1"><testsuite tests="1"/></testsuites>')).not.toEqual([]);
  });

  test('runs of one name are suites of different names', async () => {
    const xml = xmlOf(told(), told(), told());
    expect(await junitFaults(xml)).toEqual([]);
    expect(xml.match(/<testsuite name="[^"]*"/g)).toEqual(['burst', 'burst (2)', 'burst (3)'].map((name) => `<testsuite name="${name}"`));
  });

  test('a run that broke off is an error, not a failure', () => {
    const whole = told();
    const { summary } = whole.results;
    const torn = { ...whole.results, summary: { ...summary, warnings: [{ code: 'journal-torn', text: 'The journal ends early.' }] } };
    const [first] = runSuite({ ...whole, results: torn }, 'x').cases;
    expect(first).toMatchObject({ name: 'runs to its end', error: 'The journal ends early.' });
  });

  test('any name is valid XML', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (name) => {
        const xml = junitXml([{ name: `n${name}`, properties: { of: name }, cases: [{ name, failure: name, output: name }] }]);
        expect(await junitFaults(xml)).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  test('says on how many seeds a threshold was met', () => {
    const seeds = [1, 2, 3].map((seed) => seedRun(run(burst(), seed).results));
    expect(runSuite(told({ seeds }), 'x').cases[1]!.output).toBe('observed 0.25\nmet on 0 of 3 seeds');
  });
});

describe('annotations', () => {
  test('an error beside the line of a missed threshold, then the verdict', () => {
    const [missed, said, ...rest] = runAnnotations(told()).split('\n');
    expect(missed).toBe('::error file=app.yaml,line=12,title=burst::success_ratio >= 0.99 was missed: observed 0.25');
    expect(said).toMatch(/^::notice file=app\.yaml,title=burst::Images per minute \(ipm\) .* ran dry first .*25 %25/);
    expect(rest).toEqual(['']);
  });

  test('a line that is not known is left out, and so is a file', () => {
    expect(runAnnotations(told({ thresholdLines: [] }))).toContain('::error file=app.yaml,title=burst::');
    expect(runAnnotations(told({ file: null }))).toContain('::error title=burst::');
  });

  test.each([
    ['a:b,c', 'x%\r\ny', '::error file=a%3Ab%2Cc,title=a%3Ab%2Cc::x%25%0D%0Ay\n'],
    ['%0A', '::error::', '::error file=%250A,title=%250A::::error::\n'],
  ])('escapes as @actions/core does: %j', (name, text, line) => {
    expect(annotation({ level: 'error', title: name, text, file: name, line: null })).toBe(line);
  });

  test('are one line each, whatever they say', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = annotation({ level: 'warning', title: text, text, file: text, line: 1 });
        expect(line.slice(0, -1)).not.toMatch(/[\r\n]/);
      }),
    );
  });

  test.each([
    ['app.yaml:12 traffic[0].lane: expected batch', 'file=app.yaml,line=12,'],
    ['a/b.yml:3: tabs cannot indent YAML', 'file=a/b.yml,line=3,'],
    ['gone.yaml: no such file', 'file=gone.yaml,'],
    ['--set traffic[0].lane: expected batch', ''],
  ])('a problem of a scenario is shown beside its line: %s', (problem, where) => {
    expect(problemAnnotation(problem)).toBe(`::error ${where}title=rundry::${problem}\n`);
  });
});

describe('report.md', () => {
  test('says the verdict, thresholds, buckets, outcome and where the numbers come from', () => {
    const text = runsMarkdown([told()]);
    expect(text).toMatch(/^## burst\n\n\*\*Images per minute \(ipm\) of gemini-3-pro-image ran dry first \(limit 10\)/);
    expect(text).toContain('| ✗ | success_ratio \\>= 0.99 | 0.25 |');
    expect(text).toContain('| ipm | gemini-3-pro-image | 10 | 1m | 100 % | 60 | 0 ms |');
    expect(text).toContain('| delivered | 20 | 25 % |');
    expect(text).toContain('### Where the numbers come from\n\n- Limits: profile community-2026-02');
  });

  test('several runs have an overview first', () => {
    const text = runsMarkdown([told(), told()]);
    expect(text).toMatch(/^# rundry\n/);
    expect(text).toContain('| burst (2) | missed | 20 of 80 (25 %) | ipm |');
    expect(text.match(/^## /gm)).toHaveLength(2);
  });

  test('a name is text and stays in its cell', () => {
    expect(markdownText('a|b <img> `c` *d* _e_ f_g\nh')).toBe('a\\|b \\<img\\> \\`c\\` \\*d\\* \\_e\\_ f_g h');
    const rows = markdownRows([{ title: 'x' }], [['a|b\nc']]).split('\n');
    expect(rows).toEqual(['| x |', '| :- |', '| a\\|b c |', '']);
  });
});
