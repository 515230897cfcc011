// Promises settled by hand.
export { deferred, type Deferred } from './deferred.js';
