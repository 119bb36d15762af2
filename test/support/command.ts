/** The command line in this process: what it prints, and with which exit code it would end. One call at a time. */
import { vi } from 'vitest';
import { commandLine } from '../../src/cli/command-line.ts';
import type { Said } from '../cli/rundry.ts';

/** @param environment on top of the process's own; '' takes a variable away for most */
export async function command(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Said> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const said = { out: '', err: '' };
  const into = (stream: keyof typeof said) => (chunk: unknown) => {
    said[stream] += typeof chunk === 'string' || Buffer.isBuffer(chunk) ? String(chunk) : '';
    return true;
  };
  const line =
    (stream: keyof typeof said) =>
    (...words: unknown[]) => {
      said[stream] += `${words.map(String).join(' ')}\n`;
    };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into('out') as never),
    vi.spyOn(process.stderr, 'write').mockImplementation(into('err') as never),
    ...(['log', 'info', 'debug'] as const).map((name) => vi.spyOn(console, name).mockImplementation(line('out'))),
    ...(['warn', 'error'] as const).map((name) => vi.spyOn(console, name).mockImplementation(line('err'))),
  ];
  const { exitCode } = process;
  process.exitCode = undefined;
  try {
    await commandLine(args);
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
