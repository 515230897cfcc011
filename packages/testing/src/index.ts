// Time and promises that the test settles.
export { deferred, type Deferred } from './deferred.js';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.js';
