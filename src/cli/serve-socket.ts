/** Where `switchover serve` listens on this machine, in the state folder. */
export const SERVE_SOCKET = 'serve.sock';
