/**
 * Job: the thread that commits batches, so that an fsync keeps nobody else waiting.
 *
 * Boundary: takes one batch at a time, answers it, and copies the log into the file (a checkpoint) when it has grown long.
 * What goes into a batch is the business of `write-queue.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { performance } from 'node:perf_hooks';
import { connect } from './connect.js';
import { BatchWriter, faultOf } from './run-batch.js';

/** @import { MessagePort } from 'node:worker_threads' */
/** @import { ConnectionOptions } from './connect.js' */
/** @import { StatementText, StoreFault, Write, Written } from './run-batch.js' */

/**
 * @typedef {object} ThreadData
 * @property {ConnectionOptions} connection
 * @property {readonly StatementText[]} statements
 *
 * @typedef {{ readonly took: number, readonly written: readonly Written[] } | { readonly took: number, readonly error: StoreFault }} Answer
 * What became of a batch, and how many milliseconds that took.
 */

const port = /** @type {MessagePort} */ (parentPort);
const { connection, statements } = /** @type {ThreadData} */ (workerData);
/** @type {BatchWriter | undefined} */
let writer;

port.on('message', (/** @type {readonly Write[] | null} */ batch) => {
  if (batch === null) {
    writer?.close();
    port.close();
    return;
  }
  port.postMessage(answer(batch));
});

/**
 * @param {readonly Write[]} batch
 * @returns {Answer}
 */
function answer(batch) {
  const since = performance.now();
  try {
    writer ??= new BatchWriter(connect(connection), statements);
    const written = writer.write(batch);
    return { took: performance.now() - since, written };
  } catch (thrown) {
    return { took: performance.now() - since, error: faultOf(thrown) };
  }
}
