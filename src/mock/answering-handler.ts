/**
 * A handler of MSW that knows at a glance whether a call is its own, and hands the call on as it came.
 *
 * MSW's own copies each call, takes its address and cookies apart and waits upon its end before it asks anybody: nothing that an
 * answer here depends on, and most of what it takes to read the call and to work the answer out.
 */
import { HttpHandler } from 'msw';

type Run = HttpHandler['run'];
type RunOptions = Parameters<Run>[0];
type RunResult = Awaited<ReturnType<Run>>;

export class AnsweringHandler extends HttpHandler {
  private readonly path: RegExp | string;
  private readonly answerTo: (request: Request) => Promise<Response>;

  /** @param path a pattern of whole addresses, query and fragment included, or a path in MSW's own words */
  constructor(path: RegExp | string, answerTo: (request: Request) => Promise<Response>) {
    super(/.+/, path, ({ request }) => answerTo(request));
    this.path = path;
    this.answerTo = answerTo;
  }

  override async run(options: RunOptions): Promise<RunResult> {
    const { request, requestId } = options;
    const { path } = this;
    const isOwn = typeof path === 'string' ? await this.test(options) : request.method !== 'CONNECT' && path.test(request.url);
    if (!isOwn) return null;
    this.isUsed = true;
    return { handler: this, request, requestId, parsedResult: NOTHING_PARSED, response: await this.answerTo(request) };
  }
}

const NOTHING_PARSED = { match: { matches: true, params: {} }, cookies: {} };
