import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a collector was sent. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A real HTTP server on the loopback that takes what OTLP exporters send. */
export class Collector {
  readonly received: Received[] = [];
  readonly #server: Server;

  private constructor(status: number) {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { url: path = '', headers } = request;
        this.received.push({ path, headers, body: Buffer.concat(parts) });
        response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  static async listen(status = 200): Promise<Collector> {
    const collector = new Collector(status);
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The names of all spans that came as JSON. */
  get spanNames(): string[] {
    return this.received
      .filter(({ path }) => path === '/v1/traces')
      .flatMap(({ body }) => (JSON.parse(body.toString()) as OtlpTraces).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans.map(({ name }) => name));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string }[] }[];
  }[];
}
