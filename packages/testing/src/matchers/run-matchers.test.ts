import { stripVTControlCharacters } from 'node:util';
import { END, START, Workflow, type RunRecord } from '@drawloom/core';

/** What a failing assertion says, without colours. */
function messageOf(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return stripVTControlCharacters((error as Error).message);
  }
  return 'nothing: it passed';
}

const triage = new Workflow<string>('triage')
  .addNode('classify', (mail: string) => (mail.includes('invoice') ? 'billing' : mail))
  .addNode('billing', (label: string) => {
    if (label === 'never') throw new Error('unreachable');
    return 'paid';
  })
  .addNode('archive', (label: string) => label)
  .setStart('classify')
  .addRouter('classify', (label) => label, { billing: 'billing', spam: END }, { default: 'archive' });

const refine = new Workflow<number>('refine')
  .addNode('write', (round: number) => round)
  .addNode('review', (round: number) => round + 1)
  .setStart('write')
  .addEdge('write', 'review')
  .addRouter(
    'review',
    (round) => (round < 3 ? 'revise' : 'approve'),
    { revise: 'write', approve: END },
    { name: 'judge' },
  );

const pay = new Workflow<string>('pay')
  .addNode('charge', (what: string) => {
    if (what !== 'cash') throw new Error(`no ${what}`);
  })
  .addNode('receipt', () => 'thank you')
  .setStart('charge')
  .addEdge('charge', 'receipt');

describe('toHaveVisited', () => {
  it('accepts nodes in the order of completion, with others between them', async () => {
    const result = await refine.run(1);
    expect(result).toHaveVisited('write');
    expect(result).toHaveVisited('write', 'review', 'write', 'review');
    expect(result).toHaveVisited('review', 'review');
    const fifth = () => expect(result).toHaveVisited('write', 'review', 'write', 'review', 'write');
    expect(messageOf(fifth)).toMatch('"write" was not visited (again) after "write", "review", "write", "review"');
  });

  it('says what was visited, and why a node did not run', async () => {
    const result = await triage.run('hello');
    expect(messageOf(() => expect(result).toHaveVisited('classify', 'billing'))).toMatchInlineSnapshot(`
      "expect(received).toHaveVisited(...nodes)

      Expected, in this order: ["classify", "billing"]
      Visited:                 ["classify", "archive"]

      "billing" did not run: the router of "classify" returned "hello", which does not lead here"
    `);
  });

  it('says of a node that ran that it did so too early, too rarely, in vain', async () => {
    const result = await refine.run(2);
    expect(messageOf(() => expect(result).toHaveVisited('review', 'write'))).toMatch(
      '"write" was not visited (again) after "review"',
    );
    const outcome = await pay.start('card').result();
    expect(messageOf(() => expect(outcome).toHaveVisited('charge', 'receipt'))).toMatchInlineSnapshot(`
      "expect(received).toHaveVisited(...nodes)

      Expected, in this order: ["charge", "receipt"]
      Visited:                 []

      "charge" ran, but failed
      "receipt" did not run: the run ended before it could start
      The run stopped with: [STEP_FAILED] pay.charge: visit 1, attempt 1 threw Error: no card"
    `);
  });

  it('means with not that none of the nodes was visited', async () => {
    const result = await triage.run('hello');
    expect(result).not.toHaveVisited('billing');
    expect(messageOf(() => expect(result).not.toHaveVisited('billing', 'archive'))).toMatchInlineSnapshot(`
      "expect(received).not.toHaveVisited(...nodes)

      Expected not to be visited: ["billing", "archive"]
      Visited:                    ["classify", "archive"]"
    `);
  });

  it('takes whatever a test holds of a run', async () => {
    const error = (await pay.run('card').catch((reason: unknown) => reason)) as { partial: RunRecord };
    for (const received of [error, error.partial, await pay.start('card').result()]) {
      expect(received).not.toHaveVisited('charge');
    }
    const handle = pay.start('card');
    handle.cancel();
    expect(await handle.result()).not.toHaveVisited('charge', 'receipt');
    await expect(pay.run('cash')).resolves.toHaveVisited('charge', 'receipt');
    await expect(pay.run('card')).rejects.not.toHaveVisited('receipt');
  });

  it('refuses a name that the workflow does not have, with not as well', async () => {
    const result = await triage.run('hello');
    const message = messageOf(() => expect(result).not.toHaveVisited('biling'));
    expect(message).toMatchInlineSnapshot(`
      "expect(received).not.toHaveVisited(...nodes)

      Matcher error: "biling" is no step or map of triage (did you mean "billing"?); it has "classify", "archive", "billing". What a router chose is told by toHaveRouted"
    `);
    expect(messageOf(() => expect(result).toHaveVisited('biling'))).toMatch('did you mean "billing"?');
  });

  it('refuses a router, and says what to use instead', async () => {
    const result = await refine.run(1);
    expect(messageOf(() => expect(result).toHaveVisited('judge'))).toMatch(
      '"judge" is a router, and routers are not in "visited": use toHaveRouted("judge", ...)',
    );
  });

  it.each([
    ['a promise: await it first', () => pay.run('cash')],
    ['a handle: give what its result() resolves with', () => pay.start('cash')],
    ['a workflow: give what its run() resolves or rejects with', () => pay],
    ['an error without a partial result, so no run had begun: oops', () => new Error('oops')],
    ['an object with the keys "visited"', () => ({ visited: ['a'] })],
    ['the text "classify"', () => 'classify'],
    ['undefined', () => undefined],
    [
      'something that cannot be looked at',
      () =>
        new Proxy(
          {},
          {
            get: () => {
              throw new Error('no');
            },
          },
        ),
    ],
  ])('refuses %s, with not as well', (what, make) => {
    const received = make();
    for (const assertion of [
      () => expect(received).toHaveVisited('charge'),
      () => expect(received).not.toHaveVisited('charge'),
      () => expect(received).not.toHaveVisitedExactly('charge'),
      () => expect(received).not.toHaveRouted('charge'),
    ]) {
      const message = messageOf(assertion);
      expect(message).toMatch('Matcher error: the received value must be a run');
      expect(message).toMatch(`Received: ${what}`);
    }
  });

  it('refuses no names, and names in a list', async () => {
    const result = await pay.run('cash');
    expect(messageOf(() => (expect(result) as any).not.toHaveVisited())).toMatch('name at least one node');
    expect(messageOf(() => (expect(result) as any).not.toHaveVisited(['charge']))).toMatch('one after the other');
  });

  it('says that the list is incomplete where the history was bounded', async () => {
    const short = new Workflow<number>('short', { history: 2 })
      .addNode('a', (value: number) => value)
      .addNode('b', (value: number) => value)
      .addNode('c', (value: number) => value)
      .setStart('a')
      .addEdge('a', 'b')
      .addEdge('b', 'c');
    const result = await short.run(1);
    expect(messageOf(() => expect(result).toHaveVisited('a', 'b'))).toMatch(
      'pushed 1 older entries out (option history)',
    );
    expect(messageOf(() => expect(result).not.toHaveVisited('a'))).toMatch('Expected not to be visited: ["a"]');
    expect(messageOf(() => expect(result).not.toHaveVisitedExactly('b', 'c'))).toMatch('cannot be told');
  });
});

describe('toHaveVisitedExactly', () => {
  it('accepts the whole list only', async () => {
    const result = await refine.run(2);
    expect(result).toHaveVisitedExactly('write', 'review');
    expect(result).not.toHaveVisitedExactly('write');
    expect(result).not.toHaveVisitedExactly('review', 'write');
    expect(result).not.toHaveVisitedExactly('write', 'review', 'write');
    expect(await pay.start('card').result()).toHaveVisitedExactly();
  });

  it('shows the difference', async () => {
    const result = await triage.run('hello');
    expect(messageOf(() => expect(result).toHaveVisitedExactly('classify', 'billing'))).toMatchInlineSnapshot(`
      "expect(received).toHaveVisitedExactly(...nodes)

      - Expected
      + Received

        Array [
          "classify",
      -   "billing",
      +   "archive",
        ]

      "billing" did not run: the router of "classify" returned "hello", which does not lead here"
    `);
    expect(messageOf(() => expect(result).not.toHaveVisitedExactly('classify', 'archive'))).toMatchInlineSnapshot(`
      "expect(received).not.toHaveVisitedExactly(...nodes)

      Expected not to be the nodes visited: ["classify", "archive"]"
    `);
  });
});

describe('toHaveRouted', () => {
  it('accepts the keys of a router in the order of its choices', async () => {
    const result = await refine.run(1);
    expect(result).toHaveRouted('judge');
    expect(result).toHaveRouted('judge', 'revise', 'approve');
    expect(result).toHaveRouted('judge', 'approve');
    expect(result).not.toHaveRouted('judge', 'reject');
  });

  it('knows a router without a name by its source, START included, and takes keys as text', async () => {
    expect(await triage.run('hello')).toHaveRouted('classify', 'hello');
    const entry = new Workflow<number>('entry')
      .addNode('one', () => 1)
      .addRouter(START, (count) => [count, true], { 1: 'one', true: 'one' });
    expect(await entry.run(1)).toHaveRouted(START, 1, true);
    expect(await entry.run(1)).toHaveRouted('START', '1');
  });

  it('says what the router returned', async () => {
    const result = await refine.run(2);
    expect(messageOf(() => expect(result).toHaveRouted('judge', 'revise'))).toMatchInlineSnapshot(`
      "expect(received).toHaveRouted(router, ...keys)

      Router:   "judge"
      Expected: ["revise"]
      Returned: ["approve"]"
    `);
    expect(messageOf(() => expect(result).not.toHaveRouted('judge', 'reject', 'approve'))).toMatchInlineSnapshot(`
      "expect(received).not.toHaveRouted(router, ...keys)

      Router:                        "judge"
      Expected not to have returned: ["reject", "approve"]
      Returned:                      ["approve"]"
    `);
    expect(messageOf(() => expect(result).not.toHaveRouted('judge'))).toMatch('Expected not to have chosen');
  });

  it('says that a router did not choose, and which did', async () => {
    const stops = new Workflow<string>('stops')
      .addNode('charge', () => Promise.reject(new Error('no card')))
      .setStart('charge')
      .addRouter('charge', () => 'paid', { paid: END }, { name: 'outcome' });
    const outcome = await stops.start('card').result();
    expect(messageOf(() => expect(outcome).toHaveRouted('outcome'))).toMatchInlineSnapshot(`
      "expect(received).toHaveRouted(router, ...keys)

      Router:   "outcome"
      Expected: to have chosen

      "outcome" did not choose in this run; routers that did: none
      The run stopped with: [STEP_FAILED] stops.charge: visit 1, attempt 1 threw Error: no card"
    `);
  });

  it('refuses a name that no router of the workflow has, with not as well', async () => {
    const result = await refine.run(2);
    for (const act of [
      () => expect(result).toHaveRouted('jugde', 'approve'),
      () => expect(result).not.toHaveRouted('jugde'),
    ]) {
      expect(messageOf(act)).toMatch('"refine" has no router "jugde" (did you mean "judge"?); its routers: "judge"');
    }
    expect(messageOf(() => expect(result).toHaveRouted('write'))).toMatch('"refine" has no router "write"');
  });

  it('cannot tell with not what a short history has lost', async () => {
    const short = new Workflow<number>('short', { history: 1 })
      .addNode('count', (value: number) => value + 1)
      .setStart('count')
      .addRouter('count', (value) => (value < 3 ? 'again' : 'enough'), { again: 'count', enough: END });
    const result = await short.run(0);
    expect(messageOf(() => expect(result).not.toHaveRouted('count', 'again'))).toMatch('cannot be told');
    expect(messageOf(() => expect(result).not.toHaveRouted('count', 'enough'))).toMatch(
      'Expected not to have returned',
    );
    expect(messageOf(() => expect(result).toHaveRouted('count', 'again'))).toMatch('older entries out');
  });
});
