/** Asks before money is spent. */
import { createInterface } from 'node:readline/promises';
import { ScenarioError } from '../model/errors.ts';

/**
 * Shows what will happen on stderr and waits for a yes.
 * @param isGiven `--yes`
 * @throws ScenarioError when nobody is there to ask
 */
export async function confirmed(plan: string, isGiven: boolean): Promise<boolean> {
  process.stderr.write(plan);
  if (isGiven) return true;
  if (!process.stdin.isTTY)
    throw new ScenarioError(['This run costs money and nobody is here to say yes: add --yes to send it all the same.']);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  // A terminal at a question takes Ctrl-C for itself: it is passed on.
  asking.on('SIGINT', () => {
    process.emit('SIGINT');
    gone.abort();
  });
  asking.on('close', () => gone.abort());
  try {
    const answer = await asking.question('Send it? [y/N] ', { signal: gone.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch {
    return false; // Ctrl-C or Ctrl-D at the question
  } finally {
    asking.close();
  }
}
