/**
 * 2. A router chooses the way on, and a route that leads back makes a loop: here a letter is written and reviewed until the
 * reviewer misses nothing. Caps bound every loop, and their error names the cycle and what kept it turning.
 */
import { END, RunError, Workflow } from '@drawloom/core';

interface Letter {
  readonly text: string;
  readonly draft: number;
  readonly missing: readonly string[];
}

const parts = ['Dear Ms Brown,', 'we received your complaint', 'and answer by Friday.'];
export const begun: Letter = { text: '', draft: 0, missing: parts };

// Each stands for a model: one adds what it is told to, the other is hard to please.
const write = ({ text, draft, missing }: Letter) => ({ text: `${text} ${missing[0]}`.trim(), draft: draft + 1 });
const review = (letter: Omit<Letter, 'missing'>): Letter => ({
  ...letter,
  missing: parts.filter((part) => !letter.text.includes(part)),
});

export const refine = new Workflow<Letter, Letter>('refine', { maxVisitsPerNode: 5 })
  .addNode('write', write)
  .addNode('review', review)
  .setStart('write')
  .addEdge('write', 'review')
  .addRouter('review', (letter) => (letter.missing.length > 0 ? 'revise' : 'approve'), {
    revise: 'write',
    approve: END,
  });

/** The same loop, and nobody who ends it. */
export const endless = new Workflow<Letter, Letter>('endless', { maxVisitsPerNode: 3 })
  .addNode('write', write)
  .addNode('review', review)
  .setStart('write')
  .addEdge('write', 'review')
  .addRouter('review', () => 'revise', { revise: 'write', approve: END });

export async function main(letter = begun) {
  const { output, visited, routes } = await refine.run(letter);
  console.log(`draft ${output.draft}: ${output.text}`);
  console.log(visited.join(' → '));
  console.log('reviewer:', routes.flatMap(({ keys }) => keys).join(', '));

  const error: unknown = await endless.run(letter).catch((reason: unknown) => reason);
  if (RunError.is(error)) console.log(error.message);
}
