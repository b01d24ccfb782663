/** A process that takes a VM's lease and gives it back on the words `take` and `release`, and says how that went. */
import { LeaseHeldError, takeLease } from '../lease.ts';

const [vm = ''] = process.argv.slice(2);

process.stdin.setEncoding('utf8').on('data', (word: string) => {
  if (word.includes('take')) void take();
});

async function take(): Promise<void> {
  try {
    const since = new Date().toISOString();
    const holder = { pid: process.pid, user: 'tester', command: 'lease-process', since };
    const lease = await takeLease(vm, holder);
    process.stdout.write('taken\n');
    process.stdin.on('data', (word: string) => {
      if (word.includes('release')) void lease.release().then(() => process.stdout.write('released\n'));
    });
  } catch (error) {
    if (!(error instanceof LeaseHeldError)) throw error;
    process.stdout.write(`refused: ${error.message}\n`);
  }
}

process.stdout.write('ready\n');
