// What a workflow class needs of inversify, so that it is imported from one place.
export { inject, injectable, multiInject, named, optional, tagged, unmanaged } from 'inversify';
