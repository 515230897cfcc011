/**
 * 4. A map calls its step once per item of the list that arrives, some at a time, and gives the results in the list's order.
 * With `settled` an item that fails does not fail the run: it is an outcome among the others.
 */
import { Workflow, type Settled } from '@drawloom/core';

interface Invoice {
  readonly number: string;
  readonly total: number;
}

/** Stands for a model that reads a scan. */
const read = async (scan: string): Promise<Invoice> => {
  const [, number, total] = /^(\S+) EUR (\d+)$/.exec(scan) ?? [];
  if (number === undefined) throw new TypeError(`"${scan}" is not an invoice`);
  return { number, total: Number(total) };
};

const split = (mail: string) => mail.split('\n').filter((line) => line !== '');

const summarise = (read: Settled<Invoice>[]) => {
  const sum = read.reduce((sum, item) => (item.status === 'fulfilled' ? sum + item.value.total : sum), 0);
  return { sum, unreadable: read.filter(({ status }) => status === 'rejected').length };
};

export const sumInvoices = new Workflow<string>('sum-invoices')
  .addNode('split', split)
  .addMap('read', read, { concurrency: 2, settled: true })
  .addNode('summarise', summarise)
  .setStart('split')
  .addEdge('split', 'read')
  .addEdge('read', 'summarise');

export async function main() {
  for await (const event of sumInvoices.stream('A-1 EUR 120\nA-2 EUR 80\na holiday photo\nA-3 EUR 40\n')) {
    if (event.type === 'item.completed') console.log(`item ${event.index + 1} of ${event.total} read`);
    if (event.type === 'item.failed') console.log(`item ${event.index + 1} of ${event.total}: ${event.error.message}`);
    if (event.type === 'run.completed') console.log(event.output);
  }
}
