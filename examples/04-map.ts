/**
 * 4. `@ForEach` calls its method once for each item of the list that arrives, some at a time. The method gives `PerItem<T>`: by
 * that the steps after it know of the list. With `settled` an item that fails is an outcome among the others.
 */
import type { Settled } from '@drawloom/core';
import { End, ForEach, Start, WorkflowBase, type PerItem } from '@drawloom/decorators';

interface Invoice {
  readonly number: string;
  readonly total: number;
}

interface Sum {
  readonly sum: number;
  readonly unreadable: number;
}

export class SumInvoices extends WorkflowBase<string, Sum> {
  @Start()
  split(mail: string): string[] {
    return mail.split('\n').filter((line) => line !== '');
  }

  // Stands for a model that reads a scan. Retry, timeout and input would hold for each item.
  @ForEach({ after: 'split', concurrency: 2, settled: true })
  async read(scan: string): Promise<PerItem<Invoice, 'settled'>> {
    const [, number, total] = /^(\S+) EUR (\d+)$/.exec(scan) ?? [];
    if (number === undefined) throw new TypeError(`"${scan}" is not an invoice`);
    return { number, total: Number(total) };
  }

  @End({ after: 'read' })
  summarise(read: Settled<Invoice>[]): Sum {
    const sum = read.reduce((sum, item) => (item.status === 'fulfilled' ? sum + item.value.total : sum), 0);
    return { sum, unreadable: read.filter(({ status }) => status === 'rejected').length };
  }
}

export async function main() {
  const mail = 'A-1 EUR 120\nA-2 EUR 80\na holiday photo\nA-3 EUR 40\n';
  for await (const event of new SumInvoices().stream(mail)) {
    if (event.type === 'item.completed') console.log(`item ${event.index + 1} of ${event.total} read`);
    if (event.type === 'item.failed') console.log(`item ${event.index + 1} of ${event.total}: ${event.error.message}`);
    if (event.type === 'run.completed') console.log(event.output);
  }
}
