/** The ways a run can end badly: mistakes by the user (thrown at the edge, with an exit code) and mistakes by us (assertions). */

export class RundryError extends Error {
  readonly exitCode: number = 70;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The command line or the scenario is wrong: exit 2. Carries every problem at once. */
export class ScenarioError extends RundryError {
  override readonly exitCode = 2;
  readonly problems: readonly string[];
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

/** The surroundings are wrong (no key, port taken, folder not writable or in use): exit 3. */
export class SetupError extends RundryError {
  override readonly exitCode = 3;
}

/** An input file (journal, trace, limits) is damaged or not what it says: exit 4. */
export class InputError extends RundryError {
  override readonly exitCode = 4;
}

/** An invariant of ours broke: exit 70. The message names the invariant. */
export class InvariantError extends RundryError {
  override readonly exitCode = 70;
}

export function invariant(holds: unknown, named: string): asserts holds {
  if (!holds) throw new InvariantError(`invariant broken: ${named}`);
}
