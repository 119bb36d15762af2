/**
 * Annotations of GitHub Actions: lines on stdout that the runner shows beside the code.
 * Source: docs.github.com/actions, "Workflow commands"; the escapes are those of @actions/core.
 */

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly text: string;
  /** Relative to the repository; null: of no file. */
  readonly file: string | null;
  /** null: of the whole file. */
  readonly line: number | null;
}

/** `::error file=app.yaml,line=12,title=app::success_ratio …`: one line, whatever the text holds; ends with a line end. */
export function annotation({ level, title, text, file, line }: Annotation): string {
  const properties = [
    ...(file === null ? [] : [`file=${property(file)}`]),
    ...(file === null || line === null ? [] : [`line=${line}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(',')}::${data(text)}\n`;
}

/** A problem as messages of ours tell it, `app.yaml:12 traffic[0].lane: expected …`, beside the line that it names. */
export function problemAnnotation(problem: string): string {
  const [, file = null, line = null] = /^(.+?\.(?:ya?ml|json)):(?:(\d+):?)? /.exec(problem) ?? [];
  return annotation({ level: 'error', title: 'rundry', text: problem, file, line: line === null ? null : Number(line) });
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
