/** Ctrl-C and SIGTERM as an abort signal: the first asks the run to end and keep what it has, the second stops at once. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Ending = keyof typeof EXIT_CODES;

export interface Interruption {
  readonly signal: AbortSignal;
  /** 130 or 143 after a signal; null without. */
  exitCode(): number | null;
  release(): void;
}

export function onInterrupt(): Interruption {
  const controller = new AbortController();
  let received: Ending | null = null;
  const handlers = (Object.keys(EXIT_CODES) as Ending[]).map((name) => {
    const handler = (): void => {
      if (received !== null) process.exit(EXIT_CODES[name]);
      received = name;
      controller.abort(name === 'SIGTERM' ? 'terminated' : 'interrupted');
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  return {
    signal: controller.signal,
    exitCode: () => (received === null ? null : EXIT_CODES[received]),
    release() {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
