/** Whether a text is JUnit XML as CI systems take it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateXML } from 'xmllint-wasm';

const SCHEMA = readFileSync(join(import.meta.dirname, '../../fixtures/ci/junit.xsd'), 'utf8');

/** What the schema holds against it; empty: nothing. */
export async function junitFaults(xml: string): Promise<string[]> {
  const { errors } = await validateXML({
    xml: [{ fileName: 'junit.xml', contents: xml }],
    schema: [{ fileName: 'junit.xsd', contents: SCHEMA }],
  });
  return errors.map(({ message }) => message);
}
