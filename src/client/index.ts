/** `switchover/client`: what a program needs to have a service migrate guests. */
export { type ClientOptions, SwitchoverClient } from './client.ts';
export type { FollowOptions } from './follow.ts';
export type * from './generated/api.ts';
export type { Link } from './lasting-stream.ts';
export { ServerAddressError } from './server.ts';
export { ServiceError } from './service-error.ts';
export { UnreachableError } from './unreachable.ts';
