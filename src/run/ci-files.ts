/** The files of a run that CI systems pick up: junit.xml and report.md. */
import { type CiRun, runSuite, suiteNames } from '../report/ci-run.ts';
import { writeText } from './output-folder.ts';

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
