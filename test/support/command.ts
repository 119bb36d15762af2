/** The command line in this process: what it prints, and with which exit code it would end. One call at a time. */
import { vi } from 'vitest';
import { commandLine } from '../../src/cli/command-line.ts';
import type { Said } from '../cli/rundry.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * @param environment on top of the process's own; '' takes a variable away for most
 * @param hears what is printed on stdout, as it is
 */
export async function command(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  hears: (text: string) => void = () => {},
): Promise<Said> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const said = { out: '', err: '' };
  const into = (stream: keyof typeof said) => (chunk: unknown) => {
    said[stream] += typeof chunk === 'string' || Buffer.isBuffer(chunk) ? String(chunk) : '';
    if (stream === 'out') hears(String(chunk));
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
  const listening = SIGNALS.map((name) => [name, process.listeners(name)] as const);
  process.exitCode = undefined;
  try {
    await commandLine(args);
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    process.exitCode = exitCode;
    // A command that ends badly leaves its listeners to the end of its process, and here there is none.
    for (const [name, before] of listening) for (const one of process.listeners(name)) if (!before.includes(one)) process.off(name, one);
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
