import os from 'node:os';
import path from 'node:path';

/**
 * `--state-dir` or SWITCHOVER_STATE_DIR, else `$XDG_STATE_HOME/switchover`, else
 * `~/.local/state/switchover`.
 */
export function stateDirectory(chosen: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  if (chosen) return path.resolve(chosen);
  // A relative XDG path is to be ignored, says the XDG base directory specification.
  const xdg = env['XDG_STATE_HOME'];
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(os.homedir(), '.local', 'state');
  return path.join(base, 'switchover');
}
