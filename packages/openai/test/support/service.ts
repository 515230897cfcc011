import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type OpenAI from 'openai';

/** What the service was sent. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: OpenAI.ChatCompletionCreateParams & Record<string, unknown>;
}

/** What the service does with a request. */
export type Reply = (response: ServerResponse, request: Received) => unknown;

/** A real HTTP server that speaks chat completions as badly as a test wants it to. */
export class Service {
  readonly requests: Received[] = [];
  /** What happens to each request from now on. */
  reply: Reply = answering('fine');
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Service> {
    const server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      request.on('end', () => {
        const received = { path: request.url!, headers: request.headers, body: JSON.parse(text) as Received['body'] };
        service.requests.push(received);
        void service.reply(response, received);
      });
    });
    const service = new Service(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  get last(): Received {
    return this.requests.at(-1)!;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What an assistant says, in the words of the service. */
export type Said = Partial<Omit<OpenAI.ChatCompletionMessage, 'role'>>;

const MODEL = 'gpt-4.1-mini-2025-04-14';
const USAGE = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 };

/** A good answer, whole or in pieces of three characters, as it was asked for. */
export function answering(said: string | Said, finishReason?: string, usage: object = USAGE): Reply {
  const message = typeof said === 'string' ? { content: said } : said;
  const finish = finishReason ?? (message.tool_calls === undefined ? 'stop' : 'tool_calls');
  return (response, { body }) => {
    if (body.stream !== true) {
      const choice = { index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: finish };
      return json(response, 200, { id: 'chatcmpl-1', model: MODEL, choices: [choice], usage });
    }
    const deltas = [{ role: 'assistant', content: '' }, ...deltasOf(message), {}];
    const chunks = deltas.map((delta, index) => chunk(delta, index === deltas.length - 1 ? finish : null));
    return sse(response, [...chunks, { ...chunk({}, null), choices: [], usage }, '[DONE]']);
  };
}

function deltasOf({ content, refusal, tool_calls: calls = [] }: Said): object[] {
  const inPieces = (text: string): string[] => text.match(/[^]{1,3}/g) ?? [];
  return [
    ...inPieces(content ?? '').map((piece) => ({ content: piece })),
    ...inPieces(refusal ?? '').map((piece) => ({ refusal: piece })),
    ...calls.flatMap((call, index) => {
      if (call.type !== 'function') return [];
      const { name, arguments: text } = call.function;
      return [
        { tool_calls: [{ index, id: call.id, type: 'function', function: { name, arguments: '' } }] },
        ...inPieces(text).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ];
    }),
  ];
}

/** One piece of a streamed answer. */
export function chunk(delta: object, finishReason: string | null = null): Record<string, unknown> {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: MODEL, choices };
}

/** The beginning of a stream, left open. */
export function openStream(response: ServerResponse, pieces: readonly unknown[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of pieces) {
    response.write(`data: ${typeof piece === 'string' ? piece : JSON.stringify(piece)}\n\n`);
  }
}

export function sse(response: ServerResponse, pieces: readonly unknown[]): void {
  openStream(response, pieces);
  response.end();
}

function json(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** The service fails, in its own words. */
export function failing(status: number, error: object, headers: object = {}): Reply {
  return (response) => json(response, status, { error }, headers);
}
