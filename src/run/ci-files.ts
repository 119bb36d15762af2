/** The files of a run or a comparison that CI systems pick up: JUnit XML and Markdown. */
import type { Comparison } from '../analysis/compare.ts';
import { type CiRun, runSuite, suiteNames } from '../report/ci-run.ts';
import type { ComparedFolders } from '../report/comparison.ts';
import { makeFolder, writeText } from './output-folder.ts';

export const CI_FORMATS = ['junit', 'github', 'markdown'] as const;
export type CiFormat = (typeof CI_FORMATS)[number];

/** @throws SetupError when the folder cannot be written */
export async function writeCiFiles(folder: string, formats: readonly CiFormat[], runs: readonly CiRun[]): Promise<void> {
  if (formats.includes('junit')) {
    const { junitXml } = await import('../report/junit.ts');
    const names = suiteNames(runs);
    writeText(folder, 'junit.xml', junitXml(runs.map((run, index) => runSuite(run, names[index]!))));
  }
  if (formats.includes('markdown')) {
    const { runsMarkdown } = await import('../report/run-markdown.ts');
    writeText(folder, 'report.md', runsMarkdown(runs));
  }
}

/** compare-junit.xml and compare.md. @throws SetupError when the folder cannot be made or written */
export async function writeComparisonFiles(
  folder: string,
  formats: readonly CiFormat[],
  comparison: Comparison,
  folders: ComparedFolders,
): Promise<void> {
  const { comparisonMarkdown, comparisonSuite } = await import('../report/comparison.ts');
  makeFolder(folder);
  if (formats.includes('junit')) {
    const { junitXml } = await import('../report/junit.ts');
    writeText(folder, 'compare-junit.xml', junitXml([comparisonSuite(comparison)]));
  }
  if (formats.includes('markdown')) writeText(folder, 'compare.md', comparisonMarkdown(comparison, folders));
}
