import { Collector } from './support/collector.js';
import { runProgram } from './support/run-program.js';

const IMPORTS = `
  import { Workflow, openTelemetry } from '@drawloom/core';
  import { startTelemetry } from '@drawloom/otel';
  const run = (telemetry) => Workflow.chain({ greet: (to) => 'hello ' + to }, { name: 'greeting', telemetry }).run('ada');
`;
let collector: Collector;

jest.setTimeout(60_000); // each is a process of its own

afterEach(() => collector.close());

describe('A collector', () => {
  it('gets spans and metrics, with the headers that it wants, no later than at the end', async () => {
    collector = await Collector.listen();
    const body = `${IMPORTS}
      const endpoint = ${JSON.stringify(`${collector.address}/`)};
      const headers = { 'x-tenant': 'acme' };
      const { telemetry, shutdown } = await startTelemetry({ exporter: 'otlp', protocol: 'http/json', endpoint, headers });
      await run(telemetry);
      await shutdown();
    `;
    await runProgram('json', body);
    expect(collector.spanNames.sort()).toEqual(['invoke_workflow greeting', 'step greet']);
    expect(collector.received.map(({ path }) => path)).toEqual(expect.arrayContaining(['/v1/metrics', '/v1/traces']));
    expect(collector.received[0]!.headers).toMatchObject({ 'x-tenant': 'acme' });
  });

  it('is found by the variables of OpenTelemetry, and told of everything also by a program that just ends', async () => {
    collector = await Collector.listen();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.address,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=acme',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_SERVICE_NAME: 'from-the-environment',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    };
    await runProgram('protobuf', `${IMPORTS} await run((await startTelemetry()).telemetry);`, env);
    expect(collector.received).toMatchObject([
      { path: '/v1/traces', headers: { 'content-type': 'application/x-protobuf', 'x-tenant': 'acme' } },
    ]);
    const sent = collector.received[0]!.body.toString('latin1');
    for (const part of ['invoke_workflow greeting', 'from-the-environment', 'deployment.environment'])
      expect(sent).toContain(part);
  });

  it('is sent nothing by runs without telemetry, nor by what keeps it in memory, whatever the environment has', async () => {
    collector = await Collector.listen();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.address, OTEL_TRACES_EXPORTER: 'otlp' };
    const body = `${IMPORTS}
      await run();
      await run(openTelemetry());
      const { telemetry, spans, shutdown } = await startTelemetry({ exporter: 'memory' });
      await run(telemetry);
      await shutdown();
      console.log(spans().length);
    `;
    expect(await runProgram('silent', body, env)).toBe('2\n');
    expect(collector.received).toEqual([]);
  });

  it('that is broken fails nothing, and keeps nobody waiting', async () => {
    collector = await Collector.listen(400);
    const body = `${IMPORTS}
      const endpoint = ${JSON.stringify(collector.address)};
      const { telemetry, flush, shutdown } = await startTelemetry({ exporter: 'otlp', endpoint });
      console.log((await run(telemetry)).output);
      await flush();
      await shutdown();
    `;
    expect(await runProgram('broken', body)).toBe('hello ada\n');
    expect(collector.received.length).toBeGreaterThan(0);
  });

  it('that is not there costs nothing but the spans', async () => {
    collector = await Collector.listen();
    const endpoint = collector.address;
    await collector.close();
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '200' };
    const body = `${IMPORTS}
      const { telemetry, shutdown } = await startTelemetry({ exporter: 'otlp', endpoint: ${JSON.stringify(endpoint)} });
      console.log((await run(telemetry)).output);
      await shutdown();
    `;
    expect(await runProgram('absent', body, env)).toBe('hello ada\n');
    collector = await Collector.listen();
  });

  it('needs an SDK: without one the API is not even loaded', async () => {
    collector = await Collector.listen();
    const body = `${IMPORTS}
      import { createRequire } from 'node:module';
      await run(openTelemetry());
      const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('@opentelemetry'));
      console.log(loaded.length);
    `;
    expect(await runProgram('unloaded', body)).toBe('0\n');
  });
});
