/** Answers as pictures on disk: the last image of each answer, which is the one that counts; the others are drafts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attempt } from '../../model/attempt.ts';
import { SetupError } from '../../model/errors.ts';

/**
 * @param onFailure told that a picture could not be written: the run goes on, it costs what it costs
 * @throws SetupError when the folder cannot be made
 */
export function imageSaver(
  folder: string,
  onFailure: (text: string) => void,
): (attempt: Pick<Attempt, 'request' | 'n'>, bodyText: string) => void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SetupError(`cannot make the folder ${folder}`, { cause });
  }
  return ({ request, n }, bodyText) => {
    const number = `${String(request).padStart(6, '0')}-${n}`;
    try {
      const image = lastImage(bodyText);
      if (image !== null)
        writeFileSync(join(folder, `${number}.${EXTENSIONS[image.mimeType] ?? 'bin'}`), Buffer.from(image.data, 'base64'));
    } catch {
      onFailure(`cannot write picture ${number} into ${folder}`);
    }
  };
}

const EXTENSIONS: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' };

interface Inline {
  readonly mimeType: string;
  readonly data: string;
}

/** The answer was understood before, so its shape is known; what is missing is simply not there. */
function lastImage(bodyText: string): Inline | null {
  const body = JSON.parse(bodyText) as {
    candidates?: { content?: { parts?: { thought?: boolean; inlineData?: Partial<Inline> }[] } }[];
  };
  const parts = body.candidates?.[0]?.content?.parts ?? [];
  const image = parts.findLast(({ inlineData, thought }) => inlineData?.data !== undefined && thought !== true)?.inlineData;
  return image?.data === undefined ? null : { mimeType: image.mimeType ?? '', data: image.data };
}
