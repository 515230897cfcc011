import { RandomIdGenerator } from '@opentelemetry/sdk-trace';
import type { SpanInfo, Telemetry } from '@drawloom/core';
import { recorded, treeOf, type Recorded } from './support/recorded.js';

const info = (operation: SpanInfo['operation'], name: string, more: Partial<SpanInfo> = {}): SpanInfo => ({
  operation,
  name,
  attributes: {},
  ...more,
});
const suspended = () => ({ 'drawloom.outcome': 'suspended' });

/** A run of two steps, of which this process does one: then it is killed, or suspended. */
function begin({ telemetry }: Recorded, end: 'killed' | 'suspended'): string {
  let carrier: string | undefined;
  const body = (): unknown => {
    carrier = telemetry.carrier!();
    telemetry.span(info('step', 'first'), () => 1);
    return end === 'killed' ? new Promise(() => undefined) : 'waiting';
  };
  void telemetry.span(info('invoke_workflow', 'w', { endAttributes: suspended }), body);
  return carrier!;
}

function goOn({ telemetry }: Recorded, continues: string, name = 'w'): void {
  telemetry.span(info('invoke_workflow', name, { continues }), () => telemetry.span(info('step', 'second'), () => 2));
}

describe('A run that goes on in another process', () => {
  it.each(['killed', 'suspended'] as const)('is one tree, with one root, when the first process was %s', (end) => {
    const [first, second] = [recorded(), recorded()];
    const carrier = begin(first, end);
    expect(carrier).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01/);
    expect(first.spans().map(({ name }) => name)).toEqual(['step first']);
    goOn(second, carrier);
    const all = [...first.spans(), ...second.spans()];
    expect(treeOf(all)).toEqual(['invoke_workflow w', '  step first', '  step second']);
    const root = second.span('invoke_workflow w');
    expect(root.parentSpanContext).toBeUndefined();
    const [before] = first.spans();
    expect(root.startTime[0] * 1e9 + root.startTime[1]).toBeLessThanOrEqual(
      before!.startTime[0] * 1e9 + before!.startTime[1],
    );
  });

  it('stays below what it was called from', () => {
    const [first, second] = [recorded(), recorded()];
    let carrier = '';
    first.telemetry.span(info('step', 'request'), () => {
      carrier = begin(first, 'suspended');
    });
    goOn(second, carrier);
    const all = [...first.spans(), ...second.spans()];
    expect(treeOf(all)).toEqual(['step request', '  invoke_workflow w', '    step first', '    step second']);
  });

  it('is one trace with two roots, where the SDK makes ids as it pleases', () => {
    const [first, second] = [recorded({}, new RandomIdGenerator()), recorded({}, new RandomIdGenerator())];
    const carrier = begin(first, 'suspended');
    goOn(second, carrier);
    const all = [...first.spans(), ...second.spans()];
    expect(treeOf(all)).toEqual(['invoke_workflow w', '  step first', '  invoke_workflow w', '    step second']);
    expect(first.span('invoke_workflow w')).toMatchObject({
      status: { code: 0 },
      attributes: { 'drawloom.outcome': 'suspended' },
    });
  });

  it('has the ids that were planned before it began, below what it began in', () => {
    const all = recorded();
    let planned = '';
    all.telemetry.span(info('step', 'request'), () => {
      planned = all.telemetry.newCarrier!()!;
      goOn(all, planned);
    });
    expect(all.tree()).toEqual(['step request', '  invoke_workflow w', '    step second']);
    expect(all.span('invoke_workflow w').spanContext().spanId).toBe(planned.split('-')[2]);
  });

  it('that is suspended leaves nothing below it open: what was told is below what will be', () => {
    const [first, second] = [recorded(), recorded()];
    const { telemetry } = first;
    const outer = telemetry.newCarrier!()!;
    let inner = '';
    telemetry.span(info('invoke_workflow', 'outer', { continues: outer, endAttributes: suspended }), () => {
      void telemetry.span(info('step', 'nest'), () =>
        telemetry.span(info('invoke_workflow', 'inner'), () => {
          inner = telemetry.carrier!()!;
          telemetry.span(info('step', 'first'), () => 1);
          return new Promise(() => undefined);
        }),
      );
    });
    expect(first.spans().map(({ name, attributes }) => `${name} ${String(attributes['drawloom.outcome'])}`)).toEqual([
      'step first completed',
      'step nest suspended',
    ]);
    second.telemetry.span(info('invoke_workflow', 'outer', { continues: outer }), () =>
      second.telemetry.span(info('step', 'nest'), () => goOn(second, inner, 'inner')),
    );
    expect(treeOf([...first.spans(), ...second.spans()])).toEqual([
      'invoke_workflow outer',
      '  step nest',
      '  step nest',
      '    invoke_workflow inner',
      '      step first',
      '      step second',
    ]);
  });

  it('begins a trace of its own, where what was kept is no carrier', () => {
    const second = recorded();
    goOn(second, 'nonsense');
    expect(second.tree()).toEqual(['invoke_workflow w', '  step second']);
  });

  it('has nothing to keep outside of any span, and where nobody listens', () => {
    const { telemetry }: { telemetry: Telemetry } = recorded();
    expect(telemetry.carrier!()).toBeUndefined();
  });
});
