/** A scenario under other settings as a file: the user's own text with those settings written into it. */
import { writeFileSync } from 'node:fs';
import { dirname, relative, resolve as resolvePath } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { invariant, SetupError } from '../model/errors.ts';
import type { Scenario, Setting } from '../model/scenario.ts';
import { findProfile } from '../quota/profiles.ts';
import { writeSettings } from '../scenario/write.ts';
import { type LoadedScenario, parseScenario } from './scenario-file.ts';

export interface WriteScenarioOptions {
  /** Overwrite what is there, also the scenario file itself. */
  readonly force?: boolean;
  /** Comment lines at the top, without their `#`. */
  readonly notes?: readonly string[];
}

/**
 * Read again, the file is the scenario that it was written from, with its settings made; paths in it are relative to its new place.
 * @param settings on top of those that the scenario was loaded with; undefined as a value takes the key out
 * @throws SetupError (exit 3) when a file is there and `force` is not set, or it cannot be written
 */
export function writeScenario(
  loaded: LoadedScenario,
  settings: readonly Setting[],
  target: string,
  options: WriteScenarioOptions = {},
): void {
  const { force = false, notes = [] } = options;
  const all = [...loaded.settings, ...settings];
  const meant = parseScenario(loaded.document.text, loaded.file, { settings: all });
  const moved = [...all, ...nameOf(meant), ...pathsFrom(meant, target)];
  const comment = notes.map((note) => `# ${note}`.trimEnd()).concat('');
  const text = `${comment.join('\n')}${writeSettings(loaded.document, moved)}`;
  const read = parseScenario(text, target).scenario;
  invariant(isDeepStrictEqual(withoutPlace(read), withoutPlace(meant.scenario)), 'a scenario that was written is the one that was meant');
  write(target, text, force);
}

/** A scenario that has no name is called by its file. */
function nameOf({ document, scenario }: LoadedScenario): Setting[] {
  const isNamed = typeof document.value === 'object' && document.value !== null && 'name' in document.value;
  return isNamed ? [] : [{ path: 'name', value: scenario.name }];
}

/** Traces and limits files as they are reached from the folder of the new file. */
function pathsFrom({ file, scenario }: LoadedScenario, target: string): Setting[] {
  const [from, to] = [dirname(resolvePath(file)), dirname(resolvePath(target))];
  if (from === to) return [];
  const moved = (path: string): string => relative(to, resolvePath(from, path)).replaceAll('\\', '/');
  const { profile } = scenario.quota;
  return [
    ...(findProfile(profile) ? [] : [{ path: 'quota.profile', value: moved(profile) }]),
    ...scenario.traffic.flatMap(({ shape }, index) =>
      shape.kind === 'replay' ? [{ path: `traffic[${index}].shape.file`, value: moved(shape.file) }] : [],
    ),
  ];
}

/** Without what depends on where the file is; warnings tell of limits set aside, which are gone once it is written. */
function withoutPlace(scenario: Scenario): unknown {
  const isFile = findProfile(scenario.quota.profile) === undefined;
  return {
    ...scenario,
    quota: {
      ...scenario.quota,
      profile: isFile ? null : scenario.quota.profile,
      limits: scenario.quota.limits.map((limit) => (isFile ? { ...limit, source: null } : limit)),
    },
    traffic: scenario.traffic.map((entry) =>
      entry.shape.kind === 'replay' ? { ...entry, shape: { ...entry.shape, file: null, trace: entry.shape.trace?.sha256 } } : entry,
    ),
    warnings: null,
  };
}

function write(path: string, text: string, force: boolean): void {
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    if (isThere) throw new SetupError(`${path} is there already; name another file, or overwrite it with --force`, { cause });
    throw new SetupError(`cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
