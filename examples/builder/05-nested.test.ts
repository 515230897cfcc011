import { contract } from './05-nested.js';

test('the nested workflow knows who the outer run is for', async () => {
  const { output, perStep } = await contract.run('Rent; Notice', { userId: 'alice', metadata: { language: 'de' } });
  expect(output).toBe('[de] Rent\n[de] Notice');
  expect(perStep['section']).toMatchObject([{ by: 'alice' }, { by: 'alice' }]);
});

test('its events carry the path that leads to it, or are left out', async () => {
  const paths = new Set<string>();
  for await (const { path } of contract.stream('Rent; Notice')) paths.add(path.join('/'));
  expect([...paths]).toEqual(['', 'section']);
  for await (const { path } of contract.stream('Rent; Notice', { depth: 0 })) expect(path).toEqual([]);
});

test('one budget bounds the run and everything nested in it', async () => {
  const run = contract.run('Rent; Notice', { maxTotalSteps: 4 });
  await expect(run).rejects.toMatchObject({ code: 'STEP_FAILED', cause: { code: 'MAX_TOTAL_STEPS' } });
});
