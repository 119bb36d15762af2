/** As much of a GitHub runner as our action needs: steps of `run`, expressions in env and if, and the files a step writes to. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { MAIN, ROOT } from '../cli/rundry.ts';

export interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string | number>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

export const ACTION_FOLDER = '.github/actions/rundry';
export const action = (): Action => parse(readFileSync(join(ROOT, ACTION_FOLDER, 'action.yml'), 'utf8'));
export const workflow = (): Workflow => parse(readFileSync(join(ROOT, '.github/workflows/capacity.yml'), 'utf8'));

export interface StepResult {
  readonly name: string;
  readonly code: number | null;
  readonly out: string;
}

export interface Ran {
  readonly steps: readonly StepResult[];
  /** Of the step `run`. */
  readonly outputs: string;
  readonly jobSummary: string;
}

/** Runs the composite action in a folder as the runner does. @throws Error for an expression that this runner does not know */
export function runAction(folder: string, given: Readonly<Record<string, string>>): Ran {
  const { inputs, runs } = action();
  const strangers = Object.keys(given).filter((name) => !(name in inputs));
  if (strangers.length > 0) throw new Error(`the action has no input ${strangers.join(', ')}`);
  const values = Object.fromEntries(Object.entries(inputs).map(([name, { default: value = '' }]) => [name, given[name] ?? value]));
  const steps: StepResult[] = [];
  for (const step of runs.steps) {
    const failed = steps.some(({ code }) => code !== 0);
    if (!isWanted(step, values, failed)) continue;
    steps.push(runStep(folder, step, values));
  }
  return {
    steps,
    outputs: readFileSync(runnerFile(folder, 'output'), 'utf8'),
    jobSummary: readFileSync(runnerFile(folder, 'summary'), 'utf8'),
  };
}

/** One `run` step, by the shell that the runner uses, with stand-ins for npm and npx on the path. */
export function runStep(folder: string, step: Step, inputs: Readonly<Record<string, string>> = {}): StepResult {
  const bin = standIns(folder);
  for (const file of ['output', 'summary']) if (!existsSync(runnerFile(folder, file))) writeFileSync(runnerFile(folder, file), '');
  const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([key, value]) => [key, evaluated(String(value), inputs)]));
  const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run!], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: `${bin}:${process.env['PATH']}`,
      HOME: folder,
      NO_COLOR: '1',
      GITHUB_WORKSPACE: folder,
      GITHUB_OUTPUT: runnerFile(folder, 'output'),
      GITHUB_STEP_SUMMARY: runnerFile(folder, 'summary'),
      ...env,
    },
  });
  return { name: step.name ?? step.run!, code: status, out: stdout + stderr };
}

function runnerFile(folder: string, name: string): string {
  return join(folder, `.runner-${name}`);
}

/** `${{ inputs.NAME }}` alone. */
function evaluated(text: string, inputs: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (whole, expression: string) => {
    const name = /^inputs\.([\w-]+)$/.exec(expression)?.[1];
    if (name === undefined || !(name in inputs)) throw new Error(`cannot evaluate ${whole}`);
    return inputs[name]!;
  });
}

/** A step without `if` runs while nothing has failed. */
function isWanted({ if: condition }: Step, inputs: Readonly<Record<string, string>>, failed: boolean): boolean {
  if (condition === undefined) return !failed;
  const match = /^\$\{\{ !cancelled\(\) && inputs\.([\w-]+) != '' \}\}$/.exec(condition);
  if (!match) throw new Error(`cannot evaluate if: ${condition}`);
  return inputs[match[1]!] !== '';
}

/** npx rundry is this working copy; npm says what it was asked for. */
function standIns(folder: string): string {
  const bin = join(folder, '.runner-bin');
  if (existsSync(bin)) return bin;
  mkdirSync(bin);
  const scripts = {
    npx: `[ "$1" = --yes ] && shift; [ "$1" = rundry ] || exit 127; shift; exec "${process.execPath}" "${MAIN}" "$@"`,
    npm: 'echo "npm $*"',
  };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}
