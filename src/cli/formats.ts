/** `--format junit,github,markdown`: what CI systems read, beside what people do. */
import { appendFileSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { Comparison } from '../analysis/compare.ts';
import { ScenarioError, SetupError } from '../model/errors.ts';
import type { CiRun } from '../report/ci-run.ts';
import type { ComparedFolders } from '../report/comparison.ts';
import { CI_FORMATS, type CiFormat, writeCiFiles, writeComparisonFiles } from '../run/ci-files.ts';

/** For yargs: names with commas between, given once or more; `formatsOf` reads them. */
export const FORMAT_OPTION = {
  type: 'string',
  array: true,
  nargs: 1,
  default: [] as string[],
  describe: 'For CI, several with commas: junit (junit.xml), github (annotations, job summary), markdown (report.md)',
} as const;

/** @throws ScenarioError naming every word that is no format */
export function formatsOf(written: readonly string[]): CiFormat[] {
  const words = written.flatMap((text) => text.split(',')).map((word) => word.trim());
  const isFormat = (word: string): word is CiFormat => (CI_FORMATS as readonly string[]).includes(word);
  const strangers = words.filter((word) => !isFormat(word));
  if (strangers.length > 0)
    throw new ScenarioError(strangers.map((word) => `--format: expected ${CI_FORMATS.join(', ')}, found "${word}"`));
  return [...new Set(words.filter(isFormat))];
}

export interface TellOptions {
  readonly formats: readonly CiFormat[];
  /** Where junit.xml and report.md go. */
  readonly folder: string;
  /** stdout belongs to JSON: annotations go to stderr, where the runner reads them too. */
  readonly json: boolean;
}

/** Files, annotations and the job summary of some runs. @throws SetupError when one cannot be written */
export async function tellCi(runs: readonly CiRun[], { formats, folder, json }: TellOptions): Promise<void> {
  if (formats.length === 0) return;
  await writeCiFiles(folder, formats, runs);
  if (!formats.includes('github')) return;
  const { runAnnotations } = await import('../report/ci-run.ts');
  annotate(runs.map(runAnnotations).join(''), json);
  const { runsMarkdown } = await import('../report/run-markdown.ts');
  appendJobSummary(runsMarkdown(runs));
}

/** The same of a comparison. @throws SetupError when a file cannot be written */
export async function tellComparison(
  comparison: Comparison,
  folders: ComparedFolders,
  { formats, folder, json }: TellOptions,
): Promise<void> {
  if (formats.length === 0) return;
  await writeComparisonFiles(folder, formats, comparison, folders);
  if (!formats.includes('github')) return;
  const { comparisonAnnotations, comparisonMarkdown } = await import('../report/comparison.ts');
  annotate(comparisonAnnotations(comparison), json);
  appendJobSummary(comparisonMarkdown(comparison, folders));
}

/** With `--format github` each problem of a scenario is also shown beside its line. @throws what `doing` throws */
export async function annotatingProblems(
  { format, json }: { readonly format: readonly string[]; readonly json: boolean },
  doing: () => Promise<void>,
): Promise<void> {
  const formats = formatsOf(format);
  try {
    await doing();
  } catch (error) {
    if (formats.includes('github') && error instanceof ScenarioError) {
      const { problemAnnotation } = await import('../report/annotations.ts');
      annotate(error.problems.map(problemAnnotation).join(''), json);
    }
    throw error;
  }
}

function annotate(lines: string, json: boolean): void {
  (json ? process.stderr : process.stdout).write(lines);
}

/** What the runner shows on the page of the job; nothing where there is no runner. */
function appendJobSummary(markdown: string): void {
  const path = process.env['GITHUB_STEP_SUMMARY'];
  if (!path) return;
  try {
    appendFileSync(path, `${markdown}\n`);
  } catch (cause) {
    throw new SetupError(`cannot append to GITHUB_STEP_SUMMARY, ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** The file as the repository names it; as it was given where it lies outside. */
export function inRepository(file: string): string {
  const path = relative(process.env['GITHUB_WORKSPACE'] || process.cwd(), resolve(file));
  return path.startsWith('..') ? file : path.split(sep).join('/');
}
