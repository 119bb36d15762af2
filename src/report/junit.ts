/** JUnit XML, as every CI system reads it: suites of cases, each passed, failed or broken. */
import junit, { type Builder } from 'junit-report-builder';

export interface JunitSuite {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly cases: readonly JunitCase[];
}

export interface JunitCase {
  readonly name: string;
  /** Why it failed: the answer is no. */
  readonly failure?: string;
  /** Why there is no answer. */
  readonly error?: string;
  readonly output?: string;
}

/** The package is CommonJS and exports the builder itself; its types say that it is under `default`. */
const BUILDER = junit as unknown as Builder;

/** Holds no wall time, host or path: the same suites give the same bytes. Ends with a line end. */
export function junitXml(suites: readonly JunitSuite[]): string {
  const report = BUILDER.newBuilder().name('rundry');
  for (const { name, properties, cases } of suites) {
    const suite = report.testSuite().name(name);
    for (const [key, value] of Object.entries(properties)) suite.property(key, value);
    for (const { name: title, failure, error, output } of cases) {
      const told = suite.testCase().className(`rundry.${name}`).name(title);
      if (failure !== undefined) told.failure(failure, 'missed');
      if (error !== undefined) told.error(error, 'broken');
      if (output !== undefined) told.standardOutput(output);
    }
  }
  return `${report.build().trimEnd()}\n`;
}
