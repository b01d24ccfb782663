/** systemd's end of sd_notify(3): a unix datagram socket, which Node has not. Perl has, and Debian always has Perl. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** Prints each datagram as a line, its own lines parted by a tab. What comes with it (a barrier's pipe) is closed unseen. */
const RECEIVE = `use Socket; $| = 1;
socket(S, PF_UNIX, SOCK_DGRAM, 0) or die; bind(S, pack_sockaddr_un($ARGV[0])) or die "$!"; print "bound\\n";
while (defined recv(S, my $said, 65536, 0)) { $said =~ s/\\n/\\t/g; print "$said\\n"; }`;

/** Says a datagram as systemd-notify does, for machines without systemd. */
const SEND = `#!/usr/bin/perl
use Socket;
socket(S, PF_UNIX, SOCK_DGRAM, 0) or die;
send(S, join("\\n", @ARGV), 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die "Failed to notify: $!\\n";
`;

export interface NotifySocket {
  readonly socket: string;
  /** Each assignment that has come: `READY=1`. */
  said(): string[];
}

/** Is there until the test has ended. */
export async function notifySocket(folder: string): Promise<NotifySocket> {
  const socket = path.join(folder, 'notify');
  const child = spawn('perl', ['-e', RECEIVE, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  await once(child.stdout, 'data');
  return {
    socket,
    said: () => text.split(/[\n\t]/).filter((word) => !['', 'bound', 'BARRIER=1'].includes(word)),
  };
}

/** A `systemd-notify` of the test's own. @returns the folder that it is in */
export function standInNotify(folder: string): string {
  const programs = path.join(folder, 'programs');
  fs.mkdirSync(programs);
  fs.writeFileSync(path.join(programs, 'systemd-notify'), SEND, { mode: 0o755 });
  return programs;
}
