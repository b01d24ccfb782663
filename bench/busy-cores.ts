import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Keeps every core busy at normal priority, until disposed or until this process ends. */
export function busyCores(): Disposable {
  const spinning = Array.from({ length: availableParallelism() }, () =>
    spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  return {
    [Symbol.dispose]() {
      for (const child of spinning) child.kill('SIGKILL');
    },
  };
}
